"""Cells typed exactly, or refused with the reason; what one cell cannot say, the whole column does."""

from __future__ import annotations

import io
from decimal import Decimal

import polars as pl
import pytest

from pipeline.errors import FileFailed
from pipeline.formats.model import LINE
from pipeline.imports.reading import fit
from pipeline.mapping import compile_mapping, map_batch, parse
from pipeline.mapping.codes import checked
from pipeline.mapping.model import Column, Kind, Plan, Table

KINDS = {
    "k": Kind.TEXT,
    "n": Kind.DECIMAL,
    "d": Kind.DATE,
    "t": Kind.DATETIME,
    "b": Kind.BOOLEAN,
    "c": Kind.TEXT,
}
TABLE = Table("x", {n: Column(n, k, scale=2) for n, k in KINDS.items()}, (("k",),))


def plan(read: str, fields: str) -> Plan:
    body = f'version = 1\ntable = "x"\n[read]\n{read}\n[fields]\nk = "id"\n{fields}'
    saved, mistakes = parse("m", body, "m.toml")
    assert saved is not None, mistakes
    made, mistakes = compile_mapping(saved, {"x": TABLE})
    assert made is not None, mistakes
    return made


def load(cells: list[str], kind: str, read: str = "", options: str = "") -> list[object]:
    """What a file of one column gives: a value, or the code of the reason why it was refused."""
    lines = ["id;v", *(f"{i};{cell}" for i, cell in enumerate(cells))]
    made = plan(read, f'{kind} = {{ column = "v"{options} }}')
    made, reading, columns = fit(made, io.BytesIO(("\n".join(lines) + "\n").encode()))
    out: dict[int, object] = {}
    for batch in reading:
        assert not batch.damaged
        frame, refused = map_batch(made, batch.frame, columns, "Europe/Paris")
        out.update(zip(frame[LINE].to_list(), frame[kind].to_list(), strict=True))
        out.update({one.line: one.said.code for one in refused})
    return [out[line] for line in sorted(out)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 234,50 €", "1234.50"), ("1\u202f234,50\u00a0€", "1234.50"), ("€ 12,5", "12.5"), ("EUR 12,50", "12.50"),
        ("(12,50)", "-12.50"), ("12,5-", "-12.5"), ("−3,00", "-3"), ("5 %", "5"), ("1'234,50", "1234.50"),
        ("1.234,56", "1234.56"), ("(1 234,50 €)", "-1234.50"), ("+7", "7"), ("0012,50", "12.50"),
    ],
)  # fmt: skip
def test_numbers_as_people_write_them(text: str, value: str) -> None:
    assert load([text, "3,25"], "n") == [Decimal(value), Decimal("3.25")]


@pytest.mark.parametrize("text", ["12,345", "1,2,3", "12 34", "abc", "1e3", "--5", "12,50 x", "3,01E+12"])
def test_what_is_no_number_is_refused(text: str) -> None:
    got = load([text, "3,25"], "n")
    assert isinstance(got[0], str)
    assert got[1] == Decimal("3.25")


def test_the_column_decides_what_a_cell_cannot() -> None:
    assert load(["1.234", "12,50"], "n") == [Decimal(1234), Decimal("12.50")]
    assert load(["1,234", "12.50"], "n") == [Decimal(1234), Decimal("12.50")]
    assert load(["1,234", "5,678"], "n") == ["mapping.two_readings"] * 2
    assert load(["1,234", "5"], "n", 'numbers = "en"') == [Decimal(1234), Decimal(5)]
    assert load(["1'234.50", "5"], "n", 'numbers = "ch"') == [Decimal("1234.50"), Decimal(5)]
    assert load(["1.234", "5"], "n", 'numbers = "fr"') == [Decimal(1234), Decimal(5)]


def test_dates_in_both_orders() -> None:
    assert [str(v) for v in load(["03/04/2026", "25/12/2026"], "d")] == ["2026-04-03", "2026-12-25"]
    assert [str(v) for v in load(["03/04/2026", "12/25/2026"], "d")] == ["2026-03-04", "2026-12-25"]
    assert [str(v) for v in load(["03.04.2026", "05-05-2026"], "d", 'order = "dmy"')] == [
        "2026-04-03",
        "2026-05-05",
    ]
    assert [str(v) for v in load(["05/05/2026", "06/06/2026"], "d")] == ["2026-05-05", "2026-06-06"]
    assert [str(v) for v in load(["2026-04-03", ""], "d")] == ["2026-04-03", "None"]
    assert load(["31/02/2026", "25/12/26", "25/12/2026"], "d")[:2] == ["mapping.not_date"] * 2
    moments = load(["03/04/2026 08:30", "25/12/2026 23:59:59"], "t")
    assert [str(v) for v in moments] == ["2026-04-03 06:30:00+00:00", "2026-12-25 22:59:59+00:00"]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (["03/04/2026", "05/06/2026"], "mapping.date_order"),
        (["25/12/2026", "12/25/2026"], "mapping.date_mixed"),
    ],
)
def test_dates_in_doubt_are_a_question(cells: list[str], code: str) -> None:
    with pytest.raises(FileFailed) as failed:
        load(cells, "d")
    assert failed.value.said.code == code
    assert cells[0] in str(failed.value)
    if code == "mapping.date_order":
        for part in ("day 3 of month 4", "day 4 of month 3", 'order = "dmy"', 'order = "mdy"'):
            assert part in str(failed.value)


def test_codes_keep_their_zeros_or_are_refused() -> None:
    assert load(["000123", '="0456"', "'78"], "c") == ["000123", "0456", "'78"]
    assert load(["3,01E+12", "3.01E+12"], "c") == ["mapping.spoilt"] * 2
    assert load(["N/A", "x"], "c", 'empty = ["N/A"]') == [None, "x"]


@pytest.mark.parametrize(
    ("check", "good", "kept", "bad"),
    [
        ("ean", "4006381333931", "4006381333931", "4006381333932"),
        ("ean", "12345678905", "0012345678905", "12345678906"),
        ("gtin", "96385074", "96385074", "96385075"),
        ("siret", "732 829 320 00074", "73282932000074", "73282932000075"),
        ("siren", "732829320", "732829320", "732829321"),
        ("vat", "FR 44 732829320", "FR44732829320", "FR45732829320"),
        (
            "iban",
            "FR14 2004 1010 0505 0001 3M02 606",
            "FR1420041010050500013M02606",
            "FR1420041010050500013M02607",
        ),
    ],
)
def test_check_digits(check: str, good: str, kept: str, bad: str) -> None:
    assert checked(check, good) == kept
    assert load([good, bad], "c", options=f', check = "{check}"') == [kept, "mapping.check_digit"]


@pytest.mark.parametrize("text", ["oui", "Vrai", "YES", "1", "x", "on"])
def test_booleans(text: str) -> None:
    assert load([text, "non", "peut-être"], "b") == [True, False, "mapping.not_boolean"]


def test_a_column_is_looked_at_to_its_end_only_while_it_is_in_doubt() -> None:
    frame = pl.DataFrame({LINE: [2], "d": ["2026-01-02"], "n": ["12"]})
    from pipeline.mapping.evidence import Evidence

    made = plan("", 'd = "d"\nn = "n"')
    evidence = Evidence(made, {"id": "id", "d": "d", "n": "n"})
    assert not evidence.decided
    evidence.add(frame)
    assert evidence.decided
    assert evidence.settle() == (made, [])
