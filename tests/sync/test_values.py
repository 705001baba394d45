"""Every sort of value goes from SQLite to PostgreSQL and back as it was; our own tables take part like others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from pipeline.store import connect
from pipeline.store.base import SqlStore
from pipeline.store.types import uuid7
from pipeline.sync.local import LocalReplica
from pipeline.sync.rounds import round_
from tests.databases import ready_sqlite
from tests.sync.world import raw

UTC = dt.timezone.utc  # noqa: UP017
NOW = dt.datetime(2026, 11, 25, 10, 0, 0, 123456, tzinfo=UTC)
OTHERS = {
    "sqlite": "CREATE TABLE thing (a INTEGER NOT NULL, b VARCHAR(20) NOT NULL, amount NUMERIC(12,4), ratio DOUBLE, flag BOOLEAN,"
    " day DATE, moment TIMESTAMP, doc JSON, bytes BLOB, words TEXT, PRIMARY KEY (a, b))",
    "postgresql": "CREATE TABLE thing (a bigint NOT NULL, b varchar(20) NOT NULL, amount numeric(12,4), ratio double precision,"
    " flag boolean, day date, moment timestamptz, doc jsonb, bytes bytea, words text, PRIMARY KEY (a, b))",
}


def replica(store: SqlStore, site: str, names: list[str] | None = None) -> LocalReplica:
    syncing = store.syncing(names)
    syncing.install()
    return LocalReplica(syncing, site, None, lambda: dt.datetime.now(UTC), hub=site == "hub")


@pytest.fixture
def both(tmp_path: Path, pg_database: str) -> Iterator[tuple[SqlStore, SqlStore]]:
    """Our own tables on SQLite and on PostgreSQL."""
    (tmp_path / "shop.db").write_bytes(ready_sqlite())
    shop, hub = connect(f"sqlite:///{tmp_path}/shop.db"), connect(pg_database)
    assert isinstance(shop, SqlStore)
    assert isinstance(hub, SqlStore)
    hub.migrate()
    yield shop, hub
    shop.close()
    hub.close()


def rows(store: SqlStore, table: sa.Table) -> list[dict[str, Any]]:
    with store._transaction(write=False) as conn:
        return [dict(row) for row in conn.execute(sa.select(table).order_by(table.c.id)).mappings()]


def run(store: SqlStore, statement: Any, values: Any = None) -> None:
    with store._transaction() as conn:
        conn.execute(statement, values or {})


def test_our_tables_are_equal_on_both_after_edits_on_both(both: tuple[SqlStore, SqlStore]) -> None:
    shop, hub = both
    party, order = SQLModel.metadata.tables["party"], SQLModel.metadata.tables["sales_order"]
    who, what = uuid7(), uuid7()
    run(
        shop,
        party.insert(),
        [
            {
                "id": who,
                "code": "C1",
                "name": 'Café "é" 雪',
                "custom": {"b": [1, 2.50], "a": None},
                "active": False,
            }
        ],
    )
    run(
        shop,
        order.insert(),
        [
            {
                "id": what,
                "number": "1",
                "party": who,
                "ordered_at": NOW,
                "gross_amount": Decimal("9000000000000.123456"),
            }
        ],
    )
    here, there = replica(shop, "shop"), replica(hub, "hub")
    round_(here, there)
    for table in (party, order):
        assert rows(shop, table) == rows(hub, table)
        assert here.sums(table.name, 4) == there.sums(table.name, 4)
    run(shop, order.update().values(gross_amount=Decimal("-0.000001"), status="paid"))
    run(hub, party.update().values(name="Durand", custom={"x": "é"}))
    run(hub, party.insert(), [{"id": uuid7(), "code": "C2"}])
    round_(here, there)
    round_(here, there)
    for table in (party, order):
        assert rows(shop, table) == rows(hub, table)
        assert here.sums(table.name, 4) == there.sums(table.name, 4)
    run(hub, order.delete())
    round_(here, there)
    assert rows(shop, order) == []
    with hub._transaction(write=False) as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM pipeline_sync_record").scalar_one() == 0


def test_another_programs_values_are_exact_both_ways(tmp_path: Path, pg_database: str) -> None:
    shop, hub = connect(f"sqlite:///{tmp_path}/x.db", "none"), connect(pg_database, "none")
    assert isinstance(shop, SqlStore)
    assert isinstance(hub, SqlStore)
    (tmp_path / "x.db").touch()
    for store in (shop, hub):
        with store._transaction() as conn:
            conn.exec_driver_sql(OTHERS[store.kind])
        store.migrate()
    here, there = replica(shop, "shop"), replica(hub, "hub")
    round_(here, there)
    values = [
        (
            1,
            "x",
            0.1,
            0.1 + 0.2,
            1,
            "2026-02-28",
            "2026-11-25 10:00:00.000001",
            '{"a": 1.10}',
            b"\x00\xff",
            'q"é\\',
        ),
        (2, "y", -12345678.9012, -1e-300, 0, None, None, None, None, None),
    ]
    raw(shop).executemany("INSERT INTO thing VALUES (?,?,?,?,?,?,?,?,?,?)", values)
    round_(here, there)
    with hub._transaction(write=False) as conn:
        got = [tuple(row) for row in conn.exec_driver_sql("SELECT * FROM thing ORDER BY a")]
    assert got[0][2:5] == (Decimal("0.1000"), 0.1 + 0.2, True)
    assert got[0][6] == dt.datetime(2026, 11, 25, 10, 0, 0, 1, tzinfo=UTC)
    assert bytes(got[0][8]) == b"\x00\xff"
    assert got[1][2:4] == (Decimal("-12345678.9012"), -1e-300)
    assert here.sums("thing", 1) == there.sums("thing", 1)
    with hub._transaction() as conn:
        conn.exec_driver_sql(
            "UPDATE thing SET amount = 7.25, bytes = '\\x0102', flag = NOT flag, b = 'z' WHERE a = 1"
        )
        conn.exec_driver_sql("DELETE FROM thing WHERE a = 2")
    round_(here, there)
    round_(here, there)
    assert raw(shop).execute("SELECT a, b, amount, ratio, flag, bytes FROM thing").fetchall() == [
        (1, "z", 7.25, 0.1 + 0.2, 0, b"\x01\x02")
    ]
    assert here.sums("thing", 8) == there.sums("thing", 8)
    raw(shop).execute("INSERT INTO thing (a, b, words) VALUES (3, 'nul', ?), (4, 'good', 'w')", ("a\x00b",))
    round_(here, there)
    with hub._transaction(write=False) as conn:
        assert conn.exec_driver_sql("SELECT b FROM thing WHERE a > 2").scalars().all() == ["good"]
        assert conn.exec_driver_sql("SELECT row_key FROM pipeline_sync_held").scalars().all() == ['[3,"nul"]']
    shop.close()
    hub.close()
