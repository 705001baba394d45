"""Computed fields, row filters and value lists through the whole import, on both databases."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from pipeline import files as disk
from pipeline.cli.output import Voice
from pipeline.cli.plain import read_as
from pipeline.jobs import ImportJob
from pipeline.mapping import examine
from pipeline.store.base import SqlStore
from pipeline.store.catalogue import catalogue
from pipeline.words import render
from tests.imports.conftest import Desk
from tests.store.test_exam import rows_of

MAPPING = """
version = 1
table = "sales_order"
key = ["source", "number"]
where = \"\"\""Kind" = 'ORDER' AND "Paid at" IS NOT NULL\"\"\"

[read]
decimal = ","

[values.states]
"Carte bancaire" = "paid"
"en attente" = "open"

[fields]
source = { value = "shop" }
number = { sql = \"\"\"lpad(split_part("Order", '-', 2), 6, '0')\"\"\" }
net_amount = "Net"
tax_amount = { sql = 'round(this.net_amount * "Rate" / 100, 2)' }
gross_amount = { sql = 'this.net_amount + this.tax_amount' }
ordered_at = { sql = \"\"\"date("Paid at", '%d/%m/%Y') + interval '1 day'\"\"\", timezone = "UTC" }
status = { column = "State", values = "states" }
"""
FILE = """Order,Kind,Net,Rate,Paid at,State
A-12,ORDER,"10,05",20,24/11/2026,carte Bancaire
A-13,QUOTE,"1,00",20,24/11/2026,en attente
A-14,ORDER,"1,00",x,24/11/2026,en attente
A-15,ORDER,"1,00",20,,en attente
A-16,ORDER,"0,125","5,5",25/11/2026,en attente
A-17,ORDER,"1,00",20,24/11/2026,Chèque
"""

BUNDLED = """
version = 1
table = "sales_order"
[fields]
source = { value = "shop" }
number = { sql = '''lpad("Order", 3, '0')''' }
gross_amount = { sql = '''number("Net") * 2''' }
"""


@pytest.fixture
def wide(tmp_path: Path, store: SqlStore) -> Desk:
    disk.ignore_sigio()
    made, mistakes = examine("sales", MAPPING, "mappings/sales.toml", catalogue())
    assert made is not None, mistakes
    job = ImportJob("sales", "sales", tmp_path / "inbox", tmp_path / "processed", tmp_path / "failed")
    return Desk(tmp_path, store, job, made)


def test_a_file_with_computed_fields(wide: Desk, store: SqlStore) -> None:
    row = wide.row(wide.run(wide.take(FILE.encode())))
    assert (row.state, row.rows_read, row.inserted, row.refused) == ("archived", 4, 2, 2)
    assert [(n, amount, state, at.isoformat()[:10]) for n, amount, state, at in rows_of(store)] == [  # type: ignore[attr-defined]
        ("000012", Decimal("12.06"), "paid", "2026-11-25"),
        ("000016", Decimal("0.135"), "open", "2026-11-26"),
    ]
    refused = {r.line: (r.column, r.value, render(r.said)) for r in store.refused(row.id)}
    assert refused[4][:2] == ("Rate", "x")
    assert refused[4][2].startswith("tax_amount: the calculation needs a number")
    assert refused[7][:2] == ("State", "Chèque")
    assert "carte bancaire, en attente" in refused[7][2]
    assert "where 2" in read_as(Voice(wide.root / "config.toml"), row.dialect)


def test_the_same_file_with_one_line_changed(wide: Desk, store: SqlStore) -> None:
    wide.run(wide.take(FILE.encode()))
    again = wide.row(wide.run(wide.take(FILE.replace("10,05", "10,06").encode())))
    assert (again.rows_read, again.updated, again.unchanged, again.refused) == (4, 1, 1, 2)
    assert rows_of(store)[0][1] == Decimal("12.07")


def test_a_column_that_an_expression_names_must_be_there(wide: Desk) -> None:
    outcome = wide.run(wide.take(FILE.replace("Rate", "Rat").encode()))
    assert outcome.deed == "failed"
    assert outcome.said is not None
    assert outcome.said.args["column"] == "Rate"


def test_many_small_files_are_computed_as_one_is(wide: Desk, store: SqlStore) -> None:
    """They go under one header when nothing in the mapping is about the file itself."""
    made, _ = examine("sales", BUNDLED, "mappings/sales.toml", catalogue())
    assert made is not None
    wide.plan = made
    taken = [wide.take(f"Order,Net\n{n},{n}.50\n".encode(), f"{n}.csv".encode()) for n in range(1, 5)]
    rows = [wide.row(outcome) for outcome in wide.importer().run(wide.work(*taken))]
    assert [(row.rows_read, row.inserted, row.refused) for row in rows] == [(1, 1, 0)] * 4
    assert [(number, amount) for number, amount, _, _ in rows_of(store)] == [
        (f"00{n}", 2 * n + 1) for n in range(1, 5)
    ]
