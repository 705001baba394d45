"""When a job runs, for people, from the text of `pipeline.schedule.describe`."""

from __future__ import annotations

import re
from typing import Protocol

from pipeline.words import Fact, Language
from pipeline.words.schedule import WEEKDAYS

_TEXT = re.compile(
    r"(?:every (?P<every>\d+) s|at (?P<at>[\d:, ]+?))(?: until (?P<until>[\d:]+))?"
    r"(?: days (?P<days>[a-z, ]+?))?(?: on (?P<on>(?:(?:, )?(?:[\d-]+|last day))+))?(?: (?P<zone>\S+))?"
)


class Voice(Protocol):
    """Who speaks, in a language."""

    @property
    def language(self) -> Language: ...

    def word(self, code: str, **facts: Fact) -> str: ...


def schedule(voice: Voice, text: str, zone: str) -> str:
    """`every 30 s`, `at 08:00, 20:00 days mon, tue Europe/Paris`, `always` as a sentence. The zone is named only
    where it is another than the config's."""
    found = _TEXT.fullmatch(text)
    if text == "asked":
        return voice.word("cli.when_asked")
    if found is None:
        return voice.word("cli.always")
    if found["every"]:
        said = voice.word("cli.every", interval=interval(int(found["every"])))
    else:
        said = voice.word("cli.daily", hours=found["at"])
    if found["until"]:
        said = voice.word("schedule.say_until", when=said, until=found["until"])
    if found["days"]:
        said = voice.word("schedule.say_days", when=said, days=weekdays(voice, found["days"]))
    if found["on"]:
        last = voice.word("schedule.last_day")
        said = voice.word("schedule.say_on", when=said, days=found["on"].replace("last day", last))
    if found["zone"] and found["zone"] != zone:
        said = voice.word("schedule.say_zone", when=said, zone=found["zone"])
    return said


def weekdays(voice: Voice, text: str) -> str:
    """`mon, tue, wed, sat` → Mon–Wed, Sat."""
    names = [both[voice.language == "fr"][:3] for both in WEEKDAYS]
    starts = [both[0][:3].casefold() for both in WEEKDAYS]
    runs: list[list[int]] = []
    for day in map(starts.index, text.split(", ")):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    parts = (f"{names[r[0]]}–{names[r[-1]]}" if len(r) > 2 else ", ".join(names[n] for n in r) for r in runs)
    return ", ".join(parts)


def interval(seconds: int) -> str:
    """30 → 30 s, 300 → 5 min, 7200 → 2 h."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
