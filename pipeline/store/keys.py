"""Whether the keys of a file's rows are all different, without asking the database for every file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.mapping.model import Plan

if TYPE_CHECKING:
    import polars as pl


def telling(key: Sequence[str], plan: Plan) -> list[str]:
    """The columns of a key without those that are the same in every row."""
    constant = {f.target for f in plan.mapping.fields if not f.columns and f.sql is None}
    return [name for name in key if name not in constant]


class Keys:
    """Remembers eight bytes a row: a hash of its key. Equal keys have equal hashes, so as many hashes as rows
    prove that all keys differ; else the database counts exactly, and `dropped` says how many rows went."""

    def __init__(self, key: Sequence[str]) -> None:
        self._key = list(key)
        self._hashes: list[pl.Series] = []
        self._rows = 0
        self._dropped: int | None = None

    def see(self, frame: pl.DataFrame) -> None:
        """Remember the keys of these rows."""
        self._hashes.append(frame.select(self._key).hash_rows())
        self._rows += frame.height
        self._dropped = None

    def all_different(self) -> bool:
        """Are they? Also true once the rows with equal keys were dropped."""
        import polars as pl

        if self._dropped is None and (not self._hashes or pl.concat(self._hashes).n_unique() == self._rows):
            self._dropped = 0
        return self._dropped is not None

    def dropped(self, rows: int) -> None:
        """So many rows were dropped because a later one has their key."""
        self._dropped = rows

    @property
    def different(self) -> int:
        """How many different keys; known after `all_different` or `dropped`."""
        return self._rows - (self._dropped or 0)
