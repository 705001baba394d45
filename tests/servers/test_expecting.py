"""What is expected: late, missing, too small, too large, for any zone and day; and what history teaches."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from pipeline.cli.main import app
from pipeline.config import load
from pipeline.errors import ConfigError
from pipeline.expecting import Came, Expect, judge, learn, since, toml
from pipeline.freedays import is_free, known
from pipeline.schedule import Days
from tests.flow.conftest import CONFIG, ORDERS, Installation, installation

assert installation
UTC = timezone.utc  # noqa: UP017
PARIS = ZoneInfo("Europe/Paris")
WEEK = Expect(time(8, 15), "Europe/Paris", Days(frozenset(range(5))))
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Local time in Paris, in May 2026; the 4th is a Monday."""
    return datetime(2026, 5, day, hour, minute, tzinfo=PARIS).astimezone(UTC)


def came(*moments: datetime, rows: int | None = 100) -> list[Came]:
    return [Came(n, f"{n}.csv", moment, rows) for n, moment in enumerate(moments, 1)]


@pytest.mark.parametrize(
    ("moments", "now", "state"),
    [
        ([], at(4, 8, 14), "missing"),  # of Friday
        ([at(1, 7)], at(4, 8, 14), "came"),
        ([at(1, 7)], at(4, 8, 15), "late"),
        ([at(1, 7), at(4, 8, 14)], at(4, 8, 15), "came"),
        ([at(1, 7), at(4, 9)], at(4, 10), "came"),  # late, but there
        ([at(1, 7)], at(4, 23, 59), "late"),
        ([at(1, 7)], at(5, 0, 0), "missing"),
        ([at(1, 7), at(4, 8)], at(9, 12), "missing"),  # of Friday, on Saturday
        ([at(1, 7), at(8, 8)], at(10, 12), "came"),  # nothing is expected on a Sunday
    ],
)
def test_late_and_missing(moments: list[datetime], now: datetime, state: str) -> None:
    verdict = judge(WEEK, came(*moments), LONG_AGO, now)
    assert verdict.state == state
    assert verdict.level == {"came": "ok", "late": "warn", "missing": "bad"}[state]


def test_nothing_was_expected_before_it_was_watched() -> None:
    assert judge(WEEK, [], at(4, 9), at(4, 12)).state == "coming"
    assert judge(WEEK, [], at(4, 9), at(5, 8, 20)).state == "late"
    assert judge(WEEK, [], at(9, 9), at(9, 12)).state == "quiet"


def test_a_holiday_is_free() -> None:
    labour_day = at(1, 12)  # a Friday

    def free(day: date) -> bool:
        return is_free("FR", day)

    assert judge(WEEK, came(at(1, 0) - timedelta(hours=20)), LONG_AGO, labour_day, free).state == "came"
    assert judge(WEEK, [], LONG_AGO, labour_day).state == "late"
    assert not is_free("", date(2026, 5, 1))
    assert is_free("FR-57", date(2026, 12, 26))
    assert not is_free("FR", date(2026, 12, 26))
    assert [known(place) for place in ("FR", "DE-BY", "XX", "FR-QQ")] == [True, True, False, False]


def test_size_and_number() -> None:
    expect = replace(WEEK, rows=(50, 5000), files=2)
    files = [
        Came(1, "a.csv", at(4, 7), 49),
        Came(2, "b.csv", at(4, 7), 5000),
        Came(3, "c.csv", at(4, 7), None),
    ]
    verdict = judge(expect, files, LONG_AGO, at(4, 9))
    assert [(file.id, said.code) for file, said in verdict.unlike] == [(1, "servers.too_small")]
    assert (verdict.state, verdict.level) == ("came", "warn")
    assert judge(expect, files[:1], LONG_AGO, at(4, 9)).state == "late"
    large = judge(expect, [Came(1, "a.csv", at(4, 7), 5001), files[1]], LONG_AGO, at(4, 9))
    assert large.unlike[0][1].code == "servers.too_large"


