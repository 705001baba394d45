"""A row that names a document of a later file waits in the database, and goes in with that file; on both databases."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from pipeline import files as disk
from pipeline.answers.rows import ledger_row
from pipeline.cli import plain
from pipeline.cli.output import Voice
from pipeline.jobs import ImportJob
from pipeline.mapping.model import Plan
from pipeline.mapping.sections.kept import dumped, loaded
from pipeline.store.base import SqlStore
from pipeline.store.catalogue import catalogue
from pipeline.store.model import LedgerFile
from pipeline.words import message, render
from tests.imports import shop
from tests.imports.conftest import Desk
from tests.imports.test_sections import asked, fitted, load
from tests.store.test_undo import checksum, undo

PAYMENTS = """
version = 1
[tables.payment]
key = ["source", "external_id"]
[tables.payment.fields]
source = { value = "psp" }
external_id = "Id"
order = { find = "sales_order", by = { source = { value = "shop" }, number = "Order" }, missing = "wait" }
party = { find = "party", by = { code = "Client" }, missing = "refuse" }
amount = "Amount"
paid_at = "At"
"""
ORDERS = """
version = 1
table = "sales_order"
[fields]
source = { value = "shop" }
number = "No"
gross_amount = "Total"
"""
PAID = b"Id,Order,Client,Amount,At\np1,A,,1.50,2026-03-01\np2,B,,2.25,2026-03-02 10:00\np3,,,3.00,\n"


@pytest.fixture
def bench(store: SqlStore, tmp_path: Path) -> Desk:
    disk.ignore_sigio()
    job = ImportJob("paid", "paid", tmp_path / "inbox", tmp_path / "processed", tmp_path / "failed")
    return Desk(tmp_path, store, job, fitted(PAYMENTS))


def plan_of(bench: Desk, text: str, job: str) -> None:
    bench.plan = fitted(text)
    bench.set(name=job)


def paid(bench: Desk) -> list[tuple[object, ...]]:
    return asked(
        bench,
        'SELECT p.external_id, o.number FROM payment AS p LEFT JOIN sales_order AS o ON o.id = p."order"'
        " ORDER BY p.external_id",
    )


def row(bench: Desk, file: LedgerFile) -> LedgerFile:
    found = bench.store.by_id(file.id)
    assert found is not None
    return found


def test_a_payment_waits_for_its_order(bench: Desk) -> None:
    first = load(bench, PAID, b"paid.csv")
    assert (first.inserted, first.refused, first.waiting, first.rows_read) == (1, 0, 2, 3)
    assert paid(bench) == [("p3", None)]
    plan_of(bench, ORDERS, "orders")
    other = load(bench, b"No,Total\nC,1\n", b"c.csv")
    assert (other.inserted, row(bench, first).waiting) == (1, 2)
    brought = load(bench, b"No,Total\nA,1.50\n", b"a.csv")
    assert (brought.inserted, row(bench, first).waiting) == (2, 1)
    assert paid(bench) == [("p1", "A"), ("p3", None)]
    assert asked(bench, "SELECT count(*) FROM payment WHERE external_id = 'p1' AND paid_at IS NOT NULL") == [
        (1,)
    ]
    amounts = asked(bench, "SELECT sum(amount) FROM payment")
    assert Decimal(str(amounts[0][0])) in (Decimal("4.50"), Decimal(4_500_000))


def test_small_files_together_bring_it_too(bench: Desk) -> None:
    first = load(bench, PAID, b"paid.csv")
    plan_of(bench, ORDERS, "orders")
    taken = [bench.take(f"No,Total\n{no},1\n".encode(), f"{no}.csv".encode()) for no in "AB"]
    outcomes = bench.importer().run(bench.work(*taken))
    assert [one.deed for one in outcomes] == ["archived", "archived"]
    assert paid(bench) == [("p1", "A"), ("p2", "B"), ("p3", None)]
    assert row(bench, first).waiting == 0


def test_undo_of_the_file_that_waits_drops_it_and_again_brings_it_back(bench: Desk) -> None:
    before = checksum(bench.store)
    first = load(bench, PAID, b"paid.csv")
    back = undo(bench.store, first.id)
    assert back.left_count == 0
    assert checksum(bench.store) == before
    plan_of(bench, ORDERS, "orders")
    load(bench, b"No,Total\nA,1\n", b"a.csv")
    assert paid(bench) == []
    assert back.entry is not None
    undo(bench.store, back.entry.id)
    assert row(bench, first).waiting == 2
    load(bench, b"No,Total\nA,2\nB,1\n", b"b.csv")
    assert paid(bench) == [("p1", "A"), ("p2", "B"), ("p3", None)]


def test_undo_of_the_file_that_brought_it_lets_it_wait_again(bench: Desk) -> None:
    first = load(bench, PAID, b"paid.csv")
    before = checksum(bench.store)
    plan_of(bench, ORDERS, "orders")
    brought = load(bench, b"No,Total\nA,1\nB,2\n", b"a.csv")
    whole = checksum(bench.store)
    back = undo(bench.store, brought.id)
    assert back.left_count == 0
    assert checksum(bench.store) == before
    assert row(bench, first).waiting == 2
    assert back.entry is not None
    undo(bench.store, back.entry.id)
    assert checksum(bench.store) == whole
    assert row(bench, first).waiting == 0
    load(bench, b"No,Total\nD,1\n", b"d.csv")
    assert len(paid(bench)) == 3


def test_undo_of_the_file_that_waited_takes_out_what_was_written_later(bench: Desk) -> None:
    first = load(bench, PAID, b"paid.csv")
    plan_of(bench, ORDERS, "orders")
    load(bench, b"No,Total\nA,1\nB,2\n", b"a.csv")
    back = undo(bench.store, first.id)
    assert (back.left_count, paid(bench)) == (0, [])
    assert asked(bench, "SELECT count(*) FROM sales_order") == [(2,)]


def test_what_waited_and_cannot_be_taken_is_refused_in_its_own_file(bench: Desk) -> None:
    first = load(bench, PAID.replace(b"p1,A,,", b"p1,A,NOBODY,"), b"paid.csv")
    assert first.waiting == 2
    plan_of(bench, ORDERS, "orders")
    load(bench, b"No,Total\nA,1\nB,2\n", b"a.csv")
    assert paid(bench) == [("p2", "B"), ("p3", None)]
    after = row(bench, first)
    assert (after.waiting, after.refused) == (0, 1)
    (refused,) = bench.store.refused(first.id)
    assert (refused.line, refused.raw) == (2, b"p1,A,NOBODY,1.50,2026-03-01")
    assert "party" in render(refused.said)


def test_a_whole_document_waits(bench: Desk) -> None:
    bench.plan = fitted("""
