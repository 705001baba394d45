"""When a job may run: pure, `now` is an argument. Instants are aware UTC; hours and days are local, in an IANA zone.

A local moment is the first instant at which the zone's clocks have reached it: one that spring skips is the first
after the gap, one that autumn repeats the first of the two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

UTC = timezone.utc  # noqa: UP017
JUMP = timedelta(seconds=60)  # a last opening further in the future than this is void: the clock was set back
ONE_DAY = timedelta(days=1)
GAP_DAYS = 620  # the longest way between two Mondays the 31st, in 400 years, is 609 days
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Days:
    """Local days: the weekdays (Monday is 0; none: all seven), and of them those asked for by their number in the
    month, as its last day, or by date (nothing asked for: all)."""

    weekdays: frozenset[int] = frozenset()
    numbers: frozenset[int] = frozenset()
    last: bool = False
    dates: frozenset[date] = frozenset()

    def __contains__(self, day: date) -> bool:
        if self.weekdays and day.weekday() not in self.weekdays:
            return False
        if day.day in self.numbers or day in self.dates:
            return True
        if self.last:
            return (day + ONE_DAY).day == 1
        return not (self.numbers or self.dates)


EVERY_DAY = Days()


@dataclass(frozen=True, slots=True)
class Always:
    """As soon as a file is complete."""


@dataclass(frozen=True, slots=True)
class Every:
    """Look every so many seconds, on these local days."""

    seconds: int
    days: Days = EVERY_DAY
    zone: str = "UTC"  # of the days


@dataclass(frozen=True, slots=True)
class Daily:
    """At these local times in this IANA zone, on these days. `until`: an opening that found no file stays open
    until this time comes next."""

    times: tuple[time, ...]
    zone: str
    days: Days = EVERY_DAY
    until: time | None = None


Schedule = Always | Every | Daily


def parse_at(text: str) -> time | None:
    """`03h00`, `03:00`, `3h`, `8:00` are times of day; None when it is none."""
    found = re.fullmatch(r"\s*(\d{1,2})\s*(?:[hH]\s*(\d{2})?|:\s*(\d{2}))\s*", text, re.ASCII)
    if found is None or int(found[1]) > 23 or int(found[2] or found[3] or 0) > 59:
        return None
    return time(int(found[1]), int(found[2] or found[3] or 0))


def describe(schedule: Schedule) -> str:
    """A stable text: another text means another schedule. Databases hold it."""
    if isinstance(schedule, Always):
        return "always"
    days = _describe_days(schedule.days)
    if isinstance(schedule, Every):
        return f"every {schedule.seconds} s" + (f"{days} {schedule.zone}" if days else "")
    times = ", ".join(t.strftime("%H:%M") for t in schedule.times)
    until = schedule.until.strftime(" until %H:%M") if schedule.until else ""
    return f"at {times}{until}{days} {schedule.zone}"


def _describe_days(days: Days) -> str:
    named = [*map(str, sorted(days.numbers)), *["last day"] * days.last]
    named += [day.isoformat() for day in sorted(days.dates)]
    weekdays = ", ".join(WEEKDAYS[n] for n in sorted(days.weekdays))
    return (f" days {weekdays}" if weekdays else "") + (f" on {', '.join(named)}" if named else "")


def due(schedule: Schedule, last: datetime, now: datetime) -> datetime | None:
    """The opening that has come since `last`, the latest one when several were missed; None: not open."""
    if isinstance(schedule, Always):
        return now
    void = last > now + JUMP
    if isinstance(schedule, Every):
        if not void and now - last < timedelta(seconds=schedule.seconds):
            return None
        return now if _runs_at(schedule, now) else None
    latest = _latest_slot(schedule, now)
    return latest if latest is not None and latest > (now - ONE_DAY if void else last) else None


def next_opening(schedule: Schedule, last: datetime, now: datetime) -> datetime | None:
    """The next moment at which the job opens, never in the past; None: it is always open, or all its dates have
    passed."""
    if isinstance(schedule, Always):
        return None
    if due(schedule, last, now) is not None:
        return now
    void = last > now + JUMP
    if isinstance(schedule, Every):
        soonest = now if void else max(now, last + timedelta(seconds=schedule.seconds))
        return soonest if _runs_at(schedule, soonest) else _day_after(schedule, soonest)
    # A clock set back a little does not open a slot again.
    return _slot_after(schedule, now if void else max(last, now))


def closes(schedule: Schedule, opening: datetime) -> datetime | None:
    """Until when an opening that found no file stays open, at most until the next one; None: no longer than it
    takes to look."""
    if not isinstance(schedule, Daily) or schedule.until is None:
        return None
    local = opening.astimezone(ZoneInfo(schedule.zone)).date()
    for day in (local, local - ONE_DAY):  # a slot of yesterday, if the clock skipped over midnight
        for at in reversed(schedule.times):
            if day in schedule.days and _instant(day, at, schedule.zone) == opening:
                end = _instant(day if schedule.until > at else day + ONE_DAY, schedule.until, schedule.zone)
                following = _slot_after(schedule, opening)
                return end if following is None else min(end, following)
    return None


def _latest_slot(schedule: Daily, now: datetime) -> datetime | None:
    """The latest slot that has come. Slots come in the order of their local times, so the search ends soon."""
    day = _near(schedule.days, now.astimezone(ZoneInfo(schedule.zone)).date() + ONE_DAY, -1)
    while day is not None:
        past = [s for at in schedule.times if (s := _instant(day, at, schedule.zone)) <= now]
        if past:
            return max(past)
        day = _near(schedule.days, day - ONE_DAY, -1)
    return None


def _slot_after(schedule: Daily, after: datetime) -> datetime | None:
    day = _near(schedule.days, after.astimezone(ZoneInfo(schedule.zone)).date(), 1)
    while day is not None:
        ahead = [s for at in schedule.times if (s := _instant(day, at, schedule.zone)) > after]
        if ahead:
            return min(ahead)
        day = _near(schedule.days, day + ONE_DAY, 1)
    return None


def _runs_at(schedule: Every, instant: datetime) -> bool:
    return schedule.days == EVERY_DAY or _day(instant, schedule.zone) in schedule.days


def _day_after(schedule: Every, instant: datetime) -> datetime | None:
    """When the next of its days begins."""
    day = _near(schedule.days, _day(instant, schedule.zone) + ONE_DAY, 1)
    return None if day is None else _instant(day, time(0), schedule.zone)


def _day(instant: datetime, zone: str) -> date:
    """The local day. One that has begun stays, also where autumn sets the clock back over midnight."""
    day = instant.astimezone(ZoneInfo(zone)).date()
    return day + ONE_DAY if _instant(day + ONE_DAY, time(0), zone) <= instant else day


@lru_cache(maxsize=4096)  # asked again and again for the same few days, by every job, every second
def _near(days: Days, day: date, step: int) -> date | None:
    """The first of these days from `day` on, in steps of one day forth (1) or back (-1); None: there is none."""
    found = min(
        (d for d in days.dates if (d - day).days * step >= 0 and d in days),
        key=lambda d: abs(d - day),
        default=None,
    )
    if days.dates and not days.numbers and not days.last:
        return found
    near = (day + n * step * ONE_DAY for n in range(GAP_DAYS))
    return next((d for d in near if d in days), found)


@lru_cache(maxsize=8192)
def _instant(day: date, at: time, zone: str) -> datetime:
    """The first instant at which the zone's clocks show this local time or a later one."""
    place = ZoneInfo(zone)
    local = datetime.combine(day, at, place)
    instant = local.astimezone(UTC)
    if instant.astimezone(place).replace(tzinfo=None) == local.replace(tzinfo=None):
        return instant
    # In a gap. With the offset that holds after it, the time lies before the change: search that by halves.
    low, high = local.replace(fold=1).astimezone(UTC), instant
    before = low.astimezone(place).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low).total_seconds() // 2)
        if middle.astimezone(place).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high
