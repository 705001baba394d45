"""Refused lines come out as a file, are mended, dropped again, and known as the correction of the file they are of."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import openpyxl
import pytest

from pipeline import Pipeline
from tests.flow.conftest import MAPPING, Installation
from tests.flow.test_replay import imported
from tests.flow.test_undo import told

BAD = 'Order No;Total;State\r\n0001;12,50;payé\r\n0002;9,9O;en cours\r\n0003;x;"a;b"\r\n'.encode("cp1252")
FRENCH = MAPPING.replace("[fields]", '[read]\nencoding = "cp1252"\ndelimiter = ";"\ndecimal = ","\n[fields]')
ROWS = "SELECT number, gross_amount / 1000000.0, status FROM sales_order ORDER BY number"
WHOLE = [("0001", 12.5, "payé"), ("0002", 9.9, "en cours"), ("0003", 7.0, "a;b")]


@pytest.fixture
def box(installation: Installation) -> Installation:
    (installation.root / "mappings/sales.toml").write_text(FRENCH)
    imported(installation, {"a.csv": BAD})
    return installation


def correction(box: Installation) -> Path:
    return box.root / "failed/sales/a.csv.refused.csv"


def test_the_correction_is_written_as_the_file_is_and_comes_back(box: Installation) -> None:
    content = correction(box).read_bytes()
    rows = list(csv.reader(io.StringIO(content.decode("cp1252")), delimiter=";"))
    assert rows[0] == ["Order No", "Total", "State", "_line", "_column", "_reason", "_file"]
    assert [(*row[:5], row[6]) for row in rows[1:]] == [
        ("0002", "9,9O", "en cours", "3", "Total", "1"), ("0003", "x", "a;b", "4", "Total", "1"),
    ]  # fmt: skip
    assert content.endswith(b"\r\n")
    once = content.replace(b"9,9O", b"9,90")
    imported(box, {"whatever.csv": once})
    with Pipeline(box.config) as pipeline:
        second = pipeline.files()[0]
        assert (second.correction_of, second.inserted, second.refused) == (1, 1, 1)
    again = box.root / "failed/sales/whatever.csv.refused.csv"
    assert again.read_bytes().splitlines()[0] == content.splitlines()[0]
    imported(box, {"b.csv": again.read_bytes().replace(b";x;", b";7;")})
    assert box.sql(ROWS) == WHOLE
    story = told(box, "show", "1")[1]
    assert "whatever.csv" in story
    found = json.loads(told(box, "why", "a.csv", "--json")[1])
    assert [one["code"] for one in found["besides"]] == ["versions.corrected_by"]
    assert "corrects file" in told(box, "show", "2")[1]


def test_what_a_spreadsheet_saved_comes_back_too(box: Installation) -> None:
    code, out = told(box, "corrections", "1", "--xlsx", "--json")
    assert (code, Path(json.loads(out)["file"]).name) == (0, "a.csv.refused-1.xlsx")
    book = openpyxl.load_workbook(json.loads(out)["file"])
    sheet = book.active
    assert sheet is not None
    assert [cell.value for cell in sheet[2]][:4] == ["0002", "9,9O", "en cours", "3"]
    assert {cell.number_format for cell in sheet[2]} == {"@"}
    sheet["B2"], sheet["B3"] = "9,90", "7"
    out_file = io.BytesIO()
    book.save(out_file)
    imported(box, {"a.csv.refused-1.xlsx": out_file.getvalue()})
    assert box.sql(ROWS) == WHOLE
    with Pipeline(box.config) as pipeline:
        assert pipeline.files()[0].correction_of == 1


def test_a_correction_saved_as_utf8_with_commas_comes_back(box: Installation) -> None:
    rows = list(csv.reader(io.StringIO(correction(box).read_text("cp1252")), delimiter=";"))
    rows[1][1], rows[2][1] = "9,90", "7"
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    imported(box, {"a.csv.refused.csv": text.getvalue().encode("utf-8-sig")})
    assert box.sql(ROWS) == WHOLE


def test_where_there_is_nothing_to_correct_it_says_so(box: Installation, tmp_path: Path) -> None:
    there = tmp_path / "there.csv"
    assert told(box, "corrections", "1", "--to", str(there))[0] == 0
    assert told(box, "corrections", "1", "--to", str(there))[0] == 1
    assert told(box, "corrections", "9")[0] == 1


def test_lines_without_column_names_come_back(installation: Installation) -> None:
    mapping = MAPPING.replace(
        "[fields]", '[read]\nheader = false\ncolumns = ["Order No", "Total", "State"]\n[fields]'
    )
    (installation.root / "mappings/sales.toml").write_text(mapping)
    imported(installation, {"a.csv": b"0001,12.50,paid\n0002,9.9O,open\n0003,7\n"})
    content = correction(installation).read_bytes()
    assert [line[:7] for line in content.splitlines()] == [b"0002,9.", b"0003,7,"]
    mended = content.replace(b"9.9O", b"9.90").replace(b"0003,7,", b"0003,7,open,")
    imported(installation, {"a.csv.refused.csv": mended})
    assert [row[:2] for row in installation.sql(ROWS)] == [("0001", 12.5), ("0002", 9.9), ("0003", 7.0)]


def test_it_goes_to_the_job_of_its_file_also_beside_one_that_takes_workbooks(box: Installation) -> None:
    other = '\n[imports.books]\nmapping = "sales"\ninbox = "inbox/sales"\nprocessed = "processed/books"\npattern = "*.xlsx"\n'
    config = box.config.read_text()
    head, _, rest = config.partition("[imports.sales]")
    box.config.write_text(head + other + "\n[imports.sales]" + rest)
    for name in ("a.csv.refused-1.xlsx", "b.xlsx"):
        box.drop(name, b"")
    with Pipeline(box.config) as pipeline:
        assert {f.name: f.job for f in pipeline.files() if f.id is None} == {
            "a.csv.refused-1.xlsx": "sales", "b.xlsx": "books",
        }  # fmt: skip
