"""What a till or a shop writes, on both databases: several tax rates, refunds, documents that must add up."""

from __future__ import annotations

import random
from decimal import ROUND_HALF_UP, Decimal
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


def D(text: str | int) -> Decimal:
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


ONE_TABLE = """
version = 1
table = "warehouse"
split = { column = "Depots", by = "," }
similar = "refuse"
[read]
fill_down = ["Family"]
[fields]
code = "Depots"
name = "Family"
"""
SIZES = """
version = 1
table = "product_variant"
key = ["sku"]
each = { size = { values = ["S", "M"] }, sku = ["Ref S", "Ref M"] }
[fields]
sku = "sku"
options = "size"
"""


def test_one_table_says_it_without_a_section(bench: Desk) -> None:
    bench.plan = fitted(ONE_TABLE)
    first = load(bench, b'Family;Depots\nFood;"A,B"\n;00123\n')
    found = rows(bench, "warehouse", "code", "name")
    assert (first.refused, found) == (0, [("00123", "Food"), ("A", "Food"), ("B", "Food")])
    second = load(bench, b"Family;Depots\nFood;123\n;C\n", b"b.csv")
    assert [row.said.code for row in bench.store.refused(second.id)] == ["sections.similar"]
    bench.plan = fitted(SIZES)
    load(bench, b"Ref S;Ref M\nR1;R2\n;R3\n", b"c.csv")
    assert rows(bench, "product_variant", "sku", "options") == [("R1", "S"), ("R2", "M"), ("R3", "M")]


FILLED = """
version = 1
document = "No"
[read]
fill_down = ["Void"]
[tables.ticket]
table = "pos_ticket"
[tables.ticket.fields]
source = { value = "till" }
number = "No"
[tables.line]
table = "pos_ticket_line"
lines = "replace"
where = '"Void" IS NULL'
[tables.line.fields]
ticket = { row = "ticket" }
line_no = { count = "document" }
external_id = { count = "document" }
sku = "Sku"
"""


def test_a_document_is_filled_down_from_itself_only_and_its_rows_are_named_by_it(bench: Desk) -> None:
    bench.plan = fitted(FILLED)
    content = b"No;Void;Sku\n1;x;A\n1;;B\n2;;C\n;;D\n1;;E\n2;;F;surplus\n3;;G\n3;;H\n"
    done = load(bench, content)
    assert rows(bench, "pos_ticket_line", "external_id", "sku") == [("2/1", "C"), ("2/2", "D")]
    said = [(row.line, row.said.code) for row in bench.store.refused(done.id)]
    assert said[1:] == [
        (8, "sections.fill_broken"),
        (9, "sections.fill_broken"),
    ]  # line 7 may be the head of 3


LINES = """
version = 1
document = "No"
unit = "document"
[tables.ticket]
table = "pos_ticket"
refunds = "negative"
total = { of = "line.gross_amount", plus = ["tip_amount"], tolerance = "0.02" }
[tables.ticket.fields]
source = { value = "till" }
number = "No"
gross_amount = "Total"
tip_amount = "Tip"
[tables.line]
table = "pos_ticket_line"
lines = "replace"
amounts = "HT"
rounding = "document"
[tables.line.fields]
ticket = { row = "ticket" }
line_no = { count = "document" }
quantity = "Qty"
net_amount = "Net"
tax_percent = "Rate"
[tables.payment]
optional = true
key = ["source", "external_id"]
[tables.payment.fields]
source = { value = "till" }
external_id = "No"
ticket = { row = "ticket" }
amount = "Total"
[tables.stock]
table = "stock_movement"
per = "row"
[tables.stock.fields]
source = { value = "till" }
external_id = { sql = "\\"No\\" || '/' || \\"Line\\"" }
document_type = { value = "pos_ticket" }
document_id = { row = "ticket" }
quantity = { sql = '0 - number("Qty")' }
"""
LINES = LINES.replace("\\'", "'")


def ticket_lines(bench: Desk) -> list[tuple[object, ...]]:
    return rows(bench, "pos_ticket_line", "line_no", "quantity", "net_amount", "tax_amount", "gross_amount")


def test_tax_of_the_document_is_spread_over_its_lines(bench: Desk) -> None:
    """Three lines of 0.33 at 20 %: 0.07 each would be 0.21, and the document's tax is 0.20."""
    bench.plan = fitted(LINES)
    content = b"No,Line,Qty,Net,Rate,Total,Tip\n1,1,1,0.33,20,1.24,0.05\n1,2,1,0.33,20,,\n1,3,2,0.33,20,,\n"
    done = load(bench, content)
    assert done.refused == 0, [render(row.said) for row in bench.store.refused(done.id)]
    assert [row[3] for row in ticket_lines(bench)] == [D("0.07"), D("0.06"), D("0.07")]
    assert sum(row[4] for row in ticket_lines(bench)) == D("1.19")  # type: ignore[misc]
    assert [row[0] for row in rows(bench, "stock_movement", "quantity")] == [D("-1"), D("-1"), D("-2")]


def test_a_document_that_does_not_add_up_is_refused(bench: Desk) -> None:
    bench.plan = fitted(LINES)
    head = b"No,Line,Qty,Net,Rate,Total,Tip\n"
    body = b"1,1,1,10,20,12.03,\n1,2,1,1,20,,\n2,1,1,10,20,12.02,\n3,1,1,10,20,13,1\n4,1,-1,-10,20,-12.03,\n"
    done = load(bench, head + body)
    found = bench.store.refused(done.id)
    assert [row.line for row in found] == [2, 3, 6]
    said = render(found[0].said)
    assert "13.20" in said
    assert "12.03" in said
    assert "1.17 apart" in said
    assert rows(bench, "pos_ticket", "number") == [("2",), ("3",)]
    assert "0.03" in render(found[2].said, "fr")


