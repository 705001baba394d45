"""A file that its writer replaces or rewrites while it is loaded: in 200 random schedules each, on real files."""

from __future__ import annotations

import hashlib
import itertools
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clock import Clock
from pipeline.imports import Importer, Taken, Work
from pipeline.mapping import examine
from pipeline.readiness import QUIET_S
from pipeline.store import connect
from pipeline.store.catalogue import catalogue
from tests.databases import ready_sqlite
from tests.flow.conftest import MAPPING
from tests.flow.worlds import HEAD, NAME, Make, World, append, few, lines, making, sight

PLAN = examine("sales", MAPPING, "mappings/sales.toml", catalogue())[0]


@pytest.fixture(scope="module")
def memory() -> Iterator[Path]:
    """A folder on a file system that costs no disc: hundreds of loads are synced there at once."""
    there = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=there if os.access(there, os.W_OK) else None) as folder:
        yield Path(folder)


@pytest.fixture
def make(memory: Path) -> Iterator[Make]:
    yield from making(Path(tempfile.mkdtemp(dir=memory)))


# while it is loaded -----------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def database(memory: Path) -> Iterator[Database]:
    made = Database(memory / "shop.db")
    yield made
    made.store.close()


class Database:
    """One for all schedules of a kind: each has order numbers of its own."""

    def __init__(self, path: Path) -> None:
        path.write_bytes(ready_sqlite())
        self.path, self.store = path, connect(f"sqlite:///{path}")
        self._next = itertools.count(1000, 1000)

    def numbers(self) -> int:
        return next(self._next)

    def amounts(self, first: int) -> list[tuple[str, int]]:
        with closing(sqlite3.connect(self.path)) as db:
            return db.execute(
                "SELECT number, gross_amount / 1000000 FROM sales_order"
                " WHERE source = 'shop' AND number BETWEEN ? AND ? ORDER BY 1",
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
@few
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
@few
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
