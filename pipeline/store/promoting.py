"""The statements that move a field of the users out of `custom` into a column of its own, in the rows and in what the
change log remembers of them: so nothing has changed for an undo, and nothing is logged."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from pipeline.store import custom as own
from pipeline.store import triggers
from pipeline.store.added import OwnField
from pipeline.store.target import Target, literal, quoted


def unlogged(conn: sa.Connection, target: Target) -> list[str]:
    """Without the log's triggers, which are made anew afterwards."""
    on = f" ON {quoted(target.name)}" if conn.dialect.name == "postgresql" else ""
    return [f"DROP TRIGGER IF EXISTS {quoted(name)}{on}" for name in triggers.names(conn, target)]


def moved(conn: sa.Connection, field: OwnField) -> list[str]:
    """Every value goes over exactly; what is left of `custom` stays."""
    return _postgres(field) if conn.dialect.name == "postgresql" else _sqlite(conn, field)


def _postgres(field: OwnField) -> list[str]:
    table, name, key = quoted(field.table), quoted(field.name), literal(field.name)
    kind = own.CASTS[field.kind]
    was = "nullif(old::jsonb -> 'custom', 'null'::jsonb)"
    remembered = f"jsonb_build_object('custom', nullif({was} - {key}, '{{}}'::jsonb), {key}, ({was} ->> {key})::{kind})"
    return [
        f"UPDATE {table} SET {name} = (custom ->> {key})::{kind}, custom = nullif(custom - {key}, '{{}}'::jsonb)"
        f" WHERE custom -> {key} IS NOT NULL",
        f"UPDATE pipeline_change SET old = (old::jsonb || {remembered})::text"
        f" WHERE table_name = {literal(field.table)} AND old IS NOT NULL AND jsonb_exists(old::jsonb, 'custom')",
    ]


def _sqlite(conn: sa.Connection, field: OwnField) -> list[str]:
    table, name, path = quoted(field.table), quoted(field.name), literal(f'$."{field.name}"')
    raw: Any = conn.connection.driver_connection
    own.with_scaled(raw)

    def value(custom: str) -> str:
        return own.told(custom, field.name, field.kind, postgres=False)

    def rest(custom: str) -> str:
        return f"nullif(json_remove({custom}, {path}), '{{}}')"

    was = "json_extract(old, '$.custom')"
    return [
        f"UPDATE {table} SET {name} = {value('custom')}, custom = {rest('custom')}"
        f" WHERE json_type(custom, {path}) IS NOT NULL",
        f"UPDATE pipeline_change SET old = json_set(old, '$.custom', {rest(was)}, {path}, {value(was)})"
        f" WHERE table_name = {literal(field.table)} AND json_type(old, '$.custom') IS NOT NULL",
    ]
