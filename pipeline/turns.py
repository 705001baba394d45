"""Whose turn it is: the order of a job's files by their names, numbers that are missing between them, and jobs that
come after others. Pure: names, moments and what lies where are arguments."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal

from pipeline.schedule import Daily, next_opening
from pipeline.words import Message, message

Place = tuple[int, ...]
MOST = 1000  # places between two files that are looked for; more is another series, not a gap
CODES = {"Y": 4, "y": 2, "m": 2, "d": 2, "j": 3, "H": 2, "M": 2, "S": 2}
"""The letters of a date in a name → how many figures."""


@dataclass(frozen=True, slots=True)
class Order:
    """How a job's files follow each other. `pattern`: of "number" a regular expression whose groups are the number,
    of "date" a text with %Y, %m, %d, … where the date stands."""

    by: Literal["arrival", "name", "number", "date"] = "arrival"
    pattern: str = ""

    @property
    def placed(self) -> bool:
        """Does it say of two names which comes first, and what lies between them?"""
        return self.by in ("number", "date")


ARRIVAL = Order()


@dataclass(frozen=True, slots=True)
class Gap:
    """How long a file waits for one that is missing before it: until this time comes next, or for so long."""

    at: time | None = None
    seconds: int = 0

    def until(self, came: datetime, zone: str) -> datetime:
        if self.at is None:
            return came + timedelta(seconds=self.seconds)
        return next_opening(Daily((self.at,), zone), came, came) or came


@dataclass(frozen=True, slots=True)
class Lying:
    """A file in an inbox. `soon`: it is not ready, and becomes so by itself."""

    name: str
    came: datetime
    ready: bool
    soon: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a file that is ready is not taken yet, and until when at most (None: until something else is done)."""

    said: Message
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Other:
    """A job that another one comes after: what of it is still to be done. `first`: a file that lies there."""

    name: str
    first: str = ""
    loading: bool = False
    held: int = 0  # files that wait for a person's agreement
    due: bool = False  # it is its hour, and it waits for a file
    paused: bool = False


def place(order: Order, name: str) -> Place | None:
    """Where this name stands in the order; None: it says no number or date."""
    found = _matcher(order).search(name)
    if found is None:
        return None
    if order.by == "number":
        groups = [text for text in found.groups() if text]
        return (
            tuple(map(int, groups)) if groups and all(t.isascii() and t.isdigit() for t in groups) else None
        )
    told = {key: int(text) for key, text in found.groupdict().items()}
    try:
        year = told.get("Y", 2000 + told.get("y", 0))
        day = date(year, told.get("m", 1), told.get("d", 1))
        if "j" in told:
            day = date(year, 1, 1) + timedelta(days=told["j"] - 1)
        at = time(told.get("H", 0), told.get("M", 0), told.get("S", 0))
    except (ValueError, OverflowError):
        return None
    return (day.toordinal(), at.hour * 3600 + at.minute * 60 + at.second)


def turn(order: Order, name: str) -> tuple[int, Place]:
    """To sort by: names that say no place come after those that do."""
    found = place(order, name)
    return (1, ()) if found is None else (0, found)


def missing(
    order: Order, name: str, known: Collection[Place], days: Collection[date] | None = None
) -> list[str]:
    """The names that should have come between the last known one and this. Nothing is missing before the first of a
    series, which all numbers but the last make. `days`: those on which a file is expected, None: each."""
    here = place(order, name)
    if here is None or here in known:
        return []
    at = 0 if order.by == "date" else len(here) - 1
    before = max(
        (one[at] for one in known if len(one) == len(here) and one[:at] == here[:at] and one[at] < here[at]),
        default=None,
    )
    if before is None or here[at] - before > MOST:
        return []
    between = range(before + 1, here[at])
    if order.by == "date":
        return [_dated(order, name, date.fromordinal(n)) for n in between if _expected(n, days)]
    return [_numbered(order, name, n) for n in between]


def _expected(ordinal: int, days: Collection[date] | None) -> bool:
    return days is None or date.fromordinal(ordinal) in days


def _numbered(order: Order, name: str, number: int) -> str:
    """The name with another number in the place of its last."""
    found = _matcher(order).search(name)
    assert found is not None
    last = max(n for n, text in enumerate(found.groups(), 1) if text)
    start, end = found.span(last)
    return name[:start] + str(number).zfill(end - start) + name[end:]


def _dated(order: Order, name: str, day: date) -> str:
    found = _matcher(order).search(name)
    assert found is not None
    values = {
        "Y": f"{day.year:04}",
        "y": f"{day.year % 100:02}",
        "m": f"{day.month:02}",
        "d": f"{day.day:02}",
    }
    values["j"] = f"{day.timetuple().tm_yday:03}"
    text = name
    for key in sorted(found.groupdict(), key=lambda key: -found.start(key)):
        if key in values:
            text = text[: found.start(key)] + values[key] + text[found.end(key) :]
    return text