zones = st.sampled_from(("UTC", "Europe/Paris", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe"))
moments = st.integers(0, 2 * 365 * 86400).map(
    lambda s: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=s)
)


@given(zones, moments, st.times(), st.lists(st.integers(0, 40 * 1440), max_size=8))
@settings(max_examples=200, derandomize=True, deadline=None, database=None)
def test_more_files_never_make_it_worse(zone: str, now: datetime, by: time, ages: list[int]) -> None:
    expect = Expect(by.replace(microsecond=0, fold=0), zone)
    files = came(*(now - timedelta(minutes=age) for age in ages))
    verdict = judge(expect, files, LONG_AGO, now)
    better = judge(expect, [*files, Came(99, "now.csv", now)], LONG_AGO, now)
    assert better.state == "came"
    assert verdict.came <= better.came
    assert verdict.day is not None
    assert all(
        file.seen_at >= since(expect, now) for file in files if file.seen_at >= now - timedelta(days=14)
    )


def test_history_teaches() -> None:
    days = [date(2026, 3, 30) + timedelta(days=n) for n in range(35)]
    found = [
        Came(n, "a.csv", datetime(day.year, day.month, day.day, 7, 30 + n % 7, tzinfo=PARIS), 200 + n)
        for n, day in enumerate(days)
        if day.weekday() < 5
    ]
    proposal = learn(found, "Europe/Paris", at(4, 12))
    assert proposal is not None
    assert proposal.by == time(7, 50)
    assert proposal.weekdays == frozenset(range(5))
    assert (proposal.files, proposal.rows) == (1, (100, 470))
    assert toml("sales", proposal) == (
        '[imports.sales.expect]\nby    = "07:50"\ndays  = "mon,tue,wed,thu,fri"\nfiles = 1\nrows  = [100, 470]\n'
    )
    assert learn(found[:3], "Europe/Paris", at(4, 12)) is None
    assert learn([], "UTC", at(4, 12)) is None


@given(st.lists(st.tuples(st.integers(0, 55), st.times(), st.integers(0, 10**7)), max_size=80), zones)
@settings(max_examples=100, derandomize=True, deadline=None, database=None)
def test_a_proposal_is_one_that_its_history_would_mostly_have_met(
    history: list[tuple[int, time, int]], zone: str
) -> None:
    now, place = at(28, 12), ZoneInfo(zone)
    found = [
        Came(n, "a", datetime.combine(date(2026, 4, 2) + timedelta(days=day), moment, place), rows)
        for n, (day, moment, rows) in enumerate(history)
    ]
    proposal = learn(found, zone, now)
    if proposal is None:
        return
    assert proposal.files >= 1
    assert proposal.weekdays
    if proposal.rows is not None:
        seen = [
            f.rows for f in found if f.rows and f.seen_at.astimezone(place).weekday() in proposal.weekdays
        ]
        assert all(proposal.rows[0] <= rows <= proposal.rows[1] for rows in seen)


EXPECT = """
[imports.sales.expect]
by = "08h15"
days = "mon-fri"
files = 2
rows = [50, 5000]
holidays = "FR"
"""


def test_in_the_config(installation: Installation) -> None:
    installation.config.write_text(CONFIG + EXPECT)
    expect = load(installation.config).imports[0].expect
    assert expect == Expect(time(8, 15), "Europe/Paris", Days(frozenset(range(5))), 2, (50, 5000), "FR")
    for wrong, code in (
        ('by = "8 uhr"', "servers.hour"), ("rows = [5]", "servers.rows"), ("rows = [9, 5]", "servers.rows"),
        ('holidays = "QQ"', "servers.country"), ("files = 0", "config.count"), ('day = "mon"', "config.unknown"),
    ):  # fmt: skip
        key = wrong.partition(" ")[0]
        kept = "\n".join(line for line in EXPECT.splitlines() if not line.startswith(f"{key} "))
        installation.config.write_text(f"{CONFIG}{kept}\n{wrong}\n")
        with pytest.raises(ConfigError) as error:
            load(installation.config)
        assert [mistake.said.code for mistake in error.value.mistakes] == [code]


def test_status_and_suggest(installation: Installation, tmp_path: Path) -> None:
    box = installation
    box.config.write_text(
        CONFIG.replace("Europe/Paris", "UTC") + '[imports.sales.expect]\nby = "00:00"\nrows = [50, 99]\n'
    )
    box.drop("a.csv", ORDERS)
    box.once()
    told = CliRunner().invoke(app, ["--config", str(box.config), "status"])
    assert "sales: a.csv has only 3 rows; between 50 and 99 are expected." in told.output
    learnt = CliRunner().invoke(app, ["--config", str(box.config), "expect", "suggest"])
    assert learnt.exit_code == 0
    assert "sales: its history says too little" in learnt.output
