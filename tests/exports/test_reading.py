"""What a database holds comes out of its lines of text as it is, whatever it is."""

from __future__ import annotations

import datetime as dt
import sqlite3
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import PipelineError
from pipeline.mapping.model import Column, Kind
from pipeline.store.base import SqlStore
from pipeline.store.exporting import reading
from tests.exports.conftest import Shop

COLUMNS = (
    Column("text", Kind.TEXT), Column("amount", Kind.DECIMAL, scale=6), Column("number", Kind.INTEGER),
    Column("truth", Kind.BOOLEAN), Column("moment", Kind.DATETIME), Column("day", Kind.DATE),
)  # fmt: skip
texts = (
    st.none()
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.sampled_from(["null", "[", '",0]\n', '\\"', ""])
)
whole = st.none() | st.integers(-(2**53), 2**53)
moments = st.none() | st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1))  # noqa: DTZ001
rows_of = st.lists(
    st.tuples(texts, whole, whole, st.none() | st.booleans(), moments, st.none() | st.dates()), max_size=5
)


@given(rows_of)
def test_each_value_is_as_sqlite_holds_it(rows: list[tuple[Any, ...]]) -> None:
    raw = sqlite3.connect(":memory:")
    names = ", ".join(f'"{n}"' for n in range(len(COLUMNS)))
    raw.execute(f"CREATE TABLE t ({names}, last)")
    for text, amount, number, truth, moment, day in rows:
        written = None if moment is None else moment.strftime("%Y-%m-%d %H:%M:%S.%f").rjust(26, "0")
        values = (text, amount, number, truth, written, None if day is None else day.isoformat(), 1)
        raw.execute("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    found = [
        row for frame in reading.from_sqlite(raw, "SELECT * FROM t", COLUMNS, True) for row in frame.rows()
    ]
    raw.close()
    utc = dt.timezone.utc  # noqa: UP017
    assert found == [
        (text, None if amount is None else Decimal(amount).scaleb(-6), number, truth,
         None if moment is None else moment.replace(tzinfo=utc), day)
        for text, amount, number, truth, moment, day in rows
    ]  # fmt: skip


def test_a_value_of_another_kind_is_told_and_not_lost() -> None:
    raw = sqlite3.connect(":memory:")
    with pytest.raises(PipelineError, match=r"1\.5"):
        list(reading.from_sqlite(raw, 'SELECT \'a\' AS "0", 1.5 AS "1"', COLUMNS[:2], True))
    raw.close()


MIXED = "VALUES ('2026-01-01 10:00:00+00'::timestamptz, 1), ('2026-01-01 10:00:00.5+00', 1), (NULL, 1), ('1999-12-31 23:59:59.123456+00', 1)"


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_a_copy_that_is_left_or_fails_leaves_a_usable_connection(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg

    monkeypatch.setattr(reading, "ROWS", 2)
    number = (Column("n", Kind.INTEGER),)
    with store._engine.connect() as conn:
        raw: Any = conn.connection.driver_connection
        conn.exec_driver_sql("SET timezone = 'UTC'")
        frames = list(reading.from_postgres(raw, MIXED, (Column("m", Kind.DATETIME),)))
        assert [str(v) for f in frames for v in f["0"]] == [
            "2026-01-01 10:00:00+00:00", "2026-01-01 10:00:00.500000+00:00", "None", "1999-12-31 23:59:59.123456+00:00",
        ]  # fmt: skip
        left = reading.from_postgres(raw, "SELECT n, 1 FROM generate_series(1, 100000) AS n", number)
        assert next(left)["0"].to_list() == [1, 2]
        left.close()
        conn.rollback()
        for wrong, kind in (("SELECT n / (n - 4), 1 FROM generate_series(1, 9) AS n", psycopg.errors.DivisionByZero),
                            ("SELECT lost", psycopg.errors.UndefinedColumn)):  # fmt: skip
            with pytest.raises(kind):
                list(reading.from_postgres(raw, wrong, number))
            conn.rollback()
        assert conn.execute(sa.text("SELECT 1")).scalar_one() == 1


def test_batches_follow_one_another(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "ROWS", 2)
    for number in ("1", "2", "3", "4", "5"):
        shop.order(number)
    shop.export(template="{sequence}.csv")
    assert [line.split(";")[0] for line in shop.files()["1.csv"].splitlines()] == [
        "Order No",
        "1",
        "2",
        "3",
        "4",
        "5",
    ]
