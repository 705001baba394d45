"""The view `stock_now`; and SQLite's views `show_<table>`: amounts as exact decimal text, for people who open the file
themselves. An amount is stored there as an integer (12.50 is 12500000); PostgreSQL shows its decimals by itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from pipeline.mapping.model import Kind
from pipeline.store.added import OwnField
from pipeline.store.own import SCALE
from pipeline.store.types import Exact

STOCK = "stock_now"
MOVED = (
    "SELECT m.variant, m.warehouse, coalesce(m.lot, '') AS lot, 0 AS counted, m.quantity AS moved, NULL AS counted_at"
    " FROM stock_movement AS m LEFT JOIN stock_level AS l ON l.variant = m.variant AND l.warehouse = m.warehouse"
    " AND l.lot = coalesce(m.lot, '') AND l.deleted_at IS NULL WHERE m.deleted_at IS NULL AND m.variant IS NOT NULL"
    " AND (l.id IS NULL OR coalesce(m.occurred_at, m.created_at) > coalesce(l.counted_at, l.updated_at))"
)
"""The movements since the last count of their place. A count without its moment was made when it was written."""
COUNTED = (
    "SELECT variant, warehouse, lot, coalesce(on_hand, 0) AS counted, 0 AS moved, counted_at FROM stock_level"
    " WHERE deleted_at IS NULL"
)


def drop(conn: sa.Connection, tables: Sequence[sa.Table]) -> None:
    """Away before a migration: SQLite refuses to rename a table that a view speaks of."""
    conn.exec_driver_sql(f"DROP VIEW IF EXISTS {STOCK}")
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

    conn.exec_driver_sql(f"CREATE VIEW {STOCK} AS {_stock(sqlite=conn.dialect.name == 'sqlite')}")


def _stock(*, sqlite: bool) -> str:
    """Of each variant, warehouse and lot: the last count, what was moved since, and what is there now."""
    sums = {name: f"sum({name})" for name in ("counted", "moved")} | {"on_hand": "sum(counted) + sum(moved)"}
    names = [f"{_decimals(f's.{name}', 6) if sqlite else f's.{name}'} AS {name}" for name in sums]
    each = (
        f"SELECT variant, warehouse, lot, max(counted_at) AS counted_at,"
        f" {', '.join(f'{made} AS {name}' for name, made in sums.items())}"
        f" FROM ({COUNTED} UNION ALL {MOVED}) AS each_ GROUP BY variant, warehouse, lot"
    )
    return (
        f"SELECT s.variant, v.sku, s.warehouse, w.code AS warehouse_code, s.lot, s.counted_at, {', '.join(names)}"
        f" FROM ({each}) AS s LEFT JOIN product_variant AS v ON v.id = s.variant"
        " LEFT JOIN warehouse AS w ON w.id = s.warehouse"
    )


def _shown(column: sa.Column[object]) -> str:
    """The column as it is, or the amount as text with all its decimals. Whole numbers only: no float on the way.

    What another program stored as something else than an integer is shown as it is.
    """
    name = f'"{column.name}"'
    if not isinstance(column.type, Exact):
        return name
    text = _decimals(name, column.type.scale)
    return f"CASE typeof({name}) WHEN 'integer' THEN {text} ELSE {name} END AS {name}"


def _decimals(number: str, scale: int) -> str:
    """A whole number of the smallest unit as text with its decimals, in SQLite."""
    return (
        f"printf('%s%d.%0{scale}d', CASE WHEN {number} < 0 THEN '-' ELSE '' END,"
        f" abs({number}) / {10**scale}, abs({number}) % {10**scale})"
    )
