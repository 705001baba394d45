"""References within one delivery, records that two keys know differently, and what the database itself refuses."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from pipeline import files as disk
from pipeline.jobs import ImportJob
from pipeline.store.base import SqlStore
from pipeline.words import render
from tests.imports.conftest import Desk
from tests.imports.test_sections import asked, changes, fitted, lines, load
from tests.store.test_exam import refuse_status
from tests.store.test_undo import checksum, undo

INVOICES = """
version = 1
table = "invoice"
[fields]
source = { value = "shop" }
kind = { value = "invoice" }
number = "No"
corrects = { find = "invoice", by = [{ number = "Of" }], missing = "MISSING" }
status = "State"
"""
CHAIN = "SELECT i.number, o.number FROM invoice AS i LEFT JOIN invoice AS o ON o.id = i.corrects ORDER BY i.number"
ORDERS = """
version = 1
document = "No"
unit = "UNIT"
[tables.order]
table = "sales_order"
[tables.order.fields]
source = { value = "shop" }
number = "No"
status = "State"
[tables.line]
table = "sales_order_line"
lines = "replace"
[tables.line.fields]
order = { row = "order" }
line_no = { count = "document" }
sku = "Sku"
quantity = "Qty"
"""


@pytest.fixture
def bench(store: SqlStore, tmp_path: Path) -> Desk:
    disk.ignore_sigio()
    job = ImportJob("orders", "orders", tmp_path / "inbox", tmp_path / "processed", tmp_path / "failed")
    return Desk(tmp_path, store, job, fitted(ORDERS.replace("UNIT", "row")))


def invoices(*rows: str) -> bytes:
    return "\n".join(["No,Of,State", *rows, ""]).encode()


def said(bench: Desk, id: int) -> list[tuple[int, str]]:
    return [(row.line, row.said.code) for row in bench.store.refused(id)]


def test_what_stands_further_down_is_found(bench: Desk) -> None:
    bench.plan = fitted(INVOICES.replace("MISSING", "refuse"))
    done = load(bench, invoices("1,3,", "2,1,", "3,,", "4,9,", "5,4,"), b"a.csv")
    assert asked(bench, CHAIN) == [("1", "3"), ("2", "1"), ("3", None)]
    assert done.inserted == 3
    assert changes(bench) == 3
    assert said(bench, done.id) == [(5, "sections.not_found"), (6, "sections.not_found")]
    before = checksum(bench.store)
    more = load(bench, invoices("3,6,", "6,2,", "7,6,", "8,8,"), b"b.csv")
    assert [line for line, _ in said(bench, more.id)] == [2, 3, 4, 5]
    assert set(said(bench, more.id)) >= {(2, "sections.round"), (3, "sections.round"), (5, "sections.round")}
    assert checksum(bench.store) == before
    fine = load(bench, invoices("3,6,", "6,,", "7,6,"), b"c.csv")
    assert (fine.inserted, fine.updated, fine.refused) == (2, 1, 0)
    assert undo(bench.store, fine.id).left_count == 0
    assert checksum(bench.store) == before


def test_a_circle_is_one_also_through_what_the_database_has(bench: Desk) -> None:
    bench.plan = fitted(INVOICES.replace("MISSING", "empty"))
    load(bench, invoices("1,2,", "2,3,", "3,4,", "4,,"), b"a.csv")
    done = load(bench, invoices("4,1,", "5,1,", "6,nobody,"), b"b.csv")
    assert said(bench, done.id) == [(2, "sections.round")]
    assert asked(bench, CHAIN)[3:] == [("4", None), ("5", "1"), ("6", None)]
    assert "Of" in render(bench.store.refused(done.id)[0].said)
    assert "Of" in render(bench.store.refused(done.id)[0].said, "fr")


def test_halves_find_each_other(bench: Desk) -> None:
    """The database refuses one row; the others were looking for rows beyond it."""
    assert isinstance(bench.store, SqlStore)
    refuse_status(bench.store, "bad", "invoice")
    bench.plan = fitted(INVOICES.replace("MISSING", "refuse"))
    done = load(bench, invoices("1,8,", "2,,bad", "3,1,", "4,7,", "5,,", "6,,", "7,8,", "8,,"), b"a.csv")
    assert [row.line for row in bench.store.refused(done.id)] == [3]
    assert [row[0] for row in asked(bench, CHAIN)] == ["1", "3", "4", "5", "6", "7", "8"]


def test_rows_of_a_section_find_those_of_another(bench: Desk) -> None:
    bench.plan = fitted("""
