"""Values looked up in tables while a file is read, on both databases: typed, set by set, and one or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.mapping import examine
from pipeline.store.base import SqlStore
from pipeline.store.catalogue import catalogue
from tests.store.test_own import counts, desk, load, rows

ITEMS = """
version = 1
table = "product_variant"
[fields]
sku = "Sku"
barcode = "Ean"
cost_price = "Cost"
name = "Name"
active = "Active"
"""
LEVELS = """
version = 1
where = "lookup('product_variant', 'active', 'sku', \\"Sku\\") <> 'false' OR \\"Sku\\" = 'new'"
table = "product"
key = ["code"]
[read]
decimal = ","
[fields]
code = "Sku"
name = { lookup = { table = "product_variant", by = [{ sku = "Sku" }, { barcode = "Sku" }], take = "name" }, default = "?" }
description = { sql = "lookup('product_variant', 'cost_price', 'sku', \\"Sku\\") * number(\\"Count\\")" }
"""


def test_values_are_looked_up_by_alternatives_and_computed_with(store: SqlStore, tmp_path: Path) -> None:
    items = b"Sku,Ean,Cost,Name,Active\nA,111,1.234,Tea,yes\nB,222,2.50,Mug,yes\nC,222,3,Bowl,no\nD,333,,Pot,yes\n"
    load(desk(store, tmp_path, ITEMS), items)
    bench = desk(store, tmp_path, LEVELS)
    row = load(bench, b"Sku;Count\nA;1,5\nB;2\nC;1\nnew;1\nD;7\n")
    assert counts(row)[0] == 4
    found = rows(store, "SELECT code, name, description FROM product ORDER BY lower(code)")
    assert found == [("A", "Tea", "1.851"), ("B", "Mug", "5"), ("D", "Pot", None), ("new", "?", None)]
    again = load(bench, b"Sku;Count\n333;1\n222;1\n", b"other.csv")
    assert again.inserted == 0


def test_a_lookup_is_found_in_sections_of_documents_and_rows(store: SqlStore, tmp_path: Path) -> None:
    load(desk(store, tmp_path, ITEMS), b"Sku,Ean,Cost,Name,Active\nA,111,1.20,Tea,yes\n")
    text = """
version = 1
document = "No"
[tables.order]
table = "sales_order"
[tables.order.fields]
source = { value = "s" }
number = "No"
notes = { lookup = { table = "product_variant", by = { sku = "Main" }, take = "name" } }
[tables.line]
table = "sales_order_line"
lines = "replace"
[tables.line.fields]
order = { row = "order" }
line_no = { count = "document" }
unit_price = { lookup = { table = "product_variant", by = { sku = "Sku" }, take = "cost_price" } }
"""
    assert load(desk(store, tmp_path, text), b"No,Main,Sku\n1,A,A\n1,,B\n2,B,B\n").inserted == 5
    assert rows(store, "SELECT notes FROM sales_order ORDER BY number") == [("Tea",), (None,)]
    shown = "show_sales_order_line" if store.kind == "sqlite" else "sales_order_line"
    asked = f"SELECT unit_price FROM {shown} WHERE unit_price IS NOT NULL"
    assert [str(row[0]) for row in rows(store, asked)] == ["1.200000"]


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ('{ lookup = { table = "product_variant", by = { sku = "S" } } }', "mapping.lookup"),
        ('{ lookup = { table = "nothing", by = { sku = "S" }, take = "name" } }', "mapping.unknown_table"),
        ('{ lookup = { table = "product", by = { code = "S" }, take = "nome" } }', "mapping.unknown_column"),
        ('{ lookup = { table = "product", by = { cod = "S" }, take = "name" } }', "mapping.unknown_column"),
        ("{ sql = \"lookup('product', 'name', 'code')\" }", "expressions.lookup"),
        ("{ sql = \"lookup('product', 'name', 'code', upper(\\\"S\\\"))\" }", "expressions.lookup"),
        ("{ sql = \"lookup('produkt', 'name', 'code', \\\"S\\\")\" }", "mapping.unknown_table"),
    ],
)
def test_a_lookup_that_cannot_be_is_refused_when_saved(field: str, code: str) -> None:
    text = f'version = 1\ntable = "product"\nkey = ["code"]\n[fields]\ncode = "C"\nname = {field}\n'
    assert code in [mistake.said.code for mistake in examine("p", text, "p.toml", catalogue())[1]]
