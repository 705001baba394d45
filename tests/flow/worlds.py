"""A folder, its writer and the engine's looks at it, with the clock as an argument."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from io import FileIO
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from pipeline import files as disk
from pipeline.clock import Now
from pipeline.engine.desk import Desk
from pipeline.engine.gates import Gate
from pipeline.engine.inboxes import Inboxes
from pipeline.engine.taking import take
from pipeline.jobs import ImportJob
from pipeline.mapping.model import ReadOptions
from pipeline.readiness import QUIET_S
from pipeline.watching import Watcher
from tests.amounts import times

UTC = timezone.utc  # noqa: UP017
HEAD = b"Order No,Total,State\n"
NAME = b"a.csv"
many = settings(
    max_examples=times(100),
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)
few = settings(many, max_examples=times(40))
"""Where each is loaded into a database."""

quick = st.floats(0.0, QUIET_S - 0.05)  # between two writes of a file that looks whole while it is closed
held = st.floats(0.0, 4000.0)  # while it is open, or lies there unfinished
pieces = st.lists(st.tuples(st.integers(1, 4), quick), min_size=1, max_size=5)
sight = st.sampled_from(("events", "scans", "both"))


def lines(first: int, count: int, amount: str = "5.00") -> bytes:
    return b"".join(b"%06d,%s,paid\n" % (n, amount.encode()) for n in range(first, first + count))


@dataclass
class World:
    """A folder, its writer, and a service that looks at it: after each event, when a look is due, or both.

    Files get their times from the real clock, so the wall clock that the engine is given is set for each look
    to stand as far from the file's last change as the schedule says. `told` is what our inotify would know."""

    root: Path
    see: str = "both"
    job: ImportJob = field(init=False)
    mono: float = 1000.0
    last: float = 1000.0  # when something was done to the file
    told: bool = False
    due: float = 1000.0
    taken: list[disk.Claimed] = field(default_factory=list)
    first: float | None = None  # when the first was taken
    between: Callable[[], None] | None = None  # done by the writer between a look and the taking
    open: list[FileIO] = field(default_factory=list)  # by a writer that has its `rest` still to write
    rest: bytes = b""

    def __post_init__(self) -> None:
        self.job = ImportJob(
            "sales",
            "sales",
            self.root / "in",
            self.root / "done",
            self.root / "bad",
            copies=self.root / "copies",
        )
        self.job.inbox.mkdir(parents=True)
        self.use()

    def use(self, **changes: object) -> None:
        self.job = replace(self.job, **changes)  # type: ignore[arg-type]
        self.inboxes = Inboxes([self.job], {"sales": ReadOptions()}, lambda folder, name, ino: self.told)
        self.watcher = Watcher([self.job.inbox])
        self.desk = Desk(self.job, Gate(self.job))

    @property
    def path(self) -> Path:
        return self.job.inbox / os.fsdecode(NAME)

    def now(self) -> Now:
        """For the engine, as a clock: see the class."""
        at = datetime(2026, 5, 1, tzinfo=UTC)
        if self.path.exists():
            at = datetime.fromtimestamp(self.path.lstat().st_ctime, UTC)
        return Now(at + timedelta(seconds=self.mono - self.last), self.mono)

    def did(self, *, renamed: bool = False, touched: bool = False) -> None:
        """The writer did something to the file just now; a change of rights or times alone has no event."""
        self.last, self.told = self.mono, renamed or (touched and self.told)
        if self.see != "scans" and not touched:
            self.look()

    def look(self) -> None:
        """One look, and what the service does after it."""
        self.due = self.mono + min(self.inboxes.look(self.job.inbox, self.now()), 5.0)
        ready = self.inboxes.ready(self.job)
        if ready and self.between is not None:
            writer, self.between = self.between, None
            writer()
        for claimed in take(self.desk, ready, self.inboxes, self.watcher, self).claimed:
            self.taken.append(claimed)
            self.first = self.mono if self.first is None else self.first
        if ready:
            self.due = self.mono

    def wait(self, seconds: float) -> None:
        """Time goes by; looks are made when they are due. What lies still for long is not looked at for ever."""
        end, spared = self.mono + seconds, 4
        while self.see != "events" and self.due <= end and spared:
            self.mono = max(self.mono, self.due) + 0.001
            self.look()
            spared -= 1
            if not spared and end > self.mono + 1:
                self.mono, spared = end - seconds % 5, 2
        self.mono = max(self.mono, end)

    def settle(self, bound: float) -> None:
        """The writer has finished: within the bound everything is taken."""
        self.see = "both"
        self.look()
        self.wait(bound)

    def contents(self) -> list[bytes]:
        return [claimed.path.read_bytes() for claimed in self.taken]

    def close(self) -> None:
        for claimed in self.taken:
            claimed.release()


Make = Callable[[str], World]
_numbers = itertools.count()


def making(root: Path) -> Iterator[Make]:
    """Makes worlds below this folder; the one before ends."""
    disk.ignore_sigio()
    made: list[World] = []

    def make(see: str = "both") -> World:
        while made:
            made.pop().close()
        made.append(World(root / str(next(_numbers)), see))
        return made[-1]

    yield make
    for world in made:
        world.close()


def append(world: World, piece: bytes) -> None:
    with world.path.open("ab") as file:
        file.write(piece)
    world.did()
