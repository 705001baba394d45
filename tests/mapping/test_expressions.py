"""Expressions: exact, lazy where SQL is, bounded; every mistake is told at once, with what to do."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.mapping import examine, map_batch, take
from pipeline.mapping.expressions.compiling import CELL, LINE
from pipeline.mapping.expressions.program import Program
from pipeline.mapping.expressions.running import run
from pipeline.mapping.model import Column, Kind, ReadOptions, Table
from pipeline.words import render
from tests.mapping.workbench import codes, compiled, result, results

MONEY = st.decimals(min_value=-(10**9), max_value=10**9, places=6, allow_nan=False)
TABLE = Table("x", {
    "k": Column("k", Kind.TEXT), "n": Column("n", Kind.DECIMAL, scale=2), "m": Column("m", Kind.DECIMAL, scale=6),
    "i": Column("i", Kind.INTEGER), "d": Column("d", Kind.DATE), "t": Column("t", Kind.DATETIME), "b": Column("b", Kind.BOOLEAN),
}, (("k",),))  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(MONEY, MONEY), min_size=1, max_size=20))
def test_sums_and_products_are_exact(pairs: list[tuple[Decimal, Decimal]]) -> None:
    rows = {"A": [f"{a:f}" for a, _ in pairs], "B": [f"{b:f}" for _, b in pairs]}
    assert results('"A" + "B" = number("S")', {**rows, "S": [f"{a + b:f}" for a, b in pairs]}) == [
        "true"
    ] * len(pairs)
    for found, (a, b) in zip(results('"A" * "B"', rows), pairs, strict=True):
        assert found == "!too_big" if abs(a * b) >= 10**15 else Decimal(str(found)) == a * b


@settings(max_examples=60, deadline=None)
@given(MONEY, st.integers(0, 6))
def test_rounding_is_half_away_from_zero(value: Decimal, places: int) -> None:
    wanted = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    assert Decimal(str(result(f'round("A", {places})', A=f"{value:f}"))) == wanted


@settings(max_examples=60, deadline=None)
@given(MONEY, MONEY.filter(lambda b: abs(b) > Decimal("0.001")))
def test_a_quotient_is_right_to_its_last_decimals(a: Decimal, b: Decimal) -> None:
    found = Decimal(str(result('"A" / "B"', A=f"{a:f}", B=f"{b:f}")))
    with localcontext(prec=60):
        assert abs(found - a / b) <= Decimal(1).scaleb(-18)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12), min_size=1
    )
)
def test_texts_are_as_python_has_them(cells: list[str]) -> None:
    rows = {"A": [*cells]}
    assert results('"A" || \'-\' || "A"', rows) == [f"{c}-{c}" for c in cells]
    assert results("split_part(\"A\", 'a', 2)", rows) == [[*c.split("a"), ""][1] for c in cells]
    assert results("lpad(\"A\", 8, '01')", rows) == [("01" * 8)[: max(0, 8 - len(c))] + c[:8] for c in cells]
    assert results('substring("A", 2, 3)', rows) == [c[1:4] for c in cells]


@pytest.mark.parametrize("text", [
    'CASE WHEN "A" = 0 THEN 0 ELSE 1 / "A" END', 'coalesce(0, 1 / "A")', '"A" <> 0 AND 1 / "A" > 0', '"A" = 0 OR 1 / "A" > 0',
])  # fmt: skip
def test_what_is_not_needed_cannot_fail(text: str) -> None:
    assert result(text, A="0") in ("0", "false", "true")


@pytest.mark.parametrize(("text", "found"), [
    ("", ["blank"]), ("A", ["bare"]), ("total(1)", ["unknown"]), ('uper("A")', ["unknown_near"]), ("1; 2", ["one"]),
    ("1, 2", ["unknown"]), ("1) + (2", ["one"]), ("(SELECT 1)", ["unknown"]), ('"A" IN (SELECT 1)', ["unknown"]), ("upper(TRUE)", ["kind"]),
    ("1 + TRUE", ["kind"]), ("'x' + 1", ["text_number"]), ('"A" LIKE "B"', ["written"]), ("round(\"A\", 99)", ["whole"]),
    ("lpad(\"A\", 5000)", ["whole"]), ("\"A\" ~ '(?=x)'", ["pattern"]), ("\"A\" ~ '(a{90}){90}'", ["pattern"]), ("\"A\" ~ '\\w{90}'", ["pattern"]),
    ("this.nothing", ["no_field"]), ("split_part(\"A\", '', 1)", ["split"]), ("date(\"A\", '%d')", []), ("1e3", ["number"]),
    ("\"A\" + INTERVAL '1 hour'", ["span"]), ("INTERVAL '1 day'", ["span_place"]), ("1" + "+1" * 60, ["too_deep"]), ("x" * 2001, ["too_long"]),
    ("concat(" + ",".join(["1"] * 300) + ")", ["too_many"]), ("A + uper(1)", ["unknown_near"]), ("A + B * upper(TRUE)", ["bare", "bare"]),
    ("extract(century FROM date(\"A\"))", ["unit"]), ("\"A\" IS TRUE", ["is"]), ("upper(\"A\", 1)", ["syntax"]), ("date(1, 2, 3)", ["count"]),
])  # fmt: skip
def test_mistakes_are_told(text: str, found: list[str]) -> None:
    assert codes(text) == ([f"expressions.{code}" for code in found] or ["mapping.format"])


def test_a_small_expression_over_many_texts_stays_small() -> None:
    """What grows is stopped before it is made, and held in pieces."""
    program = compiled(
        "replace(replace(\"A\", 'x', 'xxxxxxxxxx'), 'x', 'xxxxxxxxxx')"
        + " || replace(\"A\", 'x', 'xxxxxxxxxx')" * 20
    )
    assert isinstance(program, Program)
    frame = pl.DataFrame({LINE: range(20_000), CELL + "A": ["x" * 90] * 20_000})
    made = run(program, frame)
    assert [program.faults[n].code for n in made.fault.unique()] == ["expressions.long_text"]


def mapped(
    fields: str, cells: dict[str, list[str | None]], top: str = "", read: str = 'decimal = "."'
) -> list[object]:
    """What the field `n`, or the last one, becomes row by row: a value, or the refusal's sentence."""
    plan, mistakes = examine(
        "m",
        f'version = 1\ntable = "x"\n{top}\n[read]\n{read}\n[fields]\nk = "K"\n{fields}',
        "m.toml",
        {"x": TABLE},
    )
    assert plan is not None, [(m.line, render(m.said)) for m in mistakes]
    height = len(next(iter(cells.values())))
    frame = pl.DataFrame(
        {"_line": range(2, height + 2), "K": [str(n) for n in range(height)], **cells},
        schema_overrides=dict.fromkeys(cells, pl.String),
    )
    columns = {name: name for name in frame.columns}
    frame, unclear = take(plan, frame, columns, "Europe/Paris")
    rows, refused = map_batch(plan, frame, columns, "Europe/Paris")
    out: dict[int, object] = dict(zip(rows["_line"].to_list(), rows[plan.targets[-1]].to_list(), strict=True))
    out.update({one.line: f"{one.column}={one.value}: {one.said.code}" for one in [*unclear, *refused]})
    return [out.get(line) for line in range(2, height + 2)]


