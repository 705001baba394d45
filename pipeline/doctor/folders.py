"""The folders of all jobs, each tried out: what a job needs of it, and how new files are noticed there."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline import files as disk
from pipeline.doctor.entries import lying
from pipeline.doctor.outboxes import outbox
from pipeline.doctor.probes import can_rename, event_s, nearest, sees_writers, writable
from pipeline.doctor.service import NOTICED
from pipeline.engine.inboxes import Inboxes
from pipeline.engine.orphans import orphans
from pipeline.engine.report import Known
from pipeline.jobs import ImportJob, Settings
from pipeline.results import Finding, Level
from pipeline.watching import Detection, detect
from pipeline.watching.inotify import Inotify
from pipeline.words import Message, message, printable

SKEW_S = 2.0  # clocks may differ by so much
LOW_BYTES, EMPTY_BYTES = 1 << 30, 64 << 20
WANTED = ("watching.network", "watching.asked_poll")  # looked at regularly, as it should be


@dataclass(slots=True)
class Round:
    """One round through every folder. `known`: the services that run, which say how they notice files."""

    settings: Settings
    inboxes: Inboxes
    known: Sequence[Known]
    discs: dict[int, Path] = field(default_factory=dict)  # device → the first of our folders on it
    found: list[Finding] = field(default_factory=list)

    def all(self) -> list[Finding]:
        """Everything found out, folder by folder, then the discs."""
        events: Inotify | None = None
        with contextlib.suppress(OSError):  # none is left: `detect` says so for each folder
            events = Inotify()
        try:
            for folder in sorted({*self.inboxes.folders, *self.inboxes.bases}):
                self._folder(folder, events)
        finally:
            if events is not None:
                events.close()
        self._outboxes()
        self._left()
        for place in self.discs.values():
            self._space(place)
        return self.found

    def _say(self, place: Path, level: Level, said: Message, remedy: Message | None = None) -> None:
        with contextlib.suppress(ValueError):
            place = place.relative_to(self.settings.root)
        self.found.append(Finding(printable(str(place)), level, said, remedy))

    def _folder(self, folder: Path, events: Inotify | None) -> None:
        jobs = self.inboxes.of_folder(folder)
        try:
            with os.scandir(folder):
                pass
        except OSError as error:
            if any(job.remote is not None for job in jobs):
                return  # it is made at the start
            said = message("doctor.no_inbox", why=error.strerror or str(error))
            self._say(folder, "bad", said, message("doctor.make", folder=str(folder)))
            return
        if folder not in self.inboxes.folders:
            self._base(folder, jobs)
            return
        copied = all(job.take == "copy" for job in jobs)
        if copied:
            self._say(folder, "ok", message("doctor.only_read"))
        else:
            self.discs.setdefault(folder.stat().st_dev, folder)
            if not self._tried(folder):
                return
        self._noticing(folder, events, jobs, probing=not copied)
        for job in jobs:
            self._ways(folder, job)
        for level, said, remedy in lying(folder, jobs):
            self._say(folder, level, said, remedy)

    def _base(self, folder: Path, jobs: Sequence[ImportJob]) -> None:
        """An inbox whose files lie in sub-folders."""
        if not any(folder in place.parents for place in self.inboxes.folders):
            pattern = ", ".join("/".join(job.below) for job in jobs)
            self._say(
                folder, "warn", message("doctor.no_subfolder", pattern=pattern), message("doctor.subfolder")
            )

    def _tried(self, folder: Path) -> bool:
        """What is tried with a file of our own. False: none can be made there."""
        why = writable(folder)
        if why is not None:
            said = message("doctor.not_writable", folder=str(folder), why=why)
            self._say(folder, "bad", said, message("doctor.allow_or_copy", folder=str(folder)))
            return False
        try:
            self._able(folder)
        except OSError as error:  # full, or gone meanwhile
            said = message("doctor.not_writable", folder=str(folder), why=error.strerror or str(error))
            self._say(folder, "bad", said, message("doctor.allow", folder=str(folder)))
        return True

    def _able(self, folder: Path) -> None:
        same = not disk.case_sensitive(folder)
        self._say(folder, "ok", message("doctor.case_same" if same else "doctor.writable"))
        skew = disk.clock_offset_s(folder)
        if abs(skew) > SKEW_S:
            code = "doctor.clock_ahead" if skew > 0 else "doctor.clock_behind"
            said = Message(code, {"seconds": round(abs(skew))})
            self._say(folder, "warn", said, message("doctor.clock_remedy"))
        if not sees_writers(folder):
            self._say(folder, "warn", message("doctor.no_writers"), message("doctor.no_writers_remedy"))

    def _noticing(
        self, folder: Path, events: Inotify | None, jobs: Sequence[ImportJob], *, probing: bool
    ) -> None:
        """How new files are noticed: as a running service says, else as one would."""
        said = next((k.noticing[str(folder)] for k in self.known if str(folder) in k.noticing), None)
        chosen = Detection("native", said) if said is not None and said.code in NOTICED else None
        if said is None:
            chosen = detect(folder, jobs[0].watch, network=disk.is_network(folder), events=events)
            said = chosen.said
        if said.code not in (*NOTICED, *WANTED):
            self._say(folder, "warn", said, message("doctor.noticed_later"))
            return
        if not probing or events is None or chosen is None or chosen.mode != "native":
            self._say(folder, "ok", said)
            return
        try:
            took = event_s(events, folder)
        except OSError as error:
            why = error.strerror or str(error)
            self._say(
                folder, "warn", message("doctor.event_failed", why=why), message("doctor.noticed_later")
            )
            return
        if took is None:
            self._say(folder, "warn", message("doctor.no_event"), message("doctor.no_event_remedy"))
        else:
            self._say(folder, "ok", message("doctor.event", milliseconds=f"{took * 1000:.1f}"))

    def _ways(self, folder: Path, job: ImportJob) -> None:
        """From the folder to where its files end."""
        start = folder if job.take == "move" else nearest(job.work_in(folder))
        for kind, end in (("processed", job.processed), ("failed", job.failed)):
            target = nearest(end)
            self.discs.setdefault(target.stat().st_dev, target)
            try:
                renamed = can_rename(start, target)
                why = None if renamed else writable(target)
            except OSError as error:
                renamed, why = False, error.strerror or str(error)
            if why is not None:
                said = message("doctor.no_way", kind=kind, folder=str(end), job=job.name, why=why)
                self._say(folder, "bad", said, message("doctor.allow", folder=str(target)))
            elif kind == "processed":
                code = "doctor.renamed" if renamed else "doctor.copied"
                where = (
                    str(end.relative_to(self.settings.root))
                    if end.is_relative_to(self.settings.root)
                    else end
                )
                self._say(folder, "ok", Message(code, {"folder": str(where), "job": job.name}))

    def _outboxes(self) -> None:
        for job in self.settings.exports:
            for level, said, remedy in outbox(job):
                self._say(job.to, level, said, remedy)
            here = nearest(job.to)
            self.discs.setdefault(here.stat().st_dev, here)

    def _left(self) -> None:
        """What was taken and lies hidden."""
        gone: dict[tuple[Path, str], int] = {}
        for orphan in orphans(self.inboxes):
            gone[orphan.folder, orphan.job] = gone.get((orphan.folder, orphan.job), 0) + 1
        for (folder, name), count in gone.items():
            remedy = message("states.orphan_remedy", job=name)
            self._say(folder, "warn", message("doctor.orphans", count=count, job=name), remedy)
        if self.known:
            return
        for folder in self.inboxes.folders:
            for job in self.inboxes.of_folder(folder):
                with contextlib.suppress(OSError):
                    if left := len(disk.entries(job.work_in(folder))):
                        said = message("doctor.left", count=left, job=job.name)
                        self._say(folder, "warn", said, message("doctor.start"))

    def _space(self, place: Path) -> None:
        try:
            free = disk.free_bytes(place)
        except OSError:
            return
        level: Level = "ok" if free >= LOW_BYTES else "warn" if free >= EMPTY_BYTES else "bad"
        said = message("doctor.space", free=_size(free))
        self._say(place, level, said, message("doctor.space_remedy") if level != "ok" else None)


def _size(count: int) -> str:
    value, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 1000 or unit == "TB":
            break
        value /= 1000
    return f"{value:.1f} {unit}"
