"""The moment that a person means: `2h`, `18h00`, a date with or without a time. Pure."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from pipeline.errors import ConfigError
from pipeline.schedule import parse_at
from pipeline.words import message

SPANS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "j": 86400}
"""Unit → seconds; j: jours."""


def moment(text: str, now: datetime, zone: str) -> datetime:
    """The moment that a person means, aware: `2h` from now, `18h00` when it comes next, a date with or without a
    time, both in this IANA zone. Raises ConfigError for what is none, or has passed."""
    found = _span(text, now) or _next(text, now, zone) or _date(text, zone)
    if found is None:
        raise ConfigError(message("cli.no_moment", text=text))
    if found <= now:
        raise ConfigError(
            message(
                "cli.past_moment", text=text, now=now.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
            )
        )
    return found


def _span(text: str, now: datetime) -> datetime | None:
    found = re.fullmatch(r"\s*(\d{1,6})\s*(s|min|m|h|d|j)\s*", text, re.ASCII | re.IGNORECASE)
    return now + timedelta(seconds=int(found[1]) * SPANS[found[2].lower()]) if found else None


def _next(text: str, now: datetime, zone: str) -> datetime | None:
    at = parse_at(text)
    if at is None:
        return None
    today = now.astimezone(ZoneInfo(zone)).date()
    first = _local(today, at, zone)
    return first if first > now else _local(today + timedelta(days=1), at, zone)


def _date(text: str, zone: str) -> datetime | None:
    found = re.fullmatch(r"\s*(\d{4}-\d{2}-\d{2})(?:[T\s]\s*(\S+))?\s*", text, re.ASCII)
    at = parse_at(found[2]) if found and found[2] else time()
    if found is None or at is None:
        return None
    try:
        return _local(date.fromisoformat(found[1]), at, zone)
    except ValueError:
        return None


def _local(day: date, at: time, zone: str) -> datetime:
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(timezone.utc)  # noqa: UP017
