"""The order by number or date in the name, what is missing, and jobs that wait for others: no clock, no disc."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.turns import (
    Gap,
    Lying,
    Order,
    Other,
    after,
    circle,
    gaps,
    holds,
    missing,
    order_mistake,
    place,
    turn,
)

UTC = timezone.utc  # noqa: UP017
NUMBER = Order("number", r"orders-(\d+)")
YEARLY = Order("number", r"(\d{4})-(\d+)")
DAILY = Order("date", "sales-%Y%m%d")
NOW = datetime(2026, 5, 12, 3, 0, tzinfo=UTC)
GAP = Gap(time(9, 0))


def lying(*numbers: int, came: datetime = NOW) -> list[Lying]:
    return [Lying(f"orders-{n:04d}.csv", came, True) for n in numbers]


@pytest.mark.parametrize(
    ("order", "name", "found"),
    [
        (NUMBER, "orders-0042.csv", (42,)), (NUMBER, "other.csv", None), (YEARLY, "x2026-0007.csv", (2026, 7)),
        (DAILY, "sales-20260512.csv", (date(2026, 5, 12).toordinal(), 0)), (DAILY, "sales-20261312.csv", None),
        (Order("date", "%d.%m.%y_%H%M*.txt"), "shop 12.05.26_0830-a.txt", (date(2026, 5, 12).toordinal(), 30600)),
        (Order("date", "%Y-%j"), "a2026-060.csv", (date(2026, 3, 1).toordinal(), 0)),
        (NUMBER, "orders-٤٢.csv", None),
    ],
)  # fmt: skip
def test_the_place_that_a_name_says(order: Order, name: str, found: tuple[int, ...] | None) -> None:
    assert place(order, name) == found


def test_what_is_missing_is_named_as_it_would_be_called() -> None:
    assert missing(NUMBER, "orders-0042.csv", {(40,)}) == ["orders-0041.csv"]
    assert missing(NUMBER, "orders-0042.csv", {(41,)}) == []
    assert missing(NUMBER, "orders-0042.csv", set()) == []
    assert missing(NUMBER, "orders-0001.csv", {(9998,), (9999,)}) == []
    assert missing(NUMBER, "orders-9999.csv", {(1,)}) == []  # another series
    assert missing(YEARLY, "2026-0001.csv", {(2025, 312)}) == []
    found = missing(DAILY, "sales-20260302.csv", {(date(2026, 2, 27).toordinal(), 0)})
    assert found == ["sales-20260228.csv", "sales-20260301.csv"]
    weekdays = [date(2026, 3, 2)]
    assert missing(DAILY, "sales-20260302.csv", {(date(2026, 2, 27).toordinal(), 0)}, weekdays) == []
    assert gaps(NUMBER, ["orders-0003.csv", "orders-0001.csv", "orders-0006.csv"]) == [
        "orders-0002.csv", "orders-0004.csv", "orders-0005.csv"
    ]  # fmt: skip


def test_a_file_waits_for_the_one_before_it_until_the_hour() -> None:
    held, without = holds(NUMBER, GAP, lying(42, 43), {(40,)}, NOW, "Europe/Paris")
    assert [held[f"orders-00{n}.csv"].said.code for n in (42, 43)] == ["turns.gap", "turns.behind"]
    assert held["orders-0042.csv"].said.args["until"] == "2026-05-12 09:00"
    assert held["orders-0042.csv"].until == NOW + timedelta(hours=4)
    assert not without
    later = NOW + timedelta(hours=4)
    held, without = holds(NUMBER, GAP, lying(42, 43), {(40,)}, later, "Europe/Paris")
    assert (held, list(without)) == ({}, ["orders-0042.csv"])
    assert holds(NUMBER, GAP, lying(42, 41), {(40,)}, NOW, "UTC") == ({}, {})
    assert holds(NUMBER, None, lying(42), {(40,)}, NOW, "UTC") == ({}, {})
    assert holds(NUMBER, Gap(seconds=60), lying(42), {(40,)}, NOW + timedelta(seconds=60), "UTC")[0] == {}


def test_one_that_is_on_its_way_goes_first_and_one_that_never_ends_is_missing() -> None:
    soon = [Lying("orders-0041.csv", NOW, False, soon=True), *lying(42)]
    assert (
        holds(NUMBER, None, soon, {(40,)}, NOW, "UTC")[0]["orders-0042.csv"].said.code == "turns.unfinished"
    )
    stuck = [Lying("orders-0041.csv", NOW, False), *lying(42)]
    assert holds(NUMBER, None, stuck, {(40,)}, NOW, "UTC")[0] == {}
    assert holds(NUMBER, GAP, stuck, {(40,)}, NOW, "UTC")[0]["orders-0042.csv"].said.code == "turns.gap"


numbers = st.sets(st.integers(1, 30), max_size=12)


@given(known=numbers, there=numbers, hours=st.floats(0, 30))
def test_nothing_waits_for_ever_and_what_goes_first_comes_first(
    known: set[int], there: set[int], hours: float
) -> None:
    seen, now = {(n,) for n in known}, NOW + timedelta(hours=hours)
    held, without = holds(NUMBER, GAP, lying(*there), seen, now, "UTC")
    free = {n for n in there if f"orders-{n:04d}.csv" not in held}
    late = set(there) - free
    assert not free or not late or max(free) < min(late)
    assert not (hours >= 24 and held)
    for n in free:
        before = [k for k in known | free if k < n]
        full = n in known or not before or max(before) == n - 1
        assert full != (f"orders-{n:04d}.csv" in without)
    for n in there:  # with the missing ones, at once
        if n - 1 in known | there and n - 1 not in late:
            assert n not in late or min(late) < n


@given(names=st.lists(st.text(max_size=20), max_size=8), text=st.text(max_size=12))
def test_any_name_has_a_turn_and_any_pattern_is_judged(names: list[str], text: str) -> None:
    for order in (NUMBER, YEARLY, DAILY, Order("number", text), Order("date", text)):
        if order_mistake(order) is None:
            sorted(names, key=lambda name, order=order: turn(order, name))  # type: ignore[misc]
            gaps(order, names)


def test_a_job_waits_for_what_goes_first_and_says_for_what() -> None:
    cases = {
        "turns.after_loading": Other("p", loading=True), "turns.after_waiting": Other("p", "a.csv"),
        "turns.after_paused": Other("p", "a.csv", paused=True), "turns.after_held": Other("p", held=1),
        "turns.after_due": Other("p", due=True), None: Other("p", paused=True),
    }  # fmt: skip
    for code, other in cases.items():
        hold = after([Other("q"), other])
        assert (hold and hold.said.code) == code


def test_a_circle_is_found_and_only_there() -> None:
    assert circle({"a": ["b"], "b": ["c"], "c": ["a"]}, "a") == ["a", "b", "c", "a"]
    assert circle({"a": ["a"]}, "a") == ["a", "a"]
    assert circle({"a": ["b", "c"], "b": ["c"], "c": []}, "a") == []
    assert circle({"a": ["b"], "b": ["c"], "c": ["b"]}, "a") == []
