"""Taking files: the primitives, each safe to repeat. A taken file lies in a work folder under its claim number.

A file is renamed there (`claim`), or copied when its folder is only read from (`claim_copy`). Its companion
follows it as attempt 0 of the same claim, and leaves before it: what lies there alone belongs to nobody.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from pipeline.faults import point
from pipeline.files.content import OPEN, open_regular
from pipeline.files.names import (
    candidates,
    hidden_name,
    is_hidden_copy,
    new_claim,
    parse_companion_name,
    parse_work_name,
    work_name,
)
from pipeline.files.packing import open_unpacked
from pipeline.files.places import rename_noreplace, same_file, sync_folder


@dataclass(slots=True)
class Claimed:
    """A taken file. The lock on its inode lasts until `release`, or until this process dies."""

    claim: str
    attempt: int
    name: bytes
    path: Path
    lock: int
    companion: Path | None = None

    def release(self) -> None:
        """Let go of the lock. Safe twice."""
        if self.lock >= 0:
            os.close(self.lock)
            self.lock = -1


@dataclass(frozen=True, slots=True)
class Entry:
    """A taken file as it lies in a work folder, whoever has it."""

    claim: str
    attempt: int
    name: bytes
    path: Path
    companion: Path | None


def claim(
    inbox: Path, name: bytes, work: Path, now: datetime, companion: bytes | None = None
) -> Claimed | None:
    """Take a file: lock its inode, then rename it into the work folder, and its companion after it. None: it
    vanished or another was faster."""
    point("claim.before")
    work.mkdir(parents=True, exist_ok=True, mode=0o700)
    source = inbox / os.fsdecode(name)
    lock = _lock(source)
    if lock is None:
        return None
    number = new_claim(now)
    place = work / os.fsdecode(work_name(number, 1, name))
    try:
        rename_noreplace(source, place)
    except FileNotFoundError:
        os.close(lock)
        return None
    except OSError:
        os.close(lock)
        raise
    if not same_file(
        lock, place
    ):  # the name was given to another file between lock and rename: put that back
        os.close(lock)
        with contextlib.suppress(FileExistsError, FileNotFoundError):
            rename_noreplace(place, source)
        return None
    taken = Claimed(number, 1, name, place, lock)
    point("claim.renamed")
    if companion is not None:
        taken.companion = _take_companion(inbox, companion, work, number)
    point("claim.after")
    return taken


def _take_companion(inbox: Path, companion: bytes, work: Path, claim: str) -> Path | None:
    place = work / os.fsdecode(work_name(claim, 0, companion))
    with contextlib.suppress(FileNotFoundError):
        rename_noreplace(inbox / os.fsdecode(companion), place)
        return place
    return None


def companion_of(inbox: Path, name: bytes, companion: bytes, work: Path, claim: str) -> Path | None:
    """After a kill: the companion of a taken file, taken now if it was left in the inbox. When a new file of
    that name lies there, the companion is that one's. Raises OSError."""
    there = work / os.fsdecode(work_name(claim, 0, companion))
    if os.path.lexists(there):
        return there
    if os.path.lexists(inbox / os.fsdecode(name)):
        return None
    return _take_companion(inbox, companion, work, claim)


def claim_copy(
    folder: Path, name: bytes, work: Path, now: datetime, seen: tuple[int, int, int, int]
) -> Claimed | None:
    """Take a copy of a file; the file itself is never touched, and its folder may be read-only. None: it is
    not (any more) in the state that was seen (device, inode, size, mtime in ns), or it vanished."""
    point("claim.before")
    work.mkdir(parents=True, exist_ok=True, mode=0o700)
    number = new_claim(now)
    try:
        source = open_regular(folder / os.fsdecode(name))
    except FileNotFoundError:
        return None
    with source:
        if _state(source) != seen:
            return None
        hidden, lock = _hidden_copy(source, work, number)
        try:
            place = work / os.fsdecode(work_name(number, 1, name))
            if _state(source) != seen:
                hidden.unlink(missing_ok=True)
                os.close(lock)
                return None
            os.utime(lock, ns=(seen[3], seen[3]))
            os.fsync(lock)
            point("copy.copied")
            rename_noreplace(hidden, place)
        except FileNotFoundError:  # swept away before it was locked
            os.close(lock)
            return None
        except OSError:
            hidden.unlink(missing_ok=True)
            os.close(lock)
            raise
    sync_folder(work)
    point("claim.after")
    return Claimed(number, 1, name, place, lock)


def _state(file: BinaryIO) -> tuple[int, int, int, int]:
    there = os.fstat(file.fileno())
    return there.st_dev, there.st_ino, there.st_size, there.st_mtime_ns


