"""After the ledger's row: refused rows to their file, the file to its last place. Each step may be repeated.

Where a file goes is told by its ledger row alone, so a process that finds the row after a kill finds the file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pipeline import files as disk
from pipeline.clock import Clock
from pipeline.faults import point
from pipeline.imports import receipts
from pipeline.imports.corrections import correction, name_of
from pipeline.imports.work import Deed, Emit, Outcome, Taken, Work
from pipeline.jobs import ImportJob
from pipeline.store.model import LedgerFile, Query, Store
from pipeline.words import printable, render

TOGETHER = 50  # files whose moves are made to last together
COUNTS = ("rows_read", "inserted", "updated", "unchanged", "refused", "deleted", "stale", "absent")
UNNOTED = 10_000  # files whose move is not noted: a group that was cut off, at most


class Finisher:
    """Puts files in their place. `emit` hears of each step."""

    def __init__(self, store: Store, clock: Clock, emit: Emit) -> None:
        self._store, self._clock, self._emit = store, clock, emit

    def finish(self, work: Work, files: Sequence[tuple[Taken, LedgerFile]]) -> list[Outcome]:
        """Do what is left to do for files that the ledger knows. Raises OSError, Environment."""
        for at in range(0, len(files), TOGETHER):
            self._finish(work, files[at : at + TOGETHER])
        return [_outcome(taken, row) for taken, row in files]

    def _finish(self, work: Work, files: Sequence[tuple[Taken, LedgerFile]]) -> None:
        """A few files, so that folders are synced and the ledger is written once for all of them."""
        moved: dict[str, Path] = {}
        ended = []
        try:
            for taken, row in files:
                there = os.path.lexists(taken.path)
                if row.archived_at is not None and not there:
                    continue  # its group was cut off after it
                place = None if there else lies_at(work.job, row, work.zone)
                moved[taken.claim] = place or self._put(work, taken, row)
                ended.append((taken, row))
        finally:  # what was moved is noted, whatever became of the others
            if moved:
                self._note({taken.path.parent for taken, _ in ended}, moved)
            for taken, row in ended:
                if row.state == "failed":
                    self._emit("file.failed", taken, row.reason, {})
                else:
                    self._emit("file.archived", taken, None, {})

    def _note(self, emptied: Set[Path], moved: Mapping[str, Path]) -> None:
        for folder in {place.parent for place in moved.values()} | emptied:
            disk.sync_folder(folder)
        self._store.mark_archived({claim: str(place) for claim, place in moved.items()}, self._now())
        point("archived.noted")

    def _put(self, work: Work, taken: Taken, row: LedgerFile) -> Path:
        """Move one file to its last place, with what belongs beside it."""
        if work.job.receipts is not None:
            refused = self._store.refused(row.id, receipts.LINES) if row.refused else []
            receipts.leave(work.job.receipts, row, refused, work.language)
        if row.state == "failed":
            text = render(row.reason, work.language) if row.reason else ""
            disk.make_folder(work.job.failed)
            disk.write_beside(work.job.failed, row.name + b".why.txt", (text + "\n").encode())
            return self._move(work.job, taken, row, work.job.failed, row.name, compress=False)
        if row.state == "duplicate":
            self._emit("file.duplicate", taken, row.reason, {})
        elif row.state == "held":
            self._emit("file.held", taken, row.reason, {})
        else:
            self._emit("file.committed", taken, None, {name: getattr(row, name) for name in COUNTS})
        if row.refused:
            rows = [*self._store.refused(row.id), *self._store.carried(row.id)]
            disk.make_folder(work.job.failed)
            disk.write_beside(work.job.failed, name_of(row), correction(row, rows, work.language))
            self._emit("rows.refused", taken, None, {"refused": row.refused})
        point("refused.written")
        kept = self._kept(row)
        if kept is not None:
            taken.path.unlink(missing_ok=True)
            return kept
        folder, name = place_of(work.job, row, work.zone)
        return self._move(work.job, taken, row, folder, name, compress=work.job.compress == "gzip")

    def _kept(self, row: LedgerFile) -> Path | None:
        """Where a file that was loaded again from the archive lies: the copy in the work folder goes."""
        earlier = self._store.by_id(row.replay_of) if row.replay_of is not None else None
        if earlier is None or earlier.state == "failed" or not Path(earlier.archived_as).is_file():
            return None
        self._store.mark_archived({row.claim: earlier.archived_as}, self._now())
        return Path(earlier.archived_as)

    def _move(
        self, job: ImportJob, taken: Taken, row: LedgerFile, folder: Path, name: bytes, *, compress: bool
    ) -> Path:
        disk.make_folder(folder)
        if taken.companion is not None and os.path.lexists(taken.companion):
            # Before its file: what is left of a move that was cut off is found by the file.
            parsed = disk.parse_companion_name(os.fsencode(taken.companion.name))
            called = job.companion(row.name) or (parsed[1] if parsed else row.name)
            disk.archive(taken.companion, folder, _beside(name, row.name, called))
        return disk.archive(taken.path, folder, name, compress=compress, sync=False)

    def _now(self) -> datetime:
        return self._clock.now().wall


def _outcome(taken: Taken, row: LedgerFile) -> Outcome:
    deeds: dict[str, Deed] = {"failed": "failed", "duplicate": "duplicate"}
    return Outcome(taken.claim, deeds.get(row.state, "archived"), row.reason, row.id)


def _beside(archived: bytes, name: bytes, companion: bytes) -> bytes:
    """What the companion is called in the archive: `080003-12-a.ok` beside `080003-12-a.csv`."""
    stem, archived_stem = os.path.splitext(name)[0], os.path.splitext(archived)[0]
    if companion.startswith(stem) and archived_stem.endswith(stem):
        return archived_stem.removesuffix(stem) + companion
    return archived_stem + b"-" + companion


def place_of(job: ImportJob, row: LedgerFile, zone: str) -> tuple[Path, bytes]:
    """Folder and name where an imported file is kept, by its ledger row: the moment it was committed in the
    job's zone, its number, its name, the folder it came from."""
    at = (row.committed_at or row.claimed_at).astimezone(ZoneInfo(zone))
    inbox = printable(str(job.inbox))
    below = row.folder.removeprefix(inbox).strip("/") if (row.folder + "/").startswith(inbox + "/") else ""
    *folders, name = disk.archive_name(job.archive, job.name, row.id, at, row.name, below)
    return job.processed.joinpath(*map(os.fsdecode, folders)), name


def lies_at(job: ImportJob, row: LedgerFile, zone: str) -> Path | None:
    """Where a file lies that was moved without a note of it."""
    folder, name = (job.failed, row.name) if row.state == "failed" else place_of(job, row, zone)
    return disk.find(folder, name, row.fingerprint, row.name)


def note_moved(store: Store, jobs: Sequence[ImportJob], now: datetime, zone: str) -> None:
    """Finish the notes of files whose move was the last thing an earlier process did: they lie in their folder
    and no longer in the work folder, and only the ledger does not say so. Raises Environment."""
    for job in jobs:
        there: dict[Path, set[str]] = {}
        found: dict[str, str] = {}
        for row in store.files(Query(job=job.name, moved=False, limit=UNNOTED)):
            came_from = Path(row.folder or job.inbox)
            if not came_from.is_relative_to(job.inbox):
                came_from = job.inbox
            work = job.work_in(came_from)
            if work not in there:
                there[work] = {entry.claim for entry in disk.entries(work)}
            if row.claim in there[work]:
                continue
            place = lies_at(job, row, zone)
            if place is not None:
                found[row.claim] = str(place)
        if found:
            store.mark_archived(found, now)
