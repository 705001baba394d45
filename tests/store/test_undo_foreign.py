"""Taking back in another program's database: its keys, types, generated columns and references."""

from __future__ import annotations

from pipeline.store.base import SqlStore
from tests.store.test_exam import sql
from tests.store.test_foreign import COUNTS, PRODUCTS, SHEET, changed, load, shop, store
from tests.store.test_undo import checksum, deleting, numbers, undo, write

assert shop
assert store
TABLES = ("products", "stock_counts", "customers")
ODD = {
    "sqlite": "UPDATE products SET name = x'00ff', weight = 0.1 + 0.2, stock = 9 WHERE sku = '007'",
    "postgresql": """UPDATE products SET weight = 0.1::float8 + 0.2, mood = 'old', stock = 9,
        code = '00000000-0000-0000-0000-00000000000a', extra = '{"a":"b", "c":[1]}', tags = '{x,"y z",NULL}' """
    "WHERE sku = '007'",
}


def test_an_import_and_its_undo_leave_their_tables_as_they_were(store: SqlStore) -> None:
    sql(store, ODD[store.kind].replace("UPDATE", "UPDATE"))
    before = checksum(store, TABLES)
    first = load(store, PRODUCTS, SHEET)
    write(store, ODD[store.kind].replace("%", "%%"))
    odd = checksum(store, TABLES)
    second = load(store, PRODUCTS, changed(SHEET, SKU=["007", "B-2"], Name=["Other", "New"]), b"b")
    assert numbers(undo(store, second.id)) == (1, 0, 1, 0)
    assert checksum(store, TABLES) == odd
    left = undo(store, first.id)
    assert numbers(left) == (1, 0, 0, 1)
    write(store, "DELETE FROM products")
    assert checksum(store, TABLES) == before


def test_deleted_rows_of_every_type_come_back(store: SqlStore) -> None:
    load(store, PRODUCTS, SHEET)
    write(store, ODD[store.kind], "UPDATE products SET customer_id = 1")
    load(store, COUNTS, {"Shop": ["1", "2"], "SKU": ["A", 'q"%'], "Counted": ["1", "3"]}, b"c")
    before = checksum(store, TABLES)
    file = deleting(
        store, "DELETE FROM products", "UPDATE stock_counts SET counted = 8", "DELETE FROM stock_counts"
    )
    after = checksum(store, TABLES)
    done = undo(store, file.id)
    assert numbers(done) == (0, 4, 0, 0)
    assert checksum(store, TABLES) == before
    assert done.entry is not None
    assert numbers(undo(store, done.entry.id)) == (4, 0, 0, 0)
    assert checksum(store, TABLES) == after


def test_their_row_that_a_new_one_points_to_stays(store: SqlStore) -> None:
    text = 'version = 1\ntable = "customers"\nkey = ["email"]\n[fields]\nemail = "E"\nname = "N"'
    file = load(store, text, {"E": ["bob@shop.test", "cid@shop.test"], "N": ["Bob", "Cid"]})
    load(store, PRODUCTS, SHEET, b"b")
    write(
        store,
        "UPDATE products SET customer_id = (SELECT id FROM customers WHERE name = 'Bob') WHERE sku = '007'",
    )
    done = undo(store, file.id)
    assert numbers(done) == (1, 0, 0, 1)
    assert [(left.row, left.said.code) for left in done.left] == [("bob@shop.test", "store.undo_referenced")]
    assert numbers(undo(store, load(store, text, {"E": ["bob@shop.test"], "N": ["Rob"]}, b"d").id)) == (
        0,
        0,
        1,
        0,
    )


def test_a_key_of_two_columns_is_found_again(store: SqlStore) -> None:
    sheet = {"Shop": ["1", "1", "2"], "SKU": ["A", "a", 'q"%'], "Counted": ["1", "2", "3"]}
    before = checksum(store, TABLES)
    first = load(store, COUNTS, sheet)
    between = checksum(store, TABLES)
    second = load(store, COUNTS, changed(sheet, Counted=["1", "2", "9"], Shop=["1", "3", "2"]), b"b")
    assert numbers(undo(store, second.id)) == (1, 0, 1, 0)
    assert checksum(store, TABLES) == between
    assert numbers(undo(store, first.id)) == (3, 0, 0, 0)
    assert checksum(store, TABLES) == before
