"""Sales move stock, on both databases: refunds and undo move it back, and `stock_now` is the last count and what came since."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from pipeline import files as disk
from pipeline.jobs import ImportJob
from pipeline.store.base import SqlStore
from tests.imports.conftest import Desk
from tests.imports.systems import SYSTEMS
from tests.imports.test_sections import asked, fitted, load
from tests.imports.test_systems import desk_for, taken
from tests.store.test_undo import undo

COUNTS = """
version = 1
[tables.level]
table = "stock_level"
[tables.level.fields]
variant = { find = "product_variant", by = { sku = "Sku" }, missing = "create" }
warehouse = { find = "warehouse", by = { code = "Depot" }, missing = "create" }
lot = { value = "" }
on_hand = "Counted"
counted_at = "At"
"""
SALES = """
version = 1
document = "No"
unit = "document"
[tables.ticket]
table = "pos_ticket"
refunds = "negative"
[tables.ticket.fields]
source = { value = "till" }
number = "No"
gross_amount = "Total"
[tables.stock]
table = "stock_movement"
per = "row"
[tables.stock.fields]
source = { value = "till" }
external_id = { sql = "\\"No\\" || '/' || \\"Line\\"" }
variant = { find = "product_variant", by = { sku = "Sku" }, missing = "create" }
warehouse = { find = "warehouse", by = { code = { value = "A" } } }
document_type = { value = "pos_ticket" }
document_id = { row = "ticket" }
quantity = { sql = '0 - number("Qty")' }
occurred_at = "At"
"""


@pytest.fixture
def bench(store: SqlStore, tmp_path: Path) -> Desk:
    disk.ignore_sigio()
    job = ImportJob("till", "till", tmp_path / "inbox", tmp_path / "processed", tmp_path / "failed")
    return Desk(tmp_path, store, job, fitted(COUNTS))


def stock(bench: Desk) -> list[tuple[object, ...]]:
    found = asked(bench, "SELECT sku, warehouse_code, counted, moved, on_hand FROM stock_now ORDER BY sku")
    return [(row[0], row[1], *(Decimal(str(n)) for n in row[2:])) for row in found]


def test_the_last_count_and_the_movements_since(bench: Desk) -> None:
    load(bench, b"Sku,Depot,Counted,At\nA,A,10,2026-03-01 08:00\nB,A,0.5,2026-03-02 08:00\n", b"c.csv")
    assert stock(bench) == [("A", "A", 10, 0, 10), ("B", "A", Decimal("0.5"), 0, Decimal("0.5"))]
    bench.plan = fitted(SALES)
    content = (
        b"No,Line,Sku,Qty,Total,At\n1,1,A,2,20,2026-03-01 07:00\n2,1,A,3,30,2026-03-01 09:00\n"
        b"2,2,C,1,,\n3,1,A,-1,-10,2026-03-01 10:00\n"
    )
    sold = load(bench, content, b"s.csv")
    now = [("A", "A", 10, -2, 8), ("B", "A", Decimal("0.5"), 0, Decimal("0.5")), ("C", "A", 0, -1, -1)]
    assert stock(bench) == now
    load(bench, content + b"\n", b"s2.csv")
    assert stock(bench) == now  # the same tickets again move nothing
    bench.plan = fitted(COUNTS)
    load(bench, b"Sku,Depot,Counted,At\nA,A,7,2026-03-01 09:30\n", b"c2.csv")
    assert stock(bench)[0] == ("A", "A", 7, 1, 8)
    undo(bench.store, sold.id)
    assert stock(bench)[0] == ("A", "A", 7, 0, 7)
    assert asked(bench, "SELECT count(*) FROM stock_movement") == [(0,)]


def test_a_count_without_its_moment_counts_from_when_it_was_written(bench: Desk) -> None:
    load(bench, b"Sku,Depot,Counted\nA,A,4\n", b"c.csv")
    bench.plan = fitted(SALES)
    load(bench, b"No,Line,Sku,Qty,Total,At\n1,1,A,2,20,2020-03-01 07:00\n2,1,A,1,10,\n", b"s.csv")
    assert stock(bench) == [("A", "A", 4, -1, 3)]


def preset(name: str, bench: Desk) -> tuple[Desk, str]:
    """A desk with a ready mapping, and the system's file as text."""
    one = next(system for system in SYSTEMS if system.name == name)
    return desk_for(one, bench.store, bench.root), one.bytes.decode()


def left(bench: Desk) -> dict[object, Decimal]:
    return {row[0]: row[4] for row in stock(bench)}  # type: ignore[misc]


def test_a_tills_sales_go_out_and_its_refunds_come_back(bench: Desk) -> None:
    till, text = preset("square", bench)
    header, latte, muffins, refund = text.splitlines()
    taken(till, "\n".join([header, latte, muffins, latte]).encode(), "morning.csv")
    assert left(bench) == {"LAT": -2, "MUF": -2}  # the same article twice in a ticket is two movements
    back = refund.replace("ESP", "MUF").replace(",-1,", ",-2,")
    second = taken(till, f"{header}\n{back}\n".encode(), "evening.csv")
    assert left(bench) == {"LAT": -2, "MUF": 0}
    assert asked(bench, "SELECT kind FROM stock_movement ORDER BY quantity DESC LIMIT 1") == [("refund",)]
    undo(bench.store, second.id)
    assert left(bench) == {"LAT": -2, "MUF": -2}


def test_a_void_moves_nothing_also_when_its_ticket_was_sold_before(bench: Desk) -> None:
    till, text = preset("shopkeep", bench)
    header, soap = text.splitlines()[:2]
    taken(till, f"{header}\n{soap}\n".encode(), "a.csv")
    assert left(bench) == {"A1": -2}
    voided = taken(till, f"{header}\n{soap}\n".replace("Sale", "Void").encode(), "b.csv")
    assert left(bench) == {}
    undo(bench.store, voided.id)
    assert left(bench) == {"A1": -2}


def test_a_shops_order_goes_out_and_comes_back_when_it_is_refunded(bench: Desk) -> None:
    shop, text = preset("shopify-orders", bench)
    first = taken(shop, text.encode(), "a.csv")
    assert left(bench) == {"TEA": -3, "CUP": -1}
    refunded = taken(shop, text.replace("paid,", "refunded,").encode(), "b.csv")
    assert left(bench) == {"TEA": -1}  # the second order, with its own state
    undo(bench.store, refunded.id)
    assert left(bench) == {"TEA": -3, "CUP": -1}
    undo(bench.store, first.id)
    assert left(bench) == {}
