"""The table of a new import: each column goes where it was put, and what nobody touched stays as it was written."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.console.drafting import Choice, changed, places, read_as
from pipeline.mapping import parse

ONE = """# My prices.
version = 1
table = "product_variant"
key = ["sku"]

[fields]
sku = "SKU"            # the code
name = ["Name", "Label"]
cost_price = { column = "Cost", decimal = "," }
"""
SEVERAL = """version = 1
document = "Name"
[tables.order]
table = "sales_order"
[tables.order.fields]
source = { value = "shop" }
number = "Name"
[tables.line]
table = "sales_order_line"
lines = "replace"
[tables.line.fields]
order = { row = "order" }
line_no = { count = "document" }
sku = "SKU"
"""


def first(text: str) -> dict[str, str]:
    return {column: found[0].key for column, found in places(text).items()}


def test_each_column_is_where_the_mapping_has_it() -> None:
    assert first(ONE) == {"SKU": "|sku", "Name": "|name", "Label": "|name", "Cost": "|cost_price"}
    assert places(ONE)["Cost"][0].options["decimal"] == ","
    assert first(SEVERAL) == {"Name": "order|number", "SKU": "line|sku"}
    assert places("nonsense = [") == {}


def test_a_column_moves_and_the_rest_stays_as_it_was_written() -> None:
    text = changed(ONE, [Choice("Cost", "|list_price", {"decimal": "."})])
    assert first(text)["Cost"] == "|list_price"
    assert 'sku = "SKU"            # the code' in text
    assert "# My prices." in text
    assert "cost_price" not in text


def test_one_of_two_columns_of_a_field_goes_alone() -> None:
    text = changed(ONE, [Choice("Label", "")])
    assert first(text) == {"SKU": "|sku", "Name": "|name", "Cost": "|cost_price"}


def test_options_and_an_expression() -> None:
    text = changed(
        ONE, [Choice("SKU", "|sku", {"default": "X"}), Choice("Cost", "|cost_price", {}, 'upper("Cost")')]
    )
    saved, wrong = parse("x", text, "x")
    assert saved is not None
    assert not wrong
    by = {field.target: field for field in saved.fields}
    assert by["sku"].default == "X"
    assert by["cost_price"].sql is not None
    assert by["cost_price"].sql.text == 'upper("Cost")'


def test_of_several_tables_the_section_counts() -> None:
    text = changed(SEVERAL, [Choice("SKU", "line|description"), Choice("Price", "line|unit_price")])
    assert first(text) == {"Name": "order|number", "SKU": "line|description", "Price": "line|unit_price"}


@pytest.mark.parametrize("text", [ONE, SEVERAL])
def test_what_nobody_touched_is_the_same_letter_by_letter(text: str) -> None:
    choices = [
        Choice(column, found[0].key, found[0].options, found[0].sql) for column, found in places(text).items()
    ]
    assert changed(text, choices) == text
    assert read_as(text, {"encoding": "", "delimiter": ""}) == text


def test_how_the_file_is_read() -> None:
    text = read_as(ONE, {"encoding": "cp1252", "skip": "3", "header": "yes", "delimiter": ""})
    saved, _ = parse("x", text, "x")
    assert saved is not None
    assert (saved.read.encoding, saved.read.skip, saved.read.header) == ("cp1252", 3, True)
    assert read_as(text, {"encoding": "", "skip": "", "header": ""}).strip() == ONE.strip()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["SKU", "Name", "Label", "Cost", "Other"]),
            st.sampled_from(["", "|sku", "|name", "|cost_price", "|barcode"]),
        ),
        max_size=6,
    )
)
def test_whatever_is_chosen_the_text_can_be_read(wanted: list[tuple[str, str]]) -> None:
    import tomllib

    text = changed(ONE, [Choice(column, place) for column, place in dict(wanted).items()])
    assert tomllib.loads(text)["table"] == "product_variant"
