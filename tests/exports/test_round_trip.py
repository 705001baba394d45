"""What is written is read back by the same mapping into an empty database: the same rows, in every format."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.clock import Clock
from pipeline.exports.serving import plan_of
from pipeline.exports.single import one_file
from pipeline.exports.work import ExportWork
from pipeline.imports import Importer, Taken, Work
from pipeline.jobs import ExportJob, ImportJob
from pipeline.mapping import examine
from pipeline.store import connect
from pipeline.store.base import SqlStore
from pipeline.store.types import uuid7
from tests.amounts import times
from tests.databases import ready_sqlite
from tests.exports.conftest import table

ORDER = """version = 1
table = "sales_order"
key = ["source", "number"]
{read}
[fields]
source = {{ value = "shop" }}
number = "No"
gross_amount = "Total"
status = {{ column = "State", values = {{ Paid = "paid", Open = "open" }} }}
ordered_at = "When"
notes = "Notes"
{write}
"""
INVOICE = """version = 1
table = "invoice"
key = ["source", "kind", "number"]
{read}
[fields]
source = {{ value = "shop" }}
kind = {{ value = "invoice" }}
number = "No"
issue_date = "Date"
gross_amount = "Total"
{write}
"""
DIALECTS = {
    "plain.csv": ("", ""),
    "semicolon.csv": (
        '[read]\ndelimiter = ";"\ndecimal = ","\n',
        '[write]\nline_end = "crlf"\ndecimals = 2\n',
    ),
    "always.tsv": ('[read]\ndelimiter = "\\t"\n', '[write]\nquoting = "always"\n'),
    "latin.csv": (
        '[read]\ndelimiter = ";"\nencoding = "cp1252"\ndecimal = ","\n',
        '[write]\nunencodable = "transliterate"\n',
    ),
    "quote.csv": ('[read]\nquote = "\'"\ndelimiter = "|"\n', ""),
    "wide.csv": ('[read]\ndelimiter = "||"\n', ""),
    "utf16.csv": ('[read]\nencoding = "utf-16"\n', ""),
    "bom.csv": ("", "[write]\nbom = true\n"),
    "list.json": ("", ""),
    "deep.json": ('[read]\nformat = "json"\npath = "data.orders"\n', ""),
    "lines.ndjson": ("", ""),
    "rows.xml": ("", ""),
    "book.xlsx": ("", ""),
    "table.parquet": ("", ""),
    "packed.csv.gz": ("", ""),
    "packed.csv.zst": ("", ""),
    "packed.csv.zip": ("", ""),
    "fixed.txt": (
        '[read]\nformat = "fixed"\n[read.columns]\nNo = "1-12"\nTotal = "13-34"\nState = "35-40"\nWhen = "41-70"\n'
        'Notes = "71-110"\n',
        "",
    ),
}
LETTERS = "abcXYZ0189 éèçœ€-'\"&<>;,|=+@#%éß"
texts = st.text(LETTERS, min_size=1, max_size=14).filter(lambda t: t == t.strip() and t.strip("'\"= ") != "")
amounts = st.decimals(min_value=-99_999_999, max_value=99_999_999, places=6, allow_nan=False)
moments = st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2050, 1, 1)).map(  # noqa: DTZ001
    lambda d: d.replace(tzinfo=dt.timezone.utc)  # noqa: UP017
)
rows_of = st.lists(
    st.tuples(
        st.from_regex("[0-9]{1,8}", fullmatch=True), st.none() | amounts, st.sampled_from(["paid", "open", None]),
        st.none() | moments, st.none() | texts,
    ),
    min_size=1, max_size=24, unique_by=lambda row: row[0],
)  # fmt: skip


def store_in(folder: Path, name: str) -> SqlStore:
    path = folder / name
    path.write_bytes(ready_sqlite())
    store = connect(f"sqlite:///{path}")
    assert isinstance(store, SqlStore)
    return store


def work(mapping: str, store: SqlStore, folder: Path) -> ExportWork:
    job = ExportJob("x", "x", folder, "x", folder / "kept")
    return ExportWork(job, plan_of("x", mapping, store), "Europe/Paris")


def read_back(mapping: str, file: Path, store: SqlStore) -> Any:
    """The file imported by the same mapping."""
    plan, mistakes = examine("x", mapping, "mappings/x.toml", store.catalogue())
    assert plan is not None, mistakes
    folder = file.parent
    job = ImportJob("x", "x", folder, folder / "processed", folder / "failed")
    now = Clock().now().wall
    from pipeline import files as disk

    taken = Taken(disk.new_claim(now), file.name.encode(), file, now, str(folder), "", "", None, fresh=True)
    importer = Importer(store, Clock(), lambda *told: None, 0)
    (outcome,) = importer.run(Work(job, plan, (taken,), "Europe/Paris", "en"))
    row = store.by_claim(outcome.claim)
    assert row is not None
    assert (row.state, row.refused) in {("archived", 0), ("committed", 0)}, (
        row.reason,
        store.refused(row.id),
    )
    return row


def told(store: SqlStore, name: str, columns: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """The table as values, in order."""
    here = table(name).c
    with store._transaction(write=False) as conn:
        return [
            tuple(r) for r in conn.execute(sa.select(*(here[c] for c in columns)).order_by(here[columns[0]]))
        ]


def add(store: SqlStore, name: str, rows: list[dict[str, Any]]) -> None:
    with store._transaction() as conn:
        for row in rows:
            conn.execute(table(name).insert().values(id=uuid7(), source="shop", **row))


COLUMNS = ("number", "gross_amount", "status", "ordered_at", "notes")


@pytest.mark.parametrize("name", DIALECTS)
@settings(
    max_examples=times(2),
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rows=rows_of)
def test_written_and_read_back_the_tables_are_equal(
    name: str, rows: list[tuple[Any, ...]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("trip")
    read, write = DIALECTS[name]
    mapping = ORDER.format(read=read, write=write)
    first, second = store_in(folder, "one.db"), store_in(folder, "two.db")
    try:
        add(first, "sales_order", [dict(zip(COLUMNS, row, strict=True)) for row in rows])
        inbox = folder / "in"
        inbox.mkdir()
        assert one_file(first, work(mapping, first, folder), inbox / name) == len(rows)
        read_back(mapping, inbox / name, second)
        assert told(second, "sales_order", COLUMNS) == told(first, "sales_order", COLUMNS)
    finally:
        first.close()
        second.close()


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.json", "a.parquet", "a.xml"])
@pytest.mark.parametrize("form", ["", 'date = "%d/%m/%Y"\n', 'date = "%Y%m%d"\ndecimal = ","\n'])
def test_dates_in_every_way_of_writing(name: str, form: str, tmp_path: Path) -> None:
    mapping = INVOICE.format(read="[read]\n" + form, write="")
    first, second = store_in(tmp_path, "one.db"), store_in(tmp_path, "two.db")
    days = [dt.date(2026, 2, 28), dt.date(1901, 1, 2), None]
    rows = [
        {"number": f"00{n}", "kind": "invoice", "issue_date": day, "gross_amount": n + Decimal("0.5")}
        for n, day in enumerate(days)
    ]
    add(first, "invoice", rows)
    (tmp_path / "in").mkdir()
    one_file(first, work(mapping, first, tmp_path), tmp_path / "in" / name)
    read_back(mapping, tmp_path / "in" / name, second)
    columns = ("number", "issue_date", "gross_amount")
    assert told(second, "invoice", columns) == told(first, "invoice", columns)
    first.close()
    second.close()


def test_big_numbers_and_codes_keep_every_digit_in_a_workbook(tmp_path: Path) -> None:
    mapping = ORDER.format(read="", write="")
    first, second = store_in(tmp_path, "one.db"), store_in(tmp_path, "two.db")
    add(first, "sales_order", [
        {"number": "000123456789012345", "gross_amount": Decimal("9999999999.123456"), "notes": "=1+1"},
        {"number": "1e5", "gross_amount": Decimal("0.000001"), "notes": "http://x"},
    ])  # fmt: skip
    (tmp_path / "in").mkdir()
    one_file(first, work(mapping, first, tmp_path), tmp_path / "in" / "a.xlsx")
    read_back(mapping, tmp_path / "in" / "a.xlsx", second)
    assert told(second, "sales_order", COLUMNS) == told(first, "sales_order", COLUMNS)
    first.close()
    second.close()


def test_the_same_rows_make_the_same_bytes(tmp_path: Path) -> None:
    store = store_in(tmp_path, "one.db")
    mapping = ORDER.format(read="", write="")
    add(store, "sales_order", [{"number": "1", "gross_amount": Decimal("1.5")}])
    for name in ("a.csv", "a.csv.gz", "a.csv.zip", "a.xlsx", "a.json"):
        found = set()
        for n in range(2):
            (tmp_path / str(n)).mkdir(exist_ok=True)
            one_file(store, work(mapping, store, tmp_path), tmp_path / str(n) / name)
            found.add((tmp_path / str(n) / name).read_bytes())
        assert len(found) == 1, name
    store.close()


def test_for_a_spreadsheet_formulas_are_defused_and_for_a_machine_nothing_is_touched(tmp_path: Path) -> None:
    store = store_in(tmp_path, "one.db")
    add(store, "sales_order", [
        {"number": "1", "gross_amount": Decimal("-1.5"), "notes": "=cmd|' /C calc'!A0"},
        {"number": "2", "notes": "@x"}, {"number": "3", "notes": "a=b"},
    ])  # fmt: skip
    for purpose, marks in (("machine", ("=cmd", "@x")), ("spreadsheet", ("'=cmd", "'@x"))):
        mapping = ORDER.format(read="", write=f'[write]\nfor = "{purpose}"\n')
        one_file(store, work(mapping, store, tmp_path), tmp_path / f"{purpose}.csv")
        lines = (tmp_path / f"{purpose}.csv").read_text().splitlines()
        assert lines[1].split(",")[4].startswith(marks[0])
        assert lines[1].split(",")[1] == "-1.5"  # a number is no formula
        assert lines[2].endswith("," + marks[1])
        assert lines[3].endswith(",a=b")
    store.close()


@pytest.mark.parametrize(
    "name", ["plain.csv", "semicolon.csv", "list.json", "book.xlsx", "table.parquet", "rows.xml"]
)
def test_from_one_database_into_the_other_nothing_differs(name: str, store: SqlStore, tmp_path: Path) -> None:
    """The store on each database in turn, read back into SQLite."""
    read, write = DIALECTS[name]
    mapping = ORDER.format(read=read, write=write)
    moment = dt.datetime(2026, 3, 29, 1, 59, 59, 123456, tzinfo=dt.timezone.utc)  # noqa: UP017
    add(store, "sales_order", [
        {"number": "001", "gross_amount": Decimal("-12.345678"), "status": "paid", "ordered_at": moment, "notes": 'a "b", c'},
        {"number": "002", "gross_amount": None, "status": None, "ordered_at": None, "notes": None},
        {"number": "003", "gross_amount": Decimal("0"), "status": "open", "ordered_at": moment.replace(microsecond=0),
         "notes": "line\nline; é <x>&"},
    ])  # fmt: skip
    second = store_in(tmp_path, "two.db")
    (tmp_path / "in").mkdir()
    assert one_file(store, work(mapping, store, tmp_path), tmp_path / "in" / name) == 3
    read_back(mapping, tmp_path / "in" / name, second)
    assert told(second, "sales_order", COLUMNS) == told(store, "sales_order", COLUMNS)
    second.close()
