"""Headers of five languages become ideas, and no header makes it fail."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.guessing.knowledge import known
from pipeline.guessing.names import asks, readings, settled, tokens


def ideas(header: str) -> set[frozenset[str]]:
    return {reading.ideas for reading in readings(header, known().lexicon)}


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("Order number", {"order", "number"}),
        ("N° de commande", {"order", "number"}),
        ("Bestell-Nr.", {"order", "number"}),
        ("Bestellnummer", {"order", "number"}),
        ("Nº pedido", {"order", "number"}),
        ("Numero ordine", {"order", "number"}),
        ("orderNumber", {"order", "number"}),
        ("ORDER_NUMBER", {"order", "number"}),
        ("Prénom", {"firstname"}),
        ("Lieferadresse PLZ", {"shipping", "postcode"}),
        ("Billing Address1", {"billing", "street"}),
        ("P. IVA", {"vatno"}),
        ("Total (incl. VAT)", {"total", "gross"}),
        ("Weight (kg)", {"weight"}),
        ("Supplier reference #", {"supplierref"}),
    ],
)
def test_a_header_is_understood_in_five_languages(header: str, wanted: set[str]) -> None:
    assert frozenset(wanted) in ideas(header)


def test_a_typing_error_is_mended_and_trusted_less() -> None:
    (reading,) = readings("Quanttity", known().lexicon)
    assert (reading.ideas, reading.sure < 1) == ({"quantity"}, True)


def test_a_word_that_no_list_has_stays_strange() -> None:
    (reading,) = readings("Xyzzy quantity", known().lexicon)
    assert reading.strange == ("xyzzy",)


def test_a_question_is_answered_by_yes_or_no() -> None:
    assert [asks(h) for h in ("In stock?", "is_active", "Island", "Stock")] == [True, True, False, False]


def test_numbers_of_codes_are_codes() -> None:
    assert settled(frozenset({"account", "number"})) == {"account"}


@given(st.text(max_size=60))
def test_no_header_makes_it_fail(header: str) -> None:
    found = readings(header, known().lexicon)
    assert len(found) <= 12
    assert all(0 < reading.sure <= 1 for reading in found)
    assert all(tokens(header))
