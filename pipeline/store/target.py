"""A table that rows are written to, as its database has it: what the upsert and the change log must know."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa

from pipeline.mapping.model import Kind
from pipeline.store.tables import business_tables

BARE_SCALE = 6  # decimals of a number whose column does not say how many
MOST_SCALE = 20


def quoted(name: str) -> str:
    """A name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class TargetColumn:
    """A column. `default`: SQL of what the database fills in by itself; `cast`: the type that a text must be
    turned into by name; `comparable`: has this type an `=`?"""

    name: str
    kind: Kind
    nullable: bool = True
    default: str | None = None
    generated: bool = False  # the database alone writes it
    filled: bool = False  # the database numbers it when nothing is given
    scale: int = 0
    max_length: int | None = None
    cast: str = ""
    comparable: bool = True


@dataclass(frozen=True, slots=True)
class Link:
    """A foreign key: these columns name a row of another table by its `others`."""

    columns: tuple[str, ...]
    table: str
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """A table. `keys`: each has a unique index that ON CONFLICT can use. `identity`: the columns that say which
    row it was, in the change log. `ours`: made by our migrations, with id, created_at and updated_at.
    `deferred`: SQLite may check these only at COMMIT. `links`: its foreign keys."""

    name: str
    columns: tuple[TargetColumn, ...]
    keys: tuple[tuple[str, ...], ...]
    ours: bool = False
    partitioned: bool = False
    deferred: tuple[Link, ...] = ()
    links: tuple[Link, ...] = ()

    @property
    def identity(self) -> tuple[str, ...]:
        """`id` where that alone is a key, else the first key that is never NULL."""
        if ("id",) in self.keys:
            return ("id",)
        sure = [key for key in self.keys if not any(self.column(name).nullable for name in key)]
        return next(iter([*sure, *self.keys]), ())

    def column(self, name: str) -> TargetColumn:
        return next(column for column in self.columns if column.name == name)


@cache
def ours() -> dict[str, Target]:
    """Our business tables, from their classes; needs no database."""
    return {table.name: _ours(table) for table in business_tables()}


def _ours(table: sa.Table) -> Target:
    columns = tuple(
        TargetColumn(
            column.name,
            Kind.TEXT,  # the catalogue knows the kinds of ours
            nullable=bool(column.nullable),
            default=None if column.server_default is None else str(getattr(column.server_default, "arg")),  # noqa: B009 - SQL text; a default has no typed one
        )
        for column in table.columns
    )
    return Target(table.name, columns, (("id",), *table.info["keys"]), ours=True)


def grouped(rows: Iterable[Any]) -> dict[str, list[tuple[str, ...]]]:
    """Rows of (table, index, column) in order → the keys of each table. An expression has no column."""
    indexes: dict[tuple[str, object], list[str | None]] = defaultdict(list)
    for table, index, column in rows:
        indexes[table, index].append(column)
    keys: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for (table, _), names in indexes.items():
        if None not in names:
            keys[table].append(tuple(name for name in names if name is not None))
    return keys


def usable(columns: Sequence[TargetColumn], keys: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """Without repeats; those that the database numbers by itself come last, for files know the others."""
    by_name = {column.name: column for column in columns}
    different = [key for key in dict.fromkeys(keys) if key]
    return tuple(sorted(different, key=lambda key: any(by_name[name].filled for name in key)))
