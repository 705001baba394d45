"""A mapping is tried on the example files beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.mapping import examine
from pipeline.mapping.model import Plan
from pipeline.saved import Checked, check
from pipeline.store.catalogue import catalogue

MAPPING = 'version = 1\ntable = "sales_order"\n[fields]\nsource = { value = "s" }\nnumber = "No"\ngross_amount = "Total"\nordered_at = "Day"\n'
GOOD = "No;Total;Day\n0001;12,50;2026-02-13\n0002;3;2026-02-14\n"


@pytest.fixture
def plan() -> Plan:
    made, mistakes = examine("m", MAPPING, "m", catalogue())
    assert made is not None, mistakes
    return made


def tried(plan: Plan, folder: Path, **files: str) -> list[Checked]:
    (folder / "m.examples").mkdir()
    for name, text in files.items():
        (folder / "m.examples" / name.replace("_", ".")).write_text(text, "utf-8")
    return check("m", plan, folder, "UTC")


def test_without_an_answer_every_row_must_be_taken(plan: Plan, tmp_path: Path) -> None:
    good, bad = tried(plan, tmp_path, a_csv=GOOD, b_csv=GOOD + "0003;much;2026-02-15\n")
    assert (good.rows, good.problems) == (2, ())
    assert [(p.line, p.column, p.value) for p in bad.problems] == [(4, "Total", "much")]


def test_an_answer_is_compared_value_by_value(plan: Plan, tmp_path: Path) -> None:
    rows = [{"number": "0001", "gross_amount": 12.5, "ordered_at": "2026-02-13T00:00:00Z"}, {"number": "2"}]
    (one,) = tried(plan, tmp_path, a_csv=GOOD, a_csv_json=json.dumps(rows))
    (problem,) = one.problems
    assert problem.said.args == {"row": 2, "column": "number", "expected": "2", "found": "0002"}


def test_an_answer_may_ask_for_a_refusal(plan: Plan, tmp_path: Path) -> None:
    answer = json.dumps({"rows": [{}, {}], "refused": [4, 9]})
    (one,) = tried(plan, tmp_path, a_csv=GOOD + "0003;much;2026-02-15\n", a_csv_json=answer)
    assert [p.said.code for p in one.problems] == ["guessing.not_refused"]


@pytest.mark.parametrize(("answer", "code"), [("{", "guessing.bad_answer"), ("3", "guessing.answer_shape")])
def test_a_wrong_answer_is_a_sentence(plan: Plan, tmp_path: Path, answer: str, code: str) -> None:
    (one,) = tried(plan, tmp_path, a_csv=GOOD, a_csv_json=answer)
    assert [p.said.code for p in one.problems] == [code]


def test_a_file_that_cannot_be_read_is_a_sentence(plan: Plan, tmp_path: Path) -> None:
    (one,) = tried(plan, tmp_path, a_csv="Foo;Bar\n1;2\n")
    assert [p.said.code for p in one.problems] == ["reading.missing_column"]


def test_no_examples_no_tries(plan: Plan, tmp_path: Path) -> None:
    assert check("m", plan, tmp_path, "UTC") == []


SEVERAL = """version = 1
document = "No"
[tables.order]
table = "sales_order"
[tables.order.fields]
source = { value = "s" }
number = "No"
[tables.line]
table = "sales_order_line"
lines = "replace"
[tables.line.fields]
order = { row = "order" }
line_no = { count = "document" }
quantity = "Qty"
"""


def test_a_mapping_of_several_tables_is_tried_section_by_section(tmp_path: Path) -> None:
    made, mistakes = examine("m", SEVERAL, "m", catalogue())
    assert made is not None, mistakes
    rows = [{"order.number": "1"}, {"line.quantity": 2}, {"line.line_no": 2}]
    good, bad = tried(
        made, tmp_path, a_csv="No;Qty\n1;2\n;3\n", a_csv_json=json.dumps(rows), b_csv="No;Qty\n1;two\n"
    )
    assert (good.rows, good.problems) == (3, ())
    assert [(p.line, p.column, p.value) for p in bad.problems] == [(2, "Qty", "two")]