def _hidden_copy(source: BinaryIO, work: Path, claim: str) -> tuple[Path, int]:
    """A copy under a hidden name, and its lock: who finds the copy unlocked knows that its maker is dead.
    Raises OSError; a full disc gets its room back."""
    hidden = work / hidden_name(claim)
    lock = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with contextlib.suppress(BlockingIOError):  # being swept: the rename will not find it
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with os.fdopen(os.dup(lock), "wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
        os.fsync(lock)
    except BaseException:
        hidden.unlink(missing_ok=True)
        os.close(lock)
        raise
    return hidden, lock


def put_back(archived: Path, work: Path, claim: str, name: bytes) -> Path:
    """As `take_again`, and left to whoever looks first. Safe to repeat. Raises OSError."""
    taken = take_again(archived, work, claim, name)
    if taken is None:
        return work / os.fsdecode(work_name(claim, 1, name))
    taken.release()
    return taken.path


def take_again(archived: Path, work: Path, claim: str, name: bytes) -> Claimed | None:
    """Copy an archived file into a work folder as if it had been taken under this claim, unpacked when our
    archive packed it. The archive is not touched. None: it lies there already. Raises OSError."""
    work.mkdir(parents=True, exist_ok=True, mode=0o700)
    place = work / os.fsdecode(work_name(claim, 1, name))
    with open_unpacked(archived, name) as source:
        hidden, lock = _hidden_copy(source, work, claim)
    try:
        rename_noreplace(hidden, place)
    except FileExistsError:
        hidden.unlink()
        os.close(lock)
        return None
    except OSError:
        hidden.unlink(missing_ok=True)
        os.close(lock)
        raise
    sync_folder(work)
    return Claimed(claim, 1, name, place, lock)


def entries(work: Path) -> list[Entry]:
    """The taken files in a work folder, ordered by claim. A companion alone is none; no folder holds none.
    Raises OSError."""
    return _entries(work, _names(work))


def _names(work: Path) -> list[bytes]:
    try:
        return sorted(os.listdir(os.fsencode(work)))
    except FileNotFoundError:
        return []


def _entries(work: Path, names: Sequence[bytes]) -> list[Entry]:
    companions = {p[0]: work / os.fsdecode(n) for n in names if (p := parse_companion_name(n))}
    files = ((n, parsed) for n in names if (parsed := parse_work_name(n)))
    return [Entry(*parsed, work / os.fsdecode(n), companions.get(parsed[0])) for n, parsed in files]


def abandoned(work: Path) -> list[Claimed]:
    """Taken files whose owner is dead: nobody alive holds their lock. Ordered by claim; each is ours now.
    Copies that a dead process did not finish are removed."""
    names = _names(work)
    for name in filter(is_hidden_copy, names):
        _sweep(work / os.fsdecode(name))
    found: list[Claimed] = []
    for entry in _entries(work, names):
        try:
            lock = _lock(entry.path)
        except OSError:
            for taken in found:
                taken.release()
            raise
        if lock is None:
            continue
        if not same_file(lock, entry.path):
            os.close(lock)
            continue
        found.append(Claimed(entry.claim, entry.attempt, entry.name, entry.path, lock, entry.companion))
    return found


def _sweep(path: Path) -> None:
    lock = _lock(path)
    if lock is not None:
        if same_file(lock, path):
            path.unlink(missing_ok=True)
        os.close(lock)


def bump_attempt(taken: Claimed) -> Claimed:
    """Count one more attempt, in the name, so that it is still counted after a restart."""
    place = taken.path.with_name(os.fsdecode(work_name(taken.claim, taken.attempt + 1, taken.name)))
    rename_noreplace(taken.path, place)
    return Claimed(taken.claim, taken.attempt + 1, taken.name, place, taken.lock, taken.companion)


def unclaim(taken: Claimed, inbox: Path) -> Path:
    """Back into the inbox, over nothing; the lock is let go. The companion goes first, so that it is never
    left without its file."""
    if taken.companion is not None:
        parsed = parse_companion_name(os.fsencode(taken.companion.name))
        with contextlib.suppress(FileNotFoundError):
            free_place(inbox, parsed[1] if parsed else taken.name, taken.companion)
    place = free_place(inbox, taken.name, taken.path)
    taken.release()
    return place


def discard(taken: Claimed) -> None:
    """Give a copy up: its original still lies where it was. The lock is let go."""
    taken.path.unlink(missing_ok=True)
    taken.release()


def free_place(folder: Path, name: bytes, src: Path) -> Path:
    """Rename into a folder, over nothing: `name`, else `stem~1.ext`, … Raises OSError."""
    for place in candidates(folder, name):
        try:
            rename_noreplace(src, place)
        except FileExistsError:
            continue
        return place
    raise OSError(errno.EEXIST, "no free name", str(folder))


def _lock(path: Path) -> int | None:
    try:
        fd = os.open(path, OPEN)
    except FileNotFoundError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    except OSError:
        os.close(fd)
        raise
    return fd
