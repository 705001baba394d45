"""What a till or a shop writes, on both databases: several tax rates, refunds, documents that must add up."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from pipeline import files as disk
from pipeline.jobs import ImportJob
from pipeline.store.base import SqlStore
from pipeline.words import render
from tests.imports.conftest import Desk
from tests.imports.test_sections import changes, fitted, load

TILL = """
version = 1
document = "Ticket"
unit = "document"
[read]
decimal = ","
[tables.ticket]
table = "pos_ticket"
refunds = "negative"
[tables.ticket.fields]
source = { value = "till" }
number = "Ticket"
gross_amount = "Total TTC"
[tables.vat]
table = "document_tax"
each = { rate = { values = ["20", "5,5"] }, net = ["HT 20%", "HT 5,5%"], vat = ["TVA 20%", "TVA 5,5%"] }
[tables.vat.fields]
document_type = { value = "pos_ticket" }
document_id = { row = "ticket" }
percent = "rate"
base_amount = "net"
tax_amount = "vat"
"""
HEAD = "Ticket;Total TTC;HT 20%;TVA 20%;HT 5,5%;TVA 5,5%\n"


@pytest.fixture
def bench(store: SqlStore, tmp_path: Path) -> Desk:
    disk.ignore_sigio()
    job = ImportJob("till", "till", tmp_path / "inbox", tmp_path / "processed", tmp_path / "failed")
    return Desk(tmp_path, store, job, fitted(TILL))


def rows(bench: Desk, table: str, *columns: str) -> list[tuple[object, ...]]:
    """Sorted rows as Python values."""
    assert isinstance(bench.store, SqlStore)
    made = SQLModel.metadata.tables[table]
    with bench.store._transaction(write=False) as conn:
        found = conn.execute(sa.select(*(made.c[name] for name in columns)))
        return sorted((tuple(row) for row in found), key=str)


def taxes(bench: Desk) -> list[tuple[object, ...]]:
    """(ticket, rate, net, tax)."""
    assert isinstance(bench.store, SqlStore)
    tax, ticket = (SQLModel.metadata.tables[name] for name in ("document_tax", "pos_ticket"))
    asked = sa.select(ticket.c.number, tax.c.percent, tax.c.base_amount, tax.c.tax_amount)
    asked = asked.join(ticket, ticket.c.id == tax.c.document_id).order_by(ticket.c.number, tax.c.percent)
    with bench.store._transaction(write=False) as conn:
        return [tuple(row) for row in conn.execute(asked)]


def D(text: str) -> Decimal:
    return Decimal(text)


def test_a_till_with_several_rates_in_a_ticket(bench: Desk) -> None:
    content = (
        HEAD + "1;17,55;10,00;2,00;5,26;0,29\n2;12,00;10,00;2,00;;\n3;-5,55;;;-5,26;-0,29\n4;0,00;;;;\n"
    ).encode()
    done = load(bench, content, b"a.csv")
    assert (done.inserted, done.refused) == (4 + 4, 0)
    assert taxes(bench) == [
        ("1", D("5.5"), D("5.26"), D("0.29")),
        ("1", D("20"), D("10"), D("2")),
        ("2", D("20"), D("10"), D("2")),
        ("3", D("5.5"), D("5.26"), D("0.29")),
    ]
    assert rows(bench, "pos_ticket", "number", "kind", "gross_amount")[2] == ("3", "refund", D("5.55"))
    before = changes(bench)
    again = load(bench, content + b"\n", b"b.csv")
    assert (again.inserted, again.updated, changes(bench)) == (0, 0, before)
    changed = load(bench, content.replace(b"10,00;2,00;;", b"9,00;1,80;1,00;0,06"), b"c.csv")
    assert (changed.inserted, changed.updated) == (1, 1)


def test_a_bad_cell_of_a_rate_names_its_own_column(bench: Desk) -> None:
    done = load(bench, (HEAD + "1;17,55;10,00;2,00;5,26;x\n2;12,00;10,00;2,00;;\n").encode())
    (row,) = bench.store.refused(done.id)
    assert (row.line, row.column, row.value) == (2, "TVA 5,5%", "x")
    assert taxes(bench) == [("2", D("20"), D("10"), D("2"))]


def test_a_rate_that_the_file_lacks_is_no_row(bench: Desk) -> None:
    done = load(bench, b"Ticket;Total TTC;HT 20%;TVA 20%\n1;12,00;10,00;2,00\n")
    assert (done.inserted, done.refused) == (2, 0)
    bad = bench.run(bench.take(b"Ticket;Total TTC\n2;12,00\n", b"b.csv"))
    assert bad.deed == "failed"
    assert "HT 20%" in render(bench.row(bad).reason)  # type: ignore[arg-type]


def test_decimals_are_found_in_the_columns_of_each(bench: Desk) -> None:
    bench.plan = fitted(TILL.replace('decimal = ","', ""))
    done = load(bench, (HEAD + "1;2,00;1,234;1,00;5,26;0,10\n").encode())
    assert (done.inserted, done.refused) == (3, 0)
    assert taxes(bench)[1] == ("1", D("20"), D("1.234"), D("1"))


TAGS = """
version = 1
[read]
fill_down = ["Family"]
[tables.price]
table = "warehouse"
split = { column = "Depots", by = "," }
[tables.price.fields]
code = "Depots"
name = "Family"
"""


def test_a_cell_of_several_values_is_several_rows_filled_from_above(bench: Desk) -> None:
    bench.plan = fitted(TAGS)
    done = load(bench, b'Family;Depots\nFood;A, B,\n;C\nTools;"D"\n;\n')
    assert rows(bench, "warehouse", "code", "name") == [
        ("A", "Food"), ("B", "Food"), ("C", "Food"), ("D", "Tools"),
    ]  # fmt: skip
    assert (done.inserted, done.refused) == (4, 0)


def test_nothing_is_filled_down_across_a_line_that_cannot_be_read(bench: Desk) -> None:
    bench.plan = fitted(TAGS)
    done = load(bench, b"Family;Depots\nFood;A\nTools;B;surplus\n;C\nWood;D\n;E\n")
    assert rows(bench, "warehouse", "code", "name") == [("A", "Food"), ("D", "Wood"), ("E", "Wood")]
    assert [(row.line, row.said.code) for row in bench.store.refused(done.id)][1:] == [
        (4, "sections.fill_broken")
    ]
