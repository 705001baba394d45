"""The demo as a visitor sees it: one screen, in his language, every number on it true."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from pipeline.cli import samples
from pipeline.cli.start import make
from pipeline.config import load

ROWS, COLUMNS = 40, 100


@dataclass
class Terminal:
    """`pipeline demo` on a terminal of 100 columns and 40 rows."""

    folder: Path
    process: subprocess.Popen[bytes]
    fd: int
    shown: bytes = b""

    def until(self, text: str) -> str:
        """Read until this stands on the screen; what came before it."""
        while (at := self.shown.find(text.encode())) < 0:
            assert select.select([self.fd], [], [], 90)[0], f"no {text!r} after {self.shown.decode()!r}"
            self.shown += os.read(self.fd, 65536)  # raises OSError when the program has ended
        before, self.shown = self.shown[: at + len(text.encode())], self.shown[at + len(text.encode()) :]
        return re.sub(r"\x1b\[[0-9;]*m", "", before.decode()).replace("\r\n", "\n")


def environment(language: str) -> dict[str, str]:
    ours = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(("PIPELINE_", "LC_", "LANG", "COLUMNS", "LINES"))
    }
    return {**ours, "LANG": language, "TERM": "xterm-256color", "PYTHONUTF8": "1"}


@pytest.fixture(scope="module")
def shop() -> Iterator[Terminal]:
    """The demo as it waits for the visitor, on a French terminal, in a folder with a short name as his is."""
    top = Path(tempfile.mkdtemp(prefix="d"))
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "demo", "shop"], cwd=top, env=environment("fr_FR.UTF-8"),
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    yield Terminal(top / "shop", process, ours)
    process.kill()
    process.wait()
    os.close(ours)
    shutil.rmtree(top)


def test_on_a_terminal_it_fits_one_screen_and_then_it_is_the_visitor_s_turn(shop: Terminal) -> None:
    screen = shop.until("Ctrl-C l'arrête.")
    lines = screen.replace(str(shop.folder), "/home/anna/shop").splitlines()
    assert len(lines) < ROWS, screen
    assert max(map(len, lines)) <= COLUMNS
    assert str(shop.folder / "inbox/web-sales") in screen
    for said in ("refusée", "31/02/2026", "égaux, au centime près", "reconnu", "SIGKILL", "rien en double"):
        assert said in screen, screen
    assert "5 060 lus = 5 000 nouveaux + 60 inchangés" in screen
    net, tax, gross = (f"{n:,.2f}".translate({44: " ", 46: ","}) for n in samples.totals(samples.day())[1:])
    sums = [re.split(r"\s{2,}", line.strip())[1:] for line in lines if net in line]
    assert sums == [["60", net, tax, gross]] * 2
    sample = shop.folder / "samples" / samples.NEXT_NAME
    sample.rename(shop.folder / "inbox/web-sales/les-miennes.csv")
    assert "les-miennes.csv  importé : 3 lues = 2 nouvelles" in shop.until("+ 1 modifiées")
    part = shop.folder / "inbox/web-sales/x.part"
    part.write_text("Order No;Date;Total;State\nX-1;01/02/2026 10:00;1O,00;paid\n")
    part.rename(part.with_name("fausses.csv"))
    assert "fausses.csv, ligne 2, colonne Total : 1O,00" in shop.until("1O,00")
    shop.process.send_signal(signal.SIGINT)
    shop.until("Le service est arrêté.")
    assert shop.process.wait(30) == 0


def test_in_a_pipe_it_ends_and_its_numbers_are_the_database_s(shop: Terminal) -> None:
    """In the folder of the terminal before it: what is known is recognised, what is new is new."""
    shop.process.wait(60)
    result = subprocess.run(
        [sys.executable, "-m", "pipeline", "demo", "shop", "--language", "en"], cwd=shop.folder.parent,
        env=environment("fr_FR.UTF-8"), capture_output=True, text=True, timeout=120, encoding="utf-8",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert "\x1b" not in result.stdout
    assert "5,060 read = 5,000 new + 60 unchanged" in result.stdout
    assert "pipeline run" in result.stderr
    with closing(sqlite3.connect(shop.folder / "pipeline.db")) as db:
        tickets, gross = db.execute(
            "SELECT count(*), sum(gross_amount) FROM pos_ticket WHERE business_date = '2026-05-12'"
        ).fetchone()
        every, numbers = db.execute("SELECT count(*), count(DISTINCT number) FROM pos_ticket").fetchone()
        till = "SELECT state, inserted, unchanged FROM pipeline_file WHERE job = 'till' ORDER BY id"
        states = db.execute(till).fetchall()
    assert (tickets, Decimal(gross) / 1_000_000) == (60, samples.totals(samples.day())[3])
    assert (every, numbers) == (10_060, 10_060)
    first = [("archived", 60, 0), ("duplicate", 0, 0), ("archived", 5000, 60)]
    assert states == [*first, ("duplicate", 0, 0), ("duplicate", 0, 0), ("archived", 5000, 60)]


@pytest.mark.parametrize(
    ("names", "language"),
    [
        ({"LC_ALL": "fr_FR.UTF-8", "LANG": "en_US.UTF-8"}, "fr"),
        ({"LC_ALL": "", "LC_MESSAGES": "fr_CA", "LANG": "C"}, "fr"),
        ({"LC_ALL": "C", "LANG": "fr_FR.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({}, "en"),
    ],
)
def test_the_language_is_the_terminal_s(
    names: dict[str, str], language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.cli.output import language_of, user_language

    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    assert user_language() == language
    assert language_of(tmp_path / "config.toml") == language
    make(tmp_path, user_language())
    assert language_of(tmp_path / "config.toml") == language


def test_the_french_template_says_what_the_english_one_does(tmp_path: Path) -> None:
    en, fr = tmp_path / "en", tmp_path / "fr"
    make(en, "en")
    make(fr, "fr")
    english, french = (
        re.sub(r"\s*#.*", "", (folder / "config.toml").read_text("utf-8")) for folder in (en, fr)
    )
    assert french == english.replace('language = "en"', 'language = "fr"')
    assert load(fr / "config.toml").language == "fr"


def test_the_samples_add_up() -> None:
    """Each ticket, and the numbers that the screen tells of."""
    count, net, tax, gross = samples.totals(samples.week(60))
    assert (count, net + tax) == (samples.A_DAY + samples.LATER, gross)
    assert samples.week(60).startswith(samples.day())
    assert not set(samples.week(5060).splitlines()[61:]) & set(samples.week(60).splitlines())
    assert "Hélène" in samples.day().decode("cp1252")
