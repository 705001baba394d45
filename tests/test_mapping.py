"""Mappings: the documents parse, cells are exact, mistakes come all at once."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.mapping import compile_mapping, map_batch, parse
from pipeline.mapping.cells import convert, convert_plain
from pipeline.mapping.model import Column, Field, Kind, ReadOptions, Table

ROOT = Path(__file__).parent.parent
KINDS = {"k": Kind.TEXT, "n": Kind.DECIMAL, "d": Kind.DATE, "t": Kind.DATETIME, "b": Kind.BOOLEAN}
TABLE = Table("x", {n: Column(n, k, scale=2) for n, k in KINDS.items()}, (("k",),))


def plan_of(target):
    saved, _ = parse("m", f'version = 1\ntable = "x"\n[fields]\n{target} = "C"', "m.toml")
    plan, mistakes = compile_mapping(saved, {"x": TABLE})
    assert not mistakes
    return plan


def cell(kind, text, read="", options=""):
    body = f'version = 1\ntable = "x"\n[read]\n{read}\n[fields]\nk = {{ value = "1" }}\n{kind} = {{ column = "C"{options} }}'
    saved, mistakes = parse("m", body, "m.toml")
    assert not mistakes
    plan, mistakes = compile_mapping(saved, {"x": TABLE})
    assert not mistakes
    frame, refused = map_batch(plan, pl.DataFrame({"_line": [2], "C": [text]}), {"C": "C"}, "Europe/Paris")
    return "refused" if refused else frame[kind][0]


@pytest.mark.parametrize(
    ("text", "read", "value"),
    [
        ("1 234,5", 'decimal = ","', Decimal("1234.50")), ("1.234,56", "", Decimal("1234.56")),
        ("1,234", "", "refused"), ("1.2300", "", Decimal("1.23")), ("1.234", 'decimal = "."', "refused"),
        ("1e3", "", "refused"), ("-0,5", "", Decimal("-0.5")), ("1000000000000", "", "refused"), ("  ", "", None),
    ],
)  # fmt: skip
def test_numbers(text, read, value):
    assert cell("n", text, read) == value


def test_dates_and_booleans():
    assert str(cell("d", "2026-03-31")) == "2026-03-31"
    assert cell("d", "31/03/2026") == "refused"
    assert cell("d", "31/02/2026", 'date = "%d/%m/%Y"') == "refused"
    assert cell("d", "1/2/26", 'date = "%d/%m/%Y"') == "refused"
    assert cell("t", "2026-10-25 02:30").isoformat() == "2026-10-25T00:30:00+00:00"
    assert cell("t", "2026-03-29 02:30") == "refused"
    assert cell("t", "2026-01-01T10:00Z").isoformat() == "2026-01-01T10:00:00+00:00"
    assert (cell("b", "Oui"), cell("b", "NON"), cell("b", "?")) == (True, False, "refused")


def test_documents_parse():
    for block in re.findall(r"```toml\n(.*?)```", (ROOT / "docs/mapping.md").read_text("utf-8"), re.DOTALL):
        assert parse("doc", block, "doc")[1] == []


def test_all_mistakes_at_once():
    _, found = parse("m", 'version = 2\ntabel = "x"\n[fields]\na = { colum = "A" }\n', "m.toml")
    assert [m.line for m in found][-1] == 4
    assert {m.near for m in found} >= {"table", "column"}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.from_regex(r"[-+]?[0-9 ]{0,5}[.,]?[0-9]{0,8}[.,]?[0-9]{0,3}", fullmatch=True), min_size=1),
    st.sampled_from(["", ",", "."]),
)
def test_the_plain_way_agrees_with_the_full_way(texts: list[str], decimal: str) -> None:
    column, read = Column("a", Kind.DECIMAL, scale=6), ReadOptions(decimal=decimal or None)
    frame = pl.DataFrame({"t": texts}, schema={"t": pl.String})
    field = Field("a", 1, ("t",))
    plain = convert_plain(pl.col("t"), column, field, read)
    assert plain is not None
    both = frame.select(plain.alias("plain"), convert(pl.col("t"), column, field, read, "UTC").alias("full"))
    assert both.filter(pl.col("plain").is_not_null() & ~pl.col("plain").eq_missing(pl.col("full"))).is_empty()


def written(value: Decimal, decimal: str, space: str) -> str:
    """A number as people write it: grouped by a space, with this decimal sign."""
    return f"{value:,f}".replace(",", "G").replace(".", decimal).replace("G", space)


@settings(max_examples=60, deadline=None)
@given(
    st.decimals(min_value=-(10**11), max_value=10**11, places=2, allow_nan=False),
    st.sampled_from([",", "."]),
    st.sampled_from(["", " ", "\u00a0", "\u202f", "'"]),
)
def test_a_number_comes_back_to_the_last_digit(value: Decimal, decimal: str, space: str) -> None:
    assert cell("n", written(value, decimal, space), f'decimal = "{decimal}"') == value


@settings(max_examples=100, deadline=None)
@given(st.dates())
def test_a_date_comes_back_in_every_format(day: date) -> None:
    for form in ("%d/%m/%Y", "%Y-%m-%d", "%m.%d.%Y"):
        text = (
            form.replace("%d", f"{day.day:02}")
            .replace("%m", f"{day.month:02}")
            .replace("%Y", f"{day.year:04}")
        )
        assert cell("d", text, "", f', format = "{form}"') == day


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1))
def test_a_text_is_exactly_the_cell(text: str) -> None:
    frame, refused = map_batch(plan_of("k"), pl.DataFrame({"_line": [2], "C": [text]}), {"C": "C"}, "UTC")
    blank = pl.Series([text]).str.strip_chars().item() == ""
    assert refused if blank else frame["k"].to_list() == [text]
