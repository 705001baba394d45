"""The tables that mappings may write. Ours need no database; where a mapping speaks of more, it is asked once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from pipeline.errors import Environment, Mistake, PipelineError
from pipeline.mapping import examine, parse
from pipeline.mapping.model import Catalogue, Plan
from pipeline.store import connect
from pipeline.store.catalogue import all_readable, catalogue
from pipeline.store.place import NONE


class Known:
    """What one installation's mappings are held against."""

    def __init__(self, database: str, schema: str) -> None:
        self._database, self._schema = database, schema
        self.foreign = schema.partition(":")[0] == NONE

    def examine(self, name: str, text: str, file: str) -> tuple[Plan | None, list[Mistake]]:
        """Read and fit a mapping. While the database that it speaks of is out of reach, only what is wrong with the
        text itself is said: the rest is looked at when it is back."""
        plan, wrong = (None, []) if self.foreign else examine(name, text, file, catalogue())
        if plan is not None or (wrong and parse(name, text, file)[1]):
            return plan, wrong
        try:
            return examine(name, text, file, self.tables)
        except Environment:
            return None, parse(name, text, file)[1]

    @cached_property
    def readable(self) -> Catalogue:
        """All that can be exported. Raises Environment when the database is out of reach."""
        return self.tables if self.foreign else all_readable(self.tables)

    @cached_property
    def tables(self) -> Catalogue:
        """All that there are. Raises Environment when the database is out of reach."""
        store = connect(self._database, self._schema)
        try:
            if not self.foreign:
                store.require()
            return store.catalogue()
        except Environment:
            raise
        except PipelineError:  # nothing of ours is there yet
            if self.foreign:
                raise
            return catalogue()
        finally:
            store.close()


def outgrown(texts: Mapping[str, str], schema: str) -> set[str]:
    """The files of those mappings (name → text) that write to tables that others may alter any time."""
    ours = {} if schema.partition(":")[0] == NONE else catalogue()
    files = {f"mappings/{name}.toml": parse(name, text, name)[0] for name, text in texts.items()}
    return {file for file, saved in files.items() if saved and any(t not in ours for t in saved.tables)}
