"""The gates of all jobs: what `schedule` decides, recorded in the database so that it outlives a restart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.clock import Now
from pipeline.faults import point
from pipeline.jobs import ImportJob
from pipeline.schedule import Always, describe, due
from pipeline.store.model import Store


@dataclass(slots=True)
class Gate:
    """One job's gate. `names`: the files that an opening found, which may still be taken after it; None until
    the folder was looked at after the opening."""

    job: ImportJob
    last: datetime | None = None
    opening: datetime | None = None
    opened_mono: float = 0.0
    names: set[bytes] | None = None
    files: int = 0
    forced: bool = False  # `--now`: passes without using up an opening

    @property
    def is_open(self) -> bool:
        return self.forced or isinstance(self.job.schedule, Always) or self.opening is not None

    def found(self, names: set[bytes]) -> None:
        """What lies in the inbox: of an opening, only the first look counts."""
        if self.opening is not None and self.names is None:
            self.names = names

    def begin(self, opening: datetime, now: Now) -> None:
        self.opening, self.opened_mono, self.names, self.files = opening, now.mono, None, 0


@dataclass(slots=True)
class Gates:
    """Plain code over the store; each call may raise Environment and may be repeated."""

    jobs: Sequence[ImportJob]
    store: Store
    all: dict[str, Gate] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.all = {job.name: Gate(job) for job in self.jobs}

    def step(self, now: Now) -> list[Gate]:
        """Open what is due. Returns the gates that opened just now."""
        opened = []
        for gate in self.all.values():
            if isinstance(gate.job.schedule, Always) or gate.opening is not None:
                continue
            if gate.last is None:
                memory = self.store.remember_gate(gate.job.name, describe(gate.job.schedule), now.wall)
                gate.last = memory.last
                if memory.unfinished is not None:  # a restart in the middle of an opening goes on with it
                    gate.begin(memory.unfinished.opening, now)
                    opened.append(gate)
                    continue
            opening = due(gate.job.schedule, gate.last, now.wall)
            if opening is not None:
                gate.last = opening
                if self.store.open(gate.job.name, opening, now.wall):
                    point("opening.noted")
                    gate.begin(opening, now)
                    opened.append(gate)
        return opened

    def close(self, gate: Gate, now: datetime) -> None:
        """The opening's files are dealt with."""
        if gate.opening is not None:
            self.store.close_opening(gate.job.name, gate.opening, now, gate.files)
            gate.opening, gate.names = None, None