def test_a_negative_ticket_is_a_refund_in_every_table(bench: Desk) -> None:
    bench.plan = fitted(LINES)
    content = b"No,Line,Qty,Net,Rate,Total,Tip\n1,1,2,10,20,12,\n2,1,-2,-10,20,-12,\n"
    done = load(bench, content)
    assert done.refused == 0
    assert rows(bench, "pos_ticket", "number", "kind", "gross_amount") == [
        ("1", "sale", D("12")), ("2", "refund", D("12")),
    ]  # fmt: skip
    assert rows(bench, "payment", "external_id", "kind", "amount") == [
        ("1", "payment", D("12")), ("2", "refund", D("12")),
    ]  # fmt: skip
    assert ticket_lines(bench) == [(1, D("2"), D("10"), D("2"), D("12"))] * 2
    assert [row[0] for row in rows(bench, "stock_movement", "quantity")] == [D("-2"), D("2")]


def test_positive_refunds_and_voids_say_so_themselves(bench: Desk) -> None:
    text = LINES.replace('refunds = "negative"', 'refunds = "positive"')
    kinds = 'kind = { column = "Type", values = { Vente = "sale", Retour = "refund", "Annulé" = "void" } }\n'
    bench.plan = fitted(text.replace('number = "No"\n', 'number = "No"\n' + kinds, 1))
    content = (
        "No,Type,Line,Qty,Net,Rate,Total,Tip\n1,Vente,1,2,10,20,12,\n2,Retour,1,2,10,20,12,\n"
        "3,Annulé,1,5,10,20,12,\n4,Retour,1,-2,-10,20,-12,\n"
    )
    done = load(bench, content.encode())
    assert [(row.line, row.said.code) for row in bench.store.refused(done.id)] == [
        (5, "sections.refund_sign")
    ]
    assert rows(bench, "pos_ticket", "number", "kind", "gross_amount") == [
        ("1", "sale", D("12")), ("2", "refund", D("12")), ("3", "void", D("12")),
    ]  # fmt: skip
    moved = rows(bench, "stock_movement", "external_id", "quantity")
    assert moved == [("1/1", D("-2")), ("2/1", D("2")), ("3/1", D("0"))]


def test_credit_notes_and_refunds_of_a_payment_provider(bench: Desk) -> None:
    bench.plan = fitted("""
version = 1
[tables.bill]
table = "invoice"
refunds = "negative"
[tables.bill.fields]
source = { value = "x" }
number = "No"
gross_amount = "Total"
""")
    load(bench, b"No,Total\nF1,10\nA1,-4\n", b"i.csv")
    assert rows(bench, "invoice", "number", "kind", "gross_amount") == [
        ("A1", "credit_note", D("4")), ("F1", "invoice", D("10")),
    ]  # fmt: skip
    bench.plan = fitted("""
version = 1
[tables.payment]
refunds = "negative"
[tables.payment.fields]
source = { value = "psp" }
external_id = "Id"
amount = "Amount"
""")
    load(bench, b"Id,Amount\np1,10\np2,-4\n", b"p.csv")
    again = load(bench, b"Id,Amount\np1,10\np2,-4\n\n", b"q.csv")
    assert (again.inserted, again.updated) == (0, 0)
    assert rows(bench, "payment", "external_id", "kind", "amount") == [
        ("p1", "payment", D("10")), ("p2", "refund", D("4")),
    ]  # fmt: skip


def test_what_the_file_says_is_what_the_database_says_to_the_last_digit(bench: Desk) -> None:
    """Random tickets of several rates, most of which add up: each is there wholly, with its own sums, or not at all."""
    bench.plan = fitted(LINES.replace('tolerance = "0.02"', 'tolerance = "0"'))
    chance = random.Random(11)
    out, expected = ["No,Line,Qty,Net,Rate,Total,Tip"], {}
    for no in range(1, 121):
        sign = chance.choice([1, 1, 1, -1])
        lines = [
            (D(chance.randint(1, 99999)) / 100, chance.choice(["20", "10", "5.5", "2.1"])) for _ in range(4)
        ]
        sums = {rate: sum((net for net, of in lines if of == rate), D(0)) for _, rate in lines}
        tax = sum((net * D(rate) / 100).quantize(D("0.01"), ROUND_HALF_UP) for rate, net in sums.items())
        total = sum(sums.values(), D(0)) + tax
        told = total + chance.choice([D(0), D(0), D(0), D("0.01")])
        for i, (net, rate) in enumerate(lines):
            out.append(f"{no},{i},1,{sign * net},{rate},{sign * told if i == 0 else ''},")
        if told == total:
            expected[str(no)] = (total, tax)
    done = load(bench, ("\n".join(out) + "\n").encode())
    assert done.refused == 4 * (120 - len(expected))
    assert isinstance(bench.store, SqlStore)
    ticket, line = (SQLModel.metadata.tables[name] for name in ("pos_ticket", "pos_ticket_line"))
    with bench.store._transaction(write=False) as conn:
        asked = sa.select(ticket.c.number, ticket.c.gross_amount, line.c.gross_amount, line.c.tax_amount)
        found = conn.execute(asked.join(line, line.c.ticket == ticket.c.id)).all()
    there: dict[str, tuple[Decimal, Decimal]] = {}
    for number, total, gross, tax in found:
        before = there.get(number, (D(0), D(0)))
        there[number] = (before[0] + gross, before[1] + tax)
        assert total == expected[number][0]
    assert there == expected