def test_a_field_names_others_in_any_order() -> None:
    fields = 'm = { sql = "this.n * 2" }\nn = { sql = "this.i + 0.5" }\ni = "I"\nb = { sql = "this.m > 3" }'
    assert mapped(fields, {"I": ["1", "2", "x"]}) == [False, True, "I=x: mapping.not_number"]


def test_a_moment_has_its_day_in_the_zone() -> None:
    assert mapped('t = "T"\nd = { sql = "this.t" }', {"T": ["2026-01-01T23:30Z", None]}) == [
        date(2026, 1, 2),
        None,
    ]


def test_results_are_converted_like_cells() -> None:
    assert mapped("n = { sql = '\"A\" / 3' }", {"A": ["3", "1", None]}) == [
        Decimal(1),
        "A=0.333333333333333333: mapping.too_fine",
        None,
    ]
    assert mapped('n = { sql = \'nullif("A", 0)\', default = "7" }', {"A": ["0", "2"]}) == [
        Decimal(7),
        Decimal(2),
    ]
    assert mapped('n = { sql = \'"A" / "B"\' }', {"A": ["1", "1"], "B": ["0", "x"]}) == [
        "A=1: expressions.zero",
        "B=x: expressions.not_number",
    ]
    assert mapped("n = { sql = '\"A\" * 2' }", {"A": ["1,5", "1.234,5"]}, read='decimal = ","') == [
        Decimal(3),
        Decimal(2469),
    ]


