"""What touches a closed month is held whole until a person agrees; what does not goes in; on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pipeline import files as disk
from pipeline.brake import Closed
from pipeline.errors import PipelineError
from pipeline.jobs import ImportJob
from pipeline.store.base import SqlStore
from pipeline.store.model import LedgerFile
from tests.imports.conftest import ZONE, Desk
from tests.imports.test_sections import fitted
from tests.store.test_exam import NOW
from tests.store.test_undo import checksum

INVOICES = """
version = 1
document = "No"
[tables.invoice]
[tables.invoice.fields]
source = { value = "shop" }
kind = { value = "invoice" }
number = "No"
issue_date = "Date"
status = "State"
[tables.line]
table = "invoice_line"
per = "row"
lines = "replace"
[tables.line.fields]
invoice = { row = "invoice" }
line_no = { count = "document" }
quantity = "Qty"
"""
LINES = INVOICES.replace('issue_date = "Date"\nstatus = "State"\n', "")
TICKETS = """
version = 1
table = "pos_ticket"
key = ["source", "number"]
[fields]
source = { value = "till" }
number = "No"
sold_at = "Sold"
"""
HEAD = b"No,Date,State,Qty\n"
MARCH, APRIL = b"1,2026-03-31,open,1\n,,,2\n", b"2,2026-04-01,open,1\n"
UNTIL = date(2026, 3, 31)


@pytest.fixture
def bench(store: SqlStore, tmp_path: Path) -> Desk:
    disk.ignore_sigio()
    job = ImportJob("orders", "orders", tmp_path / "inbox", tmp_path / "processed", tmp_path / "failed")
    return Desk(tmp_path, store, job, fitted(INVOICES))


def load(bench: Desk, content: bytes, name: bytes = b"a.csv") -> LedgerFile:
    return bench.row(bench.run(bench.take(content, name)))


def closing(bench: Desk) -> Desk:
    bench.set(closed_until=UNTIL)
    return bench


def code(row: LedgerFile) -> tuple[str, str | None]:
    return row.state, row.reason.code if row.reason else None


@pytest.mark.parametrize(
    ("content", "held"),
    [
        (HEAD + APRIL, False),
        (HEAD + APRIL + MARCH, True),  # a new row of a closed month
        (HEAD + b"1,2026-04-02,open,1\n,,,2\n", True),  # one is moved out of it
        (HEAD + b"1,2026-03-31,open,1.0\n,,,2\n", False),  # nothing of it changes
        (HEAD + b"1,2026-03-31,paid,1\n,,,2\n", True),
        (HEAD + b"1,2026-03-31,open,1\n,,,9\n", True),  # only a line of it
        (HEAD + b"1,2026-03-31,open,1\n", True),  # a line goes
    ],
)
def test_what_touches_a_closed_month_is_held(bench: Desk, content: bytes, held: bool) -> None:
    if APRIL not in content:
        load(bench, HEAD + MARCH)
    assert isinstance(bench.store, SqlStore)
    before = checksum(bench.store)
    row = load(closing(bench), content, b"b.csv")
    assert code(row) == (("held", "states.closed") if held else ("archived", None))
    assert (checksum(bench.store) == before) == (held or row.inserted + row.updated == 0)
    if held:
        taken = bench.take(content, b"b.csv")
        bench.store.begin_replay(taken.claim, row.id, "ann", taken.seen_at)
        agreed = bench.row(bench.run(replace(taken, fresh=False)))
        assert agreed.state == "archived"
        assert bench.store.by_id(row.id).state == "approved"  # type: ignore[union-attr]


def test_lines_alone_belong_to_the_month_of_their_document(bench: Desk) -> None:
    load(bench, HEAD + MARCH + APRIL)
    bench.plan = fitted(LINES)
    closing(bench)
    assert code(load(bench, b"No,Qty\n1,7\n", b"b.csv")) == ("held", "states.closed")
    assert code(load(bench, b"No,Qty\n2,7\n", b"c.csv")) == ("archived", None)


def test_a_day_ends_at_midnight_in_the_zone(bench: Desk) -> None:
    bench.plan = fitted(TICKETS)
    closing(bench)
    assert ZONE == "Asia/Tokyo"
    assert load(bench, b"No,Sold\n1,2026-03-31T15:00:00Z\n").state == "archived"
    assert load(bench, b"No,Sold\n2,2026-03-31T14:59:59Z\n", b"b.csv").state == "held"
    assert load(bench, b"No,Sold\n3,\n", b"c.csv").state == "archived"


def test_an_undo_of_a_closed_month_asks_first(bench: Desk) -> None:
    first, second = load(bench, HEAD + MARCH), load(bench, HEAD + APRIL, b"b.csv")
    closed = Closed(UNTIL, "Europe/Paris")
    assert isinstance(bench.store, SqlStore)
    before = checksum(bench.store)
    planned = bench.store.undo(first.id, disk.new_claim(NOW), "ann", NOW, dry=True, closed=closed)
    assert planned.closed is not None
    assert planned.closed.args["count"] == 1
    with pytest.raises(PipelineError) as asked:
        bench.store.undo(first.id, disk.new_claim(NOW), "ann", NOW, closed=closed)
    assert asked.value.said.code == "states.closed_undo"
    assert checksum(bench.store) == before
    assert bench.store.undo(second.id, disk.new_claim(NOW), "ann", NOW, closed=closed).entry is not None
    done = bench.store.undo(first.id, disk.new_claim(NOW), "ann", NOW, closed=closed, agreed=True)
    assert [one.deleted for one in done.tables] == [1, 2]