version = 1
[tables.stock]
table = "stock_level"
[tables.stock.fields]
variant = { find = "product_variant", by = { sku = "Code" } }
warehouse = { find = "warehouse", by = { code = { value = "W" } }, missing = "create" }
lot = { value = "" }
on_hand = "Stock"
[tables.variant]
table = "product_variant"
key = ["sku"]
[tables.variant.fields]
sku = "Code"
name = "Name"
""")
    done = load(bench, b"Code,Name,Stock\nA,a,1\nB,b,2\n", b"a.csv")
    assert (done.inserted, done.refused) == (2 + 1 + 2, 0)
    before = changes(bench)
    again = load(bench, b"Code,Name,Stock\nB,b,2\nA,a,1\n", b"b.csv")
    assert (again.unchanged, changes(bench)) == (4, before)


def test_two_keys_that_know_two_records(bench: Desk) -> None:
    bench.plan = fitted("""
version = 1
table = "party"
key = [["email"], ["code"]]
[fields]
email = "Mail"
code = "Code"
name = "Name"
""")
    load(bench, b"Mail,Code,Name\na@x,A,Ann\nb@x,B,Bob\n", b"a.csv")
    before = checksum(bench.store)
    done = load(bench, b"Mail,Code,Name\na@x,B,Who\n", b"b.csv")
    assert said(bench, done.id) == [(2, "sections.two_records")]
    assert checksum(bench.store) == before
    sentence = bench.store.refused(done.id)[0].said
    assert "email, code" in render(sentence)
    assert "email, code" in render(sentence, "fr")
    fine = load(bench, b"Mail,Code,Name\n,A,Anna\nb@x,,Bob\nc@x,B,Bobby\n", b"c.csv")
    assert (fine.refused, fine.updated, fine.unchanged) == (0, 2, 0)


def test_rows_that_disagree_about_one_customer(bench: Desk) -> None:
    bench.plan = fitted("""