def holds(
    order: Order,
    gap: Gap | None,
    files: Sequence[Lying],
    known: Collection[Place],
    now: datetime,
    zone: str,
    days: Collection[date] | None = None,
) -> tuple[dict[str, Hold], dict[str, Message]]:
    """Which of these files must wait, and which go on without one that is missing. `known`: the places of files that
    were dealt with before."""
    held: dict[str, Hold] = {}
    without: dict[str, Message] = {}
    if not order.placed:
        return held, without
    passed, blocked = set(known), None
    placed = [file for file in files if place(order, file.name) is not None]
    for file in sorted(placed, key=lambda file: (turn(order, file.name), file.came)):
        here = place(order, file.name)
        assert here is not None
        if not file.ready:
            if file.soon and blocked is None:
                blocked = Hold(message("turns.unfinished", before=file.name))
            continue
        if blocked is not None:
            held[file.name] = Hold(blocked.said, blocked.until)
            continue
        lost = missing(order, file.name, passed, days) if gap is not None else []
        until = gap.until(file.came, zone) if gap is not None else now
        if lost and now < until:
            said = _gap(lost, file.name, until, zone)
            held[file.name] = Hold(said, until)
            blocked = Hold(message("turns.behind", before=file.name, missing=lost[0]), until)
            continue
        if lost:
            said = message("turns.without", name=file.name, missing=lost[0], count=len(lost))
            without[file.name] = said
        passed.add(here)
    return held, without


def _gap(lost: list[str], name: str, until: datetime, zone: str) -> Message:
    from zoneinfo import ZoneInfo

    at = until.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
    return message("turns.gap", name=name, missing=lost[0], count=len(lost), until=at)


def gaps(order: Order, names: Sequence[str], days: Collection[date] | None = None) -> list[str]:
    """The names that are missing among these, which came in any order."""
    known = {one for name in names if (one := place(order, name)) is not None}
    found: list[str] = []
    for name in sorted({place(order, name): name for name in names}.values(), key=lambda n: turn(order, n)):
        here = place(order, name)
        if here is not None:
            found += missing(order, name, known - {here}, days)
    return found


def after(others: Sequence[Other]) -> Hold | None:
    """What a job that comes after these still waits for: files of theirs that are being imported, lie there, or wait
    for agreement, and a file that they expect at this hour. What failed or can never be taken is waited for no more."""
    for other in others:
        if other.loading:
            return Hold(message("turns.after_loading", other=other.name))
        if other.first and other.paused:
            return Hold(message("turns.after_paused", other=other.name, file=other.first))
        if other.first:
            return Hold(message("turns.after_waiting", other=other.name, file=other.first))
        if other.held:
            return Hold(message("turns.after_held", other=other.name, count=other.held))
        if other.due:
            return Hold(message("turns.after_due", other=other.name))
    return None


def circle(after: Mapping[str, Sequence[str]], start: str) -> list[str]:
    """The way from a job back to itself, first and last the same; []: there is none."""
    todo: list[list[str]] = [[start]]
    seen: set[str] = set()
    while todo:
        way = todo.pop()
        for other in after.get(way[-1], ()):
            if other == start:
                return [*way, start]
            if other not in seen:
                seen.add(other)
                todo.append([*way, other])
    return []


def order_mistake(order: Order) -> str | None:
    """Why this pattern cannot be used, as a code of the catalogue; None: it can."""
    if order.by == "number":
        try:
            compiled = re.compile(order.pattern)
        except (re.error, OverflowError, RecursionError):
            return "turns.bad_number"
        return None if compiled.groups else "turns.bad_number"
    if order.by == "date":
        codes = re.findall(r"%(.?)", order.pattern)
        day = {"j"} <= set(codes) or {"m", "d"} <= set(codes)
        good = len(set(codes)) == len(codes) and set(codes) <= CODES.keys() and {"Y", "y"} & set(codes)
        return None if good and day else "turns.bad_date"
    return None


@lru_cache(maxsize=1024)
def _matcher(order: Order) -> re.Pattern[str]:
    if order.by == "number":
        return re.compile(order.pattern)
    parts = re.split(r"%(.)", order.pattern)
    text = "".join(
        f"(?P<{part}>[0-9]{{{CODES[part]}}})" if n % 2 else re.escape(part).replace(r"\*", ".*")
        for n, part in enumerate(parts)
    )
    return re.compile(text)
