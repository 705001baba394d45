"""What another program sees in a workbook of ours: LibreOffice opens it, and every value is there."""

from __future__ import annotations

import csv
import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.exports.single import one_file
from tests.exports.conftest import NOON, Shop
from tests.exports.test_round_trip import store_in, work

OFFICE = shutil.which("soffice") or ""
MAPPING = """version = 1
[export]
table = "sales_order"
order = ["number"]
[export.columns]
"Order" = "number"
"order" = "status"
"Total" = "gross_amount"
"When" = "ordered_at"
"Notes" = "notes"
"Lines" = { count = "sales_order_line" }
"""
NOTES = [
    "=1+1",
    "+33 1 02",
    "-",
    "@here",
    "1e5",
    "été – “œuf” €",
    "two\nlines",
    "12/05",
    "TRUE",
    "x" * 32_767,
]


@pytest.mark.skipif(
    not OFFICE, reason="needs LibreOffice Calc, which tests/run.sh installs when it runs as root"
)
def test_libreoffice_reads_what_was_written(tmp_path: Path) -> None:
    store = store_in(tmp_path, "one.db")
    shop = Shop(store, tmp_path)
    amounts = ["12.5", "-0.05", "999999999.99", "0", "0.000001", "123456789012.345678", None, "7", "8", "9"]
    for n, (amount, notes) in enumerate(zip(amounts, NOTES, strict=True)):
        shop.order(f"{n:05}", amount, notes=notes)
    one_file(store, work(MAPPING, store, tmp_path), tmp_path / "book.xlsx")
    store.close()
    command = [
        OFFICE, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to",
        "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false", "--outdir", str(tmp_path / "read"),
        str(tmp_path / "book.xlsx"),
    ]  # fmt: skip  # its words: comma, quote, UTF-8, from line 1, values as they are and not as they are shown
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    with (tmp_path / "read" / "book.csv").open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    assert head == ["Order", "order", "Total", "When", "Notes", "Lines"]
    assert [row[0] for row in rows] == [f"{n:05}" for n in range(len(NOTES))]
    assert [row[4] for row in rows] == NOTES
    assert {(row[1], row[5]) for row in rows} == {("paid", "0")}
    assert [float(row[2]) if row[2] else None for row in rows] == [
        None if a is None else float(a) for a in amounts
    ]
    assert rows[5][2] == amounts[5]  # more digits than a number of a workbook has: a text
    moment = NOON.replace(hour=13)  # at noon in UTC it is one o'clock in Paris
    assert {row[3] for row in rows} == {f"{moment:%Y-%m-%d %H:%M:%S}"}
