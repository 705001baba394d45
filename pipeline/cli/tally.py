"""What the demo counts: the tickets and orders as they stand in the database, added up exactly in Python."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from pipeline.jobs import Settings
from pipeline.store.tables import business_tables

SHOWN = (
    ("sales_order", ("number", "ordered_at", "gross_amount", "status")),
    ("pos_ticket", ("number", "sold_at", "gross_amount", "cashier")),
)
"""Table, and its columns that the demo shows."""


class Tally:
    """Reads the business tables of an installation. A context manager."""

    def __init__(self, settings: Settings) -> None:
        self._engine = sa.create_engine(settings.database)
        self._tables = {table.name: table for table in business_tables()}

    def __enter__(self) -> Tally:
        return self

    def __exit__(self, *error: object) -> None:
        self._engine.dispose()

    def _rows(self, statement: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        with self._engine.connect() as connection:
            return connection.execute(statement).all()

    @property
    def _tickets(self) -> sa.Table:
        return self._tables["pos_ticket"]

    def tickets(self) -> int:
        """How many tickets of the till there are."""
        mine = self._tickets.c.source == "till"
        return int(self._rows(sa.select(sa.func.count()).where(mine))[0][0])

    def twice(self) -> int:
        """How many ticket numbers stand there more than once."""
        number = self._tickets.c.number
        more = sa.select(number).where(self._tickets.c.source == "till").group_by(number)
        return len(self._rows(more.having(sa.func.count() > 1)))

    def day(self, day: str) -> tuple[int, Decimal, Decimal, Decimal]:
        """Tickets of a day (ISO), and their sums: excluding tax, tax, including tax."""
        c = self._tickets.c
        amounts = sa.select(c.net_amount, c.tax_amount, c.gross_amount)
        rows = self._rows(amounts.where(c.source == "till", c.business_date == date.fromisoformat(day)))
        net, tax, gross = (sum((row[n] for row in rows), Decimal()) for n in range(3))
        return len(rows), net, tax, gross

    def first_rows(self) -> list[tuple[str, tuple[object, ...]]]:
        """The first row of each table that is shown."""
        found = []
        for name, columns in SHOWN:
            chosen = [self._tables[name].c[column] for column in columns]
            rows = self._rows(sa.select(*chosen).order_by(chosen[0]).limit(1))
            found += [(name, tuple(row)) for row in rows]
        return found
