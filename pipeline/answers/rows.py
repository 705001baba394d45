"""Files as rows: from the ledger, from an inbox, and taken but not finished."""

from __future__ import annotations

import os
from datetime import datetime
from zoneinfo import ZoneInfo

from pipeline import files as disk
from pipeline.engine.inboxes import Waiting
from pipeline.jobs import ImportJob
from pipeline.results import FileRow
from pipeline.store.model import LedgerFile
from pipeline.words import Message, message, printable


def local(at: datetime | None, zone: str) -> str:
    """A moment for people, in the config's zone; "" for none."""
    return "" if at is None else at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")


def below(job: ImportJob | None, folder: str) -> str:
    """A folder's path below the job's inbox, "" for the inbox itself; the whole path of one that lies elsewhere."""
    if job is None:
        return folder
    inbox = printable(str(job.inbox))
    return folder.removeprefix(inbox).strip("/") if f"{folder}/".startswith(f"{inbox}/") else folder


def ledger_row(file: LedgerFile, job: ImportJob | None, zone: str) -> FileRow:
    """A file of the ledger; `job` None: it is no longer in the config."""
    return FileRow(
        id=file.id,
        job=file.job,
        name=printable(os.fsdecode(file.name)),
        state=shown_state(file),
        reason=reason_of(file, zone),
        fingerprint=file.fingerprint.hex() or None,
        rows_read=file.rows_read,
        inserted=file.inserted,
        updated=file.updated,
        unchanged=file.unchanged,
        refused=file.refused,
        seen_at=file.seen_at,
        claimed_at=file.claimed_at,
        committed_at=file.committed_at,
        archived_at=file.archived_at,
        archived_as=file.archived_as,
        duplicates=file.duplicates,
        folder=below(job, file.folder),
        replay_of=file.replay_of,
        deleted=file.deleted,
        stale=file.stale,
        absent=file.absent,
        undo_of=file.undo_of,
        waiting=file.waiting,
        mapping=file.mapping,
        mapping_version=file.mapping_version,
        correction_of=file.correction_of,
        kind=file.kind,
    )


def shown_state(file: LedgerFile) -> str:
    """A file that was written is `written`, and `exported` when it has appeared."""
    if file.kind != "export":
        return file.state
    return "written" if file.archived_at is None else "exported"


def reason_of(file: LedgerFile, zone: str) -> Message | None:
    """Why it is in its state; a moment in it as the config's clocks show it."""
    if file.reason is None or file.reason.code not in ("store.duplicate", "store.undone"):
        return file.reason
    try:
        when = local(datetime.fromisoformat(str(file.reason.args["when"])), zone)
    except (KeyError, ValueError):  # of an earlier version: as it was written
        return file.reason
    return Message(file.reason.code, {**file.reason.args, "when": when})


def waiting_row(job: ImportJob, waiting: Waiting) -> FileRow:
    """A file that still lies in its inbox."""
    folder = below(job, printable(str(waiting.folder)))
    return _unloaded(
        job.name, folder, waiting.seen.name, waiting.kind, waiting.said, waiting.history.seen_at, None
    )


def taken_row(job: ImportJob, folder: str, entry: disk.Entry, said: Message | None) -> FileRow:
    """A file that was taken and is not in the ledger yet; `said`: what it waits for, None: it is at work."""
    at = disk.claimed_at(entry.claim)
    said = said or message("states.loading", name=printable(os.fsdecode(entry.name)))
    return _unloaded(job.name, folder, entry.name, "claimed", said, at, at)


def _unloaded(
    job: str,
    folder: str,
    name: bytes,
    state: str,
    said: Message | None,
    seen_at: datetime,
    claimed_at: datetime | None,
) -> FileRow:
    return FileRow(
        id=None,
        job=job,
        name=printable(os.fsdecode(name)),
        state=state,
        reason=said,
        fingerprint=None,
        rows_read=0,
        inserted=0,
        updated=0,
        unchanged=0,
        refused=0,
        seen_at=seen_at,
        claimed_at=claimed_at,
        committed_at=None,
        archived_at=None,
        archived_as="",
        folder=folder,
    )
