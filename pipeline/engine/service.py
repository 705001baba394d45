"""The service: one loop that looks, opens gates, and hands work to worker processes.

`step` decides and returns the seconds until it wants to be called again; `run` owns waiting, wake-up and
stop. Everything that blocks runs in a thread; everything that may die runs in a worker.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import anyio
from anyio import CapacityLimiter, to_thread
from anyio.abc import TaskGroup

from pipeline import files as disk
from pipeline.clock import Clock, Now
from pipeline.engine.desk import Announcer, Desk, MappingText, Once, Trouble
from pipeline.engine.gates import Gates
from pipeline.engine.inboxes import RESCAN_S, Inboxes, Waiting
from pipeline.engine.report import Report
from pipeline.engine.workshop import GROUP_FILES, SMALL_BYTES, Workshop
from pipeline.errors import Environment
from pipeline.events import Listener
from pipeline.imports import note_moved
from pipeline.jobs import Settings
from pipeline.store.model import Store
from pipeline.watching import Watcher
from pipeline.words import message

T = TypeVar("T")
SETTLE_AFTER_OPENING_S = 60.0
SWITCH_S = 0.5  # the master switch is looked at this often
JUMP_S = 60.0


class Service:
    """Runs the imports of one config. `once` None: until stopped."""

    def __init__(
        self,
        settings: Settings,
        mappings: dict[str, MappingText],
        connect: Callable[[], Store],
        is_active: Callable[[], bool],
        listener: Listener,
        clock: Clock,
        once: Once | None = None,
    ) -> None:
        self._settings, self._connect, self._once = settings, connect, once
        self._is_active, self._clock = is_active, clock
        self._jobs = tuple(j for j in settings.imports if not (once and once.jobs) or j.name in once.jobs)
        self._announcer = Announcer(listener, clock)
        self._watcher = Watcher(sorted({j.inbox for j in self._jobs}))
        self._workshop = Workshop(settings, mappings, self._announcer, self._watcher.wake)
        options = {j.name: mappings[j.mapping].options for j in settings.imports}
        self.inboxes = Inboxes(settings.imports, options, self._watcher.renamed_in)
        self._store: Store | None = None
        self._store_thread = CapacityLimiter(1)
        self._gates: Gates | None = None
        self.desks: dict[str, Desk] = {}
        self.database: Trouble | None = None
        self._looks: dict[Path, float] = {}
        self._active: bool | None = None
        self._stopping = False
        self._drift: float | None = None

    @property
    def done(self) -> list[int]:
        """The ledger ids of the files that were finished."""
        return [done.id for done in self._workshop.done if done.id is not None]

    async def run(self) -> None:
        """Work until stopped, or, for `once`, until there is nothing left to wait for."""
        start = self._clock.now().mono
        report = Report(self._settings.root)
        try:
            async with anyio.create_task_group() as tasks:
                if await to_thread.run_sync(_anything_in, {job.inbox for job in self._jobs}):
                    tasks.start_soon(self._workshop.pool.warm)
                await tasks.start(self._watcher.run)
                self._announcer.tell("service.started")
                while True:
                    delay = await self.step(self._clock.now(), tasks)
                    report.write(self._troubles())
                    if self._finished(self._clock.now().mono - start):
                        break
                    for folder in await self._watcher.changed(min(delay, SWITCH_S)):
                        self._looks[folder] = 0.0
                tasks.cancel_scope.cancel()
            await self._workshop.pool.close()
        finally:
            report.close()
            for desk in self.desks.values():
                for claimed in desk.held:
                    claimed.release()
            if self._store is not None:
                self._store.close()
        self._announcer.tell("service.stopped")

    def stop(self) -> None:
        """Take nothing more; end when the work in flight has ended. Safe twice."""
        self._stopping = True
        self._watcher.wake()

    def _troubles(self) -> dict[str, Trouble]:
        found = {name: desk.trouble for name, desk in self.desks.items() if desk.trouble is not None}
        return found if self.database is None else {"": self.database, **found}

    def _finished(self, elapsed_s: float) -> bool:
        if any(desk.busy for desk in self.desks.values()):
            return False
        if self._stopping:
            return True
        if self._once is None:
            return False
        if elapsed_s >= self._once.wait_s:
            return True
        return self._store is not None and not any(self._expected(desk) for desk in self.desks.values())

    def _expected(self, desk: Desk) -> bool:
        """Is there something of this job that `once` still waits for?"""
        if not self._active or (desk.trouble is not None and desk.trouble.paused):
            return False
        return bool(desk.held) or (desk.gate.is_open and any(w.kind != "rejected" for w in self._due(desk)))

    async def step(self, now: Now, tasks: TaskGroup) -> float:
        """One round: database, switch, gates, folders, work. Returns seconds until the next is due."""
        self._turn(self._is_active())
        self._watch_clock(now)
        try:
            await self._ready_store(now)
            if self._gates is not None and self.database is None:
                for gate in await self._call(self._gates.step, now):
                    self._looks[gate.job.inbox] = 0.0
                    self._announcer.tell("job.opened", gate.job.name)
                await self._close_openings(now)
        except Environment as trouble:
            self.database = self._announcer.trouble("", self.database, trouble.said)
        delay = await self._look(now)
        await self._workshop.pool.retire()
        if any(w.kind != "rejected" for desk in self.desks.values() for w in self._due(desk)):
            tasks.start_soon(self._workshop.pool.warm)  # it starts while the file settles
        if self._active and not self._stopping and self.database is None:
            for desk in self.desks.values():
                await self._dispatch(desk, now, tasks)
        return delay

    async def _ready_store(self, now: Now) -> None:
        """Connect at start, and look again when the database was away. Raises Environment."""
        if self.database is not None and now.mono < self.database.until_mono:
            return
        if self._store is None:
            store = await self._call(self._connect)
            try:
                await self._call(store.migrate)
                await self._call(note_moved, store, self._jobs, now.wall)
            except Environment:
                await self._call(store.close)
                raise
            self._store, self._gates = store, Gates(self._jobs, store)
            for name, gate in self._gates.all.items():
                gate.forced = bool(self._once and self._once.now)
                self.desks[name] = Desk(gate.job, gate)
                self._looks[gate.job.inbox] = 0.0
        elif self.database is not None:
            await self._call(self._store.gate, "")
        if self.database is not None:
            self.database = None
            self._announcer.tell("job.resumed")

    def _turn(self, active: bool) -> None:
        if self._active is not None and active != self._active:
            self._announcer.tell("switch.changed", facts={"active": int(active)})
        self._active = active

    def _watch_clock(self, now: Now) -> None:
        """Tell when the wall clock was set: against the monotonic clock it moved by over a minute."""
        drift = now.wall.timestamp() - now.mono
        if self._drift is not None and abs(drift - self._drift) > JUMP_S:
            self._announcer.tell("clock.jumped", facts={"seconds": round(drift - self._drift)})
        self._drift = drift

    async def _look(self, now: Now) -> float:
        """Scan the folders that are dirty or due, and the work folders for what a dead process left."""
        for folder in {job.inbox for job in self._jobs}:
            if self._looks.get(folder, 0.0) > now.mono:
                continue
            mine = [desk for desk in self.desks.values() if desk.job.inbox == folder]
            try:
                again = await to_thread.run_sync(self.inboxes.look, folder, now)
            except Environment as trouble:
                again = RESCAN_S
                for desk in mine:
                    desk.trouble = self._announcer.trouble(desk.job.name, desk.trouble, trouble.said)
            else:
                for desk in mine:
                    desk.gate.found({w.seen.name for w in self.inboxes.of(desk.job)}, now)
                    if desk.trouble is not None and desk.trouble.said.code == "files.inbox_unreachable":
                        desk.trouble = None  # the folder is back: neither wait longer nor say so
                        self._announcer.tell("job.resumed", desk.job.name)
            self._looks[folder] = now.mono + min(again, RESCAN_S)
            for desk in mine:
                with contextlib.suppress(OSError):  # what cannot be read now is found by a later look
                    desk.held += await to_thread.run_sync(disk.abandoned, desk.job.work)
        return max(0.01, min(self._looks.values(), default=now.mono + 1) - now.mono)

    async def _close_openings(self, now: Now) -> None:
        assert self._gates is not None
        for desk in self.desks.values():
            gate = desk.gate
            if gate.opening is None or gate.names is None or desk.busy or desk.held:
                continue
            if gate.still_open(now.wall):  # nothing has come yet, and the job has an `until`
                continue
            due = self._due(desk)
            settling = [w for w in due if w.kind == "ready" or w.again_s is not None]
            late = now.mono - gate.opened_mono > SETTLE_AFTER_OPENING_S and not self._ready(desk)
            if not settling or late:
                await self._call(self._gates.close, gate, now.wall)

    def _due(self, desk: Desk) -> list[Waiting]:
        """What lies in the inbox for an open gate."""
        lying = self.inboxes.of(desk.job)
        if desk.gate.opening is not None and not desk.gate.forced:
            return [w for w in lying if w.seen.name in (desk.gate.names or ())]
        return lying

    def _ready(self, desk: Desk) -> list[Waiting]:
        return [w for w in self._due(desk) if w.kind == "ready"]

    async def _dispatch(self, desk: Desk, now: Now, tasks: TaskGroup) -> None:
        if desk.busy or desk.waits(now):
            return
        group = self._next_held(desk)
        if not group and desk.gate.is_open:
            group = await self._take(desk, now)
        if group:
            desk.busy = True
            tasks.start_soon(self._workshop.do, desk, group)

    def _next_held(self, desk: Desk) -> list[disk.Claimed]:
        if not desk.held:
            return []
        if desk.held[0].claim in desk.alone or desk.held[0].attempt > 1:
            return [desk.held.pop(0)]
        group, desk.held = desk.held[:GROUP_FILES], desk.held[GROUP_FILES:]
        return group

    async def _take(self, desk: Desk, now: Now) -> list[disk.Claimed]:
        """Claim what is ready, in order of arrival: small files together, a big one alone."""
        group: list[disk.Claimed] = []
        size = 0
        for waiting in self._ready(desk):
            if group and (size + waiting.seen.size > SMALL_BYTES or len(group) >= GROUP_FILES):
                break
            job, name = desk.job, waiting.seen.name
            try:
                claimed = await to_thread.run_sync(disk.claim, job.inbox, name, job.work, now.wall)
            except OSError as error:
                said = message("files.environment", path=str(job.inbox), why=error.strerror or str(error))
                desk.trouble = self._announcer.trouble(job.name, desk.trouble, said)
                break
            self.inboxes.taken(job, name)
            if claimed is not None:
                group.append(claimed)
                size += waiting.seen.size
                desk.seen[claimed.claim] = waiting.history.seen_at
                self._announcer.tell("file.claimed", job.name, claimed)
        return group

    async def _call(self, function: Callable[..., T], *args: Any) -> T:
        """Call the store, which belongs to one thread at a time."""
        return await to_thread.run_sync(function, *args, limiter=self._store_thread)


def _anything_in(folders: set[Path]) -> bool:
    for folder in folders:
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            if any(not entry.name.startswith(".") for entry in entries):
                return True
    return False
