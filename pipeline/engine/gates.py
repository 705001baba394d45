"""The gates of all jobs: what `schedule` decides, recorded in the database so that it outlives a restart."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.clock import Now
from pipeline.faults import point
from pipeline.jobs import ImportJob
from pipeline.schedule import JUMP, ONE_DAY, Always, closes, describe, due
from pipeline.store.model import Store


@dataclass(slots=True)
class Gate:
    """One job's gate. `names`: the files that an opening found, which may still be taken after it; None until
    the folder was looked at after the opening, or while an opening that waits for files has found none."""

    job: ImportJob
    last: datetime | None = None
    opening: datetime | None = None
    opened_mono: float = 0.0  # when it opened, or was looked at last while it waited for a file
    closing: datetime | None = None  # the moment of the job's `until`
    names: set[bytes] | None = None
    files: int = 0
    forced: bool = False  # `--now`: passes without using up an opening
    unfinished: datetime | None = None  # an opening that a restart cut off
    asked: datetime | None = None  # an opening whose record was asked for, perhaps without an answer

    @property
    def is_open(self) -> bool:
        return self.forced or isinstance(self.job.schedule, Always) or self.opening is not None

    def still_open(self, now: Now) -> bool:
        """Does the opening wait for a file until the job's `until`? Not once a file of it is dealt with."""
        if self.opening is None or self.closing is None or self.files:
            return False
        return self.opening - JUMP <= now.wall < self.closing  # before: the clock was set back

    def found(self, names: set[bytes], now: Now) -> None:
        """What lies in the inbox. Of an opening the first look counts; while it waits for a file, the latest that
        found some: one that is never complete does not keep out those that come after it."""
        if self.still_open(now):
            self.names, self.opened_mono = names or None, now.mono
        elif self.opening is not None and self.names is None:
            self.names = names

    def begin(self, opening: datetime, now: Now) -> None:
        self.opening, self.opened_mono, self.names, self.files = opening, now.mono, None, 0
        self.closing, self.unfinished = closes(self.job.schedule, opening), None


@dataclass(slots=True)
class Gates:
    """Plain code over the store; each call may raise Environment and may be repeated."""

    jobs: Sequence[ImportJob]
    store: Store
    all: dict[str, Gate] = field(default_factory=dict)
    fresh: bool = True  # some gates do not yet know what the database remembers
    opened: list[Gate] = field(default_factory=list)  # not told yet

    def __post_init__(self) -> None:
        self.follow(self.jobs)

    def follow(self, jobs: Sequence[ImportJob]) -> None:
        """Another set of jobs. One whose schedule is the same keeps its gate, and an opening goes on; a new one
        and one whose schedule changed start anew."""
        before, self.jobs, self.all = self.all, jobs, {}
        for job in jobs:
            gate = before.get(job.name)
            if gate is None or describe(gate.job.schedule) != describe(job.schedule):
                gate = Gate(job, forced=gate is not None and gate.forced)
                self.fresh = True
            elif gate.job.inbox != job.inbox:
                gate.names = None
            gate.job = job
            self.all[job.name] = gate

    def step(self, now: Now, paused: Collection[str] = ()) -> list[Gate]:
        """Open what is due, but no gate of a paused job: what it misses is due when it resumes. Returns the gates
        that opened just now."""
        if self.fresh:
            self._recall(now)
        for name, gate in self.all.items():
            if isinstance(gate.job.schedule, Always) or gate.opening is not None or name in paused:
                continue
            opening = gate.unfinished or self._due(gate, now.wall)
            if opening is not None and (opening == gate.unfinished or self._note(gate, opening, now.wall)):
                gate.begin(opening, now)
                self.opened.append(gate)
        opened, self.opened = self.opened, []
        return opened

    def _recall(self, now: Now) -> None:
        """What the database remembers of the gates that do not know it yet. An opening of an earlier schedule does
        not go on: what it left waits for the hour that holds now."""
        known = self.store.gates()
        for name, gate in self.all.items():
            schedule, memory = gate.job.schedule, known.get(name)
            if gate.last is not None or (memory is None and isinstance(schedule, Always)):
                continue
            if memory is None or memory.schedule != describe(schedule):
                if memory is not None and memory.unfinished is not None:
                    self.store.close_opening(name, memory.unfinished.opening, now.wall, 0)
                memory = self.store.remember_gate(name, describe(schedule), now.wall)
            gate.unfinished = None if memory.unfinished is None else memory.unfinished.opening
            gate.last = memory.last if memory.last <= now.wall + JUMP else now.wall - ONE_DAY
        self.fresh = False

    def _due(self, gate: Gate, now: datetime) -> datetime | None:
        assert gate.last is not None
        if gate.last > now + JUMP:
            gate.last = now  # the clock was set back: what came before that is past
        return due(gate.job.schedule, gate.last, now)

    def _note(self, gate: Gate, opening: datetime, now: datetime) -> bool:
        """Record an opening. False: it was recorded before, by another process or before the clock was set back."""
        again, gate.asked = gate.asked == opening, opening
        noted = self.store.open(gate.job.name, opening, now)
        if not noted and again:  # the answer to the first time was lost
            memory = self.store.gate(gate.job.name)
            noted = (
                memory is not None and memory.unfinished is not None and memory.unfinished.opening == opening
            )
        gate.last = opening
        if noted:
            point("opening.noted")
        return noted

    def close(self, gate: Gate, now: datetime) -> None:
        """The opening's files are dealt with."""
        if gate.opening is not None:
            self.store.close_opening(gate.job.name, gate.opening, now, gate.files)
            gate.opening, gate.names, gate.closing = None, None, None
