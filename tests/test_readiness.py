"""Readiness: never while somebody writes, never before the quiet period but for the two exceptions."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clock import Now
from pipeline.readiness import Facts, History, Ready, Seen, Wait, observe, readiness
from pipeline.words import Message, message

WALL = datetime(2026, 5, 1, 9, tzinfo=timezone.utc)  # noqa: UP017
quick = settings(derandomize=True, deadline=None, max_examples=300)
CODES = ("reading.no_final_newline", "reading.empty", "reading.last_row_short", "reading.nul_tail")


def said(code: str) -> Message:
    return message(code, found=1, expected=2) if code == "reading.last_row_short" else message(code)


def seen(age_s: float = 0.0, ino: int = 1, size: int = 10) -> Seen:
    ctime = int((WALL.timestamp() - age_s) * 1e9)
    return Seen(b"a.csv", 1, ino, size, ctime, ctime, "file")


def history(still_s: float, *, renamed_in: bool = False) -> History:
    return History(WALL, 1000 - still_s, 1000 - still_s, renamed_in)


def facts(
    writer: Literal["free", "busy", "unknown"] = "free", code: str | None = None, *, network: bool = False
) -> Facts:
    return Facts(writer, said(code) if code else None, network, WALL, 1000.0)


worlds = st.tuples(
    st.floats(-1000, 1000),  # age by ctime
    st.floats(0, 100),  # stillness
    st.booleans(),  # renamed in
    st.sampled_from(("free", "busy", "unknown")),
    st.sampled_from((None, *CODES)),
    st.booleans(),  # network
)


def judge(
    world: tuple[float, float, bool, Literal["free", "busy", "unknown"], str | None, bool],
) -> Ready | Wait:
    age, still, renamed, writer, code, network = world
    return readiness(seen(age), history(still, renamed_in=renamed), facts(writer, code, network=network))


@given(worlds)
@quick
def test_never_ready_while_somebody_writes(world: tuple[float, float, bool, str, str | None, bool]) -> None:
    age, still, renamed, _, code, network = world
    assert isinstance(judge((age, still, renamed, "busy", code, network)), Wait)


@given(worlds)
@quick
def test_never_early_but_for_the_two_exceptions(
    world: tuple[float, float, bool, Literal["free", "busy", "unknown"], str | None, bool],
) -> None:
    age, still, renamed, writer, _, network = world
    if isinstance(judge(world), Ready) and still < (10 if network else 2):
        assert writer == "free"
        assert not network
        assert renamed or age > 60


@given(worlds, st.floats(0, 1000))
@quick
def test_more_stillness_never_takes_readiness_away(
    world: tuple[float, float, bool, Literal["free", "busy", "unknown"], str | None, bool], more: float
) -> None:
    age, still, *rest = world
    if isinstance(judge(world), Ready):
        assert isinstance(judge((age, still + more, *rest)), Ready)  # type: ignore[arg-type]


@given(worlds)
@quick
def test_a_cut_file_waits_without_end(
    world: tuple[float, float, bool, Literal["free", "busy", "unknown"], str | None, bool],
) -> None:
    age, still, renamed, _, _, network = world
    for code in ("reading.last_row_short", "reading.nul_tail"):
        assert judge((age, still, renamed, "free", code, network)) == Wait(said(code), None)


def test_renamed_in_or_old_is_ready_at_once() -> None:
    assert readiness(seen(), history(0, renamed_in=True), facts()) == Ready()
    assert readiness(seen(61), history(0), facts()) == Ready()


def test_quiet_period() -> None:
    verdict = readiness(seen(), history(0.5), facts())
    assert isinstance(verdict, Wait)
    assert verdict.seconds == 1.5
    assert readiness(seen(), history(2), facts()) == Ready()
    assert isinstance(readiness(seen(), history(9.9, renamed_in=True), facts(network=True)), Wait)
    assert readiness(seen(), history(10), facts("unknown", network=True)) == Ready()


def test_without_a_final_line_end() -> None:
    code = "reading.no_final_newline"
    assert readiness(seen(), history(0, renamed_in=True), facts(code=code)) == Ready()
    assert readiness(seen(), history(29), facts(code=code)) == Wait(said(code), 1.0)
    assert readiness(seen(), history(30), facts(code=code)) == Ready()


@pytest.mark.parametrize("renamed_in", [False, True])
def test_without_the_end_of_its_format_it_waits_minutes_and_not_for_ever(renamed_in: bool) -> None:
    cut = Facts("free", message("reading.unfinished", kind="zip"), False, WALL, 1000.0)
    verdict = readiness(seen(), history(290, renamed_in=renamed_in), cut)
    assert verdict == Wait(message("reading.unfinished", kind="zip"), 10.0)
    assert readiness(seen(), history(300, renamed_in=renamed_in), cut) == Ready()
    assert readiness(seen(301), history(0, renamed_in=renamed_in), cut) == Ready()  # found there, old
    assert isinstance(readiness(seen(61), history(0), cut), Wait)
    assert isinstance(readiness(seen(301), history(299), replace(cut, network=True)), Wait)
    assert isinstance(readiness(seen(301), history(300), replace(cut, writer="busy")), Wait)


def test_an_old_time_from_another_machine_proves_nothing() -> None:
    code = "reading.no_final_newline"
    assert isinstance(readiness(seen(3600), history(12), facts("unknown", code, network=True)), Wait)


def test_history_follows_changes() -> None:
    def at(mono: float) -> Now:
        return Now(WALL + timedelta(seconds=mono), mono)

    first = observe(None, None, seen(), at(1))
    assert first == History(WALL + timedelta(seconds=1), 1, 1, False)
    assert observe(first, seen(), seen(), at(2)).changed_mono == 1
    grown = observe(first, seen(), seen(size=11), at(3))
    assert (grown.first_seen_mono, grown.changed_mono) == (1, 3)
    touched = replace(seen(size=11), mtime_ns=5)
    assert observe(grown, seen(size=11), touched, at(4)).changed_mono == 4
    other = observe(grown, touched, seen(ino=2), at(5))
    assert (other.first_seen_mono, other.changed_mono) == (5, 5)


@pytest.mark.parametrize("jump_s", [3600.0, -3600.0])
def test_a_clock_that_is_set_makes_no_fresh_file_old(jump_s: float) -> None:
    first = replace(history(1.0), first_seen_mono=999.0, seen_at=WALL - timedelta(seconds=1))
    later = replace(facts(), now_wall=WALL + timedelta(seconds=jump_s))
    changed = int((WALL.timestamp() + min(jump_s, 0.0)) * 1e9)  # written again after the clock was set back
    fresh = replace(seen(), ctime_ns=changed, mtime_ns=changed)
    assert isinstance(readiness(fresh, first, later), Wait)
