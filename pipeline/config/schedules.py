"""When a job runs, as `every`, `at` and their companions say it."""

from __future__ import annotations

import re
from datetime import time
from typing import Any

from pipeline.mapping.source import Path as At
from pipeline.mapping.source import Source
from pipeline.schedule import Always, Daily, Every, Schedule

KEYS = ("every", "at", "until", "days", "on")
UNITS = {"": 1, "s": 1, "sec": 1, "min": 60, "m": 60, "h": 3600}


def read_schedule(source: Source, at: At, table: dict[str, Any], zone: str) -> Schedule:
    if "every" in table and "at" in table:
        source.say((*at, "at"), "config.both")
    if "every" in table:
        every = table["every"]
        shape = re.fullmatch(r"([0-9]+) ?(s|sec|min|m|h)?", str(every)) if type(every) in (int, str) else None
        if shape is None or int(shape[1]) < 1:
            source.say((*at, "every"), "config.every", value=repr(every))
            return Always()
        return Every(int(shape[1]) * UNITS[shape[2] or ""])
    if "at" not in table:
        return Always()
    texts = source.texts_at(at, table, "at")
    times = set()
    for text in texts:
        shape = re.fullmatch(r"([0-9]{1,2})(?:[hH]([0-9]{2})?|:([0-9]{2}))", text.strip())
        hour, minute = (int(shape[1]), int(shape[2] or shape[3] or 0)) if shape else (24, 0)
        if hour > 23 or minute > 59:
            source.say((*at, "at"), "config.at", value=text)
        else:
            times.add(time(hour, minute))
    if not texts:
        source.say((*at, "at"), "config.at", value=str(table["at"]))
    return Daily(tuple(sorted(times)), zone)
