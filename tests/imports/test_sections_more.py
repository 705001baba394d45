"""Several tables from other layouts: nested records, records of several kinds; references that are looked up."""

from __future__ import annotations

import json
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
from tests.imports.test_sections import asked, changes, fitted, lines, load
from tests.store.test_undo import checksum, undo

RECORDS = """
version = 1
document = "H"
unit = "document"
[read]
format = "records"
delimiter = ";"
decimal = ","
[read.records]
H = ["number", "customer"]
L = ["sku", "quantity", "price"]
[tables.order]
table = "sales_order"
[tables.order.fields]
source = { value = "edi" }
number = "H.number"
party = { find = "party", by = [{ code = "H.customer" }], missing = "create", set = { is_customer = true } }
[tables.line]
table = "sales_order_line"
record = "L"
lines = "replace"
[tables.line.fields]
order = { row = "order" }
line_no = { count = "document" }
sku = "L.sku"
quantity = "L.quantity"
unit_price = "L.price"
"""
NESTED = """
version = 1
document = "$"
unit = "document"
[read]
format = "json"
path = "orders"
[tables.customer]
table = "party"
key = ["source", "external_id"]
[tables.customer.fields]
source = { value = "api" }
external_id = "customer.id"
email = "customer.email"
[tables.order]
table = "sales_order"
[tables.order.fields]
source = { value = "api" }
number = "number"
party = { row = "customer" }
[tables.line]
table = "sales_order_line"
record = "items[]"
lines = "replace"
[tables.line.fields]
order = { row = "order" }
line_no = { count = "document" }
sku = "items[].sku"
quantity = "items[].qty"
unit_price = "items[].price"
[tables.payment]
record = "payments[]"
per = "row"
optional = true
[tables.payment.fields]
source = { value = "api" }
external_id = "payments[].id"
order = { row = "order" }
amount = "payments[].amount"
"""
STOCK = """
version = 1
[tables.stock]
table = "stock_level"
[tables.stock.fields]
variant = { find = "product_variant", by = [{ sku = "Code" }, { name = "Code" }], missing = "MISSING" }
warehouse = { find = "warehouse", by = [{ code = { value = "A" } }], missing = "create" }
lot = { value = "" }
on_hand = "Stock"
"""


@pytest.fixture
def bench(store: SqlStore, tmp_path: Path) -> Desk:
    disk.ignore_sigio()
    job = ImportJob("orders", "orders", tmp_path / "inbox", tmp_path / "processed", tmp_path / "failed")
    return Desk(tmp_path, store, job, fitted(RECORDS))


def test_records_of_several_kinds(bench: Desk) -> None:
    file = b"H;1;ANN\nL;A;2;1,50\nL;B;1;9,90\nH;2;BOB\nL;A;1;1,50\nH;3;ANN\nL;C;4;0,10\n"
    done = load(bench, file, b"a.edi")
    assert (done.inserted, done.refused) == (3 + 4 + 2, 0)
    first = [("1", 1, "A", Decimal(2), Decimal("1.5")), ("1", 2, "B", Decimal(1), Decimal("9.9"))]
    rest = [("2", 1, "A", Decimal(1), Decimal("1.5")), ("3", 1, "C", Decimal(4), Decimal("0.1"))]
    assert lines(bench) == first + rest
    found = asked(
        bench, "SELECT o.number, p.code FROM sales_order AS o JOIN party AS p ON p.id = o.party ORDER BY 1"
    )
    assert found == [("1", "ANN"), ("2", "BOB"), ("3", "ANN")]
    before = changes(bench)
    later = load(bench, file.replace(b"L;B;1;9,90\n", b"") + b"H;4;ANN\nL;X;x;1\nL;Y;1;1\n", b"b.edi")
    assert (later.inserted, later.updated, later.deleted, later.refused) == (0, 0, 1, 3)
    assert changes(bench) == before + 1
    assert lines(bench) == first[:1] + rest
    assert [row.raw for row in bench.store.refused(later.id)] == [b"H;4;ANN", b"L;X;x;1", b"L;Y;1;1"]


def orders(*numbers: int, quantity: str = "2") -> bytes:
    made = [
        {
            "number": f"J{n}",
            "customer": {"id": f"c{n % 2}", "email": f"c{n % 2}@example.com"},
            "items": [{"sku": f"{n:05}", "qty": int(quantity), "price": 1.25}] * (n % 3 + 1),
            "payments": [{"id": f"p{n}", "amount": 12.5}],
        }
        for n in numbers
    ]
    return json.dumps({"orders": made}).encode()


def test_nested_lines(bench: Desk) -> None:
    bench.plan = fitted(NESTED)
    done = load(bench, orders(1, 2, 3), b"a.json")
    assert (done.inserted, done.refused) == (2 + 3 + (2 + 3 + 1) + 3, 0)
    sold = Decimal(2), Decimal("1.25")
    assert lines(bench) == [(f"J{n}", i + 1, f"{n:05}", *sold) for n in (1, 2, 3) for i in range(n % 3 + 1)]
    before = changes(bench)
    again = load(bench, orders(1, 2, 3) + b"\n", b"b.json")
    assert (again.inserted, again.updated, changes(bench)) == (0, 0, before)


