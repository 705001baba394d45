"""What a sender itself says of a file being whole: a companion beside it, or its last line."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from pipeline import files as disk
from pipeline.jobs import ImportJob, matches_any
from pipeline.trailer import begins
from pipeline.words import Message, message, printable


def lacks(job: ImportJob, folder: Path, name: bytes) -> Message | None:
    """What the job still waits for; None: nothing is lacking. Reads the file whole when its companion holds a
    checksum. Raises OSError."""
    companion = job.companion(name)
    if companion is not None:
        missing = _companion(folder, name, companion)
        if missing is not None:
            return missing
    if not job.trailer:
        return None
    with disk.open_regular(folder / os.fsdecode(name)) as file:
        last = disk.before_last_line(file)[1]
    if begins(job.trailer, last):
        return None
    return message("files.no_trailer", trailer=job.trailer)


def _companion(folder: Path, name: bytes, companion: bytes) -> Message | None:
    shown = printable(os.fsdecode(companion))
    place = folder / os.fsdecode(companion)
    if not place.is_file():
        return message("files.no_companion", companion=shown)
    if not disk.is_checksum_name(companion):
        return None
    with disk.open_regular(place) as beside:
        content = beside.read(4096)
    with disk.open_regular(folder / os.fsdecode(name)) as file:
        fits = disk.checksum_fits(file, companion, content)
    if fits:
        return None
    return message("files.checksum_unreadable" if fits is None else "files.checksum_differs", companion=shown)


def accompanied(job: ImportJob, names: Iterable[bytes]) -> set[bytes]:
    """The names that the companions of these files have."""
    mains = (name for name in names if not could_accompany(job, name))
    return {companion for name in mains if (companion := job.companion(name)) is not None}


def could_accompany(job: ImportJob, name: bytes) -> bool:
    """Has this name the form of the job's companions? Then it is never taken for a file itself."""
    if not job.ready:
        return False
    form = job.ready.replace("{stem}", "*").replace("{name}", "*")
    return matches_any(os.fsdecode(name), (form,))
