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
from pipeline.jobs import ImportJob, corrected
from pipeline.mapping.delivery import part_of, together
from pipeline.readiness import Seen
from pipeline.store.model import Store
from pipeline.watching.watcher import Watcher
from pipeline.words import Message, message, printable

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
    delivery = inboxes.delivery(desk.job)
    if delivery:
        here = [w for w in ready if w.folder == ready[0].folder]
        ready = [here[n] for n in together(delivery, [_own_name(w.seen.name) for w in here])]
    for waiting in ready:
        if (
            not delivery
            and took.claimed
            and (size + waiting.seen.size > SMALL_BYTES or len(took.claimed) >= GROUP_FILES)
        ):
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
    if delivery and len(took.claimed) < len(ready):  # all of them or none
        _back(desk, took.claimed)
        took.claimed = []
    return took


def _own_name(name: bytes) -> str:
    """As patterns see it; a correction belongs to no delivery."""
    text = printable(os.fsdecode(name))
    return "/" if corrected(text) else text


def _back(desk: Desk, taken: Sequence[disk.Claimed]) -> None:
    """Into the inbox, to wait for what belongs to it; what cannot go back is kept."""
    for claimed in taken:
        try:
            desk.give_back(claimed)
        except OSError:
            desk.hold(claimed)


def next_held(desk: Desk, inboxes: Inboxes, store: Store | None) -> list[disk.Claimed]:
    """What is tried again next: files that share a group, or the whole of a delivery. Raises Environment."""
    if not desk.held:
        return []
    first, delivery = desk.held[0], inboxes.delivery(desk.job)
    if delivery and store is not None:
        return _held_delivery(desk, delivery, store)
    if first.claim in desk.alone or first.attempt > 1:
        return [desk.held.pop(0)]
    group, desk.held = desk.held[:GROUP_FILES], desk.held[GROUP_FILES:]
    return group


def _held_delivery(desk: Desk, delivery: Sequence[str], store: Store) -> list[disk.Claimed]:
    """The files that belong to the first. Those of a delivery that was committed are only put in their place; of one
    that a kill cut in two, what was taken goes back to wait for the rest."""

    def folder(claimed: disk.Claimed) -> Path:
        return desk.arrived[claimed.claim].folder if claimed.claim in desk.arrived else desk.job.inbox

    first = desk.held[0]
    part = part_of(delivery, _own_name(first.name))
    if part is None:
        return [desk.held.pop(0)]
    mates = {
        found[0]: claimed
        for claimed in reversed(desk.held)
        if (found := part_of(delivery, _own_name(claimed.name)))
        and found[1] == part[1]
        and folder(claimed) == folder(first)
    }
    group = [mates[n] for n in sorted(mates)]
    desk.held = [claimed for claimed in desk.held if claimed not in group]
    if len(group) < len(delivery) and not any(
        store.by_claim(c.claim) or store.replay_of(c.claim) for c in group
    ):
        _back(desk, group)
        return []
    return group


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
