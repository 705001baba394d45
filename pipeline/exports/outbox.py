"""The folder that exports appear in: whole, under their names, never over something. Edges only."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline import files as disk
from pipeline.errors import Environment, PipelineError
from pipeline.words import message

HIDDEN = ".pipeline-{job}-{sequence}-{part}.part"
PROBE = ".pipeline-probe-"  # how the names of files begin with which a folder is tried out
OLD_S = 3600  # a probe lives for an instant: one so old was left by somebody who was killed


def hidden_path(folder: Path, job: str, sequence: int, part: int) -> Path:
    """Where a file is written: readers overlook it, and the same export finds it again."""
    return folder / HIDDEN.format(job=job, sequence=sequence, part=part)


def ready(folder: Path, place: str) -> str:
    """The folder can be written to. `place`: what was noted the last time, "" before the first. Returns what is to
    be noted now. Raises Environment when it is not there or not on its mount, OSError."""
    path, _, mount = place.partition("|")
    known = path == str(folder)
    if not folder.is_dir():
        if known or folder.exists():
            raise Environment(message("exports.outbox_gone", path=str(folder)))
        disk.make_folder(folder)
    here = disk.mount_of(folder)
    there = here.place if here is not None else ""
    if known and mount != there and len(mount) > len(there):
        raise Environment(message("exports.mount_lost", path=str(folder), mount=mount))
    with disk.probe(folder):  # read-only or full is told before the work
        return f"{folder}|{there}"


@contextmanager
def alone(kept: Path, job: str) -> Iterator[None]:
    """Nobody else writes this export meanwhile. Raises Environment when somebody does."""
    disk.make_folder(kept)
    with (kept / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise
            raise Environment(message("exports.busy", job=job)) from error
        yield


def sweep(folder: Path, job: str, keep: Collection[str]) -> None:
    """Away with what a killed export left, which nothing was recorded of."""
    head = f".pipeline-{job}-"
    with os.scandir(folder) as entries:
        ours = [e for e in entries if e.name.startswith((head, PROBE)) and e.path not in keep]
    for entry in ours:
        if entry.name.startswith(PROBE):
            _sweep_probe(Path(entry.path))
    left = [entry for entry in ours if entry.name.startswith(head)]
    for entry in left:
        rest = entry.name.removeprefix(head).partition(".")
        if not all(part.isdigit() for part in rest[0].split("-")) or rest[0].count("-") != 1:
            continue  # of a job whose name begins so
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            Path(entry.path).unlink(missing_ok=True)


def _sweep_probe(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        if time.time() - path.lstat().st_mtime > OLD_S:
            path.unlink()


def keep(hidden: Path, kept: Path) -> None:
    """A second name for the same bytes, for a replay; a copy where it lies on another disc. Raises OSError."""
    disk.make_folder(kept.parent)
    kept.unlink(missing_ok=True)
    try:
        os.link(hidden, kept)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK):
            raise
        shutil.copyfile(hidden, kept)
        with kept.open("rb") as copy:
            os.fsync(copy.fileno())
    disk.sync_folder(kept.parent)


def digest_of(path: Path) -> bytes | None:
    """SHA-256 of a regular file; None when there is none that can be read."""
    try:
        with disk.open_regular(path) as file:
            return disk.fingerprint(file)
    except (FileNotFoundError, PipelineError):
        return None


def place(hidden: Path, final: Path, kept: Path, digest: bytes, *, sure: bool, sequence: int = 0) -> None:
    """The file appears under its name. `sure`: it was written just now; else its bytes are looked at, and a hidden
    file that is gone had appeared already. Raises Environment when its name is taken, OSError."""
    if not os.path.lexists(hidden):
        return
    if not sure and digest_of(hidden) != digest:
        if digest_of(kept) != digest:
            said = message("exports.lost_bytes", path=str(hidden), kept=str(kept), sequence=sequence)
            raise Environment(said)
        hidden.unlink()
        shutil.copyfile(kept, hidden)
        with hidden.open("rb") as copy:
            os.fsync(copy.fileno())
    try:
        disk.rename_noreplace(hidden, final)
    except FileExistsError:
        if not _one(hidden, final):
            raise Environment(message("exports.name_taken", path=str(final))) from None
        hidden.unlink()  # where a rename is a second name and then an end, the end was missing


def _one(a: Path, b: Path) -> bool:
    try:
        return a.samefile(b)
    except OSError:
        return False


def companion(folder: Path, name: str, text: str) -> None:
    """A small file beside an exported one, whole. Raises Environment when its name is taken, OSError."""
    content, final = text.encode(), folder / name
    if os.path.lexists(final):
        if digest_of(final) == hashlib.sha256(content).digest():
            return
        raise Environment(message("exports.name_taken", path=str(final)))
    hidden = folder / f".pipeline-{name}.part"
    with contextlib.suppress(FileNotFoundError):
        hidden.unlink()
    with hidden.open("xb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    try:
        disk.rename_noreplace(hidden, final)
    except FileExistsError:
        hidden.unlink()
        raise Environment(message("exports.name_taken", path=str(final))) from None
