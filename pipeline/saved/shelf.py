"""What lies in the folder `mappings`: each file by its name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files as resources
from pathlib import Path

from pipeline.errors import ConfigError, Environment, Mistake
from pipeline.jobs import Settings, foreign
from pipeline.mapping import examine, parse
from pipeline.mapping.model import Catalogue, Plan, SavedMapping
from pipeline.mapping.outward.fitting import compile_outward
from pipeline.store.catalogue import all_readable, catalogue
from pipeline.store.known import Known
from pipeline.words import message

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")


@dataclass(frozen=True, slots=True)
class Kept:
    """A saved mapping. `table`: of several, each; `plan`: None with mistakes."""

    name: str
    table: str
    fields: int
    mistakes: tuple[Mistake, ...]
    plan: Plan | None = None


def tables(settings: Settings) -> Catalogue:
    """The tables that a mapping may write. Raises Environment when another program's database is away; of ours the
    users' own are left out then."""
    try:
        return Known(settings.database, settings.schema).tables
    except Environment:
        if foreign(settings.schema):
            raise
        return catalogue()


def names(folder: Path) -> list[str]:
    """The mappings there are, by name."""
    return sorted(path.stem for path in folder.glob("*.toml"))


def text_of(folder: Path, name: str) -> str:
    """A mapping as it is written. Raises ConfigError when there is none of this name."""
    try:
        return (
            (folder / f"{name}.toml").read_text("utf-8", "replace")
            if NAME.fullmatch(name)
            else _absent(folder, name)
        )
    except OSError:
        return _absent(folder, name)


def _absent(folder: Path, name: str) -> str:
    raise ConfigError(message("guessing.no_mapping", name=name, known=", ".join(names(folder)) or "-"))


def kept(folder: Path, known: Catalogue) -> list[Kept]:
    """Every mapping, held against the tables."""
    return [load(folder, name, known) for name in names(folder)]


def load(folder: Path, name: str, known: Catalogue) -> Kept:
    """One mapping, with every mistake in it. Raises ConfigError when there is none of this name."""
    return hold(name, text_of(folder, name), known)


def hold(name: str, text: str, known: Catalogue) -> Kept:
    """A mapping of this text, held against the tables."""
    plan, mistakes = examine(name, text, f"mappings/{name}.toml", known)
    saved, _ = parse(name, text, f"mappings/{name}.toml")
    if saved is None:
        return Kept(name, "", 0, tuple(mistakes), plan)
    if saved.export is not None and not saved.fields and not saved.sections:  # it only writes files
        written, mistakes = compile_outward(saved, all_readable(known))
        files = written.files if written is not None else ()
        tables = dict.fromkeys(file.table for file in files)
        return Kept(name, ", ".join(tables), sum(len(file.columns) for file in files), tuple(mistakes))
    several = [*dict.fromkeys(section.table for section in saved.sections)]
    fields = [*saved.fields, *(field for section in saved.sections for field in section.fields)]
    return Kept(name, saved.table or ", ".join(several), len(fields), tuple(mistakes), plan)


def earlier(folder: Path) -> list[SavedMapping]:
    """The mappings that can be read, for what they say of headers. The examples that `pipeline init` laid there, and
    nobody changed, say nothing."""
    ours = _examples()
    texts = ((name, text_of(folder, name)) for name in names(folder))
    parsed = (parse(name, text, name)[0] for name, text in texts if text not in ours)
    return [saved for saved in parsed if saved is not None]


@cache
def _examples() -> frozenset[str]:
    """The texts of the mappings that a new folder has."""
    return frozenset(
        one.read_text("utf-8") for one in (resources("pipeline") / "saved" / "examples").iterdir()
    )
