"""The one statement that writes rows, the same on both databases but for a few words."""

from __future__ import annotations

from pipeline.mapping.model import Plan
from pipeline.store import custom
from pipeline.store.target import Target, TargetColumn, quoted

LINE = "_line"


def staged(column: TargetColumn) -> str:
    """A staged value as its column's type, for types that a text does not become by itself."""
    value = f"staged.{quoted(column.name)}"
    return f"{value}::{column.cast}" if column.cast else value


def filled(plan: Plan, target: Target, *, postgres: bool) -> str:
    """The values to insert, from the rows called `staged`. A blank in a column that must not be NULL takes the
    column's default; under `blank = "keep"` what the row has already, so that an update leaves it."""
    keep = {f.target for f in plan.mapping.fields if f.blank == "keep"}
    same = " AND ".join(f"old.{quoted(k)} = {staged(target.column(k))}" for k in plan.key)
    values = []
    for name in plan.targets:
        column = target.column(name)
        value = staged(column)
        if target.ours and name == custom.COLUMN:
            old = f"(SELECT old.{quoted(name)} FROM {quoted(target.name)} AS old WHERE {same})"
            values.append(custom.merged(old, value, postgres=postgres))
            continue
        if name not in plan.key and not column.nullable and column.default is not None:
            there = f"(SELECT old.{quoted(name)} FROM {quoted(target.name)} AS old WHERE {same}), "
            value = f"coalesce({value}, {there if name in keep else ''}{column.default})"
        values.append(value)
    return ", ".join(values)


def upsert(plan: Plan, target: Target, source: str, ident: str, *, mark: str, differs: str) -> str:
    """INSERT … SELECT … ON CONFLICT from staged rows. A row that is there already is written only where it
    differs, and never gets another identity.

    `source`: the staged rows; `ident`: a new identity as SQL, for tables of ours; `mark`: the driver's
    placeholder; `differs`: how this database compares rows with nulls in them. Parameters: for tables of ours
    those of `ident`, then created_at, updated_at; then for all first line, last line.
    """
    table = quoted(target.name)
    keep = {f.target for f in plan.mapping.fields if f.blank == "keep"}
    others = [t for t in plan.targets if t not in plan.key]
    new = {c: f"excluded.{quoted(c)}" for c in others}
    new |= {c: f"coalesce(excluded.{quoted(c)}, {table}.{quoted(c)})" for c in others if c in keep}
    names = ", ".join(quoted(t) for t in plan.targets)
    postgres = differs != "IS NOT"
    values = filled(plan, target, postgres=postgres)
    key = ", ".join(quoted(k) for k in plan.key)
    deed = "NOTHING"
    if others:
        sets = [f"{quoted(c)} = {new[c]}" for c in others]
        alike = {c: _comparable(target.column(c), target, differs) for c in others}
        before = {c: f"{table}.{quoted(c)}" for c in others}
        if target.ours and custom.COLUMN in before:
            before[custom.COLUMN] = custom.held(before[custom.COLUMN], postgres=postgres)
        old = ", ".join(alike[c].format(before[c]) for c in others)
        now = ", ".join(alike[c].format(new[c]) for c in others)
        if target.ours:
            sets.append("updated_at = excluded.updated_at")
        deed = f"UPDATE SET {', '.join(sets)} WHERE ({old}) {differs} ({now})"
    if target.ours:
        names, values = f"id, {names}, created_at, updated_at", f"{ident}, {values}, {mark}, {mark}"
    return (
        f"INSERT INTO {table} ({names}) SELECT {values} FROM {source} AS staged"
        f" WHERE {LINE} BETWEEN {mark} AND {mark} ON CONFLICT ({key}) DO {deed}"
    )


def _comparable(column: TargetColumn, target: Target, differs: str) -> str:
    """How a value is held against another: letter by letter, also where the column calls more things equal."""
    if target.ours:
        return "{}"
    if differs == "IS NOT":
        return "{} COLLATE BINARY"
    return "{}" if column.comparable else "({})::text"
