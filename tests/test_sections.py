"""Mappings of several tables by themselves: their mistakes, and what they make of a file's batches."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.mapping import examine
from pipeline.mapping.model import Plan
from pipeline.mapping.sections.mapper import Mapper
from pipeline.mapping.sections.trade import Carried, derive
from pipeline.store.catalogue import catalogue
from pipeline.words import render
from tests.imports import shop

ORDERS = """
version = 1
document = "No"
unit = "document"
[tables.order]
table = "sales_order"
[tables.order.fields]
source = { value = "shop" }
number = "No"
status = "State"
[tables.line]
table = "sales_order_line"
lines = "replace"
[tables.line.fields]
order = { row = "order" }
line_no = { count = "document" }
quantity = "Quantity"
"""
COLUMNS = {name: name for name in ("No", "State", "Quantity")}


def plan(text: str = ORDERS) -> Plan:
    made, mistakes = examine("orders", text, "orders.toml", catalogue())
    assert made is not None, [mistake.text() for mistake in mistakes]
    return made


def mistakes(text: str) -> list[tuple[int, str, str | None]]:
    made, found = examine("orders", text, "orders.toml", catalogue())
    assert made is None
    assert all(render(mistake.said, "fr") for mistake in found)
    return [(mistake.line, mistake.said.code, mistake.near) for mistake in found]


def test_the_sections_come_parents_first() -> None:
    made = plan(shop.MAPPING)
    names = [part.name for part in made.sections]
    assert names == ["customer", "billing", "shipping", "order", "line", "payment"]
    turned = ORDERS[: ORDERS.index("[tables.order]")] + ORDERS[ORDERS.index("[tables.line]") :]
    turned += ORDERS[ORDERS.index("[tables.order]") : ORDERS.index("[tables.line]")]
    assert [part.name for part in plan(turned).sections] == ["order", "line"]
    assert plan(turned).table.name == "sales_order_line"


def test_all_mistakes_are_told_with_their_lines() -> None:
    wrong = (
        ORDERS.replace('"order" }', '"ordr" }')
        .replace("quantity", "quantty")
        .replace('lines = "replace"', 'lines = "swap"')
    )
    assert mistakes(wrong) == [
        (13, "mapping.choice", None),
        (15, "sections.no_section", "order"),
        (17, "mapping.unknown_column", "quantity"),
    ]


def test_mistakes_of_references_and_grain() -> None:
    assert mistakes(ORDERS.replace("number =", 'party = "No"\nnumber =')) == [(9, "sections.reference", None)]
    assert mistakes(
        ORDERS.replace('order = { row = "order" }', 'variant = { row = "order" }\norder = { row = "order" }')
    ) == [(15, "sections.other_table", None)]
    assert mistakes(ORDERS.replace("number =", 'gross_amount = { row = "line" }\nnumber =')) == [
        (5, "sections.circle", None),
        (9, "sections.no_reference", None),
    ]
    assert mistakes(ORDERS.replace('document = "No"\n', "")) == [(3, "sections.no_document", None)]
    assert mistakes(
        'version = 1\nunit = "document"\ntable = "sales_order"\n[fields]\nsource = "S"\nnumber = "No"\n'
    ) == [(2, "sections.only_several", None)]
    assert mistakes(
        ORDERS.replace('table = "sales_order"', 'table = "sales_order"\nkey = ["source", "numbr"]')
    ) == [(7, "mapping.unknown_column", "number")]
    assert mistakes(ORDERS.replace("version = 1", 'version = 1\ntable = "sales_order"')) == [
        (3, "sections.both", None)
    ]


def test_a_circle_is_a_mistake_when_saved() -> None:
    text = """
