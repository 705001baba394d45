"""When which folder is looked at, and how its files are noticed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from pipeline import files as disk
from pipeline.clock import Now
from pipeline.engine.desk import Desk
from pipeline.engine.inboxes import Inboxes
from pipeline.engine.taking import give_back_orphans, left_behind
from pipeline.errors import Environment
from pipeline.jobs import ImportJob
from pipeline.mapping.model import ReadOptions
from pipeline.watching import Detection, Watcher, detect_all
from pipeline.words import Message, message

LEFT_S = 5.0  # what a dead process had taken is looked for this often
QUICK_S = 0.03  # a look that took no longer needs no rest
REST = 4.0  # after a look that took long, the folder rests for so many times as long
CALM = 50.0  # where nothing settles and nothing is told, a look may take this part of the time


@dataclass(slots=True)
class Looked:
    """What one round of looks found out about the folders themselves."""

    reached: list[Path] = field(default_factory=list)
    unreachable: dict[Path, Message] = field(default_factory=dict)
    noticing: dict[Path, Detection] | None = None  # the folders are others than before: watch these


class Looking:
    """The folders of all jobs: which are due for a look, and the watcher that says so before their time."""

    def __init__(self, jobs: Sequence[ImportJob], options: Mapping[str, ReadOptions]) -> None:
        self.inboxes = Inboxes(jobs, options, self._renamed_in)
        self.watcher = Watcher(self.detections(), disk.is_network)
        self._due: dict[Path, float] = {}  # monotonic seconds
        self._rest: dict[Path, float] = {}
        self._seen: dict[Path, float] = {}
        self._left_due = 0.0
        self._orphans_due = True

    def _renamed_in(self, folder: Path, name: bytes, ino: int) -> bool:
        return self.watcher.renamed_in(folder, name, ino)

    def detections(self) -> dict[Path, Detection]:
        """How the files of each folder can be noticed. Tries it out."""
        wanted = {job.inbox: job.watch for job in self.inboxes.jobs}
        wanted |= {folder: job.watch for job in self.inboxes.jobs for folder in self.inboxes.folders_of(job)}
        return detect_all(wanted, disk.is_network)

    def follow(self, jobs: Sequence[ImportJob], options: Mapping[str, ReadOptions]) -> None:
        """Other jobs from now on; the watcher is to follow as well."""
        self.inboxes.follow(jobs, options)
        self._orphans_due = True
        self.mark(self.inboxes.folders)

    def mark(self, folders: Iterable[Path]) -> None:
        """Something happened there: look as soon as the folder has rested."""
        for folder in folders:
            self._due[folder] = self._rest.get(folder, 0.0)

    def seen_since(self, job: ImportJob, mono: float) -> bool:
        """Was every folder of the job looked at after this moment?"""
        return all(self._seen.get(folder, 0.0) >= mono for folder in self.inboxes.folders_of(job))

    def next_s(self, now: Now) -> float:
        """Seconds until the next look is due."""
        watched = (*self.inboxes.folders, *self.inboxes.bases)
        return max(0.01, min((self._due.get(f, 0.0) for f in watched), default=now.mono + 1) - now.mono)

    def look(self, desks: Sequence[Desk], now: Now) -> Looked:
        """Look at every folder that is due, and take over what dead processes left. Runs in a thread."""
        looked = Looked()
        self._look_for_folders(now, looked)
        if self._left_due <= now.mono:
            self._left_due = now.mono + LEFT_S
            if self._orphans_due:
                self._orphans_due = False
                give_back_orphans(self.inboxes)
            for desk in desks:
                if not desk.busy:
                    left_behind(desk, self.inboxes)
        for folder in self.inboxes.folders:
            if self._due.get(folder, 0.0) <= now.mono:
                self._look_at(folder, now, looked)
        return looked

    def _look_for_folders(self, now: Now, looked: Looked) -> None:
        due = [base for base in self.inboxes.bases if self._due.get(base, 0.0) <= now.mono]
        for base in due:
            self._due[base] = now.mono + LEFT_S
            try:
                os.stat(base)
                looked.reached.append(base)
            except OSError as error:
                why = error.strerror or str(error)
                looked.unreachable[base] = message("files.inbox_unreachable", path=str(base), why=why)
        if due and self.inboxes.expand():
            looked.noticing = self.detections()

    def _look_at(self, folder: Path, now: Now, looked: Looked) -> None:
        start, poll_s = monotonic(), self.watcher.poll_s(folder)
        try:
            again_s = min(self.inboxes.look(folder, now), poll_s)
        except Environment as trouble:
            again_s, looked.unreachable[folder] = poll_s, trouble.said
        else:
            looked.reached.append(folder)
            self._seen[folder] = now.mono
        cost = monotonic() - start
        cost = cost if cost > QUICK_S else 0.0
        self._rest[folder] = now.mono + cost * (1 + REST)
        settles_s = max(again_s, cost * (CALM if again_s >= poll_s else 1 + REST))
        self._due[folder] = now.mono + settles_s
