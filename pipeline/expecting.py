"""The file that did not come: what a job expects on its days, and what of it is late, missing or unlike. Pure.

A day is a local day of the job's zone. What was seen from its midnight on counts for it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from math import ceil, floor, log10
from typing import Literal
from zoneinfo import ZoneInfo

from pipeline.schedule import EVERY_DAY, WEEKDAYS, Days
from pipeline.words import Message, message

UTC = timezone.utc  # noqa: UP017
ONE_DAY = timedelta(days=1)
LOOK_BACK = 14  # days: the longest way to the last day on which a file was expected

State = Literal["quiet", "coming", "came", "late", "missing"]


@dataclass(frozen=True, slots=True)
class Expect:
    """`[imports.NAME.expect]`. `by`: local time; `rows`: fewest and most of one file; `holidays`: the country whose
    public holidays are free, `FR` or `FR-57`, "" for none."""

    by: time
    zone: str = "UTC"
    days: Days = EVERY_DAY
    files: int = 1
    rows: tuple[int, int] | None = None
    holidays: str = ""


@dataclass(frozen=True, slots=True)
class Came:
    """A file that came: its number (0: it lies in the inbox still), name, when it was seen, its rows (None: not
    known, or it failed)."""

    id: int
    name: str
    seen_at: datetime
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How it stands with a job. `day`: the one it is about; `unlike`: files of it with too few or too many rows."""

    state: State
    day: date | None
    said: Message | None = None
    came: int = 0
    unlike: tuple[tuple[Came, Message], ...] = ()

    @property
    def level(self) -> Literal["ok", "warn", "bad"]:
        if self.state == "missing":
            return "bad"
        return "warn" if self.state == "late" or self.unlike else "ok"


Free = Callable[[date], bool]


def nobody(day: date) -> bool:
    """No holidays."""
    return False


def since(expect: Expect, now: datetime) -> datetime:
    """From when on files matter to `judge`."""
    local = now.astimezone(ZoneInfo(expect.zone)).date() - (LOOK_BACK + 1) * ONE_DAY
    return _instant(local, time(0), expect.zone)


def judge(
    expect: Expect, came: Sequence[Came], begun: datetime, now: datetime, free: Free = nobody
) -> Verdict:
    """Hold what came against what was expected. `came`: all files from `since` on; `begun`: from when on the job is
    watched: nothing was expected before."""
    local = now.astimezone(ZoneInfo(expect.zone))
    day = _last_due(expect, local, free)
    asked = day is not None and _instant(day, expect.by, expect.zone) >= begun
    from_midnight = _instant(day if day is not None and asked else local.date(), time(0), expect.zone)
    found = [file for file in came if file.seen_at >= from_midnight]
    unlike = tuple((file, said) for file in found if (said := _unlike(expect, file)) is not None)
    if day is None or not asked:
        state: State = "coming" if _expected(expect, local.date(), free) else "quiet"
        return Verdict(state, None, None, len(found), unlike)
    if len(found) >= expect.files:
        return Verdict("came", day, None, len(found), unlike)
    facts: dict[str, str | int] = {
        "day": day.isoformat(),
        "by": f"{expect.by:%H:%M}",
        "came": len(found),
        "files": expect.files,
    }
    if day == local.date():
        return Verdict("late", day, message("servers.late", **facts), len(found), unlike)
    return Verdict("missing", day, message("servers.missing", **facts), len(found), unlike)


def _unlike(expect: Expect, file: Came) -> Message | None:
    if expect.rows is None or file.rows is None:
        return None
    least, most = expect.rows
    facts: dict[str, str | int] = {"name": file.name, "rows": file.rows, "least": least, "most": most}
    if file.rows < least:
        return message("servers.too_small", **facts)
    return message("servers.too_large", **facts) if file.rows > most else None


def _expected(expect: Expect, day: date, free: Free) -> bool:
    return day in expect.days and not free(day)


def _last_due(expect: Expect, local: datetime, free: Free) -> date | None:
    """The latest day whose hour has come."""
    first = (
        local.date() if local >= _instant(local.date(), expect.by, expect.zone) else local.date() - ONE_DAY
    )
    days = (first - n * ONE_DAY for n in range(LOOK_BACK))
    return next((day for day in days if _expected(expect, day, free)), None)


def _instant(day: date, at: time, zone: str) -> datetime:
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)


# learned from history -----------------------------------------------------------------------------------------
WEEKS = 8  # of history that is looked at
FEWEST = 5  # days with files, at least, before anything is proposed
OFTEN = 0.75  # of the weeks a weekday must have had files
MARGIN = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a job's history suggests, and from how many days and files."""

    by: time
    weekdays: frozenset[int]
    files: int
    rows: tuple[int, int] | None
    days_seen: int
    files_seen: int


def learn(came: Sequence[Came], zone: str, now: datetime) -> Proposal | None:
    """A proposal from what came in the last eight weeks; None when that says too little."""
    place = ZoneInfo(zone)
    first = now.astimezone(place).date() - WEEKS * 7 * ONE_DAY
    days: dict[date, list[Came]] = defaultdict(list)
    for file in came:
        day = file.seen_at.astimezone(place).date()
        if day >= first:
            days[day].append(file)
    if len(days) < FEWEST:
        return None
    weeks = max(1.0, ((now.astimezone(place).date() - min(days)).days + 1) / 7)
    seen = Counter(day.weekday() for day in days)
    weekdays = frozenset(n for n, count in seen.items() if count >= OFTEN * floor(weeks) and count > 1)
    usual = {day: files for day, files in days.items() if day.weekday() in weekdays}
    if len(usual) < FEWEST:
        return None
    files = _low([len(files) for files in usual.values()])
    # when the last of them that are needed had come, on nearly all days
    moments = sorted(
        sorted(file.seen_at.astimezone(place).time() for file in files_of)[files - 1]
        for files_of in usual.values()
        if len(files_of) >= files
    )
    rows = sorted(file.rows for files_of in usual.values() for file in files_of if file.rows)
    span = (_round(rows[0] * 0.5, floor), _round(rows[-1] * 2.0, ceil)) if rows else None
    late = moments[min(len(moments) - 1, ceil(0.95 * len(moments)) - 1)]
    return Proposal(_after(late), weekdays, files, span, len(usual), sum(map(len, usual.values())))


def _low(counts: list[int]) -> int:
    """The number that nearly every day reached."""
    return sorted(counts)[len(counts) // 10]


def _after(moment: time) -> time:
    """A quarter of an hour later, at full five minutes, on the same day."""
    minutes = moment.hour * 60 + moment.minute + MARGIN.seconds // 60
    minutes = min(ceil(minutes / 5) * 5, 23 * 60 + 55)
    return time(minutes // 60, minutes % 60)


def _round(number: float, way: Callable[[float], int]) -> int:
    """Two figures that count."""
    if number < 100:
        return max(way(number), 1 if way is floor else 0)
    unit = 10 ** (floor(log10(number)) - 1)
    return int(way(number / unit) * unit)


def toml(job: str, found: Proposal) -> str:
    """The proposal as it is written into config.toml."""
    names = ",".join(WEEKDAYS[n] for n in sorted(found.weekdays))
    lines = [f"[imports.{job}.expect]", f'by    = "{found.by:%H:%M}"']
    if len(found.weekdays) < 7:
        lines.append(f'days  = "{names}"')
    lines.append(f"files = {found.files}")
    if found.rows is not None:
        lines.append(f"rows  = [{found.rows[0]}, {found.rows[1]}]")
    return "\n".join(lines) + "\n"
