"""What is asked of an installation without changing it: status, files, one file's story, and why.

Three places are read together: the ledger, the inboxes as a scan sees them, and the work folders. A database
that is not there yet is an empty ledger, not an error.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pipeline import config as configuration
from pipeline import files as disk
from pipeline.clock import Clock
from pipeline.engine.inboxes import Inboxes, Waiting
from pipeline.engine.report import running
from pipeline.errors import Environment, PipelineError
from pipeline.jobs import ImportJob, Settings, fits
from pipeline.results import FileRow, FileStory, JobStatus, Status, Why
from pipeline.schedule import describe, next_opening
from pipeline.store.model import LedgerFile, Query, Store
from pipeline.words import Message, message, printable

ALL = 100_000


@dataclass(slots=True)
class Answers:
    """Answers about one installation. `ledger` gives the store, or None while there is no database yet; it
    raises PipelineError when the database cannot be read."""

    settings: Settings
    ledger: Callable[[], Store | None]
    clock: Clock

    def status(self) -> Status:
        """The switch, and for each job its next opening, waiting and failed files, last result, and what a
        running service waits for."""
        services = running(self.settings.root)
        waits = {job: said for known in services for job, (said, _) in known.waiting.items()}
        inboxes = self._look()
        trouble, store = waits.get(""), None
        try:
            store = self.ledger()
        except PipelineError as error:
            trouble = error.said
        jobs = tuple(self._job(job, store, inboxes, waits.get(job.name)) for job in self.settings.imports)
        active = configuration.read_active(self.settings.path) is not False
        return Status(active, jobs, trouble, running=bool(services))

    def _job(self, job: ImportJob, store: Store | None, inboxes: Inboxes, wait: Message | None) -> JobStatus:
        rows = store.files(Query(job=job.name, limit=1)) if store else []
        return JobStatus(
            name=job.name,
            schedule=describe(job.schedule),
            next_opening=self._opening(job, store),
            waiting=len(inboxes.of(job)) + len(_taken(job)),
            failed=store.count(job.name, "failed") if store else 0,
            last=_row(rows[0]) if rows else None,
            trouble=wait,
        )

    def _opening(self, job: ImportJob, store: Store | None) -> datetime | None:
        now = self.clock.now().wall
        memory = store.gate(job.name) if store else None
        return next_opening(job.schedule, memory.last if memory else now, now)

    def files(self, job: str | None = None, state: str | None = None) -> list[FileRow]:
        """What lies in the inboxes and work folders, then the ledger, newest first."""
        store, inboxes = self.ledger(), self._look()
        waits = {j: said for known in running(self.settings.root) for j, (said, _) in known.waiting.items()}
        rows: list[FileRow] = []
        for each in (j for j in self.settings.imports if job in (None, j.name)):
            rows += [waiting_row(each, w) for w in inboxes.of(each)]
            for claim, name in _taken(each):
                if store is None or store.by_claim(claim) is None:
                    said = waits.get(each.name) or waits.get("")
                    rows.append(_taken_row(each, claim, name, said))
        rows = [row for row in rows if state in (None, row.state)]
        if store is not None:
            query = Query(job=job, states=(state,) if state else (), limit=ALL)
            rows += [_row(file) for file in store.files(query)]
        return rows

    def rows(self, ids: list[int]) -> list[FileRow]:
        """These files of the ledger, in this order; those that cannot be read now are left out."""
        try:
            store = self.ledger()
            found = [store.by_id(id) for id in ids] if store else []
        except Environment:
            return []
        return [_row(file) for file in found if file is not None]

    def show(self, id: int) -> FileStory | None:
        """One file's whole story, with its refused rows; None when there is no such file."""
        store = self.ledger()
        file = store.by_id(id) if store else None
        if store is None or file is None:
            return None
        return FileStory(_row(file), tuple(store.refused(id)), file.dialect)

    def why(self, file: str | os.PathLike[str]) -> Why:
        """In one sentence why this file is, or is not, in the database, and what would change that."""
        path = Path(file).absolute()
        name, shown = os.fsencode(path.name), printable(path.name)
        if os.path.lexists(path) and (found := self._why_here(path, shown)):
            return found
        for job in self.settings.imports:
            if any(taken == name for _, taken in _taken(job)):
                row = next((r for r in self.files(job.name, "claimed") if r.name == shown), None)
                said = row.reason if row and row.reason else message("states.loading", name=shown)
                return Why(False, said, message("states.loading_remedy"), row)
        store = self.ledger()
        rows = store.files(Query(name=name, limit=1)) if store else []
        if not rows:
            return Why(False, message("states.unknown", name=shown), message("states.unknown_remedy"), None)
        return _why_known(rows[0], shown)

    def _why_here(self, path: Path, shown: str) -> Why | None:
        """Why a file that lies in an inbox is still there; None when its folder is no inbox."""
        mine = [j for j in self.settings.imports if j.inbox == path.parent]
        if not mine:
            return None
        job = next((j for j in mine if fits(path.name, j.patterns)), None)
        if job is None:
            patterns = ", ".join(pattern for j in mine for pattern in j.patterns)
            said = message("states.no_pattern", name=shown, patterns=patterns)
            return Why(False, said, message("states.no_pattern_remedy"), None)
        lying = next((w for w in self._look().of(job) if w.seen.name == os.fsencode(path.name)), None)
        row = waiting_row(job, lying) if lying else None
        if configuration.read_active(self.settings.path) is False:
            said = message("states.switch_off", name=shown)
            return Why(False, said, message("states.switch_off_remedy"), row)
        if lying is not None and lying.said is not None:
            return Why(False, lying.said, None, row)
        return self._why_ready(job, shown, row)

    def _why_ready(self, job: ImportJob, shown: str, row: FileRow | None) -> Why:
        """Why a file that is complete was not taken yet."""
        waits = {j: said for known in running(self.settings.root) for j, (said, _) in known.waiting.items()}
        remedy = message("states.not_yet_remedy", job=job.name)
        try:
            opening = self._opening(job, self.ledger())
        except PipelineError as error:
            return Why(False, error.said, None, row)
        if wait := waits.get("") or waits.get(job.name):
            return Why(False, wait, None, row)
        if opening is None:
            return Why(False, message("states.ready", name=shown, job=job.name), remedy, row)
        local = opening.astimezone(ZoneInfo(self.settings.timezone)).strftime("%Y-%m-%d %H:%M:%S")
        return Why(False, message("states.not_yet", name=shown, job=job.name, opening=local), remedy, row)

    def _look(self) -> Inboxes:
        options = {
            j.name: configuration.load_mapping(self.settings, j.mapping).read for j in self.settings.imports
        }
        inboxes = Inboxes(self.settings.imports, options, lambda folder, name, ino: False)
        now = self.clock.now()
        for folder in inboxes.folders:
            with contextlib.suppress(Environment):
                inboxes.look(folder, now)
        return inboxes


