"""The running service through both changes of the clock, with the system's clock faked and the monotonic one left."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from glob import glob

import pytest

from tests.flow.conftest import Installation

LIBRARY = next(iter(glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), "")
JOBS = """
timezone = "Europe/Paris"
workers = 1

[imports.nightly]
mapping = "sales"
inbox = "inbox/nightly"
processed = "processed/nightly"
at = "02h30"

[imports.late]
mapping = "sales"
inbox = "inbox/late"
processed = "processed/late"
at = "02h30"
until = "05h00"
"""


class Clocked:
    """A running service whose wall clock is set by us; what it says is read as it comes."""

    def __init__(self, box: Installation, start: str) -> None:
        self.box, self.said = box, list[str]()
        self.passed: list[str] = []  # lines that came before the last jump of the clock was told
        self.set(start)
        faked = {
            "LD_PRELOAD": LIBRARY,
            "FAKETIME_TIMESTAMP_FILE": str(box.root / "clock"),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }
        command = [sys.executable, "-P", "-m", "pipeline", "--config", str(box.config), "run"]
        self.process = subprocess.Popen(
            command, env={**os.environ, **faked}, stderr=subprocess.PIPE, text=True
        )
        self._late = threading.Timer(240, self.process.kill)  # a service that hangs must not hang the tests
        self._late.start()

    def set(self, text: str) -> None:
        """Set its clock to this UTC time; it goes on from there."""
        wanted = datetime.fromisoformat(text).replace(tzinfo=timezone.utc)  # noqa: UP017
        new = self.box.root / "clock.new"
        new.write_text(f"{wanted.timestamp() - time.time():+.3f}\n")
        new.rename(self.box.root / "clock")

    def jump(self, text: str) -> None:
        """Set its clock, and wait until it has noticed. It may act by the new clock before it tells of the jump:
        what it says until then is still to be heard."""
        self.set(text)
        begin = len(self.said)
        self.hears("event=clock.jumped")
        self.passed = self.said[begin:]

    def hears(self, *words: str) -> str:
        """The next line that holds all these words."""
        assert self.process.stderr is not None
        passed, self.passed = self.passed, []
        for number, line in enumerate(passed):
            if all(word in line for word in words):
                self.passed = passed[number + 1 :]
                return line
        for line in self.process.stderr:
            self.said.append(line)
            if all(word in line for word in words):
                return line
        raise AssertionError(f"{words} did not come:\n{''.join(self.said)}")

    def opened(self, job: str) -> list[str]:
        """The wall times at which a job's openings were told, to ten minutes."""
        lines = [s for s in self.said if "event=job.opened" in s and f"job={job}" in s.split()]
        return [line.removeprefix("at=")[:15] for line in lines]

    def end(self) -> None:
        self._late.cancel()
        self.process.terminate()
        assert self.process.stderr is not None
        if not self.process.stderr.closed:
            self.said += self.process.stderr
            self.process.stderr.close()
        assert self.process.wait() == 0, "".join(self.said)


@pytest.fixture
def clocked(installation: Installation) -> Iterator[Clocked]:
    if not LIBRARY:
        pytest.skip("needs Debian's libfaketime, which tests/run.sh installs when it runs as root")
    text = 'database = "sqlite:///shop.db"\n' + JOBS
    installation.config.write_text(text)
    for folder in ("inbox/late", "processed/late"):
        (installation.root / folder).mkdir(parents=True)
    service = Clocked(installation, "2026-03-29T00:30:00")
    yield service
    service.end()


def remembered(box: Installation) -> int:
    """How many jobs the service has noted: it has seen the clock before."""
    try:
        return len(box.sql("SELECT job FROM pipeline_job"))
    except sqlite3.OperationalError:  # the tables are being made
        return 0


def orders(number: int) -> bytes:
    return f"Order No,Total,State\n{number},1.00,paid\n".encode()


def test_one_opening_a_day_through_both_changes_of_the_clock(
    clocked: Clocked, installation: Installation
) -> None:
    drop, lying = installation.drop, lambda: installation.names("inbox/nightly")
    clocked.hears("event=service.started")
    installation.wait_until("the jobs are known since before", lambda: remembered(installation) == 2, 120)
    drop("spring.csv", orders(1), "nightly")
    clocked.jump("2026-03-29T00:59:58")  # 01:59:58; then comes 03:00, for there is no 02:30 on this day
    told = clocked.hears("event=job.opened", "job=nightly")
    assert told.startswith("at=2026-03-29T01:0"), told
    clocked.hears("event=file.archived", "file=spring.csv")
    drop("next.csv", orders(2), "nightly")
    clocked.jump("2026-03-29T01:45:00")
    drop("late.csv", orders(3), "late")  # the job with an `until` is still waiting for its file
    clocked.hears("event=file.archived", "file=late.csv")
    drop("too-late.csv", orders(4), "late")
    clocked.jump("2026-03-29T02:31:00")
    clocked.jump("2026-03-29T12:00:00")
    assert lying() == ["next.csv"]

    clocked.jump("2026-10-24T12:00:00")  # as after seven months off: what was missed runs once
    clocked.hears("event=file.archived", "file=next.csv")
    drop("autumn.csv", orders(5), "nightly")
    clocked.jump("2026-10-25T00:29:58")  # 02:29:58, for the first time
    told = clocked.hears("event=job.opened", "job=nightly")
    assert told.startswith("at=2026-10-25T00:3"), told
    clocked.hears("event=file.archived", "file=autumn.csv")
    drop("rest.csv", orders(6), "nightly")
    clocked.jump("2026-10-25T01:31:00")  # 02:31, for the second time
    drop("later.csv", orders(7), "late")
    clocked.hears("event=file.archived", "file=later.csv")
    clocked.jump("2026-10-25T23:00:00")
    clocked.jump("2026-10-26T01:00:00")
    clocked.end()

    assert lying() == ["rest.csv"]
    assert installation.names("processed/late") == ["late.csv", "later.csv", "too-late.csv"]
    days = ["2026-03-29T01:0", "2026-10-24T12:0", "2026-10-25T00:3"]
    assert clocked.opened("nightly") == days
    assert clocked.opened("late") == days
    noted = installation.sql("SELECT opening, files FROM pipeline_run WHERE job = 'nightly' ORDER BY opening")
    assert noted == [
        ("2026-03-29 01:00:00.000000", 1),
        ("2026-10-24 00:30:00.000000", 1),
        ("2026-10-25 00:30:00.000000", 1),
    ]
