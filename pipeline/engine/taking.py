"""Taking what is ready, and what a dead process had taken: plain code, run in a thread."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline import files as disk
from pipeline.clock import Clock
from pipeline.engine.desk import Arrived, Desk
from pipeline.engine.inboxes import Inboxes, Waiting, source_state
from pipeline.engine.orphans import work_folders
from pipeline.jobs import ImportJob
from pipeline.readiness import Seen
from pipeline.watching.watcher import Watcher
from pipeline.words import Message, message

SMALL_BYTES = 1_000_000  # a group of small files stays under this; a bigger file goes alone, in the big lane
GROUP_FILES = 200


@dataclass(slots=True)
class Took:
    """What one round took, in order of arrival, and what stood in the way."""

    claimed: list[disk.Claimed] = field(default_factory=list)
    trouble: Message | None = None


def take(desk: Desk, ready: Sequence[Waiting], inboxes: Inboxes, watcher: Watcher, clock: Clock) -> Took:
    """Claim what is ready: small files together, a big one alone."""
    took, gone, size = Took(), [], 0
    for waiting in ready:
        if took.claimed and (size + waiting.seen.size > SMALL_BYTES or len(took.claimed) >= GROUP_FILES):
            break
        gone.append(waiting)
        if not inboxes.still_ready(waiting):
            continue
        try:
            claimed = _claim(desk.job, waiting, watcher, clock)
        except OSError as error:
            where = str(error.filename or waiting.folder)
            took.trouble = message("files.environment", path=where, why=error.strerror or str(error))
            break
        if claimed is not None:
            took.claimed.append(claimed)
            size += waiting.seen.size
            state = source_state(waiting.seen) if desk.job.take == "copy" else ""
            desk.arrived[claimed.claim] = Arrived(
                waiting.folder, inboxes.below(waiting.folder), waiting.history.seen_at, state, fresh=True
            )
            if state:
                desk.copied = inboxes.note_copied(desk.job, waiting.folder, waiting.seen.name, state)
    inboxes.taken(desk.job, gone)
    return took


def _claim(job: ImportJob, waiting: Waiting, watcher: Watcher, clock: Clock) -> disk.Claimed | None:
    folder, name, work = waiting.folder, waiting.seen.name, job.work_in(waiting.folder)
    now = clock.now().wall
    if job.take == "copy":
        return disk.claim_copy(folder, name, work, now, waiting.seen.state)
    companion = job.companion(name)
    watcher.ours(folder, name)
    if companion is not None:
        watcher.ours(folder, companion)
    return disk.claim(folder, name, work, now, companion)


def left_behind(desk: Desk, inboxes: Inboxes) -> None:
    """Take over what a dead process had taken from the job's folders. What cannot be read is found later."""
    for folder in inboxes.folders_of(desk.job):
        with contextlib.suppress(OSError):
            for claimed in disk.abandoned(desk.job.work_in(folder)):
                arrived = _whence(desk.job, folder, inboxes.below(folder), claimed)
                desk.arrived[claimed.claim] = arrived
                if arrived.source_state:  # or else the next look would take it once more
                    desk.copied = inboxes.note_copied(desk.job, folder, claimed.name, arrived.source_state)
                desk.hold(_with_companion(desk.job, folder, claimed))


def _whence(job: ImportJob, folder: Path, below: str, claimed: disk.Claimed) -> Arrived:
    """A copy keeps size and time of its original: an original that still has them was not written since."""
    if job.take != "copy":
        return Arrived(folder, below)
    state = ""
    with contextlib.suppress(OSError):
        original = (folder / os.fsdecode(claimed.name)).lstat()
        copy = claimed.path.lstat()
        if (original.st_size, original.st_mtime_ns) == (copy.st_size, copy.st_mtime_ns):
            state = source_state(
                Seen(
                    claimed.name, original.st_dev, original.st_ino, copy.st_size, copy.st_mtime_ns, 0, "file"
                )
            )
    return Arrived(folder, below, None, state)


def _with_companion(job: ImportJob, folder: Path, claimed: disk.Claimed) -> disk.Claimed:
    companion = job.companion(claimed.name)
    if claimed.companion is None and companion is not None and job.take == "move":
        claimed.companion = disk.companion_of(
            folder, claimed.name, companion, job.work_in(folder), claimed.claim
        )
    return claimed


def give_back_orphans(inboxes: Inboxes) -> None:
    """What was taken for jobs that are no longer in the config goes back into its inbox: nothing stays hidden."""
    for folder, work in work_folders(inboxes):
        with contextlib.suppress(OSError):
            for claimed in disk.abandoned(work):
                disk.unclaim(claimed, folder)
