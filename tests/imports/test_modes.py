"""What is done with a file's rows besides setting them, on both databases; and that all of it can be taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import files as disk
from pipeline.jobs import ImportJob
from pipeline.mapping import examine
from pipeline.store.base import SqlStore
from pipeline.store.catalogue import catalogue
from pipeline.store.model import LedgerFile
from pipeline.words import render
from tests.imports.conftest import Desk
from tests.imports.test_sections import asked, changes, fitted, load
from tests.store.test_undo import checksum, undo

PRODUCTS = """
version = 1
table = "product_variant"
key = ["sku"]
{mode}
[fields]
sku = "Code"
name = "Name"
source = {{ value = "shop" }}
"""
SHOWN = "SELECT sku, name FROM product_variant ORDER BY sku"


@pytest.fixture
def bench(store: SqlStore, tmp_path: Path) -> Desk:
    disk.ignore_sigio()
    job = ImportJob("orders", "orders", tmp_path / "inbox", tmp_path / "processed", tmp_path / "failed")
    return Desk(tmp_path, store, job, fitted(PRODUCTS.format(mode="")))


def drop(bench: Desk, mode: str, *rows: str, head: str = "Code,Name") -> LedgerFile:
    bench.plan = fitted(PRODUCTS.format(mode=mode))
    return load(bench, "\n".join([head, *rows, ""]).encode(), f"{changes(bench)}{mode[:9]}.csv".encode())


def taken_back(bench: Desk, before: str, done: LedgerFile) -> None:
    """And brought again."""
    assert isinstance(bench.store, SqlStore)
    after = checksum(bench.store)
    back = undo(bench.store, done.id)
    assert (back.left_count, checksum(bench.store)) == (0, before)
    assert back.entry is not None
    assert undo(bench.store, back.entry.id).left_count == 0
    assert checksum(bench.store) == after


def said(bench: Desk, done: LedgerFile) -> list[tuple[int, str]]:
    return [(row.line, row.said.code) for row in bench.store.refused(done.id)]


def test_only_new_and_only_known_rows_of_one_table(bench: Desk) -> None:
    drop(bench, "", "A,one", "B,two")
    made = drop(bench, 'mode = "create"', "B,other", "C,three")
    assert (made.inserted, made.updated, made.unchanged) == (1, 0, 1)
    changed = drop(bench, 'mode = "update"', "B,other", "D,four", "D,five")
    assert (changed.inserted, changed.updated, changed.absent) == (0, 1, 2)
    assert asked(bench, SHOWN) == [("A", "one"), ("B", "other"), ("C", "three")]


def test_rows_are_deleted_by_their_key(bench: Desk) -> None:
    drop(bench, "", "A,one", "B,two", "C,three")
    before = checksum(bench.store)
    done = drop(bench, 'mode = "delete"', "B", "X", "C", "C", head="Code")
    assert (done.deleted, done.absent, done.updated, done.duplicates, done.rows_read) == (2, 1, 0, 1, 4)
    assert asked(bench, SHOWN) == [("A", "one")]
    taken_back(bench, before, done)


def test_what_others_need_is_not_deleted(bench: Desk) -> None:
    drop(bench, "", "A,one", "B,two")
    bench.plan = fitted("""