def test_where_may_take_nothing() -> None:
    fields = "n = { sql = '\"A\" * 2 + 1' }\nd = { sql = \"date('2026-01-01')\" }"
    assert mapped(fields, {"A": ["1", "2"]}, "where = 'FALSE'") == [None, None]
    for text in ("NULL", "1", "'x'"):
        top = f'version = 1\ntable = "x"\nwhere = "{text}"\n[fields]\nk = "K"\n'
        assert [m.said.code for m in examine("m", top, "m.toml", {"x": TABLE})[1]] == [
            "expressions.condition"
        ]


def test_where_takes_what_is_true_and_refuses_what_cannot_be_told() -> None:
    cells: dict[str, list[str | None]] = {"A": ["1", "0", None, "x"]}
    assert mapped('n = "A"', cells, "where = '\"A\" > 0'") == [
        Decimal(1),
        None,
        None,
        "A=x: expressions.not_number",
    ]


@pytest.mark.parametrize(("other", "last"), [
    ("", "A=?: mapping.not_listed"), (', other = "keep"', "A=?: mapping.not_boolean"), (', other = "empty"', None),
])  # fmt: skip
def test_value_lists(other: str, last: object) -> None:
    field = f'b = {{ column = "A", values = {{ "In stock" = true, Sold = "no" }}{other} }}'
    assert mapped(field, {"A": [" in STOCK", "sold", None, "?"]}) == [True, False, None, last]
    assert mapped('i = { column = "A", values = { a = 1, "*" = 9 } }', {"A": ["A", "?", None]}) == [
        1,
        9,
        None,
    ]


def test_every_mistake_of_a_mapping_has_its_line() -> None:
    text = (
        'version = 1\ntable = "x"\nwhere = "this.n > 1"\n[values.v]\na = []\n[fields]\nk = { sql = "upper(" }\n'
        'n = { sql = "this.m + 1" }\nm = { sql = "this.n + uper(1)" }\ni = { column = "I", values = "vv" }\nd = { sql = "this.i > 0" }\n'
        't = { column = "T", other = "keep" }\nb = { column = "B", values = { x = "perhaps" } }\n'
    )
    _, mistakes = examine("m", text, "m.toml", {"x": TABLE})
    assert [(m.line, m.said.code.rpartition(".")[2]) for m in mistakes] == [
        (3, "where_fields"), (5, "list_value"), (7, "syntax"), (9, "unknown_near"), (10, "no_list"), (11, "into"), (12, "other_alone"),
        (13, "not_boolean"),
    ]  # fmt: skip
    circle = 'version = 1\ntable = "x"\n[fields]\nk = "K"\nn = { sql = "this.m + 1" }\nm = { sql = "this.n + 1" }\n'
    assert [(m.line, m.said.code) for m in examine("m", circle, "m.toml", {"x": TABLE})[1]] == [
        (5, "expressions.circle"),
        (6, "expressions.circle"),
    ]


def test_an_expression_reads_numbers_as_the_mapping_does() -> None:
    assert result('"A" + 0', ReadOptions(decimal=","), A="1.234,50 €") == "1234.5"
    assert result('"A" + 0', ReadOptions(), A="1,234") == "!not_number"
