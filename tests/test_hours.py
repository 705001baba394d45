"""When a job runs, in words: every text of `describe`, in both languages."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest

from pipeline.cli.output import Voice
from pipeline.hours import schedule
from pipeline.schedule import Always, Daily, Days, Every, Schedule, describe

PARIS = "Europe/Paris"
WORKDAYS, THU = Days(frozenset(range(5))), Days(frozenset({3, 5, 6}), dates=frozenset({date(2026, 12, 24)}))


@pytest.mark.parametrize(
    ("when", "english", "french"),
    [
        (Always(), "as files come", "dès qu'un fichier arrive"),
        (Every(300), "every 5 min", "toutes les 5 min"),
        (Every(30, WORKDAYS, PARIS), "every 30 s, only Mon–Fri", "toutes les 30 s, seulement lun–ven"),
        (Daily((time(8), time(20)), PARIS), "daily at 08:00, 20:00", "chaque jour à 08:00, 20:00"),
        (Daily((time(3),), "UTC"), "daily at 03:00 (UTC)", "chaque jour à 03:00 (UTC)"),
        (
            Daily((time(3),), PARIS, Days(numbers=frozenset({1, 15}), last=True)),
            "daily at 03:00, only on 1, 15, last day of the month",
            "chaque jour à 03:00, seulement le 1, 15, dernier jour du mois",
        ),
        (
            Daily((time(3),), PARIS, THU, time(5)),
            "daily at 03:00, until 05:00 if nothing has come, only Thu, Sat, Sun, only on 2026-12-24",
            "chaque jour à 03:00, jusqu'à 05:00 si rien n'est arrivé, seulement jeu, sam, dim, seulement le 2026-12-24",
        ),
    ],
)
def test_in_words(tmp_path: Path, when: Schedule, english: str, french: str) -> None:
    config = tmp_path / "config.toml"
    for language, words in (("en", english), ("fr", french)):
        config.write_text(f'language = "{language}"\n')
        assert schedule(Voice(config), describe(when), PARIS) == words
