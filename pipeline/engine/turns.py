"""Holds back what is complete but not in its turn: of the files of a job, and of jobs that come after others."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timezone

from pipeline.clock import Now
from pipeline.engine.desk import Announcer, Desk, Once
from pipeline.engine.inboxes import Inboxes, Waiting
from pipeline.errors import Environment
from pipeline.jobs import ImportJob, corrected
from pipeline.mapping.delivery import missing
from pipeline.readiness import Wait
from pipeline.schedule import EVERY_DAY, Always
from pipeline.store.model import Store
from pipeline.turns import Hold, Lying, Other, after, holds, place
from pipeline.words import Message, message, printable

UTC = timezone.utc  # noqa: UP017
AGAIN_S = 1.0  # what waits for others is looked at this often
NAMES = 1000  # the last files of a job, whose names say what has come

Doing = Callable[[ImportJob], tuple[bool, bool, bool]]
"""Of a job: is it importing, does it expect a file at this hour, is it paused?"""


@dataclass(slots=True)
class Turns:
    """The turns of a service's jobs. `once`: a job that it names is not held back."""

    inboxes: Inboxes
    announcer: Announcer
    once: Once | None
    told: dict[tuple[str, bytes], Message] = field(default_factory=dict)

    def look(
        self, store: Store, desks: Mapping[str, Desk], pauses: Collection[str], now: Now, zone: str
    ) -> Message | None:
        """Hold back what is not in its turn, and tell of what goes on though a file before it is missing. Gives why
        the database cannot be asked."""

        def doing(job: ImportJob) -> tuple[bool, bool, bool]:
            desk = desks.get(job.name)
            if desk is None:
                return False, False, job.name in pauses
            return desk.busy or bool(desk.held), desk.gate.still_open(now), job.name in pauses

        jobs, asked = self.inboxes.jobs, self.once.jobs if self.once and self.once.now else ()
        try:
            found = hold_back(jobs, self.inboxes, store, doing, now.wall, zone, asked)
        except Environment as trouble:
            return trouble.said
        for (job, name), said in found.items():
            if self.told.get((job, name)) != said:
                self.announcer.tell("file.missing", job, said=said)
        self.told = found
        return None


def hold_back(
    jobs: Sequence[ImportJob],
    inboxes: Inboxes,
    store: Store | None,
    doing: Doing,
    now: datetime,
    zone: str,
    asked: Collection[str] = (),
    *,
    still: bool = True,
) -> dict[tuple[str, bytes], Message]:
    """Note in `inboxes` what must wait, and why. Gives, by job and name, those that go on though one before them is
    missing. `asked`: jobs that a person wants to run now, whatever comes before; `still` False: one look, which cannot
    know whether a file is still, takes it for that. Raises Environment."""
    by_name = {job.name: job for job in jobs}
    inboxes.held = {}
    without: dict[tuple[str, bytes], Message] = {}
    for job in jobs:
        delivery = inboxes.delivery(job)
        if not (job.after or job.order.placed or delivery):
            continue
        complete = inboxes.complete(job)
        if not still:
            complete = complete + [
                w for w in inboxes.others(job) if w.said and w.said.code == "files.settling"
            ]
        if not complete:
            continue
        if delivery:
            _whole_only(job, delivery, inboxes, complete)
        if job.name in asked:
            continue
        others = [by_name[name] for name in job.after if name in by_name]
        hold = after([_other(one, inboxes, store, doing) for one in others])
        if hold is not None:
            inboxes.held[job.name] = {(w.folder, w.seen.name): _wait(hold, now) for w in complete}
        elif job.order.placed:
            without |= _in_order(job, inboxes, complete, store, now, zone)
    return without


def _whole_only(
    job: ImportJob, delivery: Sequence[str], inboxes: Inboxes, complete: Sequence[Waiting]
) -> None:
    """Files that belong together wait for each other; each folder by itself."""
    for folder in {w.folder for w in complete}:
        here = {_name(w): w for w in complete if w.folder == folder and corrected(_name(w)) is None}
        for name, lost in missing(delivery, here.keys()).items():
            said = message("turns.delivery", name=name, missing=lost[0], count=len(lost))
            inboxes.held.setdefault(job.name, {})[folder, here[name].seen.name] = Wait(said, AGAIN_S)


def _other(job: ImportJob, inboxes: Inboxes, store: Store | None, doing: Doing) -> Other:
    lying = [w for w in inboxes.of(job) if w.kind not in ("rejected", "companion")]
    loading, due, paused = doing(job)
    held = store.count(job.name, "held") if store is not None and not (loading or lying) else 0
    return Other(job.name, _name(lying[0]) if lying else "", loading, held, due, paused)


def _in_order(
    job: ImportJob,
    inboxes: Inboxes,
    complete: Sequence[Waiting],
    store: Store | None,
    now: datetime,
    zone: str,
) -> dict[tuple[str, bytes], Message]:
    """Each folder of the job by itself: its files are one series."""
    names = store.names(job.name, NAMES) if store is not None and job.gap is not None else []
    without: dict[tuple[str, bytes], Message] = {}
    for folder in inboxes.folders_of(job):
        there = str(folder)
        known = {one for at, name in names if at in ("", there) and (one := _place(job, name)) is not None}
        lying = {
            _name(w): w
            for w in inboxes.of(job)
            if w.folder == folder and w.kind not in ("rejected", "companion")
        }
        ready = {_name(w) for w in complete if w.folder == folder}
        files = [
            Lying(name, _came(w), name in ready, w.again_s is not None)
            for name, w in lying.items()
            if corrected(name) is None
        ]
        held, late = holds(job.order, job.gap, files, known, now, zone, expected(job))
        found = {(folder, lying[name].seen.name): _wait(hold, now) for name, hold in held.items()}
        if found:
            inboxes.held.setdefault(job.name, {}).update(found)
        without |= {(job.name, lying[name].seen.name): said for name, said in late.items()}
    return without


def expected(job: ImportJob) -> Collection[date] | None:
    """The days on which the job's schedule expects files; None: every day."""
    days = EVERY_DAY if isinstance(job.schedule, Always) else job.schedule.days
    return None if days == EVERY_DAY else days  # type: ignore[return-value]  # it is only asked `in`


def _place(job: ImportJob, name: bytes) -> tuple[int, ...] | None:
    return place(job.order, printable(os.fsdecode(name)))


def _name(waiting: Waiting) -> str:
    return printable(os.fsdecode(waiting.seen.name))


def _came(waiting: Waiting) -> datetime:
    return datetime.fromtimestamp(waiting.seen.ctime_ns / 1e9, UTC)


def _wait(hold: Hold, now: datetime) -> Wait:
    left = AGAIN_S if hold.until is None else min(AGAIN_S * 30, (hold.until - now).total_seconds())
    return Wait(hold.said, max(0.05, left))
