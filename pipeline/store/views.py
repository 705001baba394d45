"""SQLite views `show_<table>`: amounts as exact decimal text, for people who open the file themselves.

An amount is stored there as an integer (12.50 is 12500000); PostgreSQL shows its decimals by itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from pipeline.mapping.model import Kind
from pipeline.store.added import OwnField
from pipeline.store.own import SCALE
from pipeline.store.types import Exact


def drop(conn: sa.Connection, tables: Sequence[sa.Table]) -> None:
    """Away before a migration: SQLite refuses to rename a table that a view speaks of."""
    if conn.dialect.name == "sqlite":
        for table in tables:
            conn.exec_driver_sql(f'DROP VIEW IF EXISTS "show_{table.name}"')


def install(conn: sa.Connection, tables: Sequence[sa.Table], added: Sequence[OwnField] = ()) -> None:
    """Make the views of these tables, again where they exist. `added`: the users' fields; some are columns."""
    drop(conn, tables)
    if conn.dialect.name == "sqlite":
        for table in tables:
            more = [
                sa.Column(one.name, Exact(SCALE) if one.kind is Kind.DECIMAL else sa.Text())
                for one in added
                if one.promoted and one.table == table.name
            ]
            shown = ", ".join(_shown(column) for column in [*table.columns, *more])
            conn.exec_driver_sql(f'CREATE VIEW "show_{table.name}" AS SELECT {shown} FROM "{table.name}"')


def _shown(column: sa.Column[object]) -> str:
    """The column as it is, or the amount as text with all its decimals. Whole numbers only: no float on the way.

    What another program stored as something else than an integer is shown as it is.
    """
    name = f'"{column.name}"'
    if not isinstance(column.type, Exact):
        return name
    scale = column.type.scale
    text = (
        f"printf('%s%d.%0{scale}d', CASE WHEN {name} < 0 THEN '-' ELSE '' END,"
        f" abs({name}) / {10**scale}, abs({name}) % {10**scale})"
    )
    return f"CASE typeof({name}) WHEN 'integer' THEN {text} ELSE {name} END AS {name}"
