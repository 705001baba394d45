"""The brake asks about what is unlike the history, and never about a first file or a small one."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.brake import FEW, LEAST_ROWS, Amounts, Brake, Past, needs_amounts, question, watches
from pipeline.mapping import parse

USUAL = [Past(1000, 10, 90, 900)] * FEW
pasts = st.builds(Past, *[st.integers(0, 5000)] * 4)


def code(limits: Brake, file: Past, earlier: list[Past] = USUAL, *amounts: Amounts) -> str | None:
    said = question(limits, file, earlier, amounts)
    return None if said is None else said.code


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (Past(1000, 10, 90, 900), None),
        (Past(3000, 30, 200, 2770), None),
        (Past(99, 0, 9, 90), "states.brake_rows"),
        (Past(0, 0, 0, 0), "states.brake_rows"),
        (Past(10001, 100, 900, 9001), "states.brake_rows"),
        (Past(1000, 900, 50, 50), "states.brake_new"),
        (Past(1000, 0, 900, 100), "states.brake_changed"),
    ],
)
def test_it_learns_what_is_usual(file: Past, expected: str | None) -> None:
    assert code(Brake(), file) == expected
    assert code(Brake(off=True), file) is None
    assert code(Brake(), file, USUAL[1:]) is None


def test_amounts_that_lost_their_point_are_asked_about() -> None:
    usual = Past(1000, 10, 90, 900)
    for now, before, expected in (
        ("1250", "12.5", "states.brake_bigger"),
        ("12.5", "1250", "states.brake_smaller"),
        ("13", "12.5", None),
        ("0", "12.5", None),
    ):
        one = Amounts("amount", 50, Decimal(now), Decimal(before))
        assert code(Brake(), usual, USUAL, one) == expected
        assert code(Brake(), usual, USUAL[1:], one) is None
    assert code(Brake(), usual, USUAL, Amounts("amount", 3, Decimal(100), Decimal(1))) is None
    said = question(Brake(), usual, USUAL, [Amounts("amount", 50, Decimal(1250), Decimal("12.5"))])
    assert said is not None
    assert said.args == {"column": "amount", "factor": "100"}


def test_limits_that_a_person_set() -> None:
    few, one = [Past(10, 1, 1, 8)] * FEW, [Past(10, 1, 1, 8)]
    assert code(Brake(rows=3), Past(31, 0, 0, 31), few) == "states.brake_rows"
    assert code(Brake(rows=3), Past(30, 0, 0, 30), few) is None
    assert code(Brake(new_keys=50), Past(10, 6, 0, 4), few) == "states.brake_new"
    assert code(Brake(prices=50), Past(10, 0, 6, 4), one) == "states.brake_changed"
    assert code(Brake(deletes=2), Past(10, 0, 0, 7, 3), one) == "states.brake_deletes"
    assert code(Brake(total_factor=3), Past(10, 0, 1, 9), one, Amounts("a", 20, Decimal(3), Decimal(1)))
    assert needs_amounts(Brake(total_factor=3), one)
    assert not needs_amounts(Brake(), one)


@given(pasts, st.lists(pasts, max_size=8))
def test_never_on_a_first_file_nor_before_a_few_nor_on_small_ones(file: Past, earlier: list[Past]) -> None:
    every = Brake(rows=2, new_keys=0, prices=0, total_factor=2, deletes=0)
    assert question(every, file, []) is None
    asked = question(Brake(), file, earlier)
    if len(earlier) < FEW or max(file.rows, *(past.rows for past in earlier)) < LEAST_ROWS:
        assert asked is None or file.updated + file.unchanged >= LEAST_ROWS
    if not watches(Brake(), earlier, file.rows):
        assert question(Brake(), Past(file.rows, *_within(file)), [_known(p) for p in earlier]) is None


def _within(file: Past) -> tuple[int, int, int]:
    """No more rows taken than were read."""
    new = min(file.inserted, file.rows)
    changed = min(file.updated, file.rows - new)
    return new, changed, file.rows - new - changed


def _known(past: Past) -> Past:
    return Past(past.rows, *_within(past))


def test_a_job_goes_before_its_mapping() -> None:
    mapping = Brake(rows=3, prices=20)
    assert Brake(prices=50).over(mapping) == Brake(rows=3, prices=50)
    assert Brake().over(Brake(off=True)).off
    assert not Brake(rows=3).over(Brake(off=True)).off
    assert Brake(off=True).over(mapping).off
    assert Brake().over(None) == Brake()


def test_how_it_is_written() -> None:
    text = 'version = 1\ntable = "party"\nkey = ["code"]\n[fields]\ncode = "Code"\n'
    saved, mistakes = parse("m", text + "[brake]\nrows = 3\nprices = 50\n", "m.toml")
    assert not mistakes
    assert saved is not None
    assert saved.brake == Brake(rows=3, prices=50)
    off, _ = parse("m", "brake = false\n" + text, "m.toml")
    assert off is not None
    assert off.brake == Brake(off=True)
    wrong, mistakes = parse("m", text + "[brake]\nrow = 3\nrows = 1\n", "m.toml")
    assert wrong is None
    assert [m.said.code for m in mistakes] == ["config.unknown", "config.count"]
