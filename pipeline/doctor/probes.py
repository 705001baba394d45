"""Trying out what a folder can do, with hidden files that are gone again at once."""

from __future__ import annotations

import errno
import os
import select
import time
from pathlib import Path

from pipeline import files as disk
from pipeline.watching.inotify import Inotify

FULL = 4096  # a disc that is full may still take the name of a file, but no bytes
EVENT_S = 1.0  # for so long a new file may go untold


def writable(folder: Path) -> str | None:
    """Why no file can be made there; None: one could."""
    try:
        with disk.probe(folder) as path:
            path.write_bytes(bytes(FULL))
            return None
    except OSError as error:
        return error.strerror or str(error)


def nearest(folder: Path) -> Path:
    """The folder, or the one above it that is there."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def event_s(events: Inotify, folder: Path) -> float | None:
    """Seconds until the system tells of a new file there; None: not within one second. Raises OSError."""
    events.add(folder)
    events.read()
    start = time.monotonic()
    with disk.probe(folder) as path:
        end = start + EVENT_S
        while (left := end - time.monotonic()) > 0:
            if select.select([events.fd], [], [], left)[0]:
                name = os.fsencode(path.name)
                if any(told == name for _, told, _ in events.read()):
                    return time.monotonic() - start
    return None


def sees_writers(folder: Path) -> bool:
    """Can we tell there that another program is still writing a file? Raises OSError."""
    with disk.probe(folder) as path:
        with path.open("wb"):
            busy = disk.writer_free(path)
        return busy == "busy" and disk.writer_free(path) == "free"


def can_rename(folder: Path, target: Path) -> bool:
    """Is a file renamed from one folder to the other? False: it must be copied. Raises OSError."""
    with disk.probe(folder) as path:
        there = target / f"{path.stem}-moved.part"
        try:
            disk.rename_noreplace(path, there)
        except OSError as error:
            if error.errno == errno.EXDEV:
                return False
            raise
        there.unlink(missing_ok=True)
    return True
