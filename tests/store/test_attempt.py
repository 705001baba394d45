"""Trying writes nothing, and says exactly what the import then does."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import files as disk
from pipeline.errors import FileFailed
from pipeline.store.base import SqlStore
from pipeline.store.model import Attempt, LedgerFile, Load, RefusedRow
from pipeline.store.tables import business_tables
from pipeline.words import message
from tests.amounts import times
from tests.store.test_exam import NOW, arrival, frame, load, plan, refuse_status

OURS = ("pipeline_file", "pipeline_refused", "pipeline_change", "pipeline_source", "pipeline_replay")


def everything(store: SqlStore) -> str:
    """A checksum of every table, our own too."""
    digest = hashlib.sha256()
    with store._transaction(write=False) as conn:
        for name in (*OURS, *sorted(table.name for table in business_tables())):
            found = conn.exec_driver_sql(f'SELECT * FROM "{name}"').all()
            digest.update(repr((name, sorted(map(repr, found)))).encode())
    return digest.hexdigest()


def attempt(
    store: SqlStore, content: bytes, rows: pl.DataFrame, refused: int = 0, most: int | None = None
) -> Attempt:
    with store.staging(plan()) as staging:
        staging.add(rows)
        bad = [RefusedRow(n, "Total", "x", message("reading.nul"), b"raw") for n in range(refused)]
        if bad:
            staging.refuse(bad)
        made = arrival(content)
        return store.attempt(Load(made, staging, plan(), rows.height + refused, "{}", most), NOW)


def alike(tried: Attempt, done: LedgerFile) -> bool:
    apart = {"id": 0, "claim": "", "log_from": None}
    return replace(tried.file, **apart) == replace(done, **apart)


def test_it_says_what_is_new_changed_unchanged_and_refused_and_writes_nothing(store: SqlStore) -> None:
    load(store, b"a", frame(("1", "1", "x"), ("2", "2.5", None), ("3", "3", "x")))
    refuse_status(store, "bad")
    before = everything(store)
    rows = frame(("1", "1", "x"), ("2", "7.25", "y"), ("4", "4", "x"), ("5", "5", "bad"))
    tried = attempt(store, b"b", rows, refused=1)
    assert everything(store) == before
    assert tried.tables == {"sales_order": (1, 1, 0)}
    assert tried.columns == {("sales_order", "gross_amount"): 1, ("sales_order", "status"): 1}
    assert {(c.row, c.column, c.old, c.new) for c in tried.changes} == {
        ("shop, 2", "gross_amount", "2.500000", "7.250000"),
        ("shop, 2", "status", None, "y"),
    }
    assert [row.values["number"] for row in tried.rows] == ["2", "4"]
    assert [row.line for row in tried.refused] == [0, 5]
    assert alike(tried, load(store, b"b", rows, refused=1))


def test_a_repeat_and_a_file_with_too_many_refused_rows_are_told_too(store: SqlStore) -> None:
    rows = frame(("1", "1", "x"))
    load(store, b"a", rows)
    before = everything(store)
    tried = attempt(store, b"a", rows)
    assert (tried.file.state, tried.tables) == ("duplicate", {})
    with pytest.raises(FileFailed):
        attempt(store, b"b", rows, refused=3, most=2)
    assert everything(store) == before


cells = st.tuples(
    st.sampled_from("123456"), st.sampled_from(["1", "2.5", None]), st.sampled_from(["a", None, "bad"])
)
sheets = st.lists(cells, min_size=1, max_size=8)


@settings(
    derandomize=True,
    max_examples=times(20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(sheets, sheets, st.integers(0, 2))
def test_what_it_says_is_what_the_import_does(
    store: SqlStore, first: list[Any], second: list[Any], refused: int
) -> None:
    if not refuses(store):
        refuse_status(store, "bad")
    load(store, disk.new_claim(NOW).encode(), frame(*first))
    before, content = everything(store), disk.new_claim(NOW).encode()
    tried = attempt(store, content, frame(*second), refused)
    assert everything(store) == before
    done = load(store, content, frame(*second), refused=refused)
    assert alike(tried, done)
    assert [r.line for r in tried.refused] == [r.line for r in store.refused(done.id)]
    assert tried.tables.get("sales_order", (0, 0, 0)) == (done.inserted, done.updated, 0)


def refuses(store: SqlStore) -> bool:
    """Was the rule made on this database already?"""
    asked = "SELECT count(*) FROM sqlite_master WHERE name = 'rule'"
    if store.kind == "postgresql":
        asked = "SELECT count(*) FROM pg_constraint WHERE conname = 'rule'"
    with store._transaction(write=False) as conn:
        return bool(conn.exec_driver_sql(asked).scalar_one())