version = 1
document = "No"
unit = "document"
[tables.credit]
table = "invoice"
refunds = "negative"
[tables.credit.fields]
source = { value = "x" }
number = "No"
corrects = { find = "invoice", by = { number = "Of" }, missing = "wait" }
gross_amount = "Total"
[tables.line]
table = "invoice_line"
lines = "replace"
[tables.line.fields]
invoice = { row = "credit" }
line_no = { count = "document" }
gross_amount = "Gross"
""")
    done = load(bench, b"No,Of,Total,Gross\nA1,F1,-3,-1\nA1,,,-2\nF1,,3,3\nA2,F9,-1,-1\n")
    # the credit note comes before its invoice in the same file
    assert (done.waiting, done.refused) == (1, 0)
    show = "SELECT kind, number FROM invoice ORDER BY number"
    assert asked(bench, show) == [("credit_note", "A1"), ("invoice", "F1")]
    assert asked(bench, "SELECT count(*) FROM invoice_line") == [(3,)]
    asked_ = "SELECT count(*) FROM invoice AS a JOIN invoice AS f ON f.id = a.corrects WHERE f.number = 'F1'"
    assert asked(bench, asked_) == [(1,)]
    load(bench, b"No,Of,Total,Gross\nF9,,1,1\n", b"later.csv")
    assert asked(bench, "SELECT count(*) FROM invoice_line WHERE gross_amount < 0") == [(0,)]
    assert len(asked(bench, show)) == 4


@pytest.mark.parametrize("text", [PAYMENTS, shop.MAPPING])
def test_sections_come_back_from_their_text(text: str) -> None:
    made: Plan = fitted(text)
    again = loaded(dumped(made.sections, "document"), catalogue())
    assert again is not None
    assert dumped(again.sections, "document") == dumped(made.sections, "document")
    assert [part.plan.table for part in again.sections] == [part.plan.table for part in made.sections]


def test_the_list_of_files_says_what_waits(bench: Desk) -> None:
    file = load(bench, PAID, b"paid.csv")
    row = ledger_row(file, None, "UTC")
    (bench.root / "config.toml").write_text('language = "en"\n')
    assert plain.became(Voice(bench.root / "config.toml"), row) == "3 = 1 new + 2 waiting"
    assert plain.file_json(Voice(bench.root / "config.toml"), row)["waiting"] == 2
    assert render(message("states.rows_wait", rows=2), "fr").startswith("2 lignes attendent")
