"""The gate: never early, never twice for one slot, never skipped; over all zones, ten years, days and restarts.

The oracle knows no offsets and no rule: it walks the minutes and reads the zone's clock."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, timezone
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.schedule import (
    Always,
    Daily,
    Days,
    Every,
    Schedule,
    closes,
    describe,
    due,
    next_opening,
    parse_at,
)

UTC = timezone.utc  # noqa: UP017
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
ZONES = sorted(available_timezones())
ODD = (
    "Europe/Paris",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/St_Johns",
    "America/Havana",
    "Africa/Cairo",
)
settings.register_profile("gate", derandomize=True, max_examples=60, deadline=None)
quick = settings.get_profile("gate")

zones = st.sampled_from(ODD) | st.sampled_from(ZONES)
hours = st.times().map(lambda t: t.replace(second=0, microsecond=0))
several = st.lists(hours, min_size=1, max_size=3, unique=True).map(sorted).map(tuple)
weekdays = st.frozensets(st.integers(0, 6), max_size=6)
some_dates = st.frozensets(st.dates(date(2004, 6, 1), date(2036, 6, 1)), max_size=3)
some_days = st.builds(
    Days, weekdays, st.frozensets(st.integers(1, 31), max_size=2), st.booleans(), some_dates
)
instants = st.datetimes(datetime(2005, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
steps = st.lists(st.integers(1, 60 * 60 * 20), min_size=1, max_size=8)  # seconds between two looks


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def asked_for(days: Days, day: date) -> bool:
    """Is it one of these days? Written by the calendar."""
    last = calendar.monthrange(day.year, day.month)[1]
    wanted = set(days.numbers) | ({last} if days.last else set())
    named = not (wanted or days.dates) or day.day in wanted or day in days.dates
    return named and (not days.weekdays or calendar.weekday(day.year, day.month, day.day) in days.weekdays)


def shown(zone: str, start: datetime, minutes: int) -> Iterator[tuple[datetime, datetime, datetime]]:
    """Each minute after `start`: the instant, the latest local time that the clock had shown before, and now."""
    place, reached = ZoneInfo(zone), datetime.min  # noqa: DTZ901
    for n in range(-3 * 60, minutes + 1):  # a little earlier: autumn may just be repeating an hour
        instant = start + n * MINUTE
        local = instant.astimezone(place).replace(tzinfo=None)
        if n > 0:
            yield instant, reached, max(reached, local)
        reached = max(reached, local)


def opens(schedule: Daily, start: datetime, minutes: int) -> list[datetime]:
    """Its openings after `start`, a whole minute, by the clock on the wall."""
    out = []
    for instant, before, after in shown(schedule.zone, start, minutes):
        if before < after:
            days = [before.date() + n * DAY for n in range((after.date() - before.date()).days + 1)]
            slots = (
                datetime.combine(d, at) for d in days if asked_for(schedule.days, d) for at in schedule.times
            )
            if any(before < slot <= after for slot in slots):
                out.append(instant)
    return out


def openings(schedule: Schedule, last: datetime, looks: list[datetime]) -> list[datetime]:
    """What opens when somebody looks at these moments, each opening remembered as a restart would."""
    out = []
    for now in looks:
        opening = due(schedule, last, now)
        if opening is not None:
            out.append(opening)
            last = opening
    return out


@cache
def changes() -> dict[tuple[datetime, object, object], str]:
    """Every change of a clock in ten years, in every zone: instant, offsets before and after, and a zone with it."""
    found = {}
    for zone in ZONES:
        place, start = ZoneInfo(zone), utc("2018-01-01T00:00")
        weeks = [start + timedelta(weeks=n) for n in range(522)]
        offsets = [week.astimezone(place).utcoffset() for week in weeks]
        for n in range(521):
            (low, high), (before, after) = weeks[n : n + 2], offsets[n : n + 2]
            if before != after:
                while high - low > MINUTE:
                    middle = low + timedelta(minutes=(high - low) // MINUTE // 2)
                    same = middle.astimezone(place).utcoffset() == before
                    low, high = (middle, high) if same else (low, middle)
                found[high, before, after] = zone
    return found


def test_every_change_of_the_clock_in_every_zone_in_ten_years() -> None:
    """Hours around the change, those that it skips or repeats among them, with somebody looking every minute."""
    assert len(changes()) > 300
    for (change, _, _), zone in changes().items():
        local = (change - MINUTE).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        times = tuple(sorted({(local + n * timedelta(minutes=17)).time() for n in range(-4, 6)}))
        schedule, start = Daily(times, zone), change - timedelta(minutes=75)
        looks = [start + n * MINUTE for n in range(1, 180)]
        assert openings(schedule, start, looks) == opens(schedule, start, 179), (zone, change)


@given(several, zones, some_days | st.just(Days()), instants, steps)
@quick
def test_what_opens_is_what_the_clock_on_the_wall_has_shown_whenever_somebody_looks(
    times: tuple[time, ...], zone: str, days: Days, start: datetime, seconds: list[int]
) -> None:
    schedule, last, now = Daily(times, zone, days), start.replace(second=0, microsecond=0), start
    for step in seconds:
        promised = next_opening(schedule, last, now)
        now += timedelta(seconds=step)
        known = opens(schedule, last, (now - last) // MINUTE)
        opening = due(schedule, last, now)
        assert opening == (known[-1] if known else None)
        assert promised is None or (opening is not None) == (promised <= now)
        if opening is not None:
            assert due(schedule, opening, now) is None, "missed slots run once"
            last = opening


@given(
    st.builds(Daily, several, zones, some_days) | st.builds(Every, st.integers(1, 10**6), some_days, zones),
    instants,
)
@quick
def test_a_promise_is_the_first_moment_that_opens(schedule: Daily | Every, now: datetime) -> None:
    promised = next_opening(schedule, now, now)
    if promised is None:  # only dates, and all have passed
        assert not schedule.days.numbers
        assert not schedule.days.last
        assert not any(asked_for(schedule.days, day) for day in schedule.days.dates if day > now.date() + DAY)
        return
    assert due(schedule, now, promised) is not None
    assert due(schedule, now, promised - timedelta(microseconds=1)) is None
    zone = ZoneInfo(schedule.zone)
    first, last = (moment.astimezone(zone).date() for moment in (now, promised))
    between = ((first + n * DAY) for n in range(1, (last - first).days - 1))
    assert not any(asked_for(schedule.days, day) for day in between)
    if isinstance(schedule, Every):
        assert asked_for(schedule.days, last)


def test_every_second_that_looks_finds_it_closed_on_other_days() -> None:
    s = Every(3600, Days(weekdays=frozenset({4, 0})), "Europe/Paris")
    looks = [utc("2026-11-19T12:00") + timedelta(minutes=10 * n) for n in range(6 * 24 * 6)]
    found = openings(s, looks[0], looks)
    hours = [f.astimezone(ZoneInfo("Europe/Paris")).strftime("%a %H:%M") for f in found]
    assert (hours[0], hours[23]) == ("Fri 00:00", "Fri 23:00")
    assert (hours[24], hours[47]) == ("Mon 00:00", "Mon 23:00")
    assert len(hours) == 48


def test_a_weekday_and_a_day_of_the_month_may_be_far_apart_and_is_found() -> None:
    for weekday in range(7):
        for days in (Days(frozenset({weekday}), frozenset({31})), Days(frozenset({weekday}), last=True)):
            now = utc("2020-01-01T00:00")
            while now.year < 2048:
                following = next_opening(Daily((time(3),), "UTC", days), now, now)
                assert following is not None
                assert asked_for(days, following.date())
                now = following


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


def test_a_day_that_has_begun_stays_where_autumn_sets_the_clock_back_over_midnight() -> None:
    """Saint John's, 2010: at one minute past midnight of Sunday it was 23:01 of Saturday again."""
    zone, before, within = "America/St_Johns", utc("2010-11-07T02:00"), utc("2010-11-07T02:40")
    assert due(Daily((time(0),), zone), before, within) == utc("2010-11-07T02:30")
    for weekday, opens_then in ((6, True), (5, False)):
        found = due(Every(60, Days(frozenset({weekday})), zone), before, within)
        assert (found is not None) == opens_then


