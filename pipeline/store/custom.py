"""The column `custom` of our tables: JSON of the users' own fields, of which a load merges those that it fills."""

from __future__ import annotations

import sqlite3
from decimal import Decimal

from pipeline.mapping.model import Kind
from pipeline.store.own import SCALE
from pipeline.store.target import literal

COLUMN = "custom"
CASTS = {
    Kind.TEXT: "text", Kind.INTEGER: "bigint", Kind.DATE: "date", Kind.DATETIME: "timestamptz", Kind.BOOLEAN: "boolean",
    Kind.DECIMAL: "numeric",
}  # fmt: skip


def merged(old: str, patch: str, *, postgres: bool) -> str:
    """What becomes of `old` (JSON, or NULL): the patch's fields are set, those that are null there go, the others
    stay. Without any field it is NULL."""
    if postgres:
        new = f"({patch})::jsonb"
        gone = f"ARRAY(SELECT e.key FROM jsonb_each({new}) AS e WHERE e.value = 'null'::jsonb)"
        return f"nullif((coalesce({old}, '{{}}'::jsonb) || {new}) - {gone}, '{{}}'::jsonb)"
    return f"nullif(json_patch(coalesce({old}, '{{}}'), coalesce({patch}, '{{}}')), '{{}}')"


def held(old: str, *, postgres: bool) -> str:
    """`old` as it is held against what it will be: another program may write JSON with blanks in it."""
    return old if postgres else f"json({old})"


def told(custom: str, name: str, kind: Kind, *, postgres: bool) -> str:
    """One field out of `custom`, as a column of its own would hold it. SQLite asks for `with_scaled` before."""
    if postgres:
        return f"({custom} ->> {literal(name)})::{CASTS[kind]}"
    path = literal(f'$."{name}"')
    found = f"json_extract({custom}, {path})"
    if kind is Kind.DECIMAL:
        return f"pipeline_scaled({found})"
    return f"replace(replace({found}, 'T', ' '), 'Z', '')" if kind is Kind.DATETIME else found


def with_scaled(raw: sqlite3.Connection) -> None:
    """Exact amounts in SQL: SQLite itself knows floats only."""
    raw.create_function("pipeline_scaled", 1, _scaled, deterministic=True)


def _scaled(value: str | float | None) -> int | None:
    return None if value is None else int(Decimal(str(value)).scaleb(SCALE))
