"""The gate: never early, never twice for one slot, never skipped; over zones, years and restarts."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.schedule import Always, Daily, Every, Schedule, describe, due, next_opening, parse_at

UTC = timezone.utc  # noqa: UP017
ZONES = ("Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia", "UTC")
settings.register_profile("gate", derandomize=True, max_examples=40, deadline=None)
quick = settings.get_profile("gate")

dailies = st.builds(
    Daily,
    st.lists(
        st.times().map(lambda t: t.replace(second=0, microsecond=0)), min_size=1, max_size=3, unique=True
    )
    .map(sorted)
    .map(tuple),
    st.sampled_from(ZONES),
)
instants = st.datetimes(datetime(2005, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
steps = st.lists(st.integers(1, 60 * 60 * 50), min_size=1, max_size=30)  # seconds between two looks


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def openings(schedule: Schedule, last: datetime, looks: list[datetime]) -> list[datetime]:
    """What opens when somebody looks at these moments, each opening remembered as a restart would."""
    out = []
    for now in looks:
        opening = due(schedule, last, now)
        if opening is not None:
            out.append(opening)
            last = opening
    return out


@given(dailies, instants, steps)
@quick
def test_daily_is_never_early_never_twice_never_skipped(
    s: Daily, start: datetime, seconds: list[int]
) -> None:
    last, now = start, start
    for step in seconds:
        before, now = now, now + timedelta(seconds=step)
        promised = next_opening(s, last, before)
        opening = due(s, last, now)
        assert promised is not None
        assert promised >= before
        assert (opening is not None) == (promised <= now)
        if opening is not None:
            assert last < opening <= now
            assert due(s, opening, now) is None, "missed slots run once"
            last = opening


@given(dailies, instants)
@quick
def test_each_local_day_has_each_of_its_times_once(s: Daily, start: datetime) -> None:
    zone = ZoneInfo(s.zone)
    looks = [start + timedelta(minutes=30 * n) for n in range(2 * 24 * 10)]
    found = openings(s, start, looks)
    assert len(found) == len(set(found))
    days = {o.astimezone(zone).date() for o in found}
    first = start.astimezone(zone).date()
    skipped = date(2011, 12, 30)  # Samoa had no such day
    missing = {first + timedelta(days=n) for n in range(1, 9)} - days - {skipped}
    assert not missing


@given(st.integers(1, 100_000), instants, steps)
@quick
def test_every_keeps_its_distance(every: int, start: datetime, seconds: list[int]) -> None:
    looks = [start]
    for step in seconds:
        looks.append(looks[-1] + timedelta(seconds=step))
    found = [start, *openings(Every(every), start, looks)]
    assert all(b - a >= timedelta(seconds=every) for a, b in pairwise(found))
    assert looks[-1] - found[-1] < timedelta(seconds=every)


def test_a_time_that_spring_skips_opens_at_the_first_instant_after() -> None:
    s = Daily((time(2, 30),), "Europe/Paris")
    assert next_opening(s, utc("2026-03-28T12:00"), utc("2026-03-28T12:00")) == utc("2026-03-29T01:00")
    assert due(s, utc("2026-03-28T12:00"), utc("2026-03-29T00:59:59")) is None


def test_a_time_that_autumn_repeats_opens_once_at_the_first() -> None:
    s = Daily((time(2, 30),), "Europe/Paris")
    looks = [utc("2026-10-24T12:00") + timedelta(minutes=5 * n) for n in range(12 * 24)]
    assert openings(s, utc("2026-10-24T12:00"), looks) == [utc("2026-10-25T00:30")]


def test_missed_openings_run_once_and_are_the_latest() -> None:
    s = Daily((time(8), time(20)), "UTC")
    assert due(s, utc("2026-05-01T09:00"), utc("2026-05-04T21:00")) == utc("2026-05-04T20:00")


def test_a_new_job_is_not_late() -> None:
    now = utc("2026-05-01T09:00")
    assert due(Daily((time(3),), "UTC"), now, now) is None
    assert due(Every(30), now, now) is None


def test_a_last_opening_in_the_future_is_void_beyond_a_minute() -> None:
    now = utc("2026-05-01T09:00")
    assert due(Every(30), now + timedelta(hours=5), now) == now
    assert due(Every(30), now + timedelta(seconds=50), now) is None


def test_a_clock_set_back_a_little_does_not_promise_the_same_slot_again() -> None:
    s, last = Daily((time(3),), "UTC"), utc("2026-05-01T03:00")
    assert next_opening(s, last, utc("2026-05-01T02:59:30")) == utc("2026-05-02T03:00")


def test_always_is_open() -> None:
    now = utc("2026-05-01T09:00")
    assert due(Always(), now, now) == now
    assert next_opening(Always(), now, now) is None


def test_descriptions_tell_schedules_apart() -> None:
    all_of_them: list[Schedule] = [
        Always(),
        Every(30),
        Every(31),
        Daily((time(3),), "UTC"),
        Daily((time(3),), "Europe/Paris"),
    ]
    assert len({describe(s) for s in all_of_them}) == len(all_of_them)


@pytest.mark.parametrize("text", ["03h00", "03:00", "3h", "3:00", " 3H00 "])
def test_times_of_day(text: str) -> None:
    assert parse_at(text) == time(3)


@pytest.mark.parametrize("text", ["24h00", "3", "03h60", "", "3h5", "noon", "-3h", "٣h"])
def test_not_times_of_day(text: str) -> None:
    assert parse_at(text) is None