def test_an_hour_of_a_day_that_was_skipped_opens_when_the_next_begins_and_waits_for_nothing() -> None:
    s, midnight = Daily((time(12),), "Pacific/Apia", until=time(14)), utc("2011-12-30T10:00")
    assert next_opening(s, utc("2011-12-30T09:00"), utc("2011-12-30T09:00")) == midnight
    assert closes(s, midnight) == midnight


def test_missed_openings_run_once_and_are_the_latest() -> None:
    s = Daily((time(8), time(20)), "UTC")
    assert due(s, utc("2026-05-01T09:00"), utc("2026-05-04T21:00")) == utc("2026-05-04T20:00")
    first = Daily((time(3),), "UTC", Days(numbers=frozenset({1})))
    assert due(first, utc("2025-11-20T00:00"), utc("2026-05-30T21:00")) == utc("2026-05-01T03:00")


def test_a_date_comes_once_and_never_again() -> None:
    s = Daily((time(3),), "Europe/Paris", Days(dates=frozenset({date(2028, 2, 29)})))
    assert next_opening(s, utc("2026-01-01T00:00"), utc("2026-01-01T00:00")) == utc("2028-02-29T02:00")
    assert due(s, utc("2026-01-01T00:00"), utc("2031-01-01T00:00")) == utc("2028-02-29T02:00")
    assert due(s, utc("2028-02-29T02:00"), utc("2031-01-01T00:00")) is None
    assert next_opening(s, utc("2028-02-29T02:00"), utc("2028-02-29T02:00")) is None


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
    assert closes(Always(), now) is None


