"""The statements that write a section's records: new rows, known rows where they differ, surplus lines."""

from __future__ import annotations

from decimal import Decimal

from pipeline.mapping.model import Column, Field, Kind
from pipeline.mapping.sections.model import DEED, DELETE, OLD
from pipeline.store import custom
from pipeline.store.sections.deeds import CHANGED, MADE
from pipeline.store.sections.words import Part, Sql
from pipeline.store.target import Target, quoted

MOMENT = "updated_at"


def create_found(part: Part, find: int, moment: str, sql: Sql) -> str:
    """INSERT what a look-up creates in the other table."""
    plan = part.plan.finds[find]
    names = [*plan.by[0].targets, *plan.given.targets]
    given = [constant(field, plan.given.column(field.target), sql) for field in plan.given.mapping.fields]
    cells = [f"m.{quoted(name)}" for name in plan.by[0].targets]
    return (
        f"INSERT INTO {quoted(plan.table)} (id, {', '.join(map(quoted, names))}, created_at, updated_at)"
        f" SELECT m._id, {', '.join([*cells, *given])}, {moment}, {moment} FROM {part.made(find)} AS m"
    )


def constant(field: Field, column: Column, sql: Sql) -> str:
    """A field's constant as the database keeps it."""
    text = field.value or ""
    if column.kind is Kind.DECIMAL:
        return text if sql.postgres else str(int(Decimal(text).scaleb(column.scale)))
    if column.kind is Kind.BOOLEAN:
        return (
            "true"
            if text.lower() in ("true", "t", "yes", "y", "1", "on", "vrai", "v", "oui", "o", "x")
            else "false"
        )
    return "'" + text.replace("'", "''") + "'"


def _cells(part: Part, target: Target) -> dict[str, str]:
    """Each written column → its value, from rows called `s` and their ids called `k`."""
    cells = {name: f"s.{quoted(name)}" for name in part.plan.staged}
    cells |= {name: f"k.{ident}" for name, ident in part.references().items()}
    return cells


def _further(part: Part, target: Target) -> dict[str, str]:
    """The counted columns of lines that are appended: they go on after the last line that is there."""
    references, own = part.references(), quoted(target.name)
    out = {}
    for name, within in part.plan.counts:
        keys = [key for key in part.plan.plan.table.keys if name in key]
        parent = next((t for t, _ in part.plan.rows for key in keys if t in key), None)
        if within == "document" and parent is not None:
            last = f"SELECT max(t.{quoted(name)}) FROM {own} AS t WHERE t.{quoted(parent)} = k.{references[parent]}"
            out[name] = f"s.{quoted(name)} + coalesce(({last}), 0)"
    return out


def insert(part: Part, target: Target, sql: Sql, moment: str) -> str:
    """INSERT the records that are new."""
    cells = _cells(part, target)
    if part.plan.lines == "append":
        cells |= _further(part, target)
    changed = f"coalesce({cells.pop(MOMENT)}, {moment})" if MOMENT in cells else moment
    values = []
    for name, cell in cells.items():
        column = target.column(name)
        if name == custom.COLUMN:
            values.append(custom.merged("NULL", cell, postgres=sql.postgres))
            continue
        filled = (
            f"coalesce({cell}, {column.default})"
            if not column.nullable and column.default is not None
            else cell
        )
        values.append(filled)
    return (
        f"INSERT INTO {quoted(target.name)} (id, {', '.join(map(quoted, cells))}, created_at, updated_at)"
        f" SELECT k._id, {', '.join(values)}, {moment}, {changed} FROM {part.rows} AS s JOIN {part.ids} AS k"
        f" ON k._rec = s._rec WHERE k._win = 1 AND k._new = 1 AND k.{DEED} IN {MADE} ORDER BY k._rec"
    )


def update(part: Part, target: Target, sql: Sql, moment: str) -> str | None:
    """UPDATE the records that are known, where they differ; None when the section sets nothing but its key."""
    fields = {field.target: field for field in part.plan.plan.mapping.fields}
    alone = part.plan.keys[0] if len(part.plan.keys) == 1 else ()
    table = quoted(target.name)
    sets: dict[str, str] = {}
    for name in _cells(part, target):
        field, column = fields.get(name), target.column(name)
        old, new = f"{table}.{quoted(name)}", f"v.{quoted(name)}"
        write = field.write if field else "always"
        if name in alone or write == "create":
            continue
        if name == custom.COLUMN:
            sets[name] = custom.merged(old, new, postgres=sql.postgres)
        elif write == "if-empty":
            blank = f"nullif({old}, '')" if not column.nullable and column.default == "''" else old
            sets[name] = f"coalesce({blank}, {new}{', ' + old if blank != old else ''})"
        elif (field is not None and field.blank == "keep") or name == MOMENT:
            sets[name] = f"coalesce({new}, {old})"
        elif not column.nullable and column.default is not None:
            sets[name] = f"coalesce({new}, {column.default})"
        else:
            sets[name] = new
    if not sets:
        return None
    values = ", ".join(f"{cell} AS {quoted(name)}" for name, cell in _cells(part, target).items())
    before = {name: f"{table}.{quoted(name)}" for name in sets}
    if custom.COLUMN in before:
        before[custom.COLUMN] = custom.held(before[custom.COLUMN], postgres=sql.postgres)
    olds = ", ".join(before.values())
    now = {} if MOMENT in sets else {MOMENT: moment}
    assigned = ", ".join(f"{quoted(name)} = {value}" for name, value in {**sets, **now}.items())
    return (
        f"UPDATE {table} SET {assigned} FROM (SELECT k._id, {values} FROM {part.rows} AS s"
        f" JOIN {part.ids} AS k ON k._rec = s._rec WHERE k._win = 1 AND k._new = 0 AND k.{DEED} IN {CHANGED}) AS v"
        f" WHERE {table}.id = v._id AND ({olds}) {sql.differs} ({', '.join(sets.values())})"
    )


def surplus(part: Part, parent: Part, column: str, target: Target, bad: str) -> str:
    """DELETE the lines that a document no longer has, but never of one of which a line was refused."""
    return (
        f"DELETE FROM {quoted(target.name)} WHERE {quoted(column)} IN (SELECT _id FROM {parent.ids} WHERE _new = 0"
        f" AND _win = 1 AND {DEED} <> '{OLD}' AND _doc NOT IN (SELECT doc FROM {bad}))"
        f" AND id NOT IN (SELECT _id FROM {part.ids} WHERE _id IS NOT NULL AND {DEED} <> '{DELETE}')"
    )