version = 1
table = "party"
key = ["code"]
repeated = "agree"
[fields]
code = "Code"
name = "Name"
phone = "Phone"
""")
    done = load(bench, b"Code,Name,Phone\nA,Ann,1\nB,Bob,2\nA,,1\nB,Rob,2\n", b"a.csv")
    assert said(bench, done.id) == [(3, "sections.disagree"), (5, "sections.disagree")]
    assert asked(bench, "SELECT code, name, phone FROM party") == [("A", "Ann", "1")]


@pytest.mark.parametrize("unit", ["row", "document"])
def test_a_line_that_the_database_refuses(bench: Desk, unit: str) -> None:
    assert isinstance(bench.store, SqlStore)
    refuse_status(bench.store, "bad", "sales_order_line", "sku")
    bench.plan = fitted(ORDERS.replace("UNIT", unit))
    rows = ["1,,A,1", "1,,B,1", "1,,bad,1", "1,,C,1", "2,,A,1", "3,,bad,1", "3,,bad,2", "3,,D,1"]
    done = load(bench, "\n".join(["No,State,Sku,Qty", *rows, ""]).encode(), b"a.csv")
    if unit == "row":
        assert [(n, line, sku) for n, line, sku, *_ in lines(bench)] == [
            ("1", 1, "A"), ("1", 2, "B"), ("1", 4, "C"), ("2", 1, "A"), ("3", 3, "D"),
        ]  # fmt: skip
        assert [line for line, _ in said(bench, done.id)] == [4, 7, 8]
    else:
        assert [row[0] for row in lines(bench)] == ["2"]
        assert [line for line, _ in said(bench, done.id)] == [2, 3, 4, 5, 7, 8, 9]
    assert done.refused == len(said(bench, done.id))


def test_a_head_that_the_database_refuses_takes_its_lines(bench: Desk) -> None:
    assert isinstance(bench.store, SqlStore)
    refuse_status(bench.store, "bad")
    done = load(bench, b"No,State,Sku,Qty\n1,bad,A,1\n1,,B,1\n2,,A,1\n", b"a.csv")
    assert [row[0] for row in lines(bench)] == ["2"]
    assert said(bench, done.id)[1] == (3, "sections.needs")


def test_too_long_and_too_big_are_told_before(bench: Desk) -> None:
    done = load(bench, b"No,State,Sku,Qty\n1,,A,12345678901234\n2,,A,1.1234567\n3,,B,2\n", b"a.csv")
    assert said(bench, done.id) == [(2, "mapping.too_big"), (3, "mapping.too_fine")]
    bench.plan = fitted('version = 1\ntable = "address"\nmode = "upsert"\n[fields]\nparty = { find = "party", by = { code = "Who" },'
                        ' missing = "create" }\ncountry = "Land"\nkind = { value = "billing" }\n')  # fmt: skip
    done = load(bench, b"Who,Land\nA,FR\nB,France\n", b"b.csv")
    assert said(bench, done.id) == [(3, "mapping.too_long")]


def test_appended_lines_go_on_after_those_that_are_there(bench: Desk) -> None:
    bench.plan = fitted(ORDERS.replace("UNIT", "document").replace('"replace"', '"append"'))
    load(bench, b"No,State,Sku,Qty\n1,,A,1\n1,,B,2\n2,,A,1\n", b"a.csv")
    before = checksum(bench.store)
    done = load(bench, b"No,State,Sku,Qty\n1,,A,1\n3,,Z,1\n1,,C,3\n", b"b.csv")
    assert done.inserted == 1 + 3
    numbered = [(n, line, sku, quantity) for n, line, sku, quantity, _ in lines(bench)]
    assert numbered == [
        ("1", 1, "A", Decimal(1)), ("1", 2, "B", Decimal(2)), ("1", 3, "A", Decimal(1)), ("1", 4, "C", Decimal(3)),
        ("2", 1, "A", Decimal(1)), ("3", 1, "Z", Decimal(1)),
    ]  # fmt: skip
    assert undo(bench.store, done.id).left_count == 0
    assert checksum(bench.store) == before


def test_an_absent_column_is_not_a_blank_cell(bench: Desk) -> None:
    load(bench, b"No,State,Sku,Qty\n1,open,A,1\n", b"a.csv")
    show = "SELECT number, status FROM sales_order"
    load(bench, b"No,Sku,Qty\n1,A,2\n", b"b.csv")
    assert asked(bench, show) == [("1", "open")]
    load(bench, b"No,State,Sku,Qty\n1,,A,2\n", b"c.csv")
    assert asked(bench, show) == [("1", None)]
    bench.plan = fitted(ORDERS.split("[tables")[0].replace('document = "No"\nunit = "UNIT"', 'table = "party"\nkey = ["code"]\nmode = "upsert"')
                        + '[fields]\ncode = "No"\nname = "Name"\nphone = "Phone"\n')  # fmt: skip
    load(bench, b"No,Name,Phone\n1,Ann,5\n", b"d.csv")
    load(bench, b"No,Name\n1,Anna\n", b"e.csv")
    assert asked(bench, "SELECT code, name, phone FROM party") == [("1", "Anna", "5")]


XML = """
version = 1
document = "$"
unit = "document"
[read]
format = "xml"
record = "order"
[tables.order]
table = "sales_order"
[tables.order.fields]
source = { value = "xml" }
number = "@number"
[tables.line]
table = "sales_order_line"
record = "items.item[]"
lines = "replace"
[tables.line.fields]
order = { row = "order" }
line_no = { count = "document" }
sku = "items.item[].sku"
quantity = "items.item[].@qty"
unit_price = "items.item[].price"
"""


def xml(*orders: tuple[str, list[tuple[str, str, str]]]) -> bytes:
    items = "".join(
        f'<order number="{number}"><items>'
        + "".join(
            f'<item qty="{qty}"><sku>{sku}</sku><price>{price}</price></item>' for sku, qty, price in lines
        )
        + "</items></order>"
        for number, lines in orders
    )
    return f"<?xml version='1.0'?><orders>{items}</orders>".encode()


def test_lines_nested_in_xml(bench: Desk) -> None:
    bench.plan = fitted(XML)
    first, second = ("1", [("A", "2", "1.50"), ("B", "1", "9.90")]), ("2", [("C", "4", "0.10")])
    done = load(bench, xml(first, second), b"a.xml")
    assert (done.inserted, done.refused) == (5, 0)
    assert lines(bench) == [
        ("1", 1, "A", Decimal(2), Decimal("1.5")),
        ("1", 2, "B", Decimal(1), Decimal("9.9")),
        ("2", 1, "C", Decimal(4), Decimal("0.1")),
    ]
    before = checksum(bench.store)
    bad = ("3", [("X", "1", "1"), ("Y", "many", "1")])
    later = load(bench, xml(("1", first[1][:1]), second, bad), b"b.xml")
    assert (later.inserted, later.updated, later.deleted, later.refused) == (0, 0, 1, 2)
    assert undo(bench.store, later.id).left_count == 0
    assert checksum(bench.store) == before


def test_one_in_the_database_and_one_in_the_file_are_two(bench: Desk) -> None:
    bench.plan = fitted("""
version = 1
[tables.customer]
table = "party"
key = ["code"]
[tables.customer.fields]
code = "Code"
name = "Name"
[tables.order]
table = "sales_order"
[tables.order.fields]
source = { value = "shop" }
number = "No"
party = { find = "party", by = { name = "For" } }
""")
    load(bench, b"Code,Name,No,For\nA,Ann,1,Ann\n", b"a.csv")
    done = load(bench, b"Code,Name,No,For\nB,Ann,2,Ann\nC,Cid,3,Cid\n", b"b.csv")
    assert said(bench, done.id) == [(2, "sections.not_found")]
    assert asked(bench, "SELECT number FROM sales_order ORDER BY 1") == [("1",), ("3",)]
