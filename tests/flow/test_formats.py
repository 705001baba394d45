"""Files of other formats through the whole program: the worker asks its reading process, and goes on without it."""

from __future__ import annotations

import gzip
import json

from typer.testing import CliRunner

from pipeline.cli.main import app
from tests.flow.conftest import ORDERS, Installation
from tests.formats.test_apart import far_xlsb
from tests.formats.workbench import sheet_rows, xlsx, zipped

HEADER = ["Order No", "Total", "State"]


def test_files_of_any_format_become_rows(installation: Installation) -> None:
    rows: list[list[object]] = [
        ["Orders of March"],
        [],
        HEADER,
        ["0001", 12.5, "paid"],
        ["0002", "9.9O", None],
    ]
    installation.drop("a.xlsx", xlsx({"Empty": "", "Orders": sheet_rows(rows)}), "nightly")
    records = [dict(zip(HEADER, ("0003", 7.05, "open"), strict=True))]
    installation.drop("b.json", json.dumps({"orders": records}).encode(), "nightly")
    installation.drop("c.csv.gz", gzip.compress(ORDERS.replace(b"000", b"100")), "nightly")
    two = {
        "d.csv": b"Order No,Total,State\n2001,1.00,open\n",
        "e.csv": b"Order No,Total,State\n2002,2.00,open\n",
    }
    installation.drop("d.zip", zipped({name: text.decode() for name, text in two.items()}), "nightly")
    result = installation.once("nightly", now=True)
    assert sorted((f.name, f.state, f.rows_read, f.inserted, f.refused) for f in result.files) == [
        ("a.xlsx", "archived", 2, 1, 1),
        ("b.json", "archived", 1, 1, 0),
        ("c.csv.gz", "archived", 3, 3, 0),
        ("d.zip", "archived", 2, 2, 0),
    ]
    assert [n for (n,) in installation.sql("SELECT number FROM sales_order ORDER BY number")] == [
        "0001", "0003", "1001", "1002", "1003", "2001", "2002",
    ]  # fmt: skip
    refused = next((installation.root / "failed").rglob("a.xlsx.refused.csv")).read_text("utf-8")
    assert refused.splitlines()[0].startswith("Order No,Total,State,")
    assert '0002,9.9O,,"5","Total"' in refused


def test_a_refused_row_names_its_file_in_the_archive_and_its_line_there(installation: Installation) -> None:
    head = "Order No,Total,State\n"
    files = {"mon.csv": head + "1,1.00,open\n2,2.00,open\n", "tue.csv": head + "3,3.OO,open\n4,4.00,open,x\n"}
    installation.drop("week.zip", zipped(files), "nightly")
    (file,) = installation.once("nightly", now=True).files
    assert (file.rows_read, file.inserted, file.refused) == (4, 2, 2)
    refused = (
        next((installation.root / "failed").rglob("week.zip.refused.csv")).read_text("utf-8").splitlines()
    )
    assert refused[1].startswith('3,3.OO,open,"2","Total","tue.csv, line 2: ')
    assert refused[2].startswith('4,4.00,open,x,"3","","tue.csv, line 3: ')


def test_a_workbook_that_ends_its_reader_fails_and_the_next_file_goes_in(installation: Installation) -> None:
    installation.drop("a.xlsb", far_xlsb(), "nightly")
    installation.drop("b.csv", ORDERS, "nightly")
    result = installation.once("nightly", now=True)
    assert sorted((f.name, f.state) for f in result.files) == [("a.xlsb", "failed"), ("b.csv", "archived")]
    why = next((installation.root / "failed").rglob("a.xlsb.why.txt")).read_text("utf-8")
    assert "SIGABRT" in why


def test_the_story_of_a_workbook(installation: Installation) -> None:
    """What was set aside, what its name promised, and which of its rows are new."""
    table = [["Orders of March"], [], HEADER, ["0001", 12.5, "paid"], ["0002", 1, "paid"]]
    installation.drop("a.csv", xlsx({"S": sheet_rows(table)}))
    installation.once()
    installation.drop("a.csv", xlsx({"S": sheet_rows([*table, ["0003", 2, "paid"]])}))
    (file,) = installation.once().files
    assert (file.inserted, file.unchanged) == (1, 2)
    result = CliRunner().invoke(app, ["--config", str(installation.config), "show", str(file.id)])
    told = " ".join(result.stdout.split())
    assert "XLSX; set aside: preamble 1, blank 1. The name a.csv promises something else" in told
    assert "1 lines new, 0 gone, 2 the same." in told
    assert "+ 0003,2,paid" in told
