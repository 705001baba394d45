"""What an export wrote into its hidden folder is sent to another machine, in its order, each file whole and once.

The folder is the queue: a file leaves it when it lies there under its name. Cut off before that was noted, it is found
there with the same bytes and not sent again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from pipeline import files as disk
from pipeline.carrying.places import Emit, Stopped, alone, worded
from pipeline.clock import Clock
from pipeline.faults import point
from pipeline.jobs import ExportJob, Remote, fits
from pipeline.remote import Far, Occupied, open_far
from pipeline.remote.model import shown
from pipeline.store.afar.model import Afar, Queued
from pipeline.words import message, printable


def send(
    job: ExportJob,
    rows: Afar,
    clock: Clock,
    emit: Emit,
    stopping: Callable[[], bool] = lambda: False,
    connect: Callable[[Remote], Far] = open_far,
) -> int:
    """Send what lies there; returns how many files. Raises Environment at the first that cannot go: those after it
    wait, so that the order is kept."""
    remote = job.remote
    assert remote is not None
    with worded(job.to), alone(remote):
        waiting = lying(job.to)
        if not waiting:
            return 0
        queued = rows.queued(job.name, [os.fsencode(path.name) for path in waiting])
        far, sent = connect(remote), 0
        try:
            for path in in_order(job, waiting, queued):
                if stopping():
                    raise Stopped(message("remote.stopped", name=printable(path.name)))
                row = queued.get(os.fsencode(path.name))
                _put(far, remote, path)
                point("send.put")
                if row is not None:
                    rows.sent(row.id, shown(remote), clock.now().wall)
                    facts: dict[str, str | int] = {
                        "to": shown(remote),
                        "number": row.sequence,
                        "bytes": path.stat().st_size,
                    }
                    emit("export.sent", printable(path.name), facts)
                path.unlink()
                disk.sync_folder(job.to)
                sent += 1
        finally:
            far.close()
        return sent


def lying(folder: Path) -> list[Path]:
    """What waits to be sent."""
    with contextlib.suppress(FileNotFoundError):
        return [path for path in folder.iterdir() if path.is_file() and fits(path.name, ("*",))]
    return []


def in_order(job: ExportJob, waiting: list[Path], queued: Mapping[bytes, Queued]) -> list[Path]:
    """By number and part; the companions of a file right after it, as its job names them. What its export has not
    done with, because companions are still to come, is left out."""
    found = [(turn, path) for path in waiting if (turn := _turn(job, path, queued)) is not None]
    return [path for _, path in sorted(found)]


def _turn(job: ExportJob, path: Path, queued: Mapping[bytes, Queued]) -> tuple[float, int, int, str] | None:
    row = queued.get(os.fsencode(path.name))
    if row is not None:
        return (row.sequence, row.part, 0, path.name) if row.published else None
    for name, main in queued.items():
        text = os.fsdecode(name)
        stem = text.rpartition(".")[0] or text
        for at, template in enumerate(job.ready, 1):
            if template.replace("{name}", text).replace("{stem}", stem) == path.name:
                return (main.sequence, main.part, at, path.name) if main.published else None
    return (float("inf"), 0, 0, path.name)  # written again by a person, or left of an earlier setting


def _put(far: Far, remote: Remote, path: Path) -> None:
    point("send.before")
    try:
        far.put(path.name, path)
    except Occupied:
        if not _same(far, path):
            raise


def _same(far: Far, path: Path) -> bool:
    """Is what lies there under this name what we sent before we were cut off?"""
    found = next((one for one in far.list() if one.name == os.fsencode(path.name)), None)
    if found is None or found.size not in (None, path.stat().st_size):
        return False
    there = hashlib.sha256()
    start, pieces = far.read(found, 0)
    for piece in pieces:
        there.update(piece)
    with path.open("rb") as file:
        return start == 0 and there.digest() == disk.fingerprint(file)
