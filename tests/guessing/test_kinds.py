"""A table made of a file can hold that file: no row of it is refused, and texts stay as they are."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import files as disk
from pipeline.errors import FileFailed
from pipeline.guessing.kinds import identifier
from pipeline.imports.reading import fit
from pipeline.mapping import examine, map_batch
from pipeline.mapping.model import Kind, Table
from pipeline.saved import making
from tests.amounts import times

CELLS = st.sampled_from([
    ["1,50", "12", "1 234,567", "-0,25", "7 €"], ["1.50", "12", "99.999999", "0.1"], ["0012", "7", "12"],
    ["3760001234567", "12", "5"], ["31/01/2026", "01/02/2026", "15/12/1999"], ["2026-01-31", "2026-02-01 10:00"],
    ["2026-01-31 10:00:05", "2026-02-01 23:59"], ["oui", "non", "OUI"], ["1", "0", "17"], ["a", "b;c", "d\"e", "12"],
    ["1e3", "12"], ["1,234", "5,678"], ["", " "], ["31.12.26", "01.01.27"], ["20 %", "5,5 %"], ["99999999999999999999", "1"],
])  # fmt: skip


@st.composite
def sheets(draw: st.DrawFn) -> list[dict[str, str]]:
    columns = draw(st.lists(CELLS, min_size=1, max_size=4))
    height = draw(st.integers(1, 6))
    return [
        {
            "Key": f"k{row}",
            **{f"Col {i}": draw(st.sampled_from([*cells, ""])) for i, cells in enumerate(columns)},
        }
        for row in range(height)
    ]


@settings(max_examples=times(10), deadline=None, derandomize=True)
@given(sheets())
def test_a_table_made_of_a_file_takes_every_row_of_it(rows: list[dict[str, str]]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "sheet.csv"
        file.write_text(text.getvalue(), "utf-8")
        try:
            made = making.derive(file, key=("Key",))
        except FileFailed:  # dates that two orders fit: a question for a person
            return
        columns = {column.name: column for column in made.of_database}
        table = Table("sheet", columns, (made.key,))
        plan, mistakes = examine("sheet", making.text_of(made), "s.toml", {"sheet": table})
        assert plan is not None, mistakes
        with disk.open_regular(file) as opened:
            fitted, reading, names = fit(plan, opened)
            for batch in reading:
                good, refused = map_batch(fitted, batch.frame, names, "UTC")
                assert not refused, (refused, made.of_database)
                assert good.height == batch.frame.height
                for own, column, _ in made.columns:
                    if column.kind is Kind.TEXT:
                        told = [cell or "" for cell in good[column.name].to_list()]
                        assert [t.strip() for t in told] == [
                            (c or "").strip() for c in batch.frame[own].to_list()
                        ]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.text(max_size=60), max_size=6))
def test_names_are_names_and_differ(texts: list[str]) -> None:
    taken: list[str] = []
    for text in texts:
        taken.append(identifier(text, taken))
    assert all(re.fullmatch(r"[a-z][a-z0-9_]{0,49}", name) for name in taken)
    assert len(set(taken)) == len(taken)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Prix d'achat (€)", "prix_d_achat"),
        ("2026", "column_2026"),
        ("Größe", "grosse"),
        ("", "column"),
        ("SKU", "sku"),
    ],
)
def test_names_are_those_of_the_header(header: str, name: str) -> None:
    assert identifier(header) == name


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ("03/04/2026,05/06/2026", None),  # two orders fit: a question
        ("03/04/2026 10:00,05/06/2026 11:00", None),
        ("03/04/2026,soon", Kind.TEXT),
        ("03/04/2026,15/06/2026", Kind.DATE),
        ("13/04/2026,04/15/2026", Kind.TEXT),
        ("03/04/2026 10:00,15/06/2026 11:00", Kind.DATETIME),
    ],
)
def test_dates_that_two_orders_fit_are_asked_about(tmp_path: Path, cells: str, kind: Kind | None) -> None:
    file = tmp_path / "days.csv"
    file.write_text(
        "Key;Day\n" + "".join(f"k{i};{cell}\n" for i, cell in enumerate(cells.split(","))), "utf-8"
    )
    if kind is None:
        with pytest.raises(FileFailed):
            making.derive(file)
    else:
        assert making.derive(file).of_database[1].kind is kind