version = 1
table = "stock_level"
[fields]
variant = { find = "product_variant", by = { sku = "Code" } }
warehouse = { find = "warehouse", by = { code = { value = "W" } }, missing = "create" }
lot = { value = "" }
on_hand = "Stock"
""")
    load(bench, b"Code,Stock\nA,5\n", b"stock.csv")
    done = drop(bench, 'mode = "delete"', "A", "B", head="Code")
    assert (done.deleted, done.refused, said(bench, done)) == (1, 1, [(2, "sections.in_use")])
    assert asked(bench, SHOWN) == [("A", "one")]


def test_a_column_says_what_to_do(bench: Desk) -> None:
    drop(bench, "", "A,one", "B,two", "C,three")
    before = checksum(bench.store)
    action = 'action = { column = "Op", insert = ["I", "A"], update = ["U"], delete = ["D"] }'
    rows = ("A,1,U", "B,,D", "C,3,i", "D,4,I", "E,5,U", "F,6,D", "G,7,?", "H,8,I", "H,9,U", "J,1,I", "J,,D")
    done = drop(bench, action, *rows, head="Code,Name,Op")
    assert asked(bench, SHOWN) == [("A", "1"), ("C", "three"), ("D", "4"), ("H", "9")]
    assert (done.inserted, done.updated, done.unchanged, done.deleted) == (2, 1, 1, 1)
    assert (done.absent, done.duplicates, said(bench, done)) == (4, 1, [(8, "sections.action")])
    taken_back(bench, before, done)


MIRROR = 'mode = "mirror"\nmirror = { %s }'


def test_a_full_file_takes_away_what_it_no_longer_has(bench: Desk) -> None:
    other = PRODUCTS.format(mode="").replace('"shop"', '"till"')
    bench.plan = fitted(other)
    load(bench, b"Code,Name\nT,till\n", b"till.csv")
    within = 'within = { source = "shop" }'
    first = drop(bench, MIRROR % within, "A,one", "B,two", "C,three")
    assert (first.inserted, first.deleted, first.state) == (3, 0, "archived")
    before = checksum(bench.store)
    done = drop(bench, MIRROR % within, "A,one", "C,tri", "D,four")
    assert (done.inserted, done.updated, done.unchanged, done.deleted) == (1, 1, 1, 1)
    assert [row[0] for row in asked(bench, SHOWN)] == ["A", "C", "D", "T"]
    taken_back(bench, before, done)
    marked = drop(bench, MIRROR % f'gone = "inactive", {within}', "A,one", "C,tri")
    assert (marked.updated, marked.deleted) == (1, 0)
    flags = asked(bench, "SELECT sku FROM product_variant WHERE NOT active ORDER BY sku")
    assert flags == [("D",)]
    assert drop(bench, MIRROR % f'gone = "inactive", {within}', "C,tri", "A,one").updated == 0


def test_nothing_goes_because_of_an_empty_or_a_faulty_file(bench: Desk) -> None:
    within = 'within = { source = "shop" }'
    drop(bench, MIRROR % within, "A,one", "B,two", "C,three")
    empty = drop(bench, MIRROR % within)
    assert (empty.deleted, empty.reason and empty.reason.code) == (0, "sections.mirror_empty")
    faulty = drop(bench, MIRROR % within, "A,one", ",two")
    assert (faulty.deleted, faulty.reason and faulty.reason.code) == (0, "sections.mirror_refused")
    assert len(asked(bench, SHOWN)) == 3


def test_more_than_may_go_is_asked_first(bench: Desk) -> None:
    limit = MIRROR % 'within = { source = "shop" }, at_most = "40%"'
    drop(bench, limit, *(f"{n},x" for n in range(10)))
    before = checksum(bench.store)
    held = drop(bench, limit, *(f"{n},y" for n in range(5)))
    assert (held.state, held.reason and held.reason.code) == ("held", "states.brake_gone")
    assert checksum(bench.store) == before
    assert held.reason is not None
    assert "5" in render(held.reason)
    assert drop(bench, limit, *(f"{n},y" for n in range(6))).deleted == 4
    count = MIRROR % "at_most = 2"
    assert drop(bench, count, "0,y", "1,y", "2,y").state == "held"
    assert drop(bench, count, *(f"{n},y" for n in range(4))).deleted == 2


def test_only_the_part_that_the_file_speaks_of_is_compared(bench: Desk) -> None:
    drop(bench, "", "A,one")
    prices = """
version = 1
table = "price"
mode = "mirror"
mirror = { within = ["price_list"], at_most = "100%" }
[fields]
variant = { find = "product_variant", by = { sku = "Code" } }
price_list = "List"
currency = { value = "EUR" }
min_quantity = "From"
valid_from = { value = "2026-01-01" }
amount = "Price"
"""
    bench.plan = fitted(prices)
    load(bench, b"Code,List,From,Price\nA,one,1,10\nA,one,5,9\nA,two,1,8\n", b"a.csv")
    done = load(bench, b"Code,List,From,Price\nA,one,1,10\n", b"b.csv")
    assert (done.deleted, done.unchanged) == (1, 1)
    assert asked(bench, "SELECT price_list FROM price ORDER BY 1") == [("one",), ("two",)]


NEWER = """
version = 1
table = "party"
key = ["code"]
newer_by = "updated_at"
[fields]
code = "Code"
name = "Name"
updated_at = "Changed"
"""


def test_an_older_row_is_not_written(bench: Desk) -> None:
    bench.plan = fitted(NEWER)
    first = (
        b"Code,Name,Changed\nA,old,2026-03-01 10:00:00\nA,new,2026-03-02 10:00:00\nB,b,2026-03-05 10:00:00\n"
    )
    load(bench, first + b"A,older,2026-01-02 10:00:00\n", b"a.csv")
    show = "SELECT code, name FROM party ORDER BY code"
    assert asked(bench, show) == [("A", "new"), ("B", "b")]
    before = checksum(bench.store)
    later = b"Code,Name,Changed\nA,late,2026-03-01 23:00:00\nB,newer,2026-03-06 10:00:00\nC,c,\n"
    done = load(bench, later, b"b.csv")
    assert (done.stale, done.updated, done.inserted, done.unchanged) == (1, 1, 1, 0)
    assert asked(bench, show) == [("A", "new"), ("B", "newer"), ("C", "c")]
    taken_back(bench, before, done)
    blank = load(bench, b"Code,Name,Changed\nB,blank,\n", b"c.csv")
    assert (blank.stale, blank.updated) == (1, 0)


def test_an_older_document_leaves_its_lines(bench: Desk) -> None:
    bench.plan = fitted("""
