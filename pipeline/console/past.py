"""History: rows and files of each day and job, as figures, as a chart, and as a calendar of the month."""

from __future__ import annotations

import calendar
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from pipeline.app import Pipeline
from pipeline.console.drawing import names_of, page
from pipeline.server.routes import site
from pipeline.store.browsing import Stretch

BAD, ASKED = ("failed", "rejected"), ("held",)


@dataclass(slots=True)
class Day:
    """One day, all jobs together or one. `seconds`: of work on its files."""

    day: date
    files: int = 0
    rows: int = 0
    refused: int = 0
    failed: int = 0
    held: int = 0
    seconds: float = 0.0
    late: int = 0  # jobs whose expected files were late or missing
    jobs: dict[str, int] = field(default_factory=dict)  # job → rows

    @property
    def tone(self) -> str:
        """Green: all went well; amber: refused rows or an open question; red: a file failed."""
        if not self.files:
            return ""
        return "bad" if self.failed else "warn" if self.refused or self.held else "good"

    @property
    def stamp(self) -> int:
        """Noon of the day, in seconds, for a chart."""
        return int(datetime.combine(self.day, time(12), ZoneInfo("UTC")).timestamp())


def by_day(stretches: Sequence[Stretch], zone: str, job: str = "") -> dict[date, Day]:
    """Figures of each local day that had a file."""
    here, found = ZoneInfo(zone), dict[date, Day]()
    for one in stretches:
        if job and one.job != job:
            continue
        day = one.at.astimezone(here).date()
        told = found.setdefault(day, Day(day, jobs=defaultdict(int)))
        told.files += one.files
        told.rows += one.rows
        told.refused += one.refused
        told.failed += one.files if one.state in BAD else 0
        told.held += one.files if one.state in ASKED else 0
        told.seconds += one.seconds
        told.jobs[one.job] += one.rows
    return found


def month_of(text: str, today: date) -> date:
    """The first day of the month `YYYY-MM`; of this one when it is none."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return today.replace(day=1)


def weeks(month: date, days: dict[date, Day]) -> list[list[Day | None]]:
    """The weeks of a month, Monday first; None: of another month."""
    rows = calendar.Calendar().monthdatescalendar(month.year, month.month)
    return [[days.get(d, Day(d)) if d.month == month.month else None for d in week] for week in rows]


def digest(
    stretches: Sequence[Stretch], late: Mapping[date, int], zone: str, today: date, job: str = ""
) -> list[Day]:
    """The last seven days, newest first, also those on which nothing came."""
    known = by_day(stretches, zone, job)
    found = [known.get(day, Day(day)) for day in _last_days(today)]
    for one in found:
        one.late = late.get(one.day, 0)
    return found


def _last_days(today: date) -> list[date]:
    return [today - timedelta(days=n) for n in range(7)]


def _late(pipeline: Pipeline, today: date, job: str) -> dict[date, int]:
    """How many jobs' files were late on each of the last days, as was noted of them."""
    jobs = [one.name for one in pipeline.settings.imports if one.expect and job in ("", one.name)]
    keys = {f"late:{name}:{day.isoformat()}": day for name in jobs for day in _last_days(today)}
    return dict(Counter(keys[key] for key in pipeline.store().notices().noted(list(keys))))


async def history(request: Request) -> Response:
    """GET /history?month=YYYY-MM&job=: the page at once; its figures come after it."""
    zone, params = site(request).settings.timezone, request.query_params
    today = datetime.now(ZoneInfo(zone)).date()
    month, job = month_of(params.get("month", ""), today), params.get("job", "")
    settings = site(request).settings
    facts = {
        "month": month, "before": (month - timedelta(days=1)).strftime("%Y-%m"),
        "after": _after(month).strftime("%Y-%m"), "job": job,
        "jobs": names_of(settings),
    }  # fmt: skip
    return page(request, "history.html", "/history", facts)


async def figures(request: Request) -> Response:
    """GET /history/figures?month=YYYY-MM&job="""
    zone, params = site(request).settings.timezone, request.query_params
    today = datetime.now(ZoneInfo(zone)).date()
    month, job = month_of(params.get("month", ""), today), params.get("job", "")

    def look(pipeline: Pipeline) -> tuple[list[Stretch], list[Day]]:
        found = _stretches(pipeline, month, _after(month), zone)
        if month != today.replace(day=1):
            return found, []
        recent = _stretches(pipeline, _last_days(today)[-1], today + timedelta(days=1), zone)
        return found, digest(recent, _late(pipeline, today, job), zone, today, job)

    found, week = await site(request).ask(look)
    days = by_day(found, zone, job)
    every = [days[day] for day in sorted(days)]
    facts = {
        "days": every,
        "weeks": weeks(month, days),
        "total": _total(month, every),
        "job": job,
        "week": week,
    }
    return page(request, "figures.html", "/history", facts)


def _after(month: date) -> date:
    """The first day of the month after."""
    return (month + timedelta(days=32)).replace(day=1)


def _total(month: date, days: Sequence[Day]) -> Day:
    told = Day(month)
    for one in days:
        told.files += one.files
        told.rows += one.rows
        told.refused += one.refused
        told.failed += one.failed
    return told


def _stretches(pipeline: Pipeline, since: date, until: date, zone: str) -> list[Stretch]:
    here = ZoneInfo(zone)
    begin, end = (datetime.combine(day, time(), here) for day in (since, until))
    return (
        pipeline.store()
        .browser()
        .stretches(begin.astimezone(ZoneInfo("UTC")), end.astimezone(ZoneInfo("UTC")))
    )
