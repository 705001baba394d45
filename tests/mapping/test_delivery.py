"""Which files belong together, and what a mapping must say about them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.mapping import examine
from pipeline.mapping.delivery import missing, part_of, together
from pipeline.store.catalogue import catalogue
from pipeline.words import render

PATTERNS = ("ENTETES*.TXT", "LIGNES*.TXT")
DELIVERY = """
version = 1
delivery = ["ENTETES*.TXT", "LIGNES*.TXT"]
[tables.order]
table = "sales_order"
file = "ENTETES*.TXT"
[tables.order.fields]
source = { value = "erp" }
number = "Numero"
gross_amount = "Total"
[tables.line]
table = "sales_order_line"
file = "LIGNES*.TXT"
lines = "merge"
[tables.line.fields]
order = { find = "sales_order", by = [{ source = { value = "erp" }, number = "Numero" }] }
line_no = "Ligne"
sku = "Article"
quantity = "Qte"
"""


def test_files_belong_together_by_what_the_star_stands_for() -> None:
    assert part_of(PATTERNS, "entetes-0042.txt") == (0, "-0042")
    assert part_of(PATTERNS, "other.txt") is None
    names = ["LIGNES1.TXT", "ENTETES2.TXT", "LIGNES2.TXT", "x.TXT"]
    assert missing(PATTERNS, names) == {"LIGNES1.TXT": ["ENTETES1.TXT"]}
    assert together(PATTERNS, names) == [1, 2]
    assert together(PATTERNS, ["x.TXT", "LIGNES1.TXT"]) == [0]
    assert together(PATTERNS, ["LIGNES1.TXT"]) == []
    assert missing(("A.TXT", "B.TXT"), ["A.TXT"]) == {"A.TXT": ["B.TXT"]}


@given(
    names=st.lists(
        st.sampled_from([f"{kind}{n}.TXT" for kind in ("ENTETES", "LIGNES") for n in range(4)]), unique=True
    )
)
def test_what_goes_in_is_whole_and_what_waits_is_not(names: list[str]) -> None:
    group = [names[n] for n in together(PATTERNS, names)]
    lacks = missing(PATTERNS, names)
    assert bool(group) == (len(lacks) < len(names))
    assert not set(group) & set(lacks)
    assert [name[:3] for name in group] in ([], ["ENT", "LIG"])
    assert len({name[-5] for name in group}) <= 1


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('file = "LIGNES*.TXT"\n', "", "sections.which_file"),
        ('delivery = ["ENTETES*.TXT", "LIGNES*.TXT"]\n', "", "sections.no_delivery"),
        ('["ENTETES*.TXT", "LIGNES*.TXT"]', '["ENTETES*.TXT"]', "sections.delivery"),
        ('["ENTETES*.TXT", "LIGNES*.TXT"]', '["ENTETES*.TXT", "LIGNES*.TXT", "TAXES.TXT"]', "sections.delivery"),
        ('["ENTETES*.TXT", "LIGNES*.TXT"]', '["ENTETES*.TXT", "LIGNES*.TXT", "T*.TXT"]', "sections.no_taker"),
        ('order = { find = "sales_order", by = [{ source = { value = "erp" }, number = "Numero" }] }',
         'order = { row = "order" }', "sections.other_file"),
        ("[tables.order]", 'unit = "document"\ndocument = "Numero"\n[tables.order]', "sections.delivery_unit"),
    ],
)  # fmt: skip
def test_mistakes(old: str, new: str, code: str) -> None:
    assert examine("m", DELIVERY, "m.toml", catalogue())[1] == []
    _, found = examine("m", DELIVERY.replace(old, new, 1), "m.toml", catalogue())
    assert code in [one.said.code for one in found]
    assert all(render(one.said, "fr") for one in found)
