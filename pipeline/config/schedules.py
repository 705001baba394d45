"""When a job runs, as `every`, `at` and their companions say it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

from pipeline.mapping.source import Path as At
from pipeline.mapping.source import Source, nearest
from pipeline.schedule import EVERY_DAY, Always, Daily, Days, Every, Schedule, parse_at
from pipeline.words.schedule import WEEKDAYS

KEYS = ("every", "at", "until", "days", "on")
UNITS = {"": 1, "s": 1, "sec": 1, "min": 60, "m": 60, "h": 3600}
LAST_DAY = ("last day", "last", "dernier jour", "dernier")
YEARS = range(1970, 9999)  # what every zone can still be reckoned in


def read_schedule(source: Source, at: At, table: dict[str, Any], zone: str) -> Schedule:
    """The schedule; what is wrong with it is told to the source."""
    if "every" in table and "at" in table:
        source.say((*at, "at"), "config.both")
    days = read_days(source, at, table)
    times = _times(source, at, table) if "at" in table else ()
    until = _until(source, at, table, times)
    if "every" in table:
        seconds = _seconds(source, at, table)
        if seconds is None:
            return Always()
        return Every(seconds) if days == EVERY_DAY else Every(seconds, days, zone)
    if "at" in table:
        return Daily(times, zone, days, until)
    for key in ("days", "on"):
        if key in table:
            source.say((*at, key), "schedule.days_alone", key=key)
    return Always()


def _seconds(source: Source, at: At, table: dict[str, Any]) -> int | None:
    every = table["every"]
    shape = re.fullmatch(r"([0-9]+) ?(s|sec|min|m|h)?", str(every)) if type(every) in (int, str) else None
    if shape is None or int(shape[1]) < 1:
        source.say((*at, "every"), "config.every", value=repr(every))
        return None
    return int(shape[1]) * UNITS[shape[2] or ""]


def _times(source: Source, at: At, table: dict[str, Any]) -> tuple[time, ...]:
    texts = source.texts_at(at, table, "at")
    found = {text: parse_at(text) for text in texts}
    for text, known in found.items():
        if known is None:
            source.say((*at, "at"), "config.at", value=text)
    if texts == () and table["at"] in ([], None):
        source.say((*at, "at"), "config.at", value=str(table["at"]))
    return tuple(sorted({known for known in found.values() if known is not None}))


def _until(source: Source, at: At, table: dict[str, Any], times: tuple[time, ...]) -> time | None:
    text = source.text_at(at, table, "until")
    if text is None:
        return None
    until = parse_at(text)
    if until is None:
        source.say((*at, "until"), "schedule.until", value=text)
    elif "at" not in table:
        source.say((*at, "until"), "schedule.until_alone", until=text)
    elif until in times:
        source.say((*at, "until"), "schedule.until_same", until=text)
    return until


def read_days(source: Source, at: At, table: dict[str, Any]) -> Days:
    """`days` and `on` together: the days that fit both. A date that `days` leaves out would never come: told."""
    days = _on_weekdays(source, at, table) if "days" in table else EVERY_DAY
    for value in _asked(table):
        wanted = _wanted(value)
        if wanted is None:
            source.say((*at, "on"), "schedule.on", value=str(value))
        elif isinstance(wanted, date):
            days = replace(days, dates=days.dates | {wanted})
        elif wanted:
            days = replace(days, numbers=days.numbers | {wanted})
        else:
            days = replace(days, last=True)
    for day in sorted(d for d in days.dates if d not in days):
        en, fr = WEEKDAYS[day.weekday()]
        source.say((*at, "on"), "schedule.never", date=day.isoformat(), weekday=en, weekday_fr=fr)
    return days


def _on_weekdays(source: Source, at: At, table: dict[str, Any]) -> Days:
    texts = source.texts_at(at, table, "days")
    words = [word for text in texts for word in re.split(r"[,\s]+", re.sub(r"\s*[-–]\s*", "-", text.strip()))]
    found: set[int] = set()
    for word in words or [""] * (table["days"] == []):
        ends = [_weekday(end) for end in word.split("-")]
        first, last = ends[0], ends[-1]
        if first is None or last is None or len(ends) > 2:
            near = nearest(word, (name for both in WEEKDAYS for name in both))
            source.say((*at, "days"), "schedule.days", near, value=word or repr(table["days"]))
        else:
            found.update((first + n) % 7 for n in range((last - first) % 7 + 1))
    return Days(frozenset(found)) if len(found) < 7 else EVERY_DAY


def _weekday(word: str) -> int | None:
    """`mon`, `Monday`, `lun.`, `lundi` are 0; three letters are enough, none is the start of two names."""
    start = word.casefold().rstrip(".")
    fits = (n for n, both in enumerate(WEEKDAYS) if any(w.casefold().startswith(start) for w in both))
    return next(fits, None) if len(start) >= 3 else None


def _asked(table: dict[str, Any]) -> Iterator[Any]:
    """The parts of `on`, which may be a text with commas, a whole number, a TOML date, or a list of these."""
    if "on" not in table:
        return
    value = table["on"]
    for part in value if isinstance(value, list) and value else [value]:
        yield from part.split(",") if isinstance(part, str) else [part]


def _wanted(value: Any) -> date | int | None:
    """A date, a day of the month, 0 for its last day; None when it is none of these."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value if value.year in YEARS else None
    text = " ".join(str(value).casefold().split()) if type(value) in (int, str) else ""
    if text in LAST_DAY:
        return 0
    if shape := re.fullmatch(r"([0-9]{1,2})(?:er)?", text):
        return int(shape[1]) if 1 <= int(shape[1]) <= 31 else None
    shape = re.fullmatch(r"(?P<y>[0-9]{4})-(?P<m>[0-9]{1,2})-(?P<d>[0-9]{1,2})", text)
    shape = shape or re.fullmatch(r"(?P<d>[0-9]{1,2})/(?P<m>[0-9]{1,2})/(?P<y>[0-9]{4})", text)
    try:
        return (
            date(int(shape["y"]), int(shape["m"]), int(shape["d"]))
            if shape and int(shape["y"]) in YEARS
            else None
        )
    except ValueError:
        return None
