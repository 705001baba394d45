"""Headers of five languages become ideas, and no header makes it fail."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.guessing.knowledge import known
from pipeline.guessing.names import asks, readings, settled, tokens, without_contact, without_prefix


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
        ("USt-IdNr.", {"vatno"}),
        ("MwSt-Satz", {"taxes"}),
        ("PUHT", {"price", "net"}),
        ("Name 1", {"name"}),
        ("Code comptable (vente)", {"saleaccount"}),
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


def test_a_strange_first_word_that_several_columns_share_says_nothing() -> None:
    headers = ["ut_nome", "ut_email", "ut_citta", "xx_nome"]
    read = without_prefix(headers, [readings(header, known().lexicon) for header in headers])
    assert [each[0].strange for each in read] == [(), (), (), ("xx",)]


def test_contact_before_most_columns_tells_none_apart() -> None:
    headers = ["contact_email", "contact_phone", "contact_city", "id"]
    read = without_contact([readings(header, known().lexicon) for header in headers])
    assert not any("contact" in one.ideas for each in read for one in each)


@given(st.text(max_size=60))
def test_no_header_makes_it_fail(header: str) -> None:
    found = readings(header, known().lexicon)
    assert len(found) <= 12
    assert all(0 < reading.sure <= 1 for reading in found)
    assert all(tokens(header))
