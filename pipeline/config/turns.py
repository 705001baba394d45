"""In which order a job's files go in, and after which jobs: `order`, `gap`, `after`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

from pipeline.jobs import ImportJob
from pipeline.mapping.source import Path as At
from pipeline.mapping.source import Source, nearest
from pipeline.schedule import parse_at
from pipeline.turns import Gap, Order, circle, order_mistake

UNITS = {"s": 1, "sec": 1, "min": 60, "m": 60, "h": 3600, "d": 86400, "j": 86400}


def read_turns(source: Source, at: At, table: dict[str, Any]) -> dict[str, Any]:
    """The job's `order`, `gap` and `after`; what is wrong with them is told to the source."""
    order = _order(source, at, table.get("order", "arrival"))
    gap = _gap(source, at, table["gap"]) if "gap" in table else None
    timed = order.by == "date" and re.search(r"%[HMS]", order.pattern)
    if gap is not None and (not order.placed or timed):
        source.say((*at, "gap"), "turns.gap_alone")
    return {"order": order, "gap": gap, "after": source.texts_at(at, table, "after")}


def _order(source: Source, at: At, value: Any) -> Order:
    if value == "arrival" or value == "name":
        by: Literal["arrival", "name"] = value
        return Order(by)
    if isinstance(value, dict) and len(value) == 1:
        ((key, pattern),) = value.items()
        if key in ("number", "date") and isinstance(pattern, str):
            order = Order(key, pattern)
            mistake = order_mistake(order)
            if mistake is None:
                return order
            source.say((*at, "order"), mistake, value=pattern)
            return Order()
    near = nearest(value, ("arrival", "name")) if isinstance(value, str) else None
    source.say((*at, "order"), "turns.order", near, value=repr(value))
    return Order()


def _gap(source: Source, at: At, value: Any) -> Gap | None:
    text = str(value).strip()
    time = parse_at(text) if isinstance(value, str) else None
    span = re.fullmatch(r"([0-9]{1,6}) ?(s|sec|min|m|h|d|j)", text)
    if span is not None and not (time is not None and ":" in text):
        return Gap(seconds=int(span[1]) * UNITS[span[2]])
    if time is not None:
        return Gap(time)
    source.say((*at, "gap"), "turns.gap_value", value=repr(value))
    return None


def check_after(source: Source, jobs: Sequence[ImportJob]) -> None:
    """Every job that another comes after is there, and none waits for itself."""
    known = {job.name: job.after for job in jobs}
    for job in jobs:
        for other in job.after:
            if other not in known:
                source.say(
                    ("imports", job.name, "after"), "turns.after_job", nearest(other, known), other=other
                )
        if way := circle(known, job.name):
            source.say(("imports", job.name, "after"), "turns.circle", way=" → ".join(way))