version = 1
document = "No"
[tables.order]
table = "sales_order"
newer_by = "ordered_at"
[tables.order.fields]
source = { value = "shop" }
number = "No"
ordered_at = "Date"
[tables.line]
table = "sales_order_line"
lines = "replace"
[tables.line.fields]
order = { row = "order" }
line_no = { count = "document" }
sku = "Sku"
quantity = "Qty"
""")
    load(bench, b"No,Date,Sku,Qty\n1,2026-03-02 00:00:00,A,1\n1,,B,1\n", b"a.csv")
    before = checksum(bench.store)
    done = load(bench, b"No,Date,Sku,Qty\n1,2026-03-01 00:00:00,A,7\n2,2026-03-01 00:00:00,A,1\n", b"b.csv")
    assert (done.stale, done.deleted, done.updated, done.inserted) == (2, 0, 0, 2)
    taken_back(bench, before, done)
    done = load(bench, b"No,Date,Sku,Qty\n1,2026-03-03 00:00:00,A,1\n", b"c.csv")
    assert (done.deleted, done.updated) == (1, 1)


@pytest.mark.parametrize(
    ("mode", "code"),
    [
        ('mirror = { gone = "delete" }', "sections.mirror_mode"),
        ('mode = "mirror"\nmirror = { gone = "perhaps" }', "sections.mirror_gone"),
        ('mode = "mirror"\nmirror = { at_most = "many" }', "sections.mirror_most"),
        ('mode = "mirror"\nmirror = { within = ["brand"] }', "sections.mirror_among"),
        ('mode = "mirror"\nmirror = { gone = { colour = "red" } }', "mapping.unknown_column"),
        ('action = { column = "Op" }', "sections.action_words"),
        ('action = { column = "Op", insert = ["I"], delete = ["i"] }', "sections.action_words"),
        ('mode = "create"\naction = { column = "Op", insert = ["I"] }', "sections.action_place"),
        ('newer_by = "updated_at"', "sections.newer_field"),
        ('newer_by = "name"', "sections.newer_kind"),
        ('mode = "deleted"', "mapping.choice"),
    ],
)
def test_what_a_mode_lacks_is_told_when_it_is_saved(mode: str, code: str) -> None:
    plan, mistakes = examine("m", PRODUCTS.format(mode=mode), "mappings/m.toml", catalogue())
    assert plan is None
    assert [mistake.said.code for mistake in mistakes] == [code]
    assert mistakes[0].line >= 5


def test_another_source_is_never_taken_for_gone(bench: Desk) -> None:
    bench.plan = fitted(PRODUCTS.format(mode="").replace('"shop"', '"till"'))
    load(bench, b"Code,Name\nT,till\n", b"till.csv")
    drop(bench, MIRROR % 'at_most = "100%"', "A,one")
    assert drop(bench, MIRROR % 'at_most = "100%"', "B,two").deleted == 1
    assert [row[0] for row in asked(bench, SHOWN)] == ["B", "T"]


def test_an_order_is_deleted_with_its_lines(bench: Desk) -> None:
    text = """
version = 1
document = "No"
[tables.order]
table = "sales_order"
per = "row"
action = { column = "Op", upsert = [""], delete = ["D"] }
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
    bench.plan = fitted(text)
    load(bench, b"No,Op,State,Sku,Qty\n1,,open,A,1\n1,,open,B,1\n2,,open,A,1\n", b"a.csv")
    before = checksum(bench.store)
    done = load(bench, b"No,Op,State,Sku,Qty\n1,D,,,\n2,,sold,A,1\n3,D,,,\n", b"b.csv")
    assert (done.deleted, done.updated, done.unchanged) == (3, 1, 1)
    assert asked(bench, "SELECT number, status FROM sales_order") == [("2", "sold")]
    taken_back(bench, before, done)


def test_what_is_gone_but_in_use_is_kept_and_counted(bench: Desk) -> None:
    drop(bench, "", "A,one", "B,two", "C,three")
    bench.plan = fitted("""
version = 1
table = "price"
[fields]
variant = { find = "product_variant", by = { sku = "Code" } }
price_list = { value = "one" }
currency = { value = "EUR" }
min_quantity = { value = "1" }
valid_from = { value = "2026-01-01" }
amount = "Price"
""")
    load(bench, b"Code,Price\nA,5\n", b"price.csv")
    done = drop(bench, MIRROR % 'at_most = "100%"', "C,three")
    assert (done.deleted, done.reason and done.reason.args["count"]) == (1, 1)
    assert [row[0] for row in asked(bench, SHOWN)] == ["A", "C"]