version = 1
[tables.a]
table = "invoice"
[tables.a.fields]
source = { value = "x" }
number = "No"
corrects = { row = "b" }
[tables.b]
table = "invoice"
[tables.b.fields]
source = { value = "x" }
number = "Other"
corrects = { row = "a" }
"""
    found = mistakes(text.replace("source =", 'kind = { value = "invoice" }\nsource ='))
    assert [(line, code) for line, code, _ in found] == [(3, "sections.circle")]


CELL = st.sampled_from(["", "A", "B", "C"])
ROWS = st.lists(
    st.tuples(CELL, st.sampled_from(["", "x", "y"]), st.sampled_from(["", "1", "2", "bad"])), max_size=14
)


def mapped(
    rows: list[tuple[str, str, str]], cuts: list[int]
) -> tuple[dict[str, list[object]], list[tuple[object, ...]]]:
    """What the sections make of rows that come in batches cut at these places."""
    mapper = Mapper(plan(), COLUMNS, "UTC")
    frame = pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String), orient="row").with_row_index(
        "_line", 2
    )
    frame = frame.with_columns(pl.col("_line").cast(pl.Int64))
    edges = [0, *sorted(cuts), len(rows)]
    made = [mapper.add(frame[a:b]) for a, b in pairwise(edges)] + [mapper.finish()]
    out: dict[str, list[object]] = {"order": [], "line": []}
    for one in made:
        for name, found in one.frames.items():
            out[name] += found.sort("_line").rows()
    cast = {(o.section, o.doc, o.refusal.said.code) for one in made for o in one.outcasts}
    return {name: sorted(found, key=repr) for name, found in out.items()}, sorted(cast, key=repr)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.lists(st.integers(0, 14), max_size=3))
def test_a_document_may_be_cut_by_the_edge_of_a_batch(
    rows: list[tuple[str, str, str]], cuts: list[int]
) -> None:
    assert mapped(rows, [cut for cut in cuts if cut <= len(rows)]) == mapped(rows, [])


def test_a_blank_cell_continues_the_document_above_but_never_across_an_unreadable_line() -> None:
    mapper = Mapper(plan(), COLUMNS, "UTC")
    frame = pl.DataFrame(
        {"_line": [2, 3, 5], "No": ["A", None, None], "State": [None] * 3, "Quantity": ["1"] * 3}
    )
    frame = frame.with_columns(pl.col("State").cast(pl.String))
    made = mapper.add(frame, [4])
    assert made.lines.rows() == [(2, 0), (3, 0)]
    assert [(o.doc, o.refusal.line, o.refusal.said.code) for o in made.outcasts] == [
        (0, 4, "sections.unread"),
        (None, 5, "sections.homeless"),
    ]
    more = mapper.add(frame.with_columns(pl.col("_line") + 10, No=pl.lit(None, dtype=pl.String)), [])
    assert more.lines.is_empty()


MONEY = st.integers(-(10**15), 10**15).map(lambda cents: Decimal(cents) / 100)
RATE = st.sampled_from([Decimal(p) for p in ("0", "2.1", "5.5", "10", "20")])


@given(MONEY, RATE)
def test_derived_amounts_add_up_to_the_last_digit(amount: Decimal, percent: Decimal) -> None:
    table = catalogue()["sales_order_line"]
    cent = Decimal("0.01")
    types = {
        "net_amount": pl.Decimal(38, 6),
        "gross_amount": pl.Decimal(38, 6),
        "tax_percent": pl.Decimal(38, 4),
    }
    frame = pl.DataFrame({"net_amount": [amount], "tax_percent": [percent]}, schema_overrides=types)
    made = derive(frame, table, ("tax_amount", "gross_amount"), "HT").row(0, named=True)
    assert made["tax_amount"] == (amount * percent / 100).quantize(cent, ROUND_HALF_UP)
    assert made["gross_amount"] == amount + made["tax_amount"]
    frame = pl.DataFrame({"gross_amount": [amount], "tax_percent": [percent]}, schema_overrides=types)
    made = derive(frame, table, ("net_amount", "tax_amount"), "TTC").row(0, named=True)
    assert made["net_amount"] == (amount * 100 / (100 + percent)).quantize(cent, ROUND_HALF_UP)
    assert made["net_amount"] + made["tax_amount"] == amount


def test_lines_below_an_unreadable_line_are_not_the_earlier_heads() -> None:
    """The line may have been a head: what follows it up to the next belongs to nobody."""
    text = (
        ORDERS.replace('unit = "document"', 'unit = "row"')
        .replace('"No"', '"H"', 1)
        .replace('= "No"', '= "H.No"')
    )
    text = text.replace('"State"', '"H.State"').replace('"Quantity"', '"L.Quantity"')
    text = text.replace(
        "[tables.order]\n",
        '[read]\nformat = "records"\n[read.records]\nH = ["No", "State"]\nL = ["Quantity"]\n[tables.order]\n',
        1,
    )
    mapper = Mapper(plan(text), {name: name for name in ("H.No", "H.State", "L.Quantity")}, "UTC")
    lines = {"_line": [1, 2, 4, 5, 6], "_record": ["H", "L", "L", "H", "L"]}
    cells = {
        "H.No": ["A", "A", "A", "B", "B"],
        "H.State": ["x"] * 5,
        "L.Quantity": [None, "1", "2", None, "3"],
    }
    frame = pl.DataFrame(lines | cells)
    made = [mapper.add(frame[:3], [3]), mapper.add(frame[3:], [])]
    assert [row for one in made for row in one.lines.rows()] == [(1, 0), (2, 0), (5, 1), (6, 1)]
    assert [o.refusal.line for one in made for o in one.outcasts] == [4]


LINES = st.lists(st.tuples(st.integers(0, 2), st.integers(-(10**6), 10**6), RATE), min_size=1, max_size=12)


@settings(deadline=None)
@given(LINES, st.integers(0, 12), st.sampled_from(["HT", "TTC"]))
def test_the_tax_of_a_document_is_that_of_its_sums_however_its_lines_come(
    lines: list[tuple[int, int, Decimal]], cut: int, amounts: str
) -> None:
    table = catalogue()["sales_order_line"]
    base = "net_amount" if amounts == "HT" else "gross_amount"
    wanted = ("tax_amount", "gross_amount" if amounts == "HT" else "net_amount")
    types = {"_doc": pl.Int64, base: pl.Decimal(38, 6), "tax_percent": pl.Decimal(38, 4)}
    rows = [(doc, Decimal(cents) / 100, rate) for doc, cents, rate in lines]
    carried = Carried()
    parts = [pl.DataFrame(part, schema=types, orient="row") for part in (rows[:cut], rows[cut:]) if part]
    made = pl.concat([derive(part, table, wanted, amounts, carried) for part in parts])
    cent = Decimal("0.01")
    for (_, rate), of in made.group_by("_doc", "tax_percent"):
        whole, tax = of[base].sum(), of["tax_amount"].sum()
        if amounts == "HT":
            assert tax == (whole * rate / 100).quantize(cent, ROUND_HALF_UP)
        else:
            assert whole - tax == (whole * 100 / (100 + rate)).quantize(cent, ROUND_HALF_UP)
    for net, tax, gross, rate in made.select(
        "net_amount", "tax_amount", "gross_amount", "tax_percent"
    ).iter_rows():
        assert net + tax == gross
        assert abs(tax - (net * rate / 100 if amounts == "HT" else gross * rate / (100 + rate))) <= cent


def test_mistakes_of_trade() -> None:
    def one(*pairs: tuple[str, str]) -> list[str]:
        text = ORDERS
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new, 1)
        return [code for _, code, _ in mistakes(text)]

    head, line = 'table = "sales_order"\n', 'table = "sales_order_line"\n'
    assert one((head, head + 'refunds = "negative"\n')) == ["sections.refunds"]
    gross = ('number = "No"\n', 'number = "No"\ngross_amount = "T"\n')
    assert one((head, head + 'refunds = "negative"\n'), gross) == ["sections.refunds_kind"]
    total = 'total = { of = "line.net_amount", tolerance = "x" }\n'
    assert one((head, head + total), gross) == ["sections.tolerance"]
    assert one((head, head + 'total = { of = "lin.net_amount" }\n'), gross) == ["sections.no_section"]
    assert one((head, head + 'total = { of = "line.sku" }\n'), gross) == ["sections.total_column"]
    assert one((head, head + 'total = { minus = "line.sku" }\n'), gross) == ["sections.total_of"]
    assert one((line, line + 'total = { of = "net_amount" }\n')) == ["sections.total_place"]
    assert one((line, line + 'rounding = "document"\n')) == ["sections.rounding"]
    assert one((line, line + 'each = { a = ["x"], b = ["x", "y"] }\n')) == ["sections.each_length"]
    assert one((line, line + 'each = { a = "x" }\n')) == ["sections.each_list"]
    assert one((line, line + "each = { a = { values = [1] } }\n")) == ["sections.each_columns"]
    assert one((line, line + 'split = { column = "x" }\n')) == ["sections.split"]
    assert one((line, line + 'similar = "sam"\n')) == ["mapping.choice"]
    tickets = TICKETS.replace("KIND", "")
    assert [code for _, code, _ in mistakes(tickets)] == ["sections.refunds_unsaid"]
    twice = TICKETS.replace("KIND", 'kind = "K"') + PAYMENTS
    assert [code for _, code, _ in mistakes(twice)] == ["sections.refunds_twice"]
    single = (
        'version = 1\ntable = "warehouse"\nsimilar = "sam"\n[read]\nfill_down = ["a"]\n[fields]\ncode = "C"\n'
    )
    assert mistakes(single) == [(3, "mapping.choice", "same")]
    tax = TAXES.replace("TYPE", '{ value = "pos_ticket" }')
    assert examine("t", tax, "t.toml", catalogue())[1] == []
    assert [code for _, code, _ in mistakes(tax.replace('"pos_ticket" }', '"ticket" }'))] == [
        "sections.document_type"
    ]
    said = TAXES.replace("TYPE", '"Kind"')  # the file says it
    assert examine("t", said, "t.toml", catalogue())[1] == []


TICKETS = """
version = 1
document = "No"
[tables.ticket]
table = "pos_ticket"
refunds = "positive"
[tables.ticket.fields]
source = { value = "x" }
number = "No"
gross_amount = "Total"
KIND
"""
TAXES = """
version = 1
document = "No"
[tables.ticket]
table = "pos_ticket"
[tables.ticket.fields]
source = { value = "x" }
number = "No"
[tables.tax]
table = "document_tax"
[tables.tax.fields]
document_type = TYPE
document_id = { row = "ticket" }
percent = "Rate"
"""
PAYMENTS = """
[tables.payment]
refunds = "negative"
[tables.payment.fields]
source = { value = "x" }
external_id = "No"
amount = "Total"
"""
