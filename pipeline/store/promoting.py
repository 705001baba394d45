"""The statements that move a field of the users out of `custom` into a column of its own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from pipeline.mapping.model import Kind
from pipeline.store.added import OwnField
from pipeline.store.own import SCALE
from pipeline.store.target import literal, quoted

_CASTS = {
    Kind.TEXT: "text", Kind.INTEGER: "bigint", Kind.DATE: "date", Kind.DATETIME: "timestamptz", Kind.BOOLEAN: "boolean",
    Kind.DECIMAL: "numeric",
}  # fmt: skip


def moved(conn: sa.Connection, field: OwnField) -> list[str]:
    """Every value goes over exactly; what is left of `custom` stays."""
    table, name = quoted(field.table), quoted(field.name)
    if conn.dialect.name == "postgresql":
        key = literal(field.name).replace("%", "%%")
        value = f"(custom ->> {key})::{_CASTS[field.kind]}"
        rest = f"nullif(custom - {key}, '{{}}'::jsonb)"
        return [f"UPDATE {table} SET {name} = {value}, custom = {rest} WHERE custom -> {key} IS NOT NULL"]
    path = literal(f'$."{field.name}"')
    value = f"json_extract(custom, {path})"
    if field.kind is Kind.DECIMAL:
        raw: Any = conn.connection.driver_connection
        raw.create_function("pipeline_scaled", 1, _scaled, deterministic=True)
        value = f"pipeline_scaled({value})"
    if field.kind is Kind.DATETIME:
        value = f"replace(replace({value}, 'T', ' '), 'Z', '')"
    rest = f"nullif(json_remove(custom, {path}), '{{}}')"
    return [
        f"UPDATE {table} SET {name} = {value}, custom = {rest} WHERE json_type(custom, {path}) IS NOT NULL"
    ]


def _scaled(text: str | None) -> int | None:
    return None if text is None else int(Decimal(text).scaleb(SCALE))