def _taken(job: ImportJob) -> list[tuple[str, bytes]]:
    """Claim and name of the files in the job's work folder."""
    try:
        entries = os.listdir(os.fsencode(job.work))
    except OSError:
        return []
    return [(parsed[0], parsed[2]) for entry in entries if (parsed := disk.parse_work_name(entry))]


def _row(file: LedgerFile) -> FileRow:
    return FileRow(
        id=file.id,
        job=file.job,
        name=printable(os.fsdecode(file.name)),
        state=file.state,
        reason=file.reason,
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
    )


def waiting_row(job: ImportJob, waiting: Waiting) -> FileRow:
    """A file that still lies in its inbox."""
    return _unloaded(job, waiting.seen.name, waiting.kind, waiting.said, waiting.history.seen_at, None)


def _taken_row(job: ImportJob, claim: str, name: bytes, said: Message | None) -> FileRow:
    at = disk.claimed_at(claim)
    return _unloaded(
        job, name, "claimed", said or message("states.loading", name=printable(os.fsdecode(name))), at, at
    )


def _unloaded(
    job: ImportJob,
    name: bytes,
    state: str,
    said: Message | None,
    seen_at: datetime,
    claimed_at: datetime | None,
) -> FileRow:
    return FileRow(
        id=None,
        job=job.name,
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
    )


def _why_known(file: LedgerFile, shown: str) -> Why:
    row = _row(file)
    if file.state in ("committed", "archived"):
        said = message(
            "states.imported",
            name=shown,
            id=file.id,
            rows=file.rows_read,
            inserted=file.inserted,
            updated=file.updated,
            unchanged=file.unchanged,
            refused=file.refused,
            repeats=file.duplicates,
            place=file.archived_as or "…",
        )
        return Why(True, said, message("states.refused_remedy", id=file.id) if file.refused else None, row)
    if file.state == "duplicate":
        return Why(True, file.reason or message("states.duplicate", name=shown), None, row)
    remedy = message("states.failed_remedy", place=file.archived_as or "failed")
    return Why(False, file.reason or message("states.failed", name=shown), remedy, row)
