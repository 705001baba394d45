"""Exports in the service: their gates, and a worker for each that is due."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from anyio.abc import TaskGroup

from pipeline.clock import Now
from pipeline.engine.desk import Announcer, Once, Setup, Trouble
from pipeline.engine.gates import Gate, Gates
from pipeline.engine.pool import WorkerDied
from pipeline.engine.workshop import Workshop
from pipeline.exports.orders import export_order
from pipeline.jobs import ExportJob, ImportJob
from pipeline.store.model import Pause, Store
from pipeline.words import Message, message

LOOK_S = 0.5  # the gates are looked at this often

Call = Callable[..., Awaitable[Any]]


def gated(job: ExportJob) -> ImportJob:
    """The gate of an export is a gate like any other: it goes by a name and hours."""
    return ImportJob(job.name, job.mapping, job.to, job.kept, job.kept, schedule=job.schedule)


@dataclass(slots=True)
class Exporting:
    """The exports of one service. `done`: ledger ids of what was written; `troubles`: by job."""

    workshop: Workshop
    announcer: Announcer
    once: Once | None = None
    done: list[int] = field(default_factory=list)
    troubles: dict[str, Trouble] = field(default_factory=dict)
    _busy: set[str] = field(default_factory=set)
    _asked: set[str] = field(default_factory=set)  # `once --now` has had its turn
    _gates: Gates | None = None
    _setup: Setup | None = None
    _looked: float = float("-inf")

    @property
    def jobs(self) -> tuple[Any, ...]:
        chosen = self.once.jobs if self.once else ()
        return tuple(j for j in self.every() if not chosen or j.name in chosen)

    def every(self) -> tuple[Any, ...]:
        """The jobs of this kind."""
        return self.workshop.setup.settings.exports

    def gate(self, job: Any) -> ImportJob:
        return gated(job)

    def order(self, job: Any, opening: datetime | None) -> Any:
        """What the worker is told."""
        setup = self.workshop.setup
        period = self.once.period if self.once is not None else None
        text = setup.mappings[job.mapping].text
        return export_order(job, setup.settings, text, opening=opening, period=period)

    @property
    def busy(self) -> bool:
        return bool(self._busy)

    def expected(self, pauses: Mapping[str, Pause]) -> bool:
        """Is there something that `once` still waits for?"""
        if not self.jobs:
            return False
        if self._gates is None:
            return True
        left = (j for j in self.jobs if j.name not in self.troubles and not self._held(j, pauses))
        return any(self._due(job) for job in left)

    async def step(
        self, now: Now, tasks: TaskGroup, call: Call, store: Store, pauses: Mapping[str, Pause]
    ) -> None:
        """Open what is due, and begin what is open. `call` runs the store's verbs in its thread."""
        if not self.jobs or now.mono - self._looked < LOOK_S:
            return
        self._looked = now.mono
        if self._gates is None:
            self._gates = Gates([self.gate(job) for job in self.jobs], store)
        elif self._setup is not self.workshop.setup or self._gates.store is not store:
            self._gates.store = store
            self._gates.follow([self.gate(job) for job in self.jobs])
            self.troubles.clear()  # what stood in the way may be mended by just this
        self._setup = self.workshop.setup
        for gate in await call(self._gates.step, now, pauses.keys()):
            self.announcer.tell("job.opened", gate.job.name)
        for job in self.jobs:
            trouble = self.troubles.get(job.name)
            waits = trouble is not None and now.mono < trouble.until_mono
            if job.name not in self._busy and not waits and not self._held(job, pauses) and self._due(job):
                self._busy.add(job.name)
                tasks.start_soon(self._make, job, self._gates.all[job.name], call)

    def _due(self, job: Any) -> bool:
        """Has its hour come, or was it asked for?"""
        if self.once is not None and self.once.now:
            return job.name not in self._asked
        gate = None if self._gates is None else self._gates.all.get(job.name)
        return gate is not None and gate.opening is not None

    def _held(self, job: Any, pauses: Mapping[str, Pause]) -> bool:
        by_name = self.once is not None and self.once.now and job.name in self.once.jobs
        return job.name in pauses and not by_name

    async def _make(self, job: Any, gate: Gate, call: Call) -> None:
        """One export, and what becomes of its opening."""
        try:
            ended = await self._ended(job, gate.opening)
            self._asked.add(job.name)
            if ended and gate.opening is not None and self._gates is not None:
                gate.files = 1
                await call(self._gates.close, gate, self.announcer.clock.now().wall)
        finally:
            self._busy.discard(job.name)
            self.workshop.wake()

    async def _ended(self, job: Any, opening: datetime | None) -> bool:
        """False: the world was at fault, and it is tried again."""
        order = self.order(job, opening)

        def heard(frame: dict[str, Any]) -> None:
            said = Message.from_json(frame["said"]) if frame["said"] else None
            self.announcer.tell_of(frame["event"], job.name, frame["file"], said, frame["facts"])

        try:
            async with self.workshop.lane():
                outcome = (await self.workshop.pool.work(order, heard))[0]
        except WorkerDied as death:
            self.announcer.tell("worker.died", job.name, facts={"reason": death.reason})
            said = message("files.no_worker", why=death.reason)
            outcome = {"deed": "environment", "said": said.to_json(), "ids": []}
        self.done += outcome["ids"]
        told = Message.from_json(outcome["said"]) if outcome["said"] else None
        before, deed = self.troubles.get(job.name), outcome["deed"]
        if deed in ("environment", "paused") and told is not None:
            self.troubles[job.name] = self.announcer.trouble(job.name, before, told, paused=deed == "paused")
        elif deed in ("exported", "nothing") and told is not None:
            self.announcer.tell("job.waiting", job.name, said=told)  # some changes wait for their turn
        if before is not None and deed not in ("environment", "paused"):
            del self.troubles[job.name]
            self.announcer.tell("job.resumed", job.name)
        return bool(deed != "environment")
