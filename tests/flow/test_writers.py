"""Writers as they are, in random schedules: real files, real looks, real claims; only the clock is an argument.

A writer never leaves a file that looks whole (its last line ended, or with all its fields for 30 s) closed for
longer than the quiet period while it still means to write: no rule could tell such a file from a finished one.
For a till that does so all day there are `take = "copy"`, a trailer or a companion, and they are here as well.
What else a writer does (hold a file open for an hour, stop in the middle of a line, give it an old time, rename
another over it) must neither be taken early nor be missed. A file that never comes to an end is never taken.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from io import FileIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import files as disk
from pipeline.clock import Clock, Now
from pipeline.engine.desk import Desk
from pipeline.engine.gates import Gate
from pipeline.engine.inboxes import Inboxes
from pipeline.engine.taking import take
from pipeline.imports import Importer, Taken, Work
from pipeline.jobs import ImportJob
from pipeline.mapping import examine
from pipeline.mapping.model import ReadOptions
from pipeline.readiness import OLD_S, QUIET_S, STILL_S
from pipeline.store import connect
from pipeline.store.catalogue import catalogue
from pipeline.watching import Watcher
from tests.flow.conftest import MAPPING

UTC = timezone.utc  # noqa: UP017
HEAD = b"Order No,Total,State\n"
NAME = b"a.csv"
PLAN = examine("sales", MAPPING, "mappings/sales.toml", catalogue())[0]
assert PLAN is not None
many = settings(
    max_examples=200, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck), database=None
)

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


@pytest.fixture(scope="module")
def memory() -> Iterator[Path]:
    """A folder on a file system that costs no disc: hundreds of loads are synced there at once."""
    there = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=there if os.access(there, os.W_OK) else None) as folder:
        yield Path(folder)


@pytest.fixture
def make(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Make]:
    disk.ignore_sigio()
    made: list[World] = []
    loads = "database" in request.fixturenames
    root = Path(tempfile.mkdtemp(dir=request.getfixturevalue("memory"))) if loads else tmp_path

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


# one after the other, the kinds -----------------------------------------------------------------------------
@given(see=sight, rows=st.integers(0, 5), ended=st.booleans(), hidden=held)
@many
def test_renamed_in_when_whole(make: Make, see: str, rows: int, ended: bool, hidden: float) -> None:
    world, whole = make(see), (HEAD + lines(0, rows))[: None if ended else -1]
    upload = world.job.inbox / ".upload"
    upload.write_bytes(whole[:9])
    world.wait(hidden)
    upload.write_bytes(whole)
    world.wait(min(hidden, 10))
    upload.rename(world.path)
    world.did(renamed=True)
    if see != "scans":
        assert world.first == world.mono  # at once
    world.settle(6 if see != "scans" or ended else STILL_S + 6)
    assert world.contents() == [whole]


@given(see=sight, parts=pieces, hold=held)
@many
def test_slow_append_by_a_writer_that_holds_it_open(
    make: Make, see: str, parts: list[tuple[int, float]], hold: float
) -> None:
    world, whole = make(see), HEAD
    with world.path.open("ab", buffering=0) as file:
        file.write(HEAD)
        world.did()
        for rows, pause in parts:
            world.wait(pause * hold / QUIET_S)
            piece = lines(len(whole), rows)
            whole += piece
            file.write(piece[: rows * 5])
            world.did()
            world.wait(pause)
            file.write(piece[rows * 5 :])
            world.did()
    world.did()
    world.settle(QUIET_S + 1)
    assert world.contents() == [whole]


@given(see=sight, parts=pieces, cut=st.integers(0, 20))
@many
def test_slow_append_by_a_writer_that_closes_it_between(
    make: Make, see: str, parts: list[tuple[int, float]], cut: int
) -> None:
    """It rests for less than the quiet period where it looks whole, and for longer within a line."""
    world, whole = make(see), HEAD
    append(world, HEAD)
    for rows, pause in parts:
        world.wait(pause)
        piece = lines(len(whole), rows)
        at = 1 + min(cut, len(piece) - 2)
        append(world, piece[:at])
        begun = piece[:at].rpartition(b"\n")[2]
        world.wait(pause * 100 if begun and begun.count(b",") < 2 else pause)
        append(world, piece[at:])
        whole += piece
    world.settle(QUIET_S + 1)
    assert world.contents() == [whole]


SIGNS: list[dict[str, object]] = [{"trailer": "FIN;{rows}"}, {"ready": "{stem}.ok"}, {"take": "copy"}, {}]


@given(
    sign=st.sampled_from(SIGNS),
    see=sight,
    counts=st.lists(st.integers(1, 3), min_size=1, max_size=4),
    late=st.floats(0, 500),
)
@many
def test_open_append_close_every_60_s(
    make: Make, sign: dict[str, object], see: str, counts: list[int], late: float
) -> None:
    """With a trailer or a companion it is taken once, whole. A copy is made of each state that rested. Without
    any sign it is taken in parts, since each looks whole: even then every byte is taken once."""
    world, whole, states = make(see), HEAD, [HEAD]
    world.use(**sign)
    append(world, HEAD)
    for rows in counts:
        world.wait(60)
        piece = lines(len(whole), rows)
        append(world, piece)
        whole += piece
        states.append(whole)
    if "trailer" in sign:
        world.wait(late)
        append(world, b"FIN;%d\n" % sum(counts))
        whole += b"FIN;%d\n" % sum(counts)
    if "ready" in sign:
        world.wait(late)
        (world.job.inbox / "a.ok").touch()
    world.settle(QUIET_S + 4)
    found = world.contents()
    if world.job.take == "copy":
        assert world.path.read_bytes() == whole
        assert found[-1] == whole
        assert [s for s in states if s in found] == found
        assert see == "events" or found == states
    elif sign:
        assert found == [whole]
    else:
        assert b"".join(found) == whole


@given(
    see=sight,
    rows=st.integers(1, 30),
    order=st.permutations([0, 1, 2]),
    pause=held,
    reopen=st.booleans(),
    age=st.floats(0, 1e6),
)
@many
def test_preallocated_with_an_old_time(
    make: Make, see: str, rows: int, order: list[int], pause: float, reopen: bool, age: float
) -> None:
    """As a copy made by Windows: its full size and the original's time from the start, then filled in any order;
    `reopen`: closed after each part, and its old time put back."""
    world, whole = make(see), HEAD + lines(0, rows)
    third = len(whole) // 3
    bounds = [0, third, 2 * third, len(whole)]
    old = os.times().elapsed - age

    def back() -> None:
        os.utime(world.path, (old, old))
        world.did(touched=True)

    with world.path.open("wb", buffering=0) as file:
        file.truncate(len(whole))
        world.did()
        back()
        if not reopen:
            for part in order:
                world.wait(pause)
                file.seek(bounds[part])
                file.write(whole[bounds[part] : bounds[part + 1]])
                world.did()
                back()
    for at, part in enumerate(order if reopen else ()):
        # once its end is there the file looks whole: only its change tells
        world.wait(min(pause, QUIET_S - 0.1) if 2 in order[:at] else pause)
        with world.path.open("r+b", buffering=0) as file:
            file.seek(bounds[part])
            file.write(whole[bounds[part] : bounds[part + 1]])
            world.did()
        world.did()
        back()
    world.settle(QUIET_S + 6)
    assert world.contents() == [whole]


@given(see=sight, parts=pieces, hold=held, then=quick)
@many
def test_like_ftp_with_a_chmod_at_the_end(
    make: Make, see: str, parts: list[tuple[int, float]], hold: float, then: float
) -> None:
    """Written in blocks that end anywhere by a server that holds it open; closed; some time later its rights."""
    world = make(see)
    whole = HEAD + b"".join(lines(n * 10, rows) for n, (rows, _) in enumerate(parts))
    with world.path.open("wb", buffering=0) as file:
        for at in range(0, len(whole), 61):
            file.write(whole[at : at + 61])
            world.did()
            world.wait(hold)
    world.did()
    world.wait(then)
    if world.path.exists():
        world.path.chmod(0o444)
        world.did(touched=True)
    world.settle(QUIET_S + 6)
    assert world.contents() == [whole]


@given(see=sight, rows=st.integers(1, 20), hidden=held, block=st.integers(1, 60), pause=held, then=quick)
@many
def test_copied_from_another_file_system(
    make: Make, see: str, rows: int, hidden: float, block: int, pause: float, then: float
) -> None:
    """Written elsewhere; the rename fails there, so it is copied in place, and given its old time and rights."""
    world, whole = make(see), HEAD + lines(0, rows)
    world.wait(hidden)
    with world.path.open("xb", buffering=0) as file:
        for at in range(0, len(whole), block):
            file.write(whole[at : at + block])
            if at < 4 * block:
                world.did()
                world.wait(pause)
    world.did()
    world.wait(then)
    if world.path.exists():
        os.utime(world.path, (1.7e9, 1.7e9))
        world.path.chmod(0o640)
        world.did(touched=True)
    world.settle(QUIET_S + 6)
    assert world.contents() == [whole]


@given(see=sight, empty=st.floats(0, STILL_S - 0.05), hold=st.booleans(), rows=st.integers(0, 9), pause=held)
@many
def test_zero_bytes_and_then_filled(
    make: Make, see: str, empty: float, hold: bool, rows: int, pause: float
) -> None:
    world, whole = make(see), HEAD + lines(0, rows)
    if hold:
        with world.path.open("wb", buffering=0) as file:
            world.did()
            world.wait(pause)
            file.write(whole)
            world.did()
        world.did()
    else:
        world.path.touch()
        world.did()
        world.wait(empty)
        append(world, whole)
    world.settle(QUIET_S + 6)
    assert world.contents() == [whole]


@given(see=sight, rows=st.integers(1, 9), nul=st.booleans(), at=st.integers(1, 400), days=st.floats(0, 3e6))
@many
def test_an_aborted_upload_is_never_taken_and_told(
    make: Make, see: str, rows: int, nul: bool, at: int, days: float
) -> None:
    """Cut within a row, or its rest never written. Cut exactly after a row no rule could know; what is cut in its
    header is taken at last, and fails for want of a column."""
    world, whole = make(see), HEAD + lines(0, rows)
    at = max(len(HEAD), min(at, len(whole) - 1))
    line = whole[:at].rpartition(b"\n")[2]
    if nul:
        at = min(at, len(whole) - 4)
    elif line.count(b",") == 2 or not line:  # all fields there, or none of the next line: no cut to be seen
        at = len(whole) - len(b",paid\n")
    with world.path.open("wb", buffering=0) as file:
        world.did()
        file.write(whole[:at])
        if nul:
            file.truncate(len(whole))
        world.did()
    world.did()
    world.wait(days)
    world.settle(OLD_S * 2)
    assert world.taken == []
    (waiting,) = world.inboxes.others(world.job)
    assert waiting.said is not None
    assert waiting.said.code == ("reading.nul_tail" if nul else "reading.last_row_short")


@given(gap=st.sampled_from(("append", "replace", "hold", "remove")), rows=st.integers(1, 9), wait=held)
@many
def test_changed_between_the_look_and_the_taking(make: Make, gap: str, rows: int, wait: float) -> None:
    """The last look before it is taken sees what the one before could not."""
    world, whole = make("both"), HEAD + lines(0, rows)
    more = lines(50, 2)
    open_files = []

    def change() -> None:
        if gap == "append":
            with world.path.open("ab") as file:
                file.write(more)
            world.last, world.told = world.mono, False
        elif gap == "replace":
            (world.job.inbox / ".new").write_bytes(HEAD + more)
            (world.job.inbox / ".new").rename(world.path)
            world.last, world.told = world.mono, True
        elif gap == "hold":
            open_files.append(world.path.open("ab", buffering=0))  # it has not written yet
        else:
            world.path.unlink()

    world.between = change
    append(world, whole)
    world.wait(QUIET_S + 0.2)
    assert world.between is None
    if open_files:
        world.wait(wait)
        assert world.taken == []
        open_files[0].write(more)
        open_files[0].close()
        world.did()
    world.settle(QUIET_S + 6)
    left = {"append": [whole + more], "hold": [whole + more], "replace": [HEAD + more], "remove": []}[gap]
    assert world.contents() == left


# while it is loaded -----------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def database(memory: Path) -> Iterator[Database]:
    made = Database(memory / "shop.db")
    yield made
    made.store.close()


class Database:
    """One for all schedules of a kind: each has order numbers of its own."""

    def __init__(self, path: Path) -> None:
        self.path, self.store = path, connect(f"sqlite:///{path}")
        self.store.migrate()
        self._next = itertools.count(1000, 1000)

    def numbers(self) -> int:
        return next(self._next)

    def amounts(self, first: int) -> list[tuple[str, int]]:
        with closing(sqlite3.connect(self.path)) as db:
            return db.execute(
                "SELECT number, gross_amount / 1000000 FROM sales_order WHERE number BETWEEN ? AND ? ORDER BY 1",
                (f"{first:06d}", f"{first + 999:06d}"),
            ).fetchall()

    def load(self, world: World, writer: Callable[[World, Path], None]) -> list[bytes]:
        """Load what was taken, the writer at work on the first of them; what was changed meanwhile goes back and
        settles, until nothing is left. Gives the contents in the archive, in order."""
        assert PLAN is not None
        archived, writers = [], [writer]
        while world.taken:
            claimed = world.taken.pop(0)

            def emit(name: str, taken: Taken, *rest: object) -> None:
                if name == "file.loading" and writers:
                    writers.pop()(world, taken.path)

            taken = Taken(
                claimed.claim, NAME, claimed.path, world.now().wall, str(world.job.inbox), fresh=True
            )
            work = Work(world.job, PLAN, (taken,), "UTC", "en")
            (outcome,) = Importer(self.store, Clock(), emit, 0).run(work)
            row = self.store.by_claim(claimed.claim)
            if row is not None:
                assert (outcome.deed, row.state) == ("archived", "archived")
                archived.append(Path(row.archived_as).read_bytes())
                assert hashlib.sha256(archived[-1]).digest() == row.fingerprint
            if outcome.deed == "changed":
                world.desk.give_back(claimed)
                world.did()
            claimed.release()
            for file in world.open:
                world.wait(5)
                file.write(world.rest)
                file.close()
                world.did()
            world.open.clear()
            world.settle(QUIET_S + 6)
        return archived


@given(
    see=sight,
    rows=st.integers(1, 9),
    others=st.integers(1, 9),
    renamed=st.booleans(),
    again=st.integers(1, 3),
)
@many
def test_replaced_while_it_is_loaded(
    make: Make, database: Database, see: str, rows: int, others: int, renamed: bool, again: int
) -> None:
    """A new upload under the old name, or several: what was taken is whole and goes in, the last one after it."""
    world, first = make(see), database.numbers()
    old, new = HEAD + lines(first, rows), HEAD + lines(first, others, "9.00")

    def replace(world: World, _: Path) -> None:
        for n in range(again):
            content = new if n == again - 1 else HEAD + lines(first, 9, f"{n + 6}.00")
            if renamed:
                (world.job.inbox / ".new").write_bytes(content)
                (world.job.inbox / ".new").rename(world.path)
            else:
                world.path.write_bytes(content)
            world.last, world.told = world.mono, renamed

    append(world, old)
    world.settle(QUIET_S + 6)
    assert database.load(world, replace) == [old, new]
    wanted = {f"{n:06d}": 5 for n in range(first, first + rows)}
    wanted |= {f"{n:06d}": 9 for n in range(first, first + others)}
    assert database.amounts(first) == sorted(wanted.items())


@given(
    see=sight,
    rows=st.integers(1, 9),
    others=st.integers(1, 9),
    how=st.sampled_from(("rewritten", "cut", "appended", "touched", "opened")),
)
@many
def test_rewritten_in_place_while_it_is_loaded(
    make: Make, database: Database, see: str, rows: int, others: int, how: str
) -> None:
    """By a program that had opened it just before it was taken: nothing of what it was goes in, or all that it is.
    `opened`: it writes only when the load would be over."""
    world, first = make(see), database.numbers()
    old, new = HEAD + lines(first, rows), HEAD + lines(first, others, "9.00")
    if how == "cut":
        new = old[: len(HEAD)] + lines(first, 1)
    if how == "appended":
        new = old + lines(first + rows, others, "9.00")
    if how == "touched":
        new = old

    def rewrite(world: World, path: Path) -> None:
        if how == "touched":
            os.utime(path)
        elif how == "appended":
            with path.open("ab") as file:
                file.write(new.removeprefix(old))
        elif how == "opened":
            world.rest = new
            world.open.append(path.open("r+b", buffering=0))
        else:
            with path.open("r+b", buffering=0) as file:
                file.write(new)
                file.truncate()
        world.last, world.told = world.mono, False

    append(world, old)
    world.settle(QUIET_S + 6)
    loaded = database.load(world, rewrite)
    if how == "opened" and others < rows:
        new += old[len(new) :]
    assert loaded == [new]
    wanted = dict(line.decode().split(",")[:2] for line in new.splitlines()[1:])
    assert database.amounts(first) == [(number, int(amount[0])) for number, amount in sorted(wanted.items())]
