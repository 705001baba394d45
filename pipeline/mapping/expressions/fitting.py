"""The expressions of a mapping held against its table: what kind they give, which go first, what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pipeline.mapping.expressions.computing import program_of
from pipeline.mapping.expressions.program import Type
from pipeline.mapping.model import Expression, Field, Kind, SavedMapping, Table
from pipeline.words import Message, message

Said = tuple[str, Message]  # the dotted path of the setting, and what is wrong


def fit_expressions(saved: SavedMapping, table: Table) -> tuple[SavedMapping, list[Said]]:
    """The mapping with its computed fields set to how their results are written, in an order in which each comes
    after those it names; and every mistake."""
    found: list[Said] = list(_circles(saved))
    fields = []
    for field in saved.fields:
        kind, mistakes = (None, []) if field.sql is None else _kind(field.sql, saved, table)
        at = f"fields.{field.target}.sql"
        found += [(at, said) for said in mistakes]
        column = table.columns.get(field.target)
        if kind is Type.TRUTH and column is not None and column.kind is not Kind.BOOLEAN:
            found.append((at, message("expressions.into", target=field.target)))
        fields.append(_written(field, kind))
    if saved.where is not None:
        kind, mistakes = _kind(saved.where, saved, table)
        found += [("where", said) for said in mistakes]
        if not mistakes and kind is not Type.TRUTH:
            found.append(("where", message("expressions.condition")))
    return replace(saved, fields=tuple(fields)), found


def _kind(sql: Expression, saved: SavedMapping, table: Table) -> tuple[Type | None, list[Message]]:
    there = {field.target for field in saved.fields}
    mistakes = [
        message("expressions.no_field", name=name, known=", ".join(sorted(there)))
        for name in sql.fields
        if name not in there and name in table.columns
    ]
    program, more = program_of(sql, saved.read, table, saved.told)
    return (None if more else program.kind), [*mistakes, *more]


def _written(field: Field, kind: Type | None) -> Field:
    """Results are texts that are converted like a cell: numbers with a point, days as 2026-03-31."""
    if kind is Type.NUMBER:
        return replace(field, decimal=".", thousands=None)
    return replace(field, format="%Y-%m-%d") if kind is Type.DATE else field


def _circles(saved: SavedMapping) -> Iterator[Said]:
    """Fields that are computed from themselves, and a row filter that looks at fields."""
    needs = {field.target: field.sql.fields for field in saved.fields if field.sql is not None}
    for target in needs:
        seen: set[str] = set()
        todo = list(needs[target])
        while todo:
            name = todo.pop()
            if name == target:
                yield f"fields.{target}.sql", message("expressions.circle", name=target)
                break
            if name not in seen:
                seen.add(name)
                todo += needs.get(name, ())
    if saved.where is not None and saved.where.fields:
        yield "where", message("expressions.where_fields")


def ordered(fields: tuple[Field, ...]) -> list[int]:
    """The places of the computed fields, each after those it names."""
    places = {field.target: i for i, field in enumerate(fields) if field.sql is not None}
    out: list[int] = []

    def put(i: int) -> None:
        sql = fields[i].sql
        assert sql is not None
        for name in sql.fields:
            if name in places and places[name] not in out:
                put(places[name])
        if i not in out:
            out.append(i)

    for i in places.values():
        put(i)
    return out