def test_what_is_found_by_several_keys(bench: Desk) -> None:
    bench.plan = fitted(
        'version = 1\ntable = "product_variant"\nkey = ["sku"]\n[fields]\nsku = "Code"\nname = "EAN"\n'
    )
    load(bench, b"Code,EAN\nA,111\nB,222\nC,222\n", b"variants.csv")
    stock = b"Code,Stock\nA,5\n111,6\n222,7\nZ,8\nB,1\n"
    bench.plan = fitted(STOCK.replace("MISSING", "refuse"))
    done = load(bench, stock, b"stock.csv")
    refused = bench.store.refused(done.id)
    assert [(row.line, row.column, row.value) for row in refused] == [(4, "Code", "222"), (5, "Code", "Z")]
    assert "product_variant" in render(refused[0].said)
    found = asked(bench, "SELECT v.sku, w.code FROM stock_level AS s JOIN product_variant AS v ON v.id = s.variant"
                  " JOIN warehouse AS w ON w.id = s.warehouse ORDER BY 1")  # fmt: skip
    assert found == [("A", "A"), ("B", "A")]
    assert (done.inserted, done.duplicates) == (3, 1)
    bench.plan = fitted(STOCK.replace("MISSING", "create"))
    made = load(bench, stock + b"\n", b"more.csv")
    assert asked(bench, "SELECT sku FROM product_variant ORDER BY sku") == [
        ("222",),
        ("A",),
        ("B",),
        ("C",),
        ("Z",),
    ]
    assert (made.refused, made.inserted) == (0, 4)
    assert asked(bench, "SELECT count(*) FROM warehouse") == [(1,)]


def test_the_missing_amounts_are_derived_and_refunds_turned(bench: Desk) -> None:
    bench.plan = fitted("""
version = 1
document = "Ticket"
[read]
decimal = ","
[tables.ticket]
table = "pos_ticket"
refunds = "negative"
[tables.ticket.fields]
source = { value = "till" }
number = "Ticket"
gross_amount = "Total"
[tables.line]
table = "pos_ticket_line"
lines = "replace"
amounts = "TTC"
[tables.line.fields]
ticket = { row = "ticket" }
line_no = { count = "document" }
quantity = "Qty"
unit_price = "Price"
tax_percent = "VAT"
gross_amount = "Gross"
""")
    rows = b"T1;1;10,00;20;10,00;11,05\nT1;1;1,05;5,5;1,05;\nT2;-1;10,00;20;-10,00;-10,00\n"
    load(bench, b"Ticket;Qty;Price;VAT;Gross;Total\n" + rows, b"till.csv")
    assert isinstance(bench.store, SqlStore)
    ticket, line = (SQLModel.metadata.tables[name] for name in ("pos_ticket", "pos_ticket_line"))
    with bench.store._transaction(write=False) as conn:
        tickets = sa.select(ticket.c.number, ticket.c.kind, ticket.c.gross_amount).order_by(ticket.c.number)
        assert [tuple(row) for row in conn.execute(tickets)] == [
            ("T1", "sale", Decimal("11.05")),
            ("T2", "refund", Decimal("10")),
        ]
        amounts = sa.select(line.c.quantity, line.c.net_amount, line.c.tax_amount, line.c.gross_amount)
        found = conn.execute(amounts.order_by(line.c.gross_amount, line.c.quantity, line.c.id))
        assert [tuple(map(str, row)) for row in found] == [
            ("1.000000", "1.000000", "0.050000", "1.050000"),
            ("1.000000", "8.330000", "1.670000", "10.000000"),
            ("1.000000", "8.330000", "1.670000", "10.000000"),
        ]


def test_sections_compute_choose_and_translate(bench: Desk) -> None:
    bench.plan = fitted("""
version = 1
document = "Order"
unit = "document"
[tables.order]
table = "sales_order"
[tables.order.fields]
source = { value = "shop" }
number = { sql = "'W-' || \\"Order\\"" }
status = { column = "State", values = { "payée" = "paid", ouverte = "open" } }
[tables.line]
table = "sales_order_line"
lines = "replace"
where = "\\"Sku\\" <> 'GIFT'"
[tables.line.fields]
order = { row = "order" }
line_no = { count = "document" }
sku = "Sku"
quantity = "Qty"
unit_price = "Price"
net_amount = { sql = 'round(number("Qty") * number("Price"), 2)' }
""")
    file = "Order,State,Sku,Qty,Price\n1,payée,A,3,0.335\n1,,GIFT,1,0\n1,,B,2,1.10\n2,brûlée,A,1,1\n3,ouverte,A,x,1\n"
    done = load(bench, file.encode(), b"a.csv")
    assert asked(bench, "SELECT number, status FROM sales_order") == [("W-1", "paid")]
    sold = [("W-1", 1, "A", Decimal(3), Decimal("0.335")), ("W-1", 2, "B", Decimal(2), Decimal("1.1"))]
    assert lines(bench) == sold
    refused = [(row.line, row.column, row.value) for row in bench.store.refused(done.id)]
    assert refused == [(5, "State", "brûlée"), (6, "Qty", "x")]


def test_what_several_tables_got_is_taken_back_with_one_command(bench: Desk) -> None:
    bench.plan = fitted(NESTED)
    load(bench, orders(1, 2), b"a.json")
    before = checksum(bench.store)
    second = load(bench, orders(2, 3, quantity="7"), b"b.json")
    assert checksum(bench.store) != before
    done = undo(bench.store, second.id)
    assert done.left_count == 0
    assert checksum(bench.store) == before
    assert undo(bench.store, done.entry.id).left_count == 0
    assert [line[3] for line in lines(bench)] == [Decimal(2)] * 2 + [Decimal(7)] * 4
