"""What is asked once and answers many questions: switch, pauses, hours, services, and what lies where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from pipeline import config as configuration
from pipeline.answers.lying import Lying, Services
from pipeline.answers.rows import local
from pipeline.clock import Now
from pipeline.engine.turns import hold_back
from pipeline.errors import PipelineError
from pipeline.jobs import ImportJob, Settings
from pipeline.schedule import closes, describe, next_opening
from pipeline.store.model import GateMemory, Pause, Store
from pipeline.words import Message


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything at one moment. `store` None: there is no database yet, or `away` says why it cannot be asked."""

    settings: Settings
    now: Now
    store: Store | None
    away: Message | None
    active: bool
    pauses: Mapping[str, Pause]
    gates: Mapping[str, GateMemory]
    services: Services
    lying: Lying

    @classmethod
    def gather(cls, settings: Settings, ledger: Callable[[], Store | None], now: Now) -> Facts:
        """Ask the database, the services and the folders, each once."""
        services = Services.of(settings.root)  # before the rest: what it waits for may end meanwhile
        store, away = None, None
        pauses: Mapping[str, Pause] = {}
        gates: Mapping[str, GateMemory] = {}
        try:
            store = ledger()
            if store is not None:
                pauses, gates = store.pauses(now.wall), store.gates()
        except PipelineError as error:
            store, away = None, error.said
        active = configuration.read_active(settings.path) is not False
        lying = Lying.look(settings, store, now)
        found = cls(settings, now, store, away, active, pauses, gates, services, lying)
        with suppress(PipelineError):  # then `away` says it the next time
            jobs, zone = settings.imports, settings.timezone
            hold_back(jobs, lying.inboxes, store, found._doing, now.wall, zone, still=False)
        return found

    def _doing(self, job: ImportJob) -> tuple[bool, bool, bool]:
        memory, waits = self.memory(job), False
        if memory is not None and memory.unfinished is not None:
            until = closes(job.schedule, memory.unfinished.opening)
            waits = until is not None and self.now.wall < until
        return bool(self.lying.taken.get(job.name)), waits, job.name in self.pauses

    def local(self, at: datetime | None) -> str:
        """A moment as the config's clocks show it."""
        return local(at, self.settings.timezone)

    def job(self, name: str) -> ImportJob | None:
        return next((job for job in self.settings.imports if job.name == name), None)

    def memory(self, job: ImportJob) -> GateMemory | None:
        """What is remembered of the job's hours, unless its schedule is another one by now."""
        memory = self.gates.get(job.name)
        return memory if memory is not None and memory.schedule == describe(job.schedule) else None

    def next_opening(self, job: ImportJob) -> datetime | None:
        memory = self.memory(job)
        return next_opening(job.schedule, memory.last if memory else self.now.wall, self.now.wall)
