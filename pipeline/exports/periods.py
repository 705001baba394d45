"""Periods of the calendar: the last whole one before a moment, or one that a person names. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Literal
from zoneinfo import ZoneInfo

from pipeline.mapping.model import Kind

UTC = timezone.utc  # noqa: UP017
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """Local days from `first` to before `end`. `label` stands in names: `2026-04`, `2026-W18`."""

    label: str
    first: date
    end: date

    def bounds(self, kind: Kind, zone: str) -> tuple[str, str]:
        """As texts of the database: days, or of moments the instants at which the days begin there."""
        if kind is Kind.DATE:
            return self.first.isoformat(), self.end.isoformat()
        place = ZoneInfo(zone)
        ends = (datetime.combine(day, time(0), place).astimezone(UTC) for day in (self.first, self.end))
        low, high = (f"{moment:%Y-%m-%d %H:%M:%S.%f}" for moment in ends)
        return low, high


def last_period(kind: Literal["day", "week", "month", "year"], local: date) -> Period:
    """The last whole period before this local day."""
    if kind == "day":
        first, end = local - ONE_DAY, local
        return Period(first.isoformat(), first, end)
    if kind == "week":
        end = local - timedelta(days=local.weekday())
        first = end - timedelta(days=7)
        year, week, _ = first.isocalendar()
        return Period(f"{year}-W{week:02d}", first, end)
    if kind == "month":
        end = local.replace(day=1)
        first = (end - ONE_DAY).replace(day=1)
        return Period(f"{first:%Y-%m}", first, end)
    return Period(str(local.year - 1), date(local.year - 1, 1, 1), date(local.year, 1, 1))


def named_period(first: date, last: date) -> Period:
    """From one day to another, both included."""
    return Period(f"{first:%Y%m%d}-{last:%Y%m%d}", first, last + ONE_DAY)
