"""Writers as they are, in random schedules: real files, real looks, real claims; only the clock is an argument.

A writer never leaves a file that looks whole (its last line ended, or with all its fields for 30 s) closed for
longer than the quiet period while it still means to write: no rule could tell such a file from a finished one.
For a till that does so all day there are `take = "copy"`, a trailer or a companion, and they are here as well.
What else a writer does (hold a file open for an hour, stop in the middle of a line, give it an old time, rename
another over it) must neither be taken early nor be missed. A file that never comes to an end is never taken.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.readiness import OLD_S, QUIET_S, STILL_S, UNFINISHED_S
from tests.flow.conftest import Installation
from tests.flow.running import running
from tests.flow.worlds import HEAD, Make, append, held, lines, making, many, pieces, quick, sight


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    yield from making(tmp_path)


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


@pytest.mark.parametrize("see", ["events", "scans"])
def test_without_the_end_of_its_format_it_is_taken_after_minutes(make: Make, see: str) -> None:
    world, cut = make(see), b'[{"Order No": "1", "Total"'
    world.path.write_bytes(cut[:9])
    world.did()
    world.settle(UNFINISHED_S - 5)
    assert world.taken == []
    world.path.write_bytes(cut)
    world.did()
    world.settle(UNFINISHED_S - 5)
    assert world.taken == []
    world.settle(10)
    assert world.contents() == [cut]


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


# in real time -----------------------------------------------------------------------------------------------
def test_all_of_them_at_once_in_real_time(installation: Installation) -> None:
    """Before a running service, with the real clock, the real events and the real worker."""
    inbox, pause = installation.root / "inbox/sales", threading.Event()  # never set: it only waits
    shm = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    whole = {n: HEAD + lines(n * 10, 5) for n in range(6)}

    def preallocated(path: Path, content: bytes) -> None:
        with path.open("wb", buffering=0) as file:
            file.truncate(len(content))
            os.utime(path, (1.7e9, 1.7e9))
            pause.wait(2.5)
            file.write(content)
        os.utime(path, (1.7e9, 1.7e9))

    def ftp(path: Path, content: bytes) -> None:
        with path.open("wb", buffering=0) as file:
            for at in range(0, len(content), 50):
                file.write(content[at : at + 50])
                pause.wait(0.8)
        path.chmod(0o444)

    def moved(path: Path, content: bytes) -> None:
        with tempfile.NamedTemporaryFile(dir=shm, delete=False) as file:
            file.write(content)
        shutil.move(file.name, path)

    def filled(path: Path, content: bytes) -> None:
        path.touch()
        pause.wait(3)
        path.write_bytes(content)

    def renamed(path: Path, content: bytes) -> None:
        hidden = path.with_name(".upload")
        hidden.write_bytes(content[:30])
        pause.wait(1)
        hidden.write_bytes(content)
        hidden.rename(path)

    def aborted(path: Path, content: bytes) -> None:
        path.write_bytes(content[: len(HEAD) + 9])

    writers = (preallocated, ftp, moved, filled, renamed, aborted)
    with running(installation) as service, ThreadPoolExecutor(len(writers)) as hands:
        jobs = [hands.submit(w, inbox / f"{w.__name__}.csv", whole[n]) for n, w in enumerate(writers)]
        for _ in writers[:-1]:
            service.hears("file.archived")
        for job in jobs:
            job.result()
    found = installation.sql("SELECT name, fingerprint FROM pipeline_file")
    wanted = {
        f"{w.__name__}.csv".encode(): hashlib.sha256(whole[n]).digest() for n, w in enumerate(writers[:-1])
    }
    assert dict(found) == wanted  # type: ignore[arg-type]
    assert installation.names("inbox/sales") == ["aborted.csv"]
