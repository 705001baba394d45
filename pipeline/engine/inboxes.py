"""What lies in the inboxes and since when: the scan's memory. Events only say where to look again."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline import files as disk
from pipeline.clock import Now
from pipeline.formats import completeness
from pipeline.jobs import ImportJob, fits
from pipeline.mapping.model import ReadOptions
from pipeline.readiness import Facts, History, Ready, Seen, observe, readiness
from pipeline.watching import scan
from pipeline.words import Message, message

RESCAN_S = 5.0


@dataclass(slots=True)
class Waiting:
    """A file in an inbox that a job would take: why it is not taken yet (`said`), or ready (None)."""

    job: str
    seen: Seen
    history: History
    said: Message | None
    again_s: float | None = None
    kind: str = "waiting"  # or "rejected", "ready"


@dataclass(slots=True)
class Inboxes:
    """All inboxes of all jobs. `look` scans one folder; the result stays until the next look."""

    jobs: Sequence[ImportJob]
    options: dict[str, ReadOptions]
    renamed_in: Callable[[Path, bytes, int], bool]
    found: dict[Path, dict[bytes, Waiting]] = field(default_factory=dict)

    def look(self, folder: Path, now: Now) -> float:
        """Scan a folder. Returns the seconds after which another look can tell more.

        Raises Environment when the folder cannot be read: what was known of it is kept."""
        before = self.found.get(folder, {})
        after: dict[bytes, Waiting] = {}
        for seen in scan(folder):
            job = self._taker(folder, seen.name)
            if job is not None:
                after[seen.name] = self._judge(folder, job, seen, before.get(seen.name), now)
        self.found[folder] = after
        return min((w.again_s for w in after.values() if w.again_s is not None), default=RESCAN_S)

    def _taker(self, folder: Path, name: bytes) -> ImportJob | None:
        text = os.fsdecode(name)
        return next((j for j in self.jobs if j.inbox == folder and fits(text, j.patterns)), None)

    def _judge(self, folder: Path, job: ImportJob, seen: Seen, old: Waiting | None, now: Now) -> Waiting:
        history = observe(old.history if old else None, old.seen if old else None, seen, now)
        if seen.kind != "file":
            return Waiting(
                job.name, seen, history, message("files.not_a_file", kind=seen.kind), None, "rejected"
            )
        history.renamed_in = self.renamed_in(folder, seen.name, seen.ino)
        path = folder / os.fsdecode(seen.name)
        facts = Facts(
            writer=disk.writer_free(path),
            incomplete=self._incomplete(path, job),
            network=disk.is_network(folder),
            now_wall=now.wall,
            now_mono=now.mono,
        )
        verdict = readiness(seen, history, facts)
        if isinstance(verdict, Ready):
            return Waiting(job.name, seen, history, None, None, "ready")
        return Waiting(job.name, seen, history, verdict.said, verdict.seconds)

    def _incomplete(self, path: Path, job: ImportJob) -> Message | None:
        try:
            with disk.open_regular(path) as file:
                return completeness(file, self.options[job.name])
        except OSError as error:
            return message("files.unreadable", path=str(path), why=error.strerror or str(error))

    def of(self, job: ImportJob) -> list[Waiting]:
        """What lies there for a job, in order of arrival."""
        mine = [w for w in self.found.get(job.inbox, {}).values() if w.job == job.name]
        return sorted(mine, key=lambda w: (w.seen.mtime_ns, w.seen.name))

    def taken(self, job: ImportJob, name: bytes) -> None:
        """The file has left the inbox."""
        self.found.get(job.inbox, {}).pop(name, None)
