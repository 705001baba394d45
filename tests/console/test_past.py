"""The days of a month: by the clock of the installation, and coloured by the worst of the day."""

from __future__ import annotations

from datetime import date, datetime, timezone

from pipeline.console.past import by_day, digest, month_of, weeks
from pipeline.store.browsing import Stretch

UTC = timezone.utc  # noqa: UP017


def came(at: str, state: str = "archived", refused: int = 0, job: str = "a") -> Stretch:
    return Stretch(datetime.fromisoformat(at).replace(tzinfo=UTC), job, state, 1, 10, refused, 0.5)


def test_a_day_is_the_day_of_the_installation() -> None:
    days = by_day([came("2026-03-31 21:50"), came("2026-03-31 22:00")], "Europe/Paris")
    assert {day: told.files for day, told in days.items()} == {date(2026, 3, 31): 1, date(2026, 4, 1): 1}


def test_the_worst_of_a_day_colours_it() -> None:
    at = "2026-03-31 08:00"
    assert by_day([came(at)], "UTC")[date(2026, 3, 31)].tone == "good"
    assert by_day([came(at), came(at, refused=1)], "UTC")[date(2026, 3, 31)].tone == "warn"
    assert by_day([came(at, "held")], "UTC")[date(2026, 3, 31)].tone == "warn"
    assert by_day([came(at, "failed"), came(at)], "UTC")[date(2026, 3, 31)].tone == "bad"


def test_one_job_alone() -> None:
    found = by_day([came("2026-03-31 08:00"), came("2026-03-31 08:00", job="b")], "UTC", "b")
    assert found[date(2026, 3, 31)].jobs == {"b": 10}


def test_the_month_has_whole_weeks_from_monday() -> None:
    rows = weeks(date(2026, 3, 1), {})
    assert [day.day.day if day else None for day in rows[0]] == [None] * 6 + [1]
    assert all(len(row) == 7 for row in rows)
    assert month_of("2026-02", date(2026, 3, 5)) == date(2026, 2, 1)
    assert month_of("../etc", date(2026, 3, 5)) == date(2026, 3, 1)


def test_the_last_seven_days_also_those_without_a_file() -> None:
    found = digest(
        [came("2026-03-30 08:00"), came("2026-03-20 08:00")], {date(2026, 3, 29): 2}, "UTC", date(2026, 3, 31)
    )
    assert [(one.day.day, one.files, one.late) for one in found] == [
        (31, 0, 0), (30, 1, 0), (29, 0, 2), (28, 0, 0), (27, 0, 0), (26, 0, 0), (25, 0, 0),
    ]  # fmt: skip
