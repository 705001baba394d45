"""A correction brings whole documents, so that lines keep their numbers and heads their cells; in every layout."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from pipeline import files as disk
from pipeline.imports.corrections import tail
from pipeline.jobs import ImportJob, corrected
from pipeline.store.base import SqlStore
from tests.imports.conftest import Desk
from tests.imports.test_sections import asked, fitted, lines, load
from tests.imports.test_sections_more import RECORDS

FLAT = """
version = 1
document = "Order"
unit = "document"
[read]
delimiter = ";"
[tables.order]
table = "sales_order"
[tables.order.fields]
source = { value = "shop" }
number = "Order"
gross_amount = "Total"
[tables.line]
table = "sales_order_line"
per = "row"
[tables.line.fields]
order = { row = "order" }
line_no = { count = "document" }
sku = "Sku"
quantity = "Qty"
"""
FLAT_FILE = b"Order;Total;Sku;Qty\n1;10.00;A;1\n;;B;2\n;;C;3\n2;7.00;A;1\n;;B;9\n3;1.00;D;4\n"
RECORDS_FILE = b"H;1;ANN\nL;A;2;1,50\nL;B;1;9,90\nL;C;7;2,00\nH;2;BOB\nL;A;1;1,50\n"


@pytest.fixture
def bench(store: SqlStore, tmp_path: Path) -> Desk:
    disk.ignore_sigio()
    job = ImportJob("orders", "orders", tmp_path / "inbox", tmp_path / "processed", tmp_path / "failed")
    return Desk(tmp_path, store, job)


@pytest.mark.parametrize("unit", ["row", "document"])
@pytest.mark.parametrize(
    ("mapping", "file", "good", "bad"),
    [(FLAT, FLAT_FILE, b"B;2", b"B;two"), (RECORDS, RECORDS_FILE, b"L;B;1;", b"L;B;one;")],
)
def test_a_mended_line_ends_where_it_would_have_stood(
    bench: Desk, unit: str, mapping: str, file: bytes, good: bytes, bad: bytes
) -> None:
    bench.plan = fitted(mapping.replace('unit = "document"', f'unit = "{unit}"'))
    first = load(bench, file.replace(good, bad), b"a.txt")
    assert first.refused == (1 if unit == "row" else 3 if mapping is FLAT else 4)
    content = (bench.job.failed / "a.txt.refused.csv").read_bytes()
    assert len(content.splitlines()) == 4
    done = load(bench, content.replace(bad, good), b"a.txt.refused.csv")
    assert (done.correction_of, done.refused) == (first.id, 0)
    after, totals = lines(bench), asked(bench, "SELECT number, gross_amount FROM sales_order ORDER BY 1")
    assert [line[:4] for line in after[:3]] == [
        ("1", 1, "A", Decimal(1 if mapping is FLAT else 2)),
        ("1", 2, "B", Decimal(2 if mapping is FLAT else 1)),
        ("1", 3, "C", Decimal(3 if mapping is FLAT else 7)),
    ]
    again = load(bench, file, b"b.txt")
    assert (again.inserted, again.updated) == (0, 0)
    assert (lines(bench), asked(bench, "SELECT number, gross_amount FROM sales_order ORDER BY 1")) == (
        after,
        totals,
    )


def test_the_name_of_the_file_stays_what_the_first_one_was_called(bench: Desk) -> None:
    text = FLAT.replace('number = "Order"', 'number = "Order"\nexternal_id = { file = "stem" }')
    bench.plan = fitted(text)
    load(bench, FLAT_FILE.replace(b"B;2", b"B;two"), b"lyon.txt")
    content = (bench.job.failed / "lyon.txt.refused.csv").read_bytes()
    load(bench, content.replace(b"B;two", b"B;2"), b"mine.txt")
    assert {row[0] for row in asked(bench, "SELECT external_id FROM sales_order")} == {"lyon"}


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("a.csv.refused.csv", ("a.csv", None)), ("a.csv.refused~1.csv", ("a.csv", None)),
        ("a.csv.refused-12.xlsx", ("a.csv", 12)), ("a.csv.refused-12 (1).XLSX", ("a.csv", 12)),
        ("a.csv.refused.csv.refused.csv", ("a.csv.refused.csv", None)), ("refused.csv", None), ("a.csv", None),
        (".refused.csv", None),
    ],
)  # fmt: skip
def test_names_of_corrections(name: str, first: tuple[str, int | None] | None) -> None:
    assert corrected(name) == first


@pytest.mark.parametrize("mark", [";", ",", "\t", "|"])
def test_what_was_added_is_cut_off_and_nothing_else(mark: str) -> None:
    own = f'a{mark}"b{mark}""c"{mark}5'
    for added in (
        (mark + mark.join(('"5"', '"Total"', f'"it{mark} said ""no"""', '"12"'))),
        f"{mark}5{mark}Total{mark}no{mark}12",
    ):
        assert tail(mark).sub("", own + added) == own
        assert tail(mark).sub("", f"{own}{added}\r\n{own}{added}\r\n") == f"{own}\r\n{own}\r\n"
    assert tail(mark).sub("", own) == own
