"""Loads that share one staging: each has its own row, counts and changes; what cannot go together does nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from pipeline.store.base import SqlStore
from pipeline.store.bundles import BundleStore
from pipeline.store.model import LedgerFile, Load, Query
from tests.store.test_exam import NOW, arrival, frame, plan, refuse_status, rows_of, sql

Row = tuple[str, str | None, str | None]


def bundled(
    store: SqlStore, files: dict[bytes, list[Row]], repeat: Literal["skip", "apply"] = "apply"
) -> list[LedgerFile] | None:
    """Commit these contents as one bundle, in this order."""
    assert isinstance(store, BundleStore)
    fitted, line, loads = plan(), 2, []
    rows = [row for content in files.values() for row in content]
    with store.staging(fitted) as staging:
        staging.add(frame(*rows))  # lines from 2
        for content, mine in files.items():
            lines = (line, line + len(mine) - 1)
            line += len(mine)
            about = replace(arrival(content), repeat=repeat)
            loads.append(Load(about, staging, fitted, len(mine), "{}", lines=lines))
        return store.commit_bundle(loads, NOW)


def test_each_file_of_a_bundle_has_its_own_row_counts_and_changes(store: SqlStore) -> None:
    before = bundled(store, {b"0": [("2", "20", "open"), ("3", "30", "open")]})
    assert before is not None
    assert (before[0].inserted, before[0].updated) == (2, 0)
    done = bundled(
        store,
        {
            b"A": [("1", "10", "open"), ("2", "21", "open")],
            b"B": [("3", "30", "open"), ("4", "40", None)],
            b"empty": [],
            b"C": [("5", "50", "paid")],
        },
    )
    assert done is not None
    counts = [(f.state, f.rows_read, f.inserted, f.updated, f.unchanged, f.refused) for f in done]
    assert counts == [
        ("committed", 2, 1, 1, 0, 0),
        ("committed", 2, 1, 0, 1, 0),
        ("committed", 0, 0, 0, 0, 0),
        ("committed", 1, 1, 0, 0, 0),
    ]
    assert [(f.inserted, f.updated) for f in store.files(Query(limit=4))] == [
        (1, 0), (0, 0), (1, 0), (1, 1),
    ]  # fmt: skip
    whose = sql(store, "SELECT who, op, count(*) FROM pipeline_change GROUP BY who, op ORDER BY who, op")
    ids = [before[0].id, *(f.id for f in done)]
    wanted = [(ids[0], "I", 2), (ids[1], "I", 1), (ids[1], "U", 1), (ids[2], "I", 1), (ids[4], "I", 1)]
    assert [tuple(row) for row in whose] == [(f"file:{id}", op, n) for id, op, n in wanted]
    assert len(rows_of(store)) == 5


def test_a_key_twice_in_a_bundle_does_nothing(store: SqlStore) -> None:
    assert bundled(store, {b"A": [("1", "10", None)], b"B": [("1", "11", None)]}) is None
    assert store.files(Query()) == []
    assert rows_of(store) == []


def test_a_row_that_the_database_does_not_want_does_nothing(store: SqlStore) -> None:
    refuse_status(store, "stolen")
    assert bundled(store, {b"A": [("1", "10", None)], b"B": [("2", "13", "stolen")]}) is None
    assert store.files(Query()) == []
    assert rows_of(store) == []


def test_repeats_in_a_bundle_are_those_of_the_files_one_by_one(store: SqlStore) -> None:
    first = bundled(store, {b"A": [("1", "10", None)]}, "skip")
    assert first is not None
    done = bundled(store, {b"A": [("9", "10", None)], b"B": [("2", "20", None)]}, "skip")
    assert done is not None
    assert [f.state for f in done] == ["duplicate", "committed"]
    again = bundled(store, {b"B": [("8", "1", None)], b"A": [("1", "11", None)]}, "apply")
    assert again is not None
    assert [f.state for f in again] == ["duplicate", "committed"]
    assert sorted(str(row[0]) for row in rows_of(store)) == ["1", "2"]
