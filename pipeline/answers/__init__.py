"""What is asked of an installation without changing it: status, files, one file's story, and why.

Three places are read together: the ledger, the inboxes as a scan sees them, and the work folders. A database
that is not there yet is an empty ledger, not an error.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from pipeline.answers.comparing import compare
from pipeline.answers.facts import Facts
from pipeline.answers.lying import Services
from pipeline.answers.outgoing import export_status, sync_status
from pipeline.answers.rows import ledger_row, taken_row, waiting_row
from pipeline.answers.why import why
from pipeline.clock import Clock
from pipeline.engine.telling import verdicts
from pipeline.engine.turns import NAMES, expected
from pipeline.errors import Environment
from pipeline.expecting import Verdict
from pipeline.jobs import ImportJob, Settings
from pipeline.results import FileRow, FileStory, JobStatus, Status, Why
from pipeline.schedule import describe
from pipeline.store.model import LedgerFile, Query, Store
from pipeline.turns import gaps
from pipeline.words import Message, message, printable

__all__ = ["Answers", "Services", "waiting_row"]
ALL = 100_000
STORED = {"written": ("committed",), "exported": ("archived",)}  # how the ledger calls what was written


def _missing(facts: Facts, job: ImportJob) -> Message | None:
    """What later files of the job were imported without."""
    if job.gap is None or facts.store is None:
        return None
    by_folder: dict[str, list[str]] = {}
    for folder, name in facts.store.names(job.name, NAMES):
        by_folder.setdefault(folder, []).append(printable(os.fsdecode(name)))
    lost = [name for names in by_folder.values() for name in gaps(job.order, names, expected(job))]
    return message("turns.missing", missing=lost[0], count=len(lost)) if lost else None


@dataclass(slots=True)
class Answers:
    """Answers about one installation. `ledger` gives the store, or None while there is no database yet; it
    raises PipelineError when the database cannot be read."""

    settings: Settings
    ledger: Callable[[], Store | None]
    clock: Clock
    _jobs: dict[str, ImportJob] = field(init=False)

    def __post_init__(self) -> None:
        self._jobs = {job.name: job for job in self.settings.imports}

    def status(self) -> Status:
        """The switch, and for each job its next opening, waiting and failed files, last result, who paused it,
        and what a running service waits for."""
        facts = self._facts()
        counts = facts.store.counts("failed") if facts.store else {}
        last = facts.store.last_files() if facts.store else {}
        wait = facts.services.waits.get("")
        stand = self._stand(facts)
        standing = facts.store.standing() if facts.store and self.settings.syncs else None
        return Status(
            facts.active,
            (
                *(
                    replace(self._job(job, facts, counts, last.get(job.name)), expected=stand.get(job.name))
                    for job in self.settings.imports
                ),
                *(export_status(job, facts, last.get(job.name)) for job in self.settings.exports),
                *(sync_status(job, facts, standing) for job in self.settings.syncs),
            ),
            facts.away or (wait[0] if wait else None),
            running=bool(facts.services.known),
            services=facts.services.status(),
            mistakes=tuple(m for found in facts.lying.mistakes.values() for m in found),
        )

    def _stand(self, facts: Facts) -> Mapping[str, Verdict]:
        """How it stands with the files that jobs expect."""
        if facts.store is None:
            return {}
        book, now = facts.store.notices(), facts.now.wall
        return verdicts(self.settings.imports, book, facts.lying.inboxes, book.begun() or now, now)

    def _job(
        self, job: ImportJob, facts: Facts, counts: Mapping[tuple[str, str], int], last: LedgerFile | None
    ) -> JobStatus:
        said, since = facts.services.waits.get(job.name, (None, None))
        lying = facts.lying
        if said is None:
            said = next(
                (lying.unreachable[f] for f in lying.folders[job.name] if f in lying.unreachable), None
            )
        return JobStatus(
            name=job.name,
            schedule=describe(job.schedule),
            next_opening=facts.next_opening(job),
            waiting=len(lying.inboxes.of(job)) + len(lying.taken.get(job.name, ())),
            failed=counts.get((job.name, "failed"), 0),
            last=self._row(last) if last else None,
            trouble=said,
            since=since,
            pause=facts.pauses.get(job.name),
            oldest=lying.oldest(job),
            noticing=facts.services.noticing(lying.folders[job.name]),
            missing=_missing(facts, job),
            turn=next((wait.said for wait in lying.inboxes.held.get(job.name, {}).values()), None),
        )

    def files(
        self, job: str | None = None, state: str | None = None, kind: str | None = None
    ) -> list[FileRow]:
        """What lies in the inboxes and work folders, then the ledger, newest first. `kind`: "import", "export"."""
        facts = self._facts()
        if facts.away is not None:
            self.ledger()  # says why
        rows = [row for row in self._lying(facts, job) if state in (None, row.state)]
        if facts.store is not None:
            query = Query(job=job, states=STORED.get(state, (state,)) if state else (), limit=ALL)
            known = [self._row(file) for file in facts.store.files(query)]
            rows += [row for row in known if state in (None, row.state)]
        return [row for row in rows if kind in (None, row.kind)]

    def lying(self, job: str | None = None) -> list[FileRow]:
        """What lies in the inboxes and work folders and is not in the ledger."""
        return self._lying(self._facts(), job)

    def _lying(self, facts: Facts, job: str | None) -> list[FileRow]:
        rows: list[FileRow] = []
        for each in (j for j in self.settings.imports if job in (None, j.name)):
            rows += [waiting_row(each, w) for w in facts.lying.inboxes.of(each)]
            wait = facts.services.waits.get(each.name) or facts.services.waits.get("")
            for taken in facts.lying.taken.get(each.name, ()):
                if facts.store is None or facts.store.by_claim(taken.entry.claim) is None:
                    folder = facts.lying.inboxes.below(taken.folder)
                    rows.append(taken_row(each, folder, taken.entry, wait[0] if wait else None))
        return rows

    def page(self, query: Query) -> list[FileRow]:
        """Files of the ledger, newest first. Raises Environment."""
        store = self.ledger()
        return [self._row(file) for file in store.files(query)] if store else []

    def rows(self, ids: list[int]) -> list[FileRow]:
        """These files of the ledger, in this order; those that cannot be read now are left out."""
        try:
            store = self.ledger()
            found = [store.by_id(id) for id in ids] if store else []
        except Environment:
            return []
        return [self._row(file) for file in found if file is not None]

    def show(self, id: int) -> FileStory | None:
        """One file's whole story, with its refused rows and what it changed against the earlier file of its name;
        None when there is no such file."""
        store = self.ledger()
        file = store.by_id(id) if store else None
        if store is None or file is None:
            return None
        refused, earlier = tuple(store.refused(id)), None
        mended = store.files(Query(correction_of=id, limit=ALL)) if file.refused else []
        corrections = tuple(self._row(one) for one in reversed(mended))
        if file.earlier is not None and file.state in ("committed", "archived"):
            earlier = store.by_id(file.earlier)
        if earlier is None:
            return FileStory(self._row(file), refused, file.dialect, corrections=corrections)
        found, said = compare(earlier, file, self._jobs.get(file.job), self.settings.timezone)
        return FileStory(self._row(file), refused, file.dialect, self._row(earlier), found, said, corrections)

    def why(self, file: str | os.PathLike[str]) -> Why:
        """Why this file is, or is not, in the database, and what would change that. A path, or only the name."""
        return why(self._facts(), file)

    def _facts(self) -> Facts:
        return Facts.gather(self.settings, self.ledger, self.clock.now())

    def _row(self, file: LedgerFile) -> FileRow:
        return ledger_row(file, self._jobs.get(file.job), self.settings.timezone)
