"""Keeps what is to be kept and lets go of the rest: archived files packed and removed by age, the log's old part.

Only what the ledger knows, in the job's own folders, and whose content is still what came. Each step may be repeated.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pipeline import files as disk
from pipeline.imports.corrections import name_of
from pipeline.jobs import ImportJob, Settings
from pipeline.store.keeping import KEPT_STATES
from pipeline.store.model import LedgerFile, Store

MOST = 500  # files of a job at a time
MOST_CHANGES = 50_000  # entries of the log at a time


@dataclass(slots=True)
class Tally:
    """What was done, or would be."""

    packed: int = 0
    removed: int = 0
    changes: int = 0

    def __bool__(self) -> bool:
        return bool(self.packed or self.removed or self.changes)


def keep(settings: Settings, store: Store, now: datetime) -> Tally:
    """One round over all jobs. Raises OSError, Environment."""
    done = Tally()
    for job in settings.imports:
        rules = job.keep
        if rules.archive is not None:
            _remove(job, store, job.processed, KEPT_STATES, _before(now, rules.archive), done)
        if rules.compress is not None:
            _pack(job, store, _before(now, rules.compress), done)
        if rules.failed is not None:
            _remove(job, store, job.failed, ("failed",), _before(now, rules.failed), done)
            _remove_refused(job, store, _before(now, rules.failed), done)
    if settings.keep_log is not None:
        unfinished = [job.name for job in settings.exports]
        before = _before(now, settings.keep_log)
        done.changes = store.keeping().prune_log(before, unfinished, MOST_CHANGES)
    return done


def _before(now: datetime, days: int) -> datetime:
    return now - timedelta(days=days)


def _remove(
    job: ImportJob, store: Store, folder: Path, states: tuple[str, ...], before: datetime, done: Tally
) -> None:
    for old in store.keeping().old_files(job.name, states, before, MOST):
        row, place = old.file, Path(old.file.archived_as)
        if not place.is_relative_to(folder):
            continue  # of an earlier folder of the job: a person sees to it
        if os.path.lexists(place):
            if not disk.holds(place, row.name, row.fingerprint):
                continue  # not what came: somebody changed it, and may need it
            place.unlink()
            disk.sync_folder(place.parent)
            done.removed += 1
        with suppress(OSError):
            place.with_name(place.name + ".why.txt").unlink()
        store.keeping().replaced(old, "")
        _tidy(place.parent, folder)


def _remove_refused(job: ImportJob, store: Store, before: datetime, done: Tally) -> None:
    for row in store.keeping().refused_before(job.name, before, MOST):
        place = job.failed / os.fsdecode(name_of(row))
        with suppress(OSError):
            if place.stat().st_mtime < before.timestamp():
                place.unlink()
                done.removed += 1


def _pack(job: ImportJob, store: Store, before: datetime, done: Tally) -> None:
    for old in store.keeping().old_files(job.name, KEPT_STATES, before, MOST, unpacked=True):
        place = Path(old.file.archived_as)
        if place.is_relative_to(job.processed) and _may_be_packed(place, old.file):
            packed = disk.pack_beside(place)
            store.keeping().replaced(old, str(packed))
            place.unlink()
            disk.sync_folder(place.parent)
            done.packed += 1


def _may_be_packed(place: Path, row: LedgerFile) -> bool:
    try:
        return disk.holds(place, row.name, row.fingerprint) and not disk.is_packed(place)
    except OSError:
        return False  # gone, or no file


def _tidy(folder: Path, top: Path) -> None:
    """Take away folders that are empty now."""
    while folder != top and folder.is_relative_to(top):
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent
