"""When a job may run: pure, `now` is an argument. Instants are aware UTC; `at` is local time in an IANA zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

UTC = timezone.utc  # noqa: UP017
JUMP = timedelta(seconds=60)  # a last opening further in the future than this is void: the clock was set back


@dataclass(frozen=True, slots=True)
class Always:
    """As soon as a file is complete."""


@dataclass(frozen=True, slots=True)
class Every:
    """Look every so many seconds."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Daily:
    """Daily at these local times in this IANA zone."""

    times: tuple[time, ...]
    zone: str


Schedule = Always | Every | Daily


def parse_at(text: str) -> time | None:
    """`03h00`, `03:00`, `3h`, `8:00` are times of day; None when it is none."""
    found = re.fullmatch(r"\s*(\d{1,2})\s*(?:[hH:]\s*(\d{2})?)\s*", text, re.ASCII)
    if found is None or int(found[1]) > 23 or int(found[2] or 0) > 59:
        return None
    return time(int(found[1]), int(found[2] or 0))


def describe(schedule: Schedule) -> str:
    """A stable text: another text means another schedule."""
    if isinstance(schedule, Every):
        return f"every {schedule.seconds} s"
    if isinstance(schedule, Daily):
        return f"at {', '.join(t.strftime('%H:%M') for t in schedule.times)} {schedule.zone}"
    return "always"


def due(schedule: Schedule, last: datetime, now: datetime) -> datetime | None:
    """The opening that has come since `last`, the latest one when several were missed; None: not open."""
    if isinstance(schedule, Always):
        return now
    if isinstance(schedule, Every):
        void = last > now + JUMP
        return now if void or now - last >= timedelta(seconds=schedule.seconds) else None
    since = now - timedelta(days=1) if last > now + JUMP else last
    slots = [s for s in _slots(schedule, now - timedelta(days=2), now) if since < s <= now]
    return max(slots, default=None)


def next_opening(schedule: Schedule, last: datetime, now: datetime) -> datetime | None:
    """The next moment at which the job opens, never in the past; None for a job that is always open."""
    if isinstance(schedule, Always):
        return None
    if due(schedule, last, now) is not None:
        return now
    if isinstance(schedule, Every):
        return last + timedelta(seconds=schedule.seconds)
    used = (
        now if last > now + JUMP else max(last, now)
    )  # a clock set back a little does not open a slot again
    return min(s for s in _slots(schedule, now, now + timedelta(days=3)) if s > used)


def _slots(schedule: Daily, first: datetime, end: datetime) -> list[datetime]:
    zone = ZoneInfo(schedule.zone)
    day, last = (
        first.astimezone(zone).date() - timedelta(days=1),
        end.astimezone(zone).date() + timedelta(days=1),
    )
    out = []
    while day <= last:
        out += [_resolve(day, at, zone) for at in schedule.times]
        day += timedelta(days=1)
    return sorted(set(out))


def _resolve(day: date, at: time, zone: ZoneInfo) -> datetime:
    """A local time as an instant. One that spring skips: the first instant after; one that autumn repeats:
    the first of the two."""
    local = datetime.combine(day, at, zone)
    instant = local.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return instant
    # In a gap: the offsets before and after differ; search the change by halves, to the second.
    low, high = instant - timedelta(hours=26), instant + timedelta(hours=26)
    before = low.astimezone(zone).replace(tzinfo=None)
    wanted = local.replace(tzinfo=None)
    assert before < wanted
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).replace(tzinfo=None) >= wanted:
            high = middle
        else:
            low = middle
    return high.replace(microsecond=0)
