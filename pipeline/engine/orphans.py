"""What was taken for jobs that are no longer in the config: it lies hidden until a service gives it back."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline import files as disk
from pipeline.engine.inboxes import Inboxes
from pipeline.jobs import WORK


@dataclass(frozen=True, slots=True)
class Orphan:
    """A taken file in the work folder of a job that is gone."""

    folder: Path  # the inbox it was taken from
    job: str
    entry: disk.Entry


def work_folders(inboxes: Inboxes) -> Iterator[tuple[Path, Path]]:
    """Each inbox with a work folder in it that belongs to no job of its. What cannot be read has none."""
    for folder in inboxes.folders:
        known = {job.name for job in inboxes.of_folder(folder)}
        with contextlib.suppress(OSError):
            works = sorted((folder / WORK).iterdir())
            yield from ((folder, work) for work in works if work.name not in known and work.is_dir())


def orphans(inboxes: Inboxes) -> list[Orphan]:
    """All of them, by folder. What cannot be read has none."""
    found: list[Orphan] = []
    for folder, work in work_folders(inboxes):
        with contextlib.suppress(OSError):
            found += [Orphan(folder, work.name, entry) for entry in disk.entries(work)]
    return found
