"""A table of the users' own, made from a file: its columns and types from all values, and a mapping for it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline import files as disk
from pipeline.errors import ConfigError, FileFailed, PipelineError
from pipeline.formats import deliveries, open_reading
from pipeline.formats.model import Dialect, Reading
from pipeline.guessing.kinds import Found, Kinds, identifier
from pipeline.mapping.model import Column, Field, ReadOptions
from pipeline.saved.proposing import SURE
from pipeline.saved.proposing import write as write_new
from pipeline.saved.shelf import NAME, names
from pipeline.store.model import Store
from pipeline.words import Language, message, render


@dataclass(frozen=True, slots=True)
class NewTable:
    """A table that a file could have: `columns` with the file's own names and how their values are read."""

    name: str
    columns: tuple[tuple[str, Column, Field], ...]
    key: tuple[str, ...]
    rows: int
    dialect: Dialect

    @property
    def of_database(self) -> list[Column]:
        return [column for _, column, _ in self.columns]


def derive(file: Path, name: str | None = None, key: Sequence[str] = (), zone: str = "UTC") -> NewTable:
    """Names and types from all the values of a file. `key`: the file's columns that tell its rows apart; without
    them the first in which every row has a value of its own. `zone`: of instants that name none.

    Raises ConfigError for a column that is not there, FileFailed, PipelineError when nothing tells the rows apart."""
    if not file.is_file():
        raise ConfigError(message("cli.no_such_file", path=str(file)))
    with _reading(file) as first:
        kinds = Kinds(first.dialect.columns, zone)
        for batch in first:
            kinds.look(batch.frame)
    kinds.settle()
    rows = 0
    with _reading(file) as again:
        for batch in again:
            kinds.weigh(batch.frame)
            rows += batch.frame.height
    header = [one.name for one in kinds.columns]
    if strange := [one for one in key if one not in header]:
        raise ConfigError(message("guessing.no_such_column", column=strange[0], known=", ".join(header)))
    chosen = list(key) or kinds.keys()[:1]
    if not chosen or not rows:
        raise PipelineError(message("guessing.no_own_key", file=file.name))
    question = next((one.asked for one in kinds.columns if one.asked is not None), None)
    if question is not None:
        raise FileFailed(question)
    taken: list[str] = []
    columns = []
    for one in kinds.columns:
        taken.append(identifier(one.name, taken))
        columns.append((one.name, one.column(taken[-1]), _read(one)))
    by_header = dict(zip(header, taken, strict=True))
    table = name or identifier(file.name.partition(".")[0], otherwise="table")
    return NewTable(table, tuple(columns), tuple(by_header[one] for one in chosen), rows, again.dialect)


def _read(one: Found) -> Field:
    return one.way[1]


@contextmanager
def _reading(file: Path) -> Iterator[Reading]:
    try:
        with disk.open_regular(file.resolve()) as opened:
            member = deliveries(opened, file.name)[0]
            with member.opened() as inner:
                yield open_reading(inner, ReadOptions(), name=member.name)
    except OSError as error:
        why = error.strerror or str(error)
        raise FileFailed(message("files.unreadable", path=str(file), why=why)) from error


def make(made: NewTable, store: Store, folder: Path, language: Language = "en") -> Path:
    """Make the table, and `NAME.toml` in the folder of the mappings. Raises ConfigError, PipelineError."""
    if not NAME.fullmatch(made.name) or made.name in names(folder):
        raise ConfigError(message("guessing.exists", name=made.name))
    store.create_table(made.name, made.of_database, made.key)
    return write_new(folder / f"{made.name}.toml", text_of(made, language), made.name)


def text_of(made: NewTable, language: Language = "en") -> str:
    """The mapping that imports such files."""
    out = ["# " + render(message("guessing.head", table=made.name), language), "version = 1"]
    out += [f"table   = {_quoted(made.name)}", f"key     = {json.dumps(list(made.key))}"]
    dialect = made.dialect
    if dialect.sure < SURE and dialect.format == "csv":
        read = (("delimiter", dialect.delimiter), ("encoding", dialect.codec or dialect.encoding))
        out += ["", "[read]", *(f"{option} = {_quoted(value)}" for option, value in read)]
    wide = max(len(column.name) for column in made.of_database)
    out += ["", "[fields]", *(f"{c.name.ljust(wide)} = {_written(own, way)}" for own, c, way in made.columns)]
    return "\n".join(out) + "\n"


def _written(name: str, way: Field) -> str:
    options = {"decimal": way.decimal, "format": way.format, "order": way.order}
    said = [f"{option} = {_quoted(value)}" for option, value in options.items() if value]
    return f"{{ column = {_quoted(name)}, {', '.join(said)} }}" if said else _quoted(name)


def _quoted(text: str) -> str:
    """A TOML text."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
