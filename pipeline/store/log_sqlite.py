"""The change log's triggers on SQLite: a row at a time, old values of the changed columns only."""

from __future__ import annotations

import json

from pipeline.store.target import Target, literal, quoted

_TAIL = "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000', (SELECT who FROM pipeline_context)"
_EMPTY = "''"  # the pairs of a table that has no columns but its key
_INTO = "INSERT INTO pipeline_change (table_name, row_id, op, old, at, who) SELECT"


def statement(name: str, target: Target, op: str) -> str:
    """CREATE TRIGGER for one operation: i, u or d."""
    table, head = quoted(target.name), f"CREATE TRIGGER {quoted(name)} AFTER"
    names = logged(target)
    insert = f"{_INTO} {literal(target.name)}, {row_id(target, 'NEW')}, 'I', NULL, {_TAIL}"
    whole = _whole(names)
    delete = f"{_INTO} {literal(target.name)}, {row_id(target, 'OLD')}, 'D', {whole}, {_TAIL}"
    if op == "i":
        return f"{head} INSERT ON {table} BEGIN {insert}; END"
    if op == "d":
        return f"{head} DELETE ON {table} BEGIN {delete}; END"
    watched = [n for n in names if not (target.ours and n == "updated_at")]
    changed = " OR ".join(_differs(n) for n in [*target.identity, *watched])
    diff = " || ".join(f"CASE WHEN {_differs(n)} THEN {_pair(n)} ELSE '' END" for n in names)
    old = f"'{{' || substr({diff or _EMPTY}, 2) || '}}'"
    update = f"{_INTO} {literal(target.name)}, {row_id(target, 'OLD')}, 'U', {old}, {_TAIL}"
    moved = "(" + " OR ".join(_differs(n) for n in target.identity) + ")"
    return (
        f"{head} UPDATE ON {table} WHEN {changed} BEGIN {update} WHERE NOT {moved};"
        f" {delete} WHERE {moved}; {insert} WHERE {moved}; END"
    )


def _whole(names: list[str]) -> str:
    """The row as JSON. `json_object` takes half the time of pairs put together, but not what JSON has no word for,
    and not more than 127 arguments."""
    pairs = f"'{{' || substr({' || '.join(_pair(n) for n in names) or _EMPTY}, 2) || '}}'"
    if not 0 < len(names) < 64:
        return pairs
    odd = " OR ".join(f"typeof(OLD.{quoted(n)}) IN ('blob', 'real')" for n in names)
    plain = ", ".join(f"{literal(n)}, OLD.{quoted(n)}" for n in names)
    return f"CASE WHEN {odd} THEN {pairs} ELSE json_object({plain}) END"


def logged(target: Target) -> list[str]:
    """The columns whose old values are kept."""
    return [c.name for c in target.columns if c.name not in target.identity and not c.generated]


def _differs(name: str) -> str:
    """Letter by letter, whatever the column calls equal."""
    return f"OLD.{quoted(name)} IS NOT NEW.{quoted(name)} COLLATE BINARY"


def row_id(target: Target, row: str) -> str:
    if target.identity == ("id",):
        return f"{row}.{quoted('id')}"
    return f"'{{' || substr({' || '.join(_pair(n, row) for n in target.identity)}, 2) || '}}'"


def _pair(name: str, row: str = "OLD") -> str:
    """`,"name":value` as JSON: a blob as hex and a float exactly, for json_quote refuses the one and rounds the
    other, and would break another program's write."""
    value = f"{row}.{quoted(name)}"
    said = (
        f"CASE typeof({value}) WHEN 'blob' THEN json_object('blob', hex({value}))"
        f" WHEN 'real' THEN json_object('real', printf('%!.17g', {value})) ELSE json_quote({value}) END"
    )
    return f"{literal(',' + json.dumps(name, ensure_ascii=False) + ':')} || {said}"
