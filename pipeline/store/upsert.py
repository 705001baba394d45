"""The one statement that writes rows, the same on both databases but for a few words."""

from __future__ import annotations

from pipeline.mapping.model import Plan
from pipeline.store.tables import business_tables

LINE = "_line"


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def filled(plan: Plan) -> str:
    """The values to insert, from the rows called `staged`. A blank in a column that must not be NULL takes the
    column's default; under `blank = "keep"` what the row has already, so that an update leaves it."""
    table = next(t for t in business_tables() if t.name == plan.table.name)
    keep = {f.target for f in plan.mapping.fields if f.blank == "keep"}
    same = " AND ".join(f"old.{quoted(k)} = staged.{quoted(k)}" for k in plan.key)
    values = []
    for name in plan.targets:
        value, column = f"staged.{quoted(name)}", table.columns[name]
        if name not in plan.key and not column.nullable and column.server_default is not None:
            there = f"(SELECT old.{quoted(name)} FROM {quoted(table.name)} AS old WHERE {same}), "
            default = getattr(column.server_default, "arg")  # noqa: B009 - SQL text; a default has no typed one
            value = f"coalesce({value}, {there if name in keep else ''}{default})"
        values.append(value)
    return ", ".join(values)


def upsert(plan: Plan, source: str, ident: str, *, mark: str, differs: str) -> str:
    """INSERT … SELECT … ON CONFLICT from staged rows. A row that is there already is written only where it
    differs, and never gets another identity.

    `source`: the staged rows; `ident`: a new identity as SQL; `mark`: the driver's placeholder; `differs`: how
    this database compares rows with nulls in them. Parameters: those of `ident`, then created_at, updated_at,
    first line, last line.
    """
    table = quoted(plan.table.name)
    keep = {f.target for f in plan.mapping.fields if f.blank == "keep"}
    others = [t for t in plan.targets if t not in plan.key]
    new = {c: f"excluded.{quoted(c)}" for c in others}
    new |= {c: f"coalesce(excluded.{quoted(c)}, {table}.{quoted(c)})" for c in others if c in keep}
    names = ", ".join(quoted(t) for t in plan.targets)
    key = ", ".join(quoted(k) for k in plan.key)
    deed = "NOTHING"
    if others:
        sets = ", ".join(f"{quoted(c)} = {new[c]}" for c in others)
        old = ", ".join(f"{table}.{quoted(c)}" for c in others)
        guard = f"({old}) {differs} ({', '.join(new.values())})"
        deed = f"UPDATE SET {sets}, updated_at = excluded.updated_at WHERE {guard}"
    return (
        f"INSERT INTO {table} (id, {names}, created_at, updated_at)"
        f" SELECT {ident}, {filled(plan)}, {mark}, {mark} FROM {source} AS staged"
        f" WHERE {LINE} BETWEEN {mark} AND {mark} ON CONFLICT ({key}) DO {deed}"
    )
