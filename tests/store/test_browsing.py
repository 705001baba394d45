"""What people look at is what stands there, on both databases: rows, the history of one, what a file changed, the days."""

from __future__ import annotations

from datetime import timedelta

from pipeline.store.base import SqlStore
from pipeline.store.model import Query
from tests.store.test_brake import put, rows
from tests.store.test_exam import NOW


def test_rows_and_the_history_of_one(store: SqlStore) -> None:
    first = put(store, rows(3))
    browser = store.browser()
    assert "sales_order" in browser.tables()
    page = browser.page("sales_order", limit=2)
    assert (len(page.rows), page.more) == (2, True)
    found = browser.page("sales_order", "number", page.rows[0][page.columns.index("number")] or "")
    assert len(found.rows) == 1
    cells = browser.row("sales_order", found.ids[0])
    assert cells is not None
    assert cells["number"] == found.rows[0][found.columns.index("number")]
    told = browser.history("sales_order", found.ids[0])
    assert [(entry.op, entry.who) for entry in told] == [("I", f"file:{first.id}")]


def test_what_a_file_changed_with_the_values_before_and_after(store: SqlStore) -> None:
    put(store, rows(2, 10))
    second = put(store, rows(2, 20))
    third = put(store, rows(2, 30))
    assert second.log_from is not None
    assert third.log_from is not None
    cells = store.browser().cells(f"file:{second.id}", second.log_from, 10)
    assert {cell.column for cell in cells} == {"gross_amount"}
    olds, news = {float(cell.old or 0) for cell in cells}, {float(cell.new or 0) for cell in cells}
    later = store.browser().cells(f"file:{third.id}", third.log_from, 10)
    assert {float(cell.old or 0) for cell in later} == news
    assert olds != news


def test_files_are_found_by_name_reason_and_day(store: SqlStore) -> None:
    file = put(store, rows(2))
    assert [found.id for found in store.files(Query(contains=".CSV"))] == [file.id]
    assert store.files(Query(contains="%")) == []
    assert [
        found.id for found in store.files(Query(since=file.seen_at, until=file.seen_at + timedelta(1)))
    ] == [file.id]
    assert store.files(Query(until=file.seen_at)) == []
    assert store.files(Query(kind="export")) == []


def test_the_days(store: SqlStore) -> None:
    file = put(store, rows(2))
    found = store.browser().stretches(file.seen_at - timedelta(1), file.seen_at + timedelta(1))
    assert [(one.job, one.files, one.rows) for one in found] == [(file.job, 1, file.rows_read)]
    assert abs(found[0].at - file.seen_at) < timedelta(minutes=10)
    assert NOW.tzinfo is not None
