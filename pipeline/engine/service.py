"""The service: one loop that looks, opens gates, and hands work to worker processes.

`step` decides and returns the seconds until it wants to be called again; `run` owns waiting, wake-up and
stop. Everything that blocks runs in a thread; everything that may die runs in a worker.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import anyio
from anyio import CapacityLimiter, to_thread
from anyio.abc import TaskGroup

from pipeline.clock import Clock, Now
from pipeline.engine.desk import Announcer, Desk, Once, Setup, Trouble, WallClock
from pipeline.engine.errands import Errands
from pipeline.engine.exporting import Exporting
from pipeline.engine.gates import Gates
from pipeline.engine.heart import Heart
from pipeline.engine.inboxes import Waiting
from pipeline.engine.looking import Looking
from pipeline.engine.process import WorkerProcess
from pipeline.engine.report import Report
from pipeline.engine.syncing import Syncing
from pipeline.engine.taking import next_held, take
from pipeline.engine.telling import Telling
from pipeline.engine.turns import Turns
from pipeline.engine.upkeep import Upkeep
from pipeline.engine.workshop import Workshop
from pipeline.errors import ConfigError, Environment
from pipeline.events import Listener
from pipeline.imports import note_moved
from pipeline.jobs import ImportJob, Settings
from pipeline.store.model import Pause, Store
from pipeline.words import message

T = TypeVar("T")
News = Callable[[], Setup | ConfigError | None]
SETTLE_AFTER_OPENING_S = 60.0
SWITCH_S = 0.5  # the master switch, the config and the pauses are looked at this often
GATES_S = 0.2  # and the gates this often
STOP_S = 25.0  # after this, work in flight is cut off: it is rolled back, and done again at the next start


class Service:
    """Runs the imports of one config. `news` tells what changed in it; `once` None: until stopped; `first`: a
    worker that has begun already."""

    def __init__(
        self,
        setup: Setup,
        news: News,
        connect: Callable[[Settings], Store],
        is_active: Callable[[], bool],
        listener: Listener,
        clock: Clock,
        once: Once | None = None,
        first: WorkerProcess | None = None,
    ) -> None:
        self._setup, self._news, self._connect, self._once = setup, news, connect, once
        self._is_active, self._clock = is_active, clock
        self._announcer = Announcer(listener, clock)
        self.heart = Heart()
        self._wall = WallClock(self._announcer)
        self._looking = Looking(self._jobs_of(setup), setup.options())
        self.inboxes, self._watcher = self._looking.inboxes, self._looking.watcher
        self._workshop = Workshop(setup, self._announcer, self._watcher.wake, first)
        self._exporting = Exporting(self._workshop, self._announcer, once)
        self._errands = Errands(setup, self._announcer, self._watcher.wake, once)
        self._syncing = Syncing(self._workshop, self._announcer, once)
        self._store: Store | None = None
        self._store_thread = CapacityLimiter(1)
        self._gates: Gates | None = None
        self.desks: dict[str, Desk] = {}
        self._leaving: list[Desk] = []  # of jobs that are no longer in the config, until their work has ended
        self.database: Trouble | None = None
        self.config: Trouble | None = None
        self._coming: Setup | None = None
        self.pauses: dict[str, Pause] = {}
        self._asked: dict[str, float] = {}
        self._active: bool | None = None
        self._stopping: float | None = None
        self._telling = None if once else Telling(setup, self._announcer, self.inboxes)
        self._upkeep = None if once else Upkeep(setup, self._announcer)
        self._turns = Turns(self.inboxes, self._announcer, self._once)

    def _jobs_of(self, setup: Setup) -> tuple[ImportJob, ...]:
        chosen = self._once.jobs if self._once else ()
        return tuple(job for job in setup.settings.imports if not chosen or job.name in chosen)

    @property
    def done(self) -> list[int]:
        """The ledger ids of the files that were finished, and of those that were written."""
        return [done.id for done in self._workshop.done if done.id is not None] + self._exporting.done

    async def run(self) -> None:
        """Work until stopped, or, for `once`, until there is nothing left to wait for."""
        start = self._clock.now().mono
        report = Report(self._setup.settings.root)
        try:
            async with anyio.create_task_group() as tasks:
                if await to_thread.run_sync(_anything_in, self.inboxes.folders):
                    tasks.start_soon(self._workshop.pool.warm)
                await tasks.start(self._watcher.run)
                self._announcer.tell("service.started")
                while True:
                    delay = await self.step(self._clock.now(), tasks)
                    report.write(self.troubles(), self.config, self._watcher.detections())
                    report.beat(self._clock.now().mono)
                    if self._finished(self._clock.now().mono - start):
                        break
                    self._looking.mark(await self._watcher.changed(min(delay, SWITCH_S)))
                tasks.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await self._workshop.pool.close()
            report.close()
            for desk in (*self.desks.values(), *self._leaving):
                for claimed in desk.held:
                    claimed.release()
            if self._store is not None:
                self._store.close()
        self._announcer.tell("service.stopped")

    def stop(self) -> None:
        """Take nothing more; end when the work in flight has ended, or 25 s later. Safe twice."""
        if self._stopping is None:
            self._stopping = self._clock.now().mono
            self._errands.stopping = True
        self._watcher.wake()

    def wake(self) -> None:
        """Look around now, at the config too."""
        self._asked.clear()
        self._watcher.wake()

    def troubles(self) -> dict[str, Trouble]:
        found = {name: desk.trouble for name, desk in self.desks.items() if desk.trouble is not None}
        found = {**self._errands.troubles, **found, **self._exporting.troubles, **self._syncing.troubles}
        return found if self.database is None else {"": self.database, **found}

    def _finished(self, elapsed_s: float) -> bool:
        if self._stopping is not None and self._clock.now().mono - self._stopping > STOP_S:
            return True
        if self._any_busy():
            return False
        if self._stopping is not None:
            return True
        if self._once is None:
            return False
        if elapsed_s >= self._once.wait_s:
            return True
        kinds = (self._exporting, self._syncing, self._errands)
        if self._active and any(kind.expected(self.pauses) for kind in kinds):
            return False
        return self._store is not None and not any(self._expected(desk) for desk in self.desks.values())

    def _expected(self, desk: Desk) -> bool:
        """Is there something of this job that `once` still waits for?"""
        if not self._active or (desk.trouble is not None and desk.trouble.paused) or self._is_paused(desk):
            return False
        if desk.held or not self._looking.seen_since(desk.job, desk.given_back_mono):
            return True
        return desk.gate.is_open and bool(self._ready(desk) or self._settling(desk))

    async def step(self, now: Now, tasks: TaskGroup) -> float:
        """One round: config, database, switch, gates, folders, work. Returns seconds until the next is due."""
        if self._is_due("config", now, SWITCH_S):
            self._turn(self._is_active())
            await self._follow(now)
            self._wall.watch(now)
        try:
            await self._ready_store(now)
            if self._gates is not None and self._store is not None and self.database is None:
                if self._is_due("pauses", now, SWITCH_S):
                    self._note_pauses(await self._call(self._store.pauses, now.wall))
                if self._is_due("gates", now, GATES_S):
                    for gate in await self._call(self._gates.step, now, self.pauses.keys()):
                        self._looking.mark(self.inboxes.folders_of(gate.job))
                        self._errands.mark([gate.job.name])
                        self._announcer.tell("job.opened", gate.job.name)
                await self._close_openings(now)
                if self._active and self._stopping is None and self._coming is None:
                    for kind in (self._exporting, self._syncing):
                        await kind.step(now, tasks, self._call, self._store, self.pauses)
                    self._errands.note(self._workshop.done, len(self._exporting.done))
                    self._errands.step(now, tasks, self._call, self._store, self.pauses)
        except Environment as trouble:
            self.database = self._announcer.trouble("", self.database, trouble.said)
        self.heart.beat("database", self._clock.now().mono)
        delay = await self._look(now)
        self.heart.beat("folders", self._clock.now().mono)
        if self._store is not None and self.database is None:
            zone = self._setup.settings.timezone
            said = await self._call(self._turns.look, self._store, self.desks, self.pauses, now, zone)
            if said is not None:
                self.database = self._announcer.trouble("", self.database, said)
        if self._telling is not None:
            store = None if self.database is not None else self._store
            if self._upkeep is not None and store is not None:
                self._upkeep.step(now, tasks)
            await self._telling.step(now, tasks, self._call, store, self.troubles())
        await self._workshop.pool.retire()
        if any(self._ready(desk) or self._settling(desk) for desk in self.desks.values()):
            tasks.start_soon(self._workshop.pool.warm)  # it starts while the file settles
        if self._active and self._stopping is None and self.database is None and self._coming is None:
            for desk in self.desks.values():
                await self._dispatch(desk, now, tasks)
        return delay

    def _is_due(self, what: str, now: Now, every_s: float) -> bool:
        """An event of a folder brings a step at once; what costs a question is asked at its own pace."""
        if now.mono - self._asked.get(what, -every_s) < every_s:
            return False
        self._asked[what] = now.mono
        return True

    # config ---------------------------------------------------------------------------------------------
    async def _follow(self, now: Now) -> None:
        """Go by the config as it is now; one with mistakes leaves everything as it was, and is told."""
        news = await to_thread.run_sync(self._news)
        if isinstance(news, ConfigError):
            for mistake in news.mistakes:
                text = mistake.text(self._setup.settings.language)
                self._announcer.tell("config.refused", said=message("config.kept", mistake=text))
            first = news.mistakes[0].text(self._setup.settings.language) if news.mistakes else ""
            said = message("config.kept", mistake=first) if first else news.said
            self.config = Trouble(said, now.wall, 1, now.mono)
        elif news is not None:
            self._coming = news
        await self._give_back(self._leaving)
        self._leaving = [desk for desk in self._leaving if desk.busy or desk.held]
        if self._coming is not None and not (self._moves(self._coming) and self._any_busy()):
            setup, self._coming, self.config = self._coming, None, None
            await self._adopt(setup)
            self._announcer.tell("config.changed", facts={"jobs": len(setup.settings.imports)})

    def _any_busy(self) -> bool:
        ours = self._exporting.busy or self._errands.busy or self._syncing.busy
        return ours or any(desk.busy for desk in (*self.desks.values(), *self._leaving))

    def _moves(self, setup: Setup) -> bool:
        """Does the database become another one?"""
        before, after = self._setup.settings, setup.settings
        return (before.database, before.schema) != (after.database, after.schema)

    async def _adopt(self, setup: Setup) -> None:
        moves, before = self._moves(setup), self._setup
        self._setup = setup
        jobs = self._jobs_of(setup)
        await to_thread.run_sync(self._looking.follow, jobs, setup.options())
        self._watcher.follow(await to_thread.run_sync(self._looking.detections))
        self._workshop.follow(setup)
        if self._telling is not None:
            self._telling.setup = setup
        if self._upkeep is not None:
            self._upkeep.setup = setup
        self._errands.follow(setup)
        if moves:
            for desk in self.desks.values():
                for claimed in desk.held:
                    claimed.release()  # found again as what a dead process left
            if self._store is not None:
                await self._call(self._store.close)
            self._store, self._gates, self.desks, self.database = None, None, {}, None
        elif self._gates is not None:
            self._gates.follow(jobs)
            await self._change_desks(before)

    async def _change_desks(self, before: Setup) -> None:
        assert self._gates is not None
        gates, known = self._gates.all, self.desks
        self._leaving += [desk for name, desk in known.items() if name not in gates]
        self.desks = {}
        for name, gate in gates.items():
            desk = known.get(name)
            if desk is None:
                self.desks[name] = Desk(gate.job, gate)
                await self._load_sources(self.desks[name])
                continue
            changed = before.mappings.get(desk.job.mapping) != self._setup.mappings[gate.job.mapping]
            if changed or desk.job != gate.job:
                desk.trouble = None  # what stood in the way may be mended by just this
            desk.job, desk.gate = gate.job, gate
            self.desks[name] = desk

    async def _give_back(self, desks: Iterable[Desk]) -> None:
        """What was taken for a job that is gone goes back into its inbox."""
        for desk in desks:
            while desk.held and not desk.busy:
                claimed = desk.held.pop(0)
                with contextlib.suppress(OSError):  # the lock is gone with us: another start finds it
                    await to_thread.run_sync(desk.give_back, claimed)
                claimed.release()

    # database and clock ---------------------------------------------------------------------------------
    async def _ready_store(self, now: Now) -> None:
        """Connect at start, and look again when the database was away. Raises Environment."""
        if self.database is not None and now.mono < self.database.until_mono:
            return
        if self._store is None:
            jobs = self._jobs_of(self._setup)
            store = await self._call(self._connect, self._setup.settings)
            try:
                with self.heart.long_work():
                    await self._call(store.migrate)
                await self._call(note_moved, store, jobs, now.wall, self._setup.settings.timezone)
            except Environment:
                await self._call(store.close)
                raise
            self._store, self._gates = store, Gates(jobs, store)
            for name, gate in self._gates.all.items():
                gate.forced = bool(self._once and self._once.now)
                self.desks[name] = Desk(gate.job, gate)
                await self._load_sources(self.desks[name])
            self._looking.mark(self.inboxes.folders)
        elif self.database is not None:
            await self._call(self._store.gate, "")
        if self.database is not None:
            self.database = None
            self._announcer.tell("job.resumed")

    async def _load_sources(self, desk: Desk) -> None:
        """Which states of the originals were imported already, for a job that copies."""
        if desk.job.take == "copy" and self._store is not None:
            desk.copied = await self._call(self._store.sources, desk.job.name)
            self.inboxes.copied[desk.job.name] = desk.copied

    def _turn(self, active: bool) -> None:
        if self._active is not None and active != self._active:
            self._announcer.tell("switch.changed", facts={"active": int(active)})
        self._active = active

    # folders --------------------------------------------------------------------------------------------
    async def _look(self, now: Now) -> float:
        """Look at the folders that are due. Nothing is looked for before the ledger can be asked."""
        if not self.desks:
            return SWITCH_S
        looked = await to_thread.run_sync(self._looking.look, list(self.desks.values()), now)
        if looked.noticing is not None:
            self._watcher.follow(looked.noticing)
        for folder, said in looked.unreachable.items():
            for desk in self._desks_of(folder):
                desk.trouble = self._announcer.trouble(desk.job.name, desk.trouble, said)
        for folder in looked.reached:
            for desk in self._desks_of(folder):
                if desk.trouble is not None and desk.trouble.said.code == "files.inbox_unreachable":
                    desk.trouble = None  # the folder is back: neither wait longer nor say so
                    self._announcer.tell("job.resumed", desk.job.name)
        for desk in self.desks.values():
            gate = desk.gate
            if (
                gate.opening is not None
                and self._looking.seen_since(desk.job, gate.opened_mono)
                and self._errands.looked_since(desk.job, gate.opened_mono)
            ):
                desk.gate.found({_key(w) for w in self.inboxes.of(desk.job)}, now)
        return self._looking.next_s(self._clock.now())

    def _desks_of(self, folder: Path) -> list[Desk]:
        return [self.desks[job.name] for job in self.inboxes.of_folder(folder) if job.name in self.desks]

    # gates ----------------------------------------------------------------------------------------------
    def _is_paused(self, desk: Desk) -> bool:
        """A pause holds back everything but what a person asks for by the job's name."""
        asked = self._once is not None and self._once.now and desk.job.name in self._once.jobs
        return desk.job.name in self.pauses and not asked

    def _note_pauses(self, pauses: dict[str, Pause]) -> None:
        for job, pause in pauses.items():
            if self.pauses.get(job) != pause:
                self._announcer.tell("job.paused", job, facts={"who": pause.who, "why": pause.why})
        for job in self.pauses.keys() - pauses.keys():
            self._announcer.tell("job.resumed", job)
        self.pauses = pauses

    async def _close_openings(self, now: Now) -> None:
        assert self._gates is not None
        for desk in self.desks.values():
            gate = desk.gate
            if gate.opening is None or gate.names is None or desk.busy or desk.held or gate.still_open(now):
                continue
            if self.inboxes.held.get(desk.job.name):
                continue  # what waits for its turn goes in with this opening
            late = now.mono - gate.opened_mono > SETTLE_AFTER_OPENING_S
            if not self._ready(desk) and (late or not any(w.again_s for w in self._settling(desk))):
                await self._call(self._gates.close, gate, now.wall)

    def _ready(self, desk: Desk) -> list[Waiting]:
        """What may be taken through an open gate."""
        return self._of_opening(desk, self.inboxes.ready(desk.job))

    def _settling(self, desk: Desk) -> list[Waiting]:
        """What will be ready some time, of that which an open gate takes."""
        return [w for w in self._of_opening(desk, self.inboxes.others(desk.job)) if w.kind != "rejected"]

    def _of_opening(self, desk: Desk, lying: list[Waiting]) -> list[Waiting]:
        if desk.gate.opening is None or desk.gate.forced:
            return lying
        return [w for w in lying if _key(w) in (desk.gate.names or ())]

    # work -----------------------------------------------------------------------------------------------
    async def _dispatch(self, desk: Desk, now: Now, tasks: TaskGroup) -> None:
        if desk.busy or desk.waits(now) or self._is_paused(desk):
            return
        group = await self._call(next_held, desk, self.inboxes, self._store) if desk.held else []
        if not group and desk.gate.is_open and (ready := self._ready(desk)):
            took = await to_thread.run_sync(take, desk, ready, self.inboxes, self._watcher, self._clock)
            group = took.claimed
            if took.trouble is not None:
                desk.trouble = self._announcer.trouble(desk.job.name, desk.trouble, took.trouble)
            for claimed in group:
                self._announcer.tell("file.claimed", desk.job.name, claimed)
        if group:
            desk.busy = True
            tasks.start_soon(self._workshop.do, desk, group)

    async def _call(self, function: Callable[..., T], *args: Any) -> T:
        """Call the store, which belongs to one thread at a time."""
        return await to_thread.run_sync(function, *args, limiter=self._store_thread)


def _key(waiting: Waiting) -> bytes:
    return os.fsencode(waiting.folder) + b"/" + waiting.seen.name


def _anything_in(folders: Iterable[Path]) -> bool:
    for folder in folders:
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            if any(not entry.name.startswith(".") for entry in entries):
                return True
    return False
