"""What a mapping may write: our tables, from their classes, or those that a database has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType

import sqlalchemy as sa

from pipeline.mapping.model import Catalogue, Column, Kind, Table
from pipeline.store.tables import business_tables
from pipeline.store.target import Target
from pipeline.store.types import Exact

OURS = frozenset({"id", "created_at", "updated_at", "deleted_at"})  # set by the load itself


@cache
def catalogue() -> Catalogue:
    """Every business table of ours by name; needs no database. Columns that only the load itself sets are left out."""
    return MappingProxyType({table.name: _table(table) for table in business_tables()})


@cache
def readable() -> Catalogue:
    """As `catalogue`, with the columns that only the load itself sets: all that can be exported."""
    return MappingProxyType({table.name: _table(table, everything=True) for table in business_tables()})


def all_readable(known: Catalogue) -> Catalogue:
    """The tables of our database, as users widened them and with their own, and all that can be exported of them."""
    whole = readable()
    return MappingProxyType({
        name: replace(table, columns=MappingProxyType({**whole[name].columns, **table.columns}))
        if table.identified and name in whole else table
        for name, table in known.items()
    })  # fmt: skip


def live_catalogue(targets: Mapping[str, Target]) -> Catalogue:
    """The tables of another program's database. They have no labels; a number that points to a row of another
    table is a number."""
    return MappingProxyType(
        {name: catalogue()[name] if target.ours else live_table(target) for name, target in targets.items()}
    )


def live_table(target: Target) -> Table:
    """One table as a database has it."""
    columns = {
        c.name: Column(
            name=c.name,
            kind=c.kind,
            required=not c.nullable and c.default is None and not c.filled,
            scale=c.scale,
            max_length=c.max_length,
        )
        for c in target.columns
        if not c.generated
    }
    keys = tuple(key for key in target.keys if all(name in columns for name in key))
    links = {link.columns[0]: (link.table, link.others[0]) for link in target.links if len(link.columns) == 1}
    return Table(target.name, MappingProxyType(columns), keys, links=links)


def _table(table: sa.Table, *, everything: bool = False) -> Table:
    columns = {column.name: _column(column) for column in table.columns if everything or _writable(column)}
    keys = tuple(key for key in table.info["keys"] if all(name in columns for name in key))
    return Table(
        table.name,
        MappingProxyType(columns),
        keys,
        table.info["en"],
        table.info["fr"],
        table.info["appended"],
        identified=True,
    )


def _writable(column: sa.Column[object]) -> bool:
    return column.name not in OURS


def _column(column: sa.Column[object]) -> Column:
    """An id without a foreign key points to a row of any table: a document of whatever kind."""
    parent = next((key.column.table.name for key in column.foreign_keys), None)
    kind = Kind.REFERENCE if isinstance(column.type, sa.Uuid) else _kind(column.type)
    return Column(
        name=column.name,
        kind=kind,
        required=not column.nullable and column.server_default is None,
        scale=column.type.scale if isinstance(column.type, Exact) else 0,
        max_length=getattr(column.type, "length", None) if kind is Kind.TEXT else None,
        references=parent,
        label_en=column.info["en"],
        label_fr=column.info["fr"],
    )


def _kind(type_: object) -> Kind:
    if isinstance(type_, Exact):
        return Kind.DECIMAL
    if isinstance(type_, sa.TypeDecorator):  # SQLModel wraps text and instants
        type_ = type_.impl_instance if hasattr(type_, "impl_instance") else type_.impl
    kinds: tuple[tuple[type[object], Kind], ...] = (
        (sa.Boolean, Kind.BOOLEAN), (sa.DateTime, Kind.DATETIME), (sa.Date, Kind.DATE),
        (sa.Integer, Kind.INTEGER), (sa.JSON, Kind.JSON), (sa.String, Kind.TEXT), (sa.Uuid, Kind.TEXT),
    )  # fmt: skip
    for cls, kind in kinds:
        if isinstance(type_, cls):
            return kind
    raise TypeError(f"a column type no mapping knows: {type_!r}")
