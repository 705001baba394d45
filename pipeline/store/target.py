"""A table that rows are written to, as its database has it: what the upsert and the change log must know."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import sqlalchemy as sa

from pipeline.mapping.model import Kind
from pipeline.store.tables import business_tables


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
class Target:
    """A table. `keys`: each has a unique index that ON CONFLICT can use. `identity`: the columns that say which
    row it was, in the change log. `ours`: made by our migrations, with id, created_at and updated_at."""

    name: str
    columns: tuple[TargetColumn, ...]
    keys: tuple[tuple[str, ...], ...]
    ours: bool = False
    partitioned: bool = False

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
