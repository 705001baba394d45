"""Values speak for and against a name."""

from __future__ import annotations

import pytest

from pipeline.guessing.values import FITS, NEUTRAL, UNLIKE, likeness, told_by_values
from pipeline.store.catalogue import catalogue


@pytest.mark.parametrize(
    ("field", "values", "wanted"),
    [
        ("party.email", ["a@b.fr", "c@d.de"], FITS),
        ("party.email", ["Paris", "Lyon"], UNLIKE),
        ("product_variant.barcode", ["4006381333931", "5901234123457"], FITS),
        ("sales_order.ordered_at", ["2026-01-02", "02/01/2026 10:00"], FITS),
        ("sales_order.ordered_at", ["blue", "red"], UNLIKE),
        ("price.amount", ["12,50 €", "1.234,00"], NEUTRAL),
        ("price.amount", ["cheap", "dear"], UNLIKE),
        ("sales_order.number", ["0", "1"], UNLIKE),
        ("sales_order.number", ["0", "1", "2"], NEUTRAL),
        ("party.name", ["anything"], NEUTRAL),
        ("party.email", [], NEUTRAL),
    ],
)
def test_values_fit_or_do_not(field: str, values: list[str], wanted: float) -> None:
    table, _, column = field.partition(".")
    assert likeness(catalogue()[table].columns[column], values) == wanted


def test_some_values_need_no_name() -> None:
    assert told_by_values(["4006381333931", "5901234123457", "4012345123456"]) == "barcode"
    assert told_by_values(["a@b.fr", "c@d.de", "e@f.it"]) == "email"
    assert told_by_values(["12", "13", "14"]) is None
    assert told_by_values(["a@b.fr"]) is None
