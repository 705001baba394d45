"""Days: read from texts, moved by intervals, cut to their month, taken apart."""

from __future__ import annotations

import polars as pl

from pipeline.mapping.cells import dates, ordered
from pipeline.mapping.expressions.program import Build, Type, Value
from pipeline.mapping.expressions.tree import Span

UNITS = {"day": "1d", "week": "1w", "month": "1mo", "quarter": "1q", "year": "1y"}
PARTS = ("year", "quarter", "month", "week", "day", "dow", "isodow", "doy")
_SHORT = {"day": "d", "week": "w", "month": "mo", "year": "y"}


def day(build: Build, a: Value, form: str | None) -> Value:
    """A text as a day, written in `form` or as the mapping's dates are; blank is null, anything else a fault."""
    read = build.setting.read
    stated = form or read.date
    forms = [stated] if stated else ["%Y-%m-%d", *ordered(read.order)]
    bare = a.col.str.strip_chars()
    made = build.step(dates(bare, forms), [a.name])
    bad = (bare != "") & pl.col(made).is_null()
    fault = build.guard(bad, [a.name, made], "expressions.not_date", [a])
    return Value(made, Type.DATE, fault, cell=a.cell)


def move(build: Build, a: Value, span: Span, *, back: bool) -> Value:
    """So many days or months later; the last day of a shorter month where that day is missing."""
    count = -span.count if back else span.count
    moved = build.step(a.col.dt.offset_by(f"{count}{_SHORT[span.unit]}"), [a.name])
    year = pl.col(moved).dt.year()
    fault = build.guard((year < 1) | (year > 9999), [moved], "expressions.far_date", [a])
    sound = build.step(pl.when(year.is_between(1, 9999)).then(pl.col(moved)), [moved])
    return Value(sound, Type.DATE, fault)


def between(build: Build, a: Value, b: Value) -> Value:
    """How many days from b to a."""
    days = (a.col - b.col).dt.total_days().cast(pl.Decimal(38, 0))
    return build.make(Type.NUMBER, days, [a, b])


def cut(build: Build, a: Value, unit: str) -> Value:
    """The first day of its month, week, …"""
    return build.make(Type.DATE, a.col.dt.truncate(UNITS[unit]), [a])


def part(build: Build, a: Value, unit: str) -> Value:
    taken = {
        "year": a.col.dt.year(), "quarter": a.col.dt.quarter(), "month": a.col.dt.month(), "week": a.col.dt.week(),
        "day": a.col.dt.day(), "dow": a.col.dt.weekday() % 7, "isodow": a.col.dt.weekday(),
        "doy": a.col.dt.ordinal_day(),
    }[unit]  # fmt: skip
    return build.make(Type.NUMBER, taken.cast(pl.Int32).cast(pl.Decimal(38, 0)), [a])


def written(build: Build, a: Value) -> Value:
    return build.make(Type.TEXT, a.col.dt.strftime("%Y-%m-%d"), [a])
