"""`every`, `at`, `until`, `days` and `on` in config.toml: each spelling that is taken, and each that is not with its
line and its remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config.schedules import read_schedule
from pipeline.errors import Mistake
from pipeline.mapping.source import Source
from pipeline.schedule import describe
from pipeline.words import render

AT = 'at = "03h00"\n'
HEAD = "[imports.a]\n"


def read(text: str) -> tuple[str, list[Mistake]]:
    """The schedule of this job, and what is wrong with it."""
    source = Source("config.toml", HEAD + text)
    top = source.read()
    assert top is not None, source.mistakes
    found = read_schedule(source, ("imports", "a"), top["imports"]["a"], "Europe/Paris")
    return describe(found), source.done()


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ('until = "05h00"', "until 05:00"),
        ('until = "5:00"', "until 05:00"),
        ('until = "1h"', "until 01:00"),
        ('days = "mon-sat"', "days mon, tue, wed, thu, fri, sat"),
        ('days = "lun-sam"', "days mon, tue, wed, thu, fri, sat"),
        ('days = "Monday - Saturday"', "days mon, tue, wed, thu, fri, sat"),
        ('days = "lundi–samedi"', "days mon, tue, wed, thu, fri, sat"),
        ('days = "mon,wed,fri"', "days mon, wed, fri"),
        ('days = "lun. mer. ven."', "days mon, wed, fri"),
        ('days = ["mon", "thu"]', "days mon, thu"),
        ('days = ["mardi", "sam-dim"]', "days tue, sat, sun"),
        ('days = "sat-mon"', "days mon, sat, sun"),
        ('days = "sun"', "days sun"),
        ('days = "mon-sun"', ""),
        ('days = "sat-fri"', ""),
        ('on = "1"', "on 1"),
        ("on = 1", "on 1"),
        ('on = "1er"', "on 1"),
        ('on = "31"', "on 31"),
        ('on = ["1", 15]', "on 1, 15"),
        ('on = "1, 15"', "on 1, 15"),
        ('on = "last day"', "on last day"),
        ('on = "Dernier jour"', "on last day"),
        ('on = "15, last day"', "on 15, last day"),
        ('on = "2026-12-24"', "on 2026-12-24"),
        ("on = 2026-12-24", "on 2026-12-24"),
        ('on = "24/12/2026"', "on 2026-12-24"),
        ('on = "2028-02-29"', "on 2028-02-29"),
        ('on = ["24/12/2026", "2026-12-31", "1"]', "on 1, 2026-12-24, 2026-12-31"),
        ('days = "mon-fri"\non = "1"', "days mon, tue, wed, thu, fri on 1"),
        ('days = "thu"\non = "24/12/2026"\nuntil = "5h"', "until 05:00 days thu on 2026-12-24"),
    ],
)
def test_taken_with_at(text: str, schedule: str) -> None:
    assert read(AT + text) == (" ".join(f"at 03:00 {schedule} Europe/Paris".split()), [])


def test_taken_with_every() -> None:
    assert read('every = "5min"\ndays = "mon-fri"') == (
        "every 300 s days mon, tue, wed, thu, fri Europe/Paris",
        [],
    )
    assert read('every = 30\non = "last day"') == ("every 30 s on last day Europe/Paris", [])
    assert read('every = 30\ndays = "mon-sun"') == ("every 30 s", [])
    assert read("") == ("always", [])


@pytest.mark.parametrize(
    ("text", "line", "code", "remedy"),
    [
        (AT + 'until = "25h"', 3, "schedule.until", '"05:00"'),
        (AT + 'until = "5"', 3, "schedule.until", "not 5"),
        (AT + "until = 5", 3, "config.text", "in quotes"),
        (AT + 'until = "3:00"', 3, "schedule.until_same", "later hour"),
        ('at = ["3h", "5h"]\nuntil = "05:00"', 3, "schedule.until_same", "later hour"),
        ('until = "5h"', 2, "schedule.until_alone", 'at = "03:00"'),
        ('every = 30\nuntil = "5h"', 3, "schedule.until_alone", 'at = "03:00"'),
        ('days = "mon"', 2, "schedule.days_alone", 'every = "5min"'),
        ('on = "1"', 2, "schedule.days_alone", 'at = "03:00"'),
        (AT + 'days = "mon-xyz"', 3, "schedule.days", "mon-xyz"),
        (AT + 'days = "mo"', 3, "schedule.days", "mon,wed,fri"),
        (AT + 'days = "mon-wed-fri"', 3, "schedule.days", "mon-wed-fri"),
        (AT + 'days = "mon/fri"', 3, "schedule.days", "mon/fri"),
        (AT + 'days = ""', 3, "schedule.days", "weekdays"),
        (AT + "days = []", 3, "schedule.days", "weekdays"),
        (AT + "days = 1", 3, "config.texts", "list of texts"),
        (AT + 'on = "0"', 3, "schedule.on", "1 to 31"),
        (AT + "on = 32", 3, "schedule.on", "not 32"),
        (AT + "on = -1", 3, "schedule.on", "not -1"),
        (AT + "on = true", 3, "schedule.on", "not True"),
        (AT + "on = 1.5", 3, "schedule.on", "1 to 31"),
        (AT + "on = []", 3, "schedule.on", "1 to 31"),
        (AT + 'on = ""', 3, "schedule.on", "1 to 31"),
        (AT + 'on = "1-15"', 3, "schedule.on", "a list of them"),
        (AT + 'on = "first"', 3, "schedule.on", "last day"),
        (AT + 'on = "2026-02-29"', 3, "schedule.on", "not 2026-02-29"),
        (AT + 'on = "12/24/2026"', 3, "schedule.on", "day, month, year"),
        (AT + 'on = "9999-12-31"', 3, "schedule.on", "not 9999-12-31"),
        (AT + "on = 2026-12-24T03:00:00", 3, "schedule.on", "like"),
        (AT + 'days = "mon-fri"\non = "26/12/2026"', 4, "schedule.never", "a Saturday"),
        ("at = []", 2, "config.at", '"3h"'),
        ('at = "3h"\nevery = 30', 2, "config.both", "not both"),
    ],
)
def test_refused_with_line_and_remedy(text: str, line: int, code: str, remedy: str) -> None:
    _, mistakes = read(text)
    assert [(m.line, m.said.code) for m in mistakes] == [(line, code)]
    assert remedy in render(mistakes[0].said, "en")
    assert render(mistakes[0].said, "fr") != render(mistakes[0].said, "en")


def test_the_nearest_weekday_and_the_french_name_of_one() -> None:
    assert read(AT + 'days = "Wendesday"')[1][0].near == "Wednesday"
    never = read(AT + 'days = "lun-ven"\non = "26/12/2026"')[1][0]
    assert "samedi" in render(never.said, "fr")


def test_all_mistakes_at_once() -> None:
    _, mistakes = read('at = "3x"\nuntil = "x"\ndays = "x"\non = "x"')
    assert [m.line for m in mistakes] == [2, 3, 4, 5]


def test_documented_spellings_are_the_ones_that_are_taken() -> None:
    page = (Path(__file__).parent.parent / "docs/config.md").read_text("utf-8")
    for spelling in ("mon-sat", "lun-sam", "sat-mon", "last day", "dernier jour", "24/12/2026"):
        assert spelling in page
