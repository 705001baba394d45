"""A shop with rows to export, on both databases, and the exporter as the worker has it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from pipeline.clock import Clock
from pipeline.exports.exporting import Exporter
from pipeline.exports.serving import plan_of
from pipeline.exports.work import Done, ExportWork
from pipeline.jobs import ExportJob
from pipeline.store.base import SqlStore
from pipeline.store.types import uuid7

NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.timezone.utc)  # noqa: UP017

ORDERS = """
version = 1
table = "sales_order"
key = ["source", "number"]
[read]
delimiter = ";"
decimal = ","
[fields]
source = { value = "shop" }
number = "Order No"
gross_amount = "Total"
status = { column = "State", values = { Paid = "paid", Open = "open" } }
ordered_at = "When"
"""


def table(name: str) -> sa.Table:
    return SQLModel.metadata.tables[name]


@dataclass
class Shop:
    """A store, a folder, and how to export from it."""

    store: SqlStore
    root: Path
    events: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def add(self, into: str, /, **values: Any) -> Any:
        id = values.pop("id", None) or uuid7()
        with self.store._transaction() as conn:
            conn.execute(table(into).insert().values(id=id, **values))
        return id

    def order(
        self, number: str, amount: str | None = "12.5", status: str | None = "paid", **more: Any
    ) -> Any:
        total = None if amount is None else Decimal(amount)
        values = {"source": "shop", "ordered_at": NOON, **more}
        return self.add("sales_order", number=number, gross_amount=total, status=status, **values)

    def change(self, name: str, where: Any, /, **values: Any) -> None:
        with self.store._transaction() as conn:
            conn.execute(table(name).update().where(where).values(**values))

    def remove(self, name: str, where: Any) -> None:
        with self.store._transaction() as conn:
            conn.execute(table(name).delete().where(where))

    def job(self, **more: Any) -> ExportJob:
        values: dict[str, Any] = {"template": "orders-{sequence:04}.csv", **more}
        return ExportJob("out", "orders", self.root / "outbox", kept=self.root / "kept", **values)

    def work(self, mapping: str = ORDERS, **more: Any) -> ExportWork:
        plan = plan_of("orders", mapping, self.store)
        opening, period = more.pop("opening", None), more.pop("period", None)
        return ExportWork(self.job(**more), plan, "Europe/Paris", "lyon", opening, period)

    def exporter(self) -> Exporter:
        def heard(name: str, file: str, said: object, facts: Any) -> None:
            self.events.append((name, file, dict(facts)))

        return Exporter(self.store, Clock(), heard)

    def export(self, mapping: str = ORDERS, **more: Any) -> Done:
        return self.exporter().run(self.work(mapping, **more))

    def files(self) -> dict[str, str]:
        """What readers of the folder see."""
        found = sorted((self.root / "outbox").iterdir())
        return {p.name: p.read_text("utf-8") for p in found if not p.name.startswith(".")}

    def hidden(self) -> list[str]:
        return [p.name for p in (self.root / "outbox").iterdir() if p.name.startswith(".")]


@pytest.fixture
def shop(store: SqlStore, tmp_path: Path) -> Shop:
    """On each database."""
    return Shop(store, tmp_path)


__all__ = ["NOON", "ORDERS", "Shop", "replace", "table"]
