"""What lies in the inboxes and since when: the scan's memory. Events only say where to look again."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from pipeline import files as disk
from pipeline.clock import Now
from pipeline.engine import proofs
from pipeline.formats import completeness
from pipeline.jobs import ImportJob, corrected, fits
from pipeline.mapping.model import ReadOptions
from pipeline.readiness import Facts, History, Ready, Seen, Wait, observe, readiness
from pipeline.turns import turn
from pipeline.watching import scan
from pipeline.watching.scanning import folders_below
from pipeline.words import Message, message, printable

RESCAN_S = 5.0
JUDGED_AT_ONCE = 2000  # of a heap of files, so many are looked into before the first of them are taken
QUEUED = message("files.queued")
Kind = Literal["waiting", "ready", "rejected", "queued", "companion"]


@dataclass(slots=True)
class Waiting:
    """A file in an inbox that a job would take: why it is not taken yet (`said`), or ready (None)."""

    job: str
    folder: Path
    seen: Seen
    history: History
    said: Message | None
    again_s: float | None = None
    kind: Kind = "waiting"

    @property
    def order(self) -> tuple[int, int, bytes]:
        """Arrival: when it came under this name, as the file system noted it."""
        return (self.seen.ctime_ns, self.seen.mtime_ns, self.seen.name)


@dataclass(slots=True)
class _Folder:
    """One folder after a look. `ready` and `others`: what lies there for each job, in order."""

    below: str
    jobs: tuple[ImportJob, ...]
    found: dict[bytes, Waiting] = field(default_factory=dict)
    ready: dict[str, list[Waiting]] = field(default_factory=dict)
    others: dict[str, list[Waiting]] = field(default_factory=dict)


def source_state(seen: Seen) -> str:
    """The state of an original that is only copied: another one means that it was written since."""
    return f"{seen.size}:{seen.mtime_ns}:{seen.ino}"


class Inboxes:
    """All inboxes of all jobs. `look` scans one folder; the result stays until the next look."""

    def __init__(
        self,
        jobs: Sequence[ImportJob],
        options: Mapping[str, ReadOptions],
        renamed_in: Callable[[Path, bytes, int], bool],
    ) -> None:
        self._renamed_in = renamed_in
        self._folders: dict[Path, _Folder] = {}
        self._of_job: dict[str, dict[Path, _Folder]] = {}  # asked for each job at every step
        self.copied: dict[str, dict[tuple[str, bytes], str]] = {}  # job → what its copies were made of
        self.held: dict[str, dict[tuple[Path, bytes], Wait]] = {}  # job → complete, but not in their turn
        self.follow(jobs, options)

    def follow(self, jobs: Sequence[ImportJob], options: Mapping[str, ReadOptions]) -> None:
        """Serve these jobs from now on; what is known of folders that stay is kept."""
        self.jobs, self._options = tuple(jobs), dict(options)
        self.expand()

    def expand(self) -> bool:
        """Find the folders of all jobs again. True: they are others than before."""
        found: dict[Path, tuple[str, list[ImportJob]]] = {}
        for job in self.jobs:
            for folder, below in folders_below(job.inbox, job.below).items():
                found.setdefault(folder, (below, []))[1].append(job)
        changed = found.keys() != self._folders.keys()
        known, self._folders = self._folders, {}
        for folder, (below, jobs) in found.items():
            old = known.get(folder)
            if old is not None and old.jobs == tuple(jobs):
                self._folders[folder] = old
            else:  # other jobs, another verdict: but since when a file is there stays known
                self._folders[folder] = _Folder(below, tuple(jobs), old.found if old else {})
        self._of_job = {job.name: {} for job in self.jobs}
        for folder, place in self._folders.items():
            for job in place.jobs:
                self._of_job[job.name][folder] = place
        return changed

    @property
    def bases(self) -> set[Path]:
        """The inboxes whose sub-folders come and go."""
        return {job.inbox for job in self.jobs if job.below}

    @property
    def folders(self) -> list[Path]:
        """Every folder that files are taken from now."""
        return list(self._folders)

    def below(self, folder: Path) -> str:
        """The folder's path below its job's inbox, "" for the inbox itself."""
        place = self._folders.get(folder)
        return place.below if place else ""

    def of_folder(self, folder: Path) -> tuple[ImportJob, ...]:
        """The jobs that take files from this folder, or from folders below it."""
        place = self._folders.get(folder)
        return place.jobs if place else tuple(job for job in self.jobs if job.inbox == folder)

    def folders_of(self, job: ImportJob) -> list[Path]:
        """The folders that this job takes files from now."""
        return list(self._of_job.get(job.name, ()))

    def _places(self, job: ImportJob) -> Iterable[_Folder]:
        return self._of_job.get(job.name, {}).values()

    def look(self, folder: Path, now: Now) -> float:
        """Scan a folder. Returns the seconds after which another look can tell more.

        Raises Environment when the folder cannot be read: what was known of it is kept."""
        place = self._folders.get(folder)
        if place is None:
            return RESCAN_S
        entries = scan(folder)
        whole = {j.name: proofs.accompanied(j, [s.name for s in entries]) for j in place.jobs if j.ready}
        after: dict[bytes, Waiting] = {}
        fresh = []
        for seen in entries:
            old, job = place.found.get(seen.name), _taker(place, seen.name)
            if job is None:
                self._note_companion(place, folder, seen, old, whole, now, after)
            elif not self._is_copied(job, folder, seen):
                if old is not None and old.kind == "ready" and old.seen == seen and old.job == job.name:
                    after[seen.name] = old  # looked at once more when it is taken
                else:
                    fresh.append((seen, job, old))
        fresh.sort(key=lambda each: (each[0].ctime_ns, each[0].name))
        network = disk.is_network(folder)
        for at, (seen, job, old) in enumerate(fresh):
            if at < JUDGED_AT_ONCE:
                after[seen.name] = self._judge(folder, job, seen, old, now, network)
            else:
                history = observe(old.history if old else None, old.seen if old else None, seen, now)
                after[seen.name] = Waiting(job.name, folder, seen, history, QUEUED, 0.05, "queued")
        place.found = after
        _sort(place)
        return min((w.again_s for w in after.values() if w.again_s is not None), default=RESCAN_S)

    def _is_copied(self, job: ImportJob, folder: Path, seen: Seen) -> bool:
        """Was this very state of an original that stays imported already?"""
        if job.take != "copy":
            return False
        known = self.copied.get(job.name, {}).get((str(folder), seen.name))
        return known == source_state(seen)

    def _note_companion(
        self,
        place: _Folder,
        folder: Path,
        seen: Seen,
        old: Waiting | None,
        accompanied: dict[str, set[bytes]],
        now: Now,
        after: dict[bytes, Waiting],
    ) -> None:
        """A companion without its file is not silently overlooked."""
        for job in place.jobs:
            if proofs.could_accompany(job, seen.name) and seen.name not in accompanied[job.name]:
                history = observe(old.history if old else None, old.seen if old else None, seen, now)
                said = message("files.no_main", companion=printable(os.fsdecode(seen.name)))
                after[seen.name] = Waiting(job.name, folder, seen, history, said, None, "companion")
                return

    def _judge(
        self, folder: Path, job: ImportJob, seen: Seen, old: Waiting | None, now: Now, network: bool
    ) -> Waiting:
        history = observe(old.history if old else None, old.seen if old else None, seen, now)
        if seen.kind != "file":
            said = message("files.not_a_file", kind=seen.kind)
            return Waiting(job.name, folder, seen, history, said, None, "rejected")
        history.renamed_in = self._renamed_in(folder, seen.name, seen.ino)
        path = folder / os.fsdecode(seen.name)
        writer = disk.writer_free(path)
        lacks, incomplete = self._lacks(job, folder, seen.name) if writer != "busy" else (None, None)
        announced = bool(job.ready or job.trailer) and corrected(os.fsdecode(seen.name)) is None
        proven = announced and lacks is None and incomplete is None
        if not proven and lacks is None and incomplete is None:
            incomplete = self._incomplete(path, job)
        facts = Facts(writer, incomplete, network, now.wall, now.mono, lacks, proven)
        verdict = readiness(seen, history, facts)
        if isinstance(verdict, Ready):
            return Waiting(job.name, folder, seen, history, None, None, "ready")
        return Waiting(job.name, folder, seen, history, verdict.said, verdict.seconds)

    def _lacks(self, job: ImportJob, folder: Path, name: bytes) -> tuple[Message | None, Message | None]:
        """What the sender's own sign lacks, and why that could not be found out."""
        if not (job.ready or job.trailer) or corrected(os.fsdecode(name)) is not None:
            return None, None  # a correction is made by hand: nothing goes with it
        try:
            return proofs.lacks(job, folder, name), None
        except OSError as error:
            path = str(folder / os.fsdecode(name))
            return None, message("files.unreadable", path=path, why=error.strerror or str(error))

    def _incomplete(self, path: Path, job: ImportJob) -> Message | None:
        try:
            with disk.open_regular(path) as file:
                return completeness(file, self._options[job.name])
        except OSError as error:
            return message("files.unreadable", path=str(path), why=error.strerror or str(error))

    def of(self, job: ImportJob) -> list[Waiting]:
        """Everything that lies there for a job: what is ready first, in order of arrival."""
        return self.ready(job) + self.others(job)

    def ready(self, job: ImportJob) -> list[Waiting]:
        """What may be taken, in the order that the job asks for."""
        held = self.held.get(job.name)
        return [w for w in self.complete(job) if _at(w) not in held] if held else self.complete(job)

    def delivery(self, job: ImportJob) -> tuple[str, ...]:
        """The patterns of files that go in together."""
        return self._options[job.name].delivery

    def complete(self, job: ImportJob) -> list[Waiting]:
        """What is ready, also what is not in its turn."""
        lists = [ready for place in self._places(job) if (ready := place.ready.get(job.name))]
        if len(lists) == 1:
            return lists[0]
        return sorted((w for found in lists for w in found), key=_key(job))

    def others(self, job: ImportJob) -> list[Waiting]:
        """What is not complete yet, not in its turn, or can never be taken."""
        found = [w for place in self._places(job) for w in place.others.get(job.name, ())]
        if held := self.held.get(job.name):
            found = [w for w in self.complete(job) if _at(w) in held] + found
            turns = ((w, held.get(_at(w))) for w in found)
            found = [replace(w, said=h.said, again_s=h.seconds, kind="waiting") if h else w for w, h in turns]
        return found

    def still_ready(self, waiting: Waiting) -> bool:
        """A last look just before it is taken: nobody has opened or changed it since."""
        path = waiting.folder / os.fsdecode(waiting.seen.name)
        try:
            facts = path.lstat()
        except OSError:
            return False
        same = (facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns) == waiting.seen.state
        touched = facts.st_ctime_ns != waiting.seen.ctime_ns  # a writer may put the old time back
        return same and not touched and disk.writer_free(path) != "busy"

    def note_copied(
        self, job: ImportJob, folder: Path, name: bytes, state: str
    ) -> dict[tuple[str, bytes], str]:
        """An original that stays was taken in this state. Gives all that the job took so; what is removed from
        them is taken again."""
        known = self.copied.setdefault(job.name, {})
        known[str(folder), name] = state
        return known

    def taken(self, job: ImportJob, gone: Collection[Waiting]) -> None:
        """These have left the inbox (or are being written again): a later look tells of them anew."""
        for folder in {w.folder for w in gone}:
            place = self._folders.get(folder)
            if place is None:
                continue
            names = {w.seen.name for w in gone if w.folder == folder}
            for name in names:
                place.found.pop(name, None)
            place.ready[job.name] = [w for w in place.ready.get(job.name, ()) if w.seen.name not in names]


def _at(waiting: Waiting) -> tuple[Path, bytes]:
    return (waiting.folder, waiting.seen.name)


def _taker(place: _Folder, name: bytes) -> ImportJob | None:
    text = os.fsdecode(name)
    mended = corrected(text)
    for asked in (
        (mended[0], text) if mended else (text,)
    ):  # a correction goes to the job of the file it is of
        for job in place.jobs:
            if (
                fits(asked, job.patterns)
                and fits(text, job.patterns)
                and not proofs.could_accompany(job, name)
            ):
                return job
    return None


def _sort(place: _Folder) -> None:
    place.ready, place.others = {}, {}
    for waiting in place.found.values():
        lists = place.ready if waiting.kind == "ready" else place.others
        lists.setdefault(waiting.job, []).append(waiting)
    for job in place.jobs:
        for lists in (place.ready, place.others):
            if job.name in lists:
                lists[job.name].sort(key=_key(job))


def _key(job: ImportJob) -> Callable[[Waiting], tuple[object, ...]]:
    if job.order.by == "name":
        return lambda w: (w.seen.name, w.seen.ctime_ns)
    if job.order.placed:
        return lambda w: (*turn(job.order, printable(os.fsdecode(w.seen.name))), w.order)
    return lambda w: w.order
