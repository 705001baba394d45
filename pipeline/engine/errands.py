"""Remote folders in the service: a round through each when it is due, in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import cast

from anyio import CapacityLimiter, from_thread, to_thread
from anyio.abc import TaskGroup

from pipeline.carrying import Fetched, Fetcher, Stopped, send
from pipeline.clock import Now
from pipeline.engine.desk import Announcer, Once, Setup, Trouble
from pipeline.engine.exporting import Call
from pipeline.engine.workshop import Done
from pipeline.errors import Environment
from pipeline.jobs import ExportJob, ImportJob, Remote
from pipeline.store.afar.model import Afar
from pipeline.store.model import Pause, Store

AT_ONCE = 8  # folders that are gone through at the same time


@dataclass(slots=True)
class Errand:
    """A remote folder that is gone through now and again, for these jobs."""

    remote: Remote
    imports: tuple[ImportJob, ...] = ()
    export: ExportJob | None = None
    due: float = float("-inf")  # monotonic seconds
    began: float = float("-inf")  # the last round that ended with nothing left to settle
    busy: bool = False
    fetcher: Fetcher | None = None

    @property
    def names(self) -> list[str]:
        return [job.name for job in self.imports] + ([self.export.name] if self.export else [])


@dataclass(slots=True)
class Errands:
    """All remote folders of one service. `wake`: a round brought something; `troubles`: by job."""

    setup: Setup
    announcer: Announcer
    wake: Callable[[], None]
    once: Once | None = None
    troubles: dict[str, Trouble] = field(default_factory=dict)
    stopping: bool = False
    _done: tuple[int, int] = (0, 0)
    _errands: dict[Path, Errand] = field(default_factory=dict)
    _limit: CapacityLimiter | None = None

    def __post_init__(self) -> None:
        self.follow(self.setup)

    def follow(self, setup: Setup) -> None:
        """Go by this config from now on; what is known of folders that stay is kept."""
        self.setup, before, self._errands = setup, self._errands, {}
        chosen = self.once.jobs if self.once else ()
        for job in setup.settings.imports:
            if job.remote is not None and (not chosen or job.name in chosen):
                here = self._errands.setdefault(job.remote.spool, Errand(job.remote))
                here.imports = (*here.imports, job)
        for export in setup.settings.exports:
            if export.remote is not None and (not chosen or export.name in chosen):
                self._errands[export.remote.spool] = Errand(export.remote, export=export)
        for spool, errand in self._errands.items():
            old = before.get(spool)
            if old is not None and (old.remote, old.imports, old.export) == (
                errand.remote, errand.imports, errand.export,
            ):  # fmt: skip
                self._errands[spool] = old
        self.troubles.clear()  # what stood in the way may be mended by just this

    @property
    def busy(self) -> bool:
        return any(errand.busy for errand in self._errands.values())

    def mark(self, names: Collection[str]) -> None:
        """Something happened to these jobs: their folders are due."""
        for errand in self._errands.values():
            if not set(names).isdisjoint(errand.names):
                errand.due = float("-inf")

    def note(self, imported: Sequence[Done], exported: int) -> None:
        """All files that were finished so far: their folders are due, to put them away or send them."""
        before, self._done = self._done, (len(imported), exported)
        self.mark({done.job for done in imported[before[0] :]})
        if exported > before[1]:
            self.mark([errand.export.name for errand in self._errands.values() if errand.export])

    def looked_since(self, job: ImportJob, mono: float) -> bool:
        """Was everything fetched that lay there at this moment? True of a folder of this machine."""
        errand = None if job.remote is None else self._errands.get(job.remote.spool)
        return errand is None or errand.began >= mono or job.name in self.troubles

    def expected(self, pauses: Mapping[str, Pause]) -> bool:
        """Is there something that `once` still waits for?"""
        return any(
            errand.due == float("-inf") or errand.began == float("-inf")
            for errand in self._errands.values()
            if not self._held(errand, pauses) and set(errand.names).isdisjoint(self.troubles)
        )

    def _held(self, errand: Errand, pauses: Mapping[str, Pause]) -> bool:
        asked = self.once.jobs if self.once is not None and self.once.now else ()
        return all(name in pauses and name not in asked for name in errand.names)

    def step(self, now: Now, tasks: TaskGroup, call: Call, store: Store, pauses: Mapping[str, Pause]) -> None:
        """Begin the rounds that are due. `call` runs the store's verbs in its thread."""
        for errand in self._errands.values():
            trouble = next((self.troubles[name] for name in errand.names if name in self.troubles), None)
            due = errand.due if trouble is None else trouble.until_mono
            if errand.busy or due > now.mono or self._held(errand, pauses):
                continue
            errand.busy = True
            tasks.start_soon(self._go, errand, now.mono, call, store)

    async def _go(self, errand: Errand, began: float, call: Call, store: Store) -> None:
        """One round, and what becomes of it."""
        self._limit = self._limit or CapacityLimiter(AT_ONCE)
        errand.due = began + errand.remote.every_s  # a mark meanwhile makes it due at once again
        try:
            round = partial(self._round, errand, cast(Afar, _Asked(call, store)))
            done = await to_thread.run_sync(round, limiter=self._limit, abandon_on_cancel=True)
        except Stopped:
            pass  # the next start goes on
        except Environment as trouble:
            for name in errand.names:
                self.troubles[name] = self.announcer.trouble(name, self.troubles.get(name), trouble.said)
        else:
            if done.again_s is None:
                errand.began = began
            else:
                errand.due = min(errand.due, began + done.again_s)
            for name in errand.names:
                if self.troubles.pop(name, None) is not None:
                    self.announcer.tell("job.resumed", name)
        finally:
            errand.busy = False
            self.wake()

    def _round(self, errand: Errand, rows: Afar) -> Fetched:
        """In a thread."""
        clock, stopping = self.announcer.clock, lambda: self.stopping
        if errand.export is not None:
            emit = partial(self._emit, errand.export.name)
            send(errand.export, rows, clock, emit, stopping)
            return Fetched()
        if errand.fetcher is None:
            emit = partial(self._emit, errand.imports[0].name if len(errand.imports) == 1 else "")
            errand.fetcher = Fetcher(errand.remote, errand.imports, clock, emit, stopping)
        return errand.fetcher.round(rows)

    def _emit(self, job: str, event: str, file: str, facts: Mapping[str, str | int]) -> None:
        from_thread.run_sync(partial(self.announcer.tell_of, event, job, file, None, facts))


class _Asked:
    """The verbs of `Afar` for a thread that is not the store's: each goes there and waits for its answer."""

    def __init__(self, call: Call, store: Store) -> None:
        self._call, self._store = call, store

    def __getattr__(self, verb: str) -> Callable[..., object]:
        asked = getattr(self._store.afar(), verb)

        async def ask(*args: object) -> object:
            return await self._call(asked, *args)

        return lambda *args: from_thread.run(ask, *args)
