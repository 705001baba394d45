"""A value looked up in a table of the database: what a mapping writes of it, held against the tables there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pipeline.mapping.fitting import Notes, check_field
from pipeline.mapping.model import (
    CUSTOM,
    Catalogue,
    Expression,
    Field,
    Kind,
    Lookup,
    Plan,
    SavedMapping,
    Table,
)
from pipeline.mapping.source import Path, Source, nearest

LOOKUP = ("table", "by", "take")
MOMENT = "%Y-%m-%dT%H:%M:%S.%f%z"
"""How an instant that was looked up is written."""

ReadField = Callable[[Source, Path, str, Any], Field | None]


def read_lookup(source: Source, at: Path, options: dict[str, Any], read: ReadField) -> Lookup | None:
    """What stands under `lookup`; None when nothing does (or it is wrong: told)."""
    if "lookup" not in options:
        return None
    table, path = source.sub(at, options, "lookup"), (*at, "lookup")
    source.known(path, table, LOOKUP)
    by = table.get("by")
    alternatives = [by] if isinstance(by, dict) else by
    whole = (
        isinstance(alternatives, list)
        and alternatives
        and all(isinstance(a, dict) and a for a in alternatives)
    )
    if not whole or not source.text_at(path, table, "table") or not source.text_at(path, table, "take"):
        source.say(path, "mapping.lookup", target=at[-1])
        return None
    assert isinstance(alternatives, list)
    found = [[read(source, path, column, value) for column, value in one.items()] for one in alternatives]
    return Lookup(table["table"], table["take"], tuple(tuple(f for f in one if f) for one in found))


def fit_lookups(notes: Notes, saved: SavedMapping, catalogue: Catalogue) -> SavedMapping:
    """The mapping with its look-ups fitted to the tables; `notes` hears of every mistake."""
    if not saved.looks:
        return saved
    fields = []
    for one in saved.fields:
        field, at = one, f"{notes.root}fields.{one.target}"
        if field.lookup is not None:
            looked = _fitted(notes, saved, field.lookup, catalogue, at)
            field = replace(_written(field, looked.kind), lookup=looked)
        fields.append(replace(field, sql=_in_sql(notes, saved, field.sql, catalogue, at)))
    where = _in_sql(notes, saved, saved.where, catalogue, f"{notes.root}where")
    return replace(saved, fields=tuple(fields), where=where)


def _in_sql(
    notes: Notes, saved: SavedMapping, sql: Expression | None, catalogue: Catalogue, at: str
) -> Expression | None:
    if sql is None:
        return None
    return replace(sql, looks=tuple(_fitted(notes, saved, one, catalogue, at) for one in sql.looks))


def _written(field: Field, kind: Kind) -> Field:
    """What is looked up is written in one way, whatever the file does."""
    if kind in (Kind.DECIMAL, Kind.INTEGER):
        return replace(field, decimal=".", thousands=None)
    if kind is Kind.DATE:
        return replace(field, format="%Y-%m-%d")
    return replace(field, format=MOMENT) if kind is Kind.DATETIME else field


def _fitted(notes: Notes, saved: SavedMapping, asked: Lookup, catalogue: Catalogue, at: str) -> Lookup:
    table = catalogue.get(asked.table)
    if table is None:
        notes.say(at, "mapping.unknown_table", nearest(asked.table, catalogue), table=asked.table)
        return asked
    column = table.columns.get(table.aliases.get(asked.take, asked.take))
    if column is None or column.kind is Kind.JSON or asked.take.startswith(CUSTOM):
        near = nearest(asked.take, table.columns)
        notes.say(at, "mapping.unknown_column", near, table=table.name, column=asked.take)
    inner = Notes(notes.saved, f"{at}.")
    for one in asked.by:
        for field in one:
            if field.target.startswith(CUSTOM):
                notes.say(at, "mapping.custom_key", name=field.target, table=table.name)
            check_field(inner, table, field)
    notes.found += [replace(mistake, path=at) for mistake in inner.found]
    plans = tuple(_plan(saved, table, one) for one in asked.by)
    return replace(asked, plans=plans, kind=column.kind if column else Kind.TEXT)


def _plan(saved: SavedMapping, table: Table, fields: tuple[Field, ...]) -> Plan:
    mapping = replace(saved, table=table.name, fields=fields, where=None, sections=(), document=())
    return Plan(mapping, table, ())