@pytest.mark.parametrize(
    ("times", "until", "opening", "closing"),
    [
        ((3,), time(5), "2026-05-01T01:00", "2026-05-01T03:00"),
        ((22,), time(5), "2026-05-01T20:00", "2026-05-02T03:00"),  # over midnight
        ((3, 4), time(5), "2026-05-01T01:00", "2026-05-01T02:00"),  # the next opening ends it
        ((3, 22), time(5), "2026-05-01T20:00", "2026-05-02T01:00"),
        ((2,), time(2, 30), "2026-03-29T01:00", "2026-03-29T01:00"),  # both in the hour that spring skips
        ((1,), time(2, 30), "2026-03-29T00:00", "2026-03-29T01:00"),
        ((1,), time(2, 30), "2026-10-24T23:00", "2026-10-25T00:30"),  # the first of the two
        ((3,), None, "2026-05-01T01:00", None),
        ((3,), time(5), "2026-05-01T01:30", None),  # no opening of this schedule
    ],
)
def test_an_opening_waits_until(
    times: tuple[int, ...], until: time | None, opening: str, closing: str | None
) -> None:
    s = Daily(tuple(time(h) for h in times), "Europe/Paris", until=until)
    assert closes(s, utc(opening)) == (utc(closing) if closing else None)


@given(several, hours, zones, some_days, instants)
@quick
def test_it_waits_no_longer_than_a_day_and_never_into_the_next(
    times: tuple[time, ...], until: time, zone: str, days: Days, now: datetime
) -> None:
    s = Daily(times, zone, days, until)
    opening = next_opening(s, now, now)
    if opening is not None:
        closing, following = closes(s, opening), next_opening(s, opening, opening)
        assert closing is not None
        assert opening <= closing <= opening + timedelta(hours=49)
        assert following is None or closing <= following


def test_descriptions_tell_schedules_apart_and_stay_as_they_are() -> None:
    """Databases hold them."""
    paris, three = "Europe/Paris", (time(3),)
    workdays, first = Days(frozenset(range(5))), Days(numbers=frozenset({1, 15}), last=True)
    eve = Days(frozenset({3}), dates=frozenset({date(2026, 12, 24)}))
    known: dict[Schedule, str] = {
        Always(): "always",
        Every(30): "every 30 s",
        Every(30, workdays, paris): "every 30 s days mon, tue, wed, thu, fri Europe/Paris",
        Daily(three, "UTC"): "at 03:00 UTC",
        Daily((time(8), time(20)), paris): "at 08:00, 20:00 Europe/Paris",
        Daily(three, paris, first): "at 03:00 on 1, 15, last day Europe/Paris",
        Daily(three, paris, eve, time(5)): "at 03:00 until 05:00 days thu on 2026-12-24 Europe/Paris",
    }
    assert {s: describe(s) for s in known} == known


@pytest.mark.parametrize("text", ["03h00", "03:00", "3h", "3:00", " 3H00 ", "3 h 00"])
def test_times_of_day(text: str) -> None:
    assert parse_at(text) == time(3)


@pytest.mark.parametrize("text", ["24h00", "3", "3:", "03h60", "", "3h5", "noon", "-3h", "٣h"])
def test_not_times_of_day(text: str) -> None:
    assert parse_at(text) is None
