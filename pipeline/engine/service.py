"""The service: one loop that looks, opens gates, and hands work to worker processes.

`step` decides and returns the seconds until it wants to be called again; `run` owns waiting, wake-up and
stop. Everything that blocks runs in a thread; everything that may die runs in a worker.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import anyio
from anyio import CapacityLimiter, to_thread
from anyio.abc import TaskGroup

from pipeline import files as disk
from pipeline.clock import Clock, Now
from pipeline.engine.gates import Gate, Gates
from pipeline.engine.inboxes import RESCAN_S, Inboxes, Waiting
from pipeline.engine.pool import Pool, WorkerDied
from pipeline.errors import Environment
from pipeline.events import Event, Listener
from pipeline.jobs import ImportJob, Settings
from pipeline.mapping.model import ReadOptions
from pipeline.retry import next_attempt_s
from pipeline.store.model import Store
from pipeline.watching import Watcher
from pipeline.words import Message, message, printable
from pipeline.worker import Order

T = TypeVar("T")
SMALL_BYTES = 1_000_000  # a group of small files stays under this; a bigger file goes alone, in the big lane
GROUP_FILES = 200
ATTEMPTS = 3
SETTLE_AFTER_OPENING_S = 60.0


@dataclass(frozen=True, slots=True)
class MappingText:
    """A mapping as the worker gets it, and what of it readiness needs."""

    text: str
    options: ReadOptions


@dataclass(slots=True)
class Trouble:
    """Why a job waits. `until_mono` None: until a person mends it."""

    said: Message
    since: datetime
    failures: int
    until_mono: float | None


@dataclass(slots=True)
class Desk:
    """What the service knows of one job at work."""

    job: ImportJob
    gate: Gate
    busy: bool = False
    held: list[disk.Claimed] = field(default_factory=list)  # taken, to be tried (again)
    alone: set[str] = field(default_factory=set)  # claims that were in a group whose worker died
    opened_mono: float = 0.0
    trouble: Trouble | None = None


@dataclass(slots=True)
class Once:
    """What `once` asks: these jobs (empty: all), with `--now`, for at most so many seconds."""

    jobs: tuple[str, ...]
    now: bool
    wait_s: float


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
        self._settings, self._mappings, self._connect = settings, mappings, connect
        self._is_active, self._listener, self._clock, self._once = is_active, listener, clock, once
        chosen = settings.imports
        if once and once.jobs:
            chosen = tuple(j for j in chosen if j.name in once.jobs)
        self._jobs = chosen
        self._watcher = Watcher(sorted({j.inbox for j in chosen}))
        self.inboxes = Inboxes(
            settings.imports,
            {j.name: mappings[j.mapping].options for j in settings.imports},
            self._watcher.renamed_in,
        )
        self._pool = Pool(settings.workers, settings.memory_mb, settings.deadline_s)
        self._lanes = CapacityLimiter(settings.workers)
        self._big_lane = CapacityLimiter(max(1, settings.workers - 1))  # one worker is kept for small files
        self._store: Store | None = None
        self._store_thread = CapacityLimiter(1)
        self.desks: dict[str, Desk] = {}
        self.database: Trouble | None = None
        self.done: list[tuple[str, Message | None, int | None, str]] = []  # job, said, ledger id, deed
        self._looks: dict[Path, float] = {}
        self._active: bool | None = None
        self._stopping = False

    async def run(self) -> None:
        """Work until stopped, or, for `once`, until there is nothing left to wait for."""
        start = self._clock.now().mono
        async with anyio.create_task_group() as tasks:
            if await to_thread.run_sync(_anything_in, {job.inbox for job in self._jobs}):
                tasks.start_soon(self._pool.warm)
            await tasks.start(self._watcher.run)
            self._tell("service.started")
            while True:
                delay = await self.step(self._clock.now(), tasks)
                if self._finished(self._clock.now().mono - start):
                    break
                for folder in await self._watcher.changed(min(delay, 0.5)):
                    self._looks[folder] = 0.0
            tasks.cancel_scope.cancel()
        await self._pool.close()
        for desk in self.desks.values():
            for claimed in desk.held:
                claimed.release()
        if self._store is not None:
            await self._call(self._store.close)
        self._tell("service.stopped")

    def stop(self) -> None:
        """Take nothing more; end when the work in flight has ended. Safe twice."""
        self._stopping = True

    def _busy(self) -> bool:
        return any(desk.busy for desk in self.desks.values())

    def _finished(self, elapsed_s: float) -> bool:
        if self._busy():
            return False
        if self._stopping:
            return True
        if self._once is None:
            return False
        if elapsed_s >= self._once.wait_s:
            return True
        if self._store is None:
            return False
        return not any(self._expected(desk) for desk in self.desks.values())

    def _expected(self, desk: Desk) -> bool:
        """Is there something of this job that `once` still waits for?"""
        if desk.trouble is not None and desk.trouble.until_mono is None:
            return False
        if not self._active:
            return False
        return bool(desk.held) or (desk.gate.is_open and any(w.kind != "rejected" for w in self._due(desk)))

    async def step(self, now: Now, tasks: TaskGroup) -> float:
        """One round: database, switch, gates, folders, work. Returns seconds until the next is due."""
        self._turn(self._is_active())
        try:
            store = await self._ready_store(now)
        except Environment as trouble:
            self.database = self._wait("", self.database, trouble.said, now)
            return 1.0
        if store is None:
            return 1.0
        delay = await self._look(now)
        try:
            await self._open(now)
            await self._close_openings(now)
            if self.database is not None:
                self.database = None
                self._tell("job.resumed")
        except Environment as trouble:
            self.database = self._wait("", self.database, trouble.said, now)
        await self._pool.retire()
        if any(w.kind != "rejected" for job in self._jobs for w in self.inboxes.of(job)):
            tasks.start_soon(self._pool.warm)  # it starts while the file settles
        if self._active and not self._stopping:
            for desk in self.desks.values():
                await self._dispatch(desk, now, tasks)
        return delay

    async def _ready_store(self, now: Now) -> Store | None:
        if self._store is not None:
            return self._store
        if (
            self.database is not None
            and self.database.until_mono is not None
            and now.mono < self.database.until_mono
        ):
            return None
        store = await self._call(self._connect)
        try:
            await self._call(store.migrate)
        except Environment:
            await self._call(store.close)
            raise
        self._store = store
        gates = Gates(self._jobs, store)
        self._gates = gates
        for job in self._jobs:
            self.desks[job.name] = Desk(job, gates.all[job.name])
            gates.all[job.name].forced = bool(self._once and self._once.now)
        self.database = None
        return store

    def _turn(self, active: bool) -> None:
        if self._active is not None and active != self._active:
            self._tell("switch.changed", facts={"active": int(active)})
        self._active = active

    async def _look(self, now: Now) -> float:
        """Scan the folders that are dirty or due, and the work folders for what a dead process left."""
        for folder in {job.inbox for job in self._jobs}:
            if self._looks.get(folder, 0.0) > now.mono:
                continue
            try:
                again = await to_thread.run_sync(self.inboxes.look, folder, now)
            except Environment as trouble:
                again = RESCAN_S
                for desk in (d for d in self.desks.values() if d.job.inbox == folder):
                    desk.trouble = self._wait(desk.job.name, desk.trouble, trouble.said, now)
            self._looks[folder] = now.mono + min(again, RESCAN_S)
            for desk in (d for d in self.desks.values() if d.job.inbox == folder):
                for left in await to_thread.run_sync(disk.abandoned, desk.job.work):
                    desk.held.append(left)
        return max(0.01, min(self._looks.values(), default=now.mono + 1) - now.mono)

    async def _open(self, now: Now) -> None:
        for gate in await self._call(self._gates.step, now.wall):
            desk = self.desks[gate.job.name]
            await to_thread.run_sync(self.inboxes.look, desk.job.inbox, now)
            gate.names = {w.seen.name for w in self.inboxes.of(desk.job)}
            desk.opened_mono = now.mono
            self._tell("job.opened", job=gate.job.name)

    async def _close_openings(self, now: Now) -> None:
        for desk in self.desks.values():
            if desk.gate.opening is None or desk.busy or desk.held:
                continue
            settling = [
                w
                for w in self._due(desk)
                if (w.kind != "rejected" and w.again_s is not None) or w.said is None
            ]
            if not settling or (
                now.mono - desk.opened_mono > SETTLE_AFTER_OPENING_S and not self._ready(desk)
            ):
                await self._call(self._gates.close, desk.gate, now.wall)

    def _due(self, desk: Desk) -> list[Waiting]:
        """What lies in the inbox for an open gate."""
        all_ = self.inboxes.of(desk.job)
        if desk.gate.opening is not None and not desk.gate.forced:
            return [w for w in all_ if w.seen.name in desk.gate.names]
        return all_

    def _ready(self, desk: Desk) -> list[Waiting]:
        return [w for w in self._due(desk) if w.kind == "ready"]

    async def _dispatch(self, desk: Desk, now: Now, tasks: TaskGroup) -> None:
        if desk.busy or self.database is not None:
            return
        if desk.trouble is not None and (
            desk.trouble.until_mono is None or now.mono < desk.trouble.until_mono
        ):
            return
        group = self._next_held(desk)
        if not group and desk.gate.is_open:
            group = await self._take(desk, now)
        if group:
            desk.busy = True
            tasks.start_soon(self._work, desk, group)

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
            try:
                claimed = await to_thread.run_sync(
                    disk.claim, desk.job.inbox, waiting.seen.name, desk.job.work, now.wall
                )
            except OSError as error:
                said = message(
                    "files.environment", path=str(desk.job.inbox), why=error.strerror or str(error)
                )
                desk.trouble = self._wait(desk.job.name, desk.trouble, said, now)
                break
            self.inboxes.taken(desk.job, waiting.seen.name)
            if claimed is not None:
                group.append(claimed)
                size += waiting.seen.size
                self._tell("file.claimed", job=desk.job.name, claimed=claimed)
        return group

    async def _work(self, desk: Desk, group: list[disk.Claimed], give_up: Message | None = None) -> None:
        """Have a group done, and put each outcome in its place."""
        try:
            big = sum(c.path.stat().st_size for c in group if c.path.exists()) > SMALL_BYTES
            order = self._order(desk.job, group, give_up)
            by_claim = {c.claim: c for c in group}

            def heard(frame: dict[str, Any]) -> None:
                self._tell(
                    frame["event"],
                    job=desk.job.name,
                    claimed=by_claim.get(frame["claim"]),
                    said=Message.from_json(frame["said"]) if frame["said"] else None,
                    facts=frame["facts"],
                )

            async with _lane(self._big_lane if big else None), self._lanes:
                outcomes = await self._pool.work(order, heard)
            for outcome in outcomes:
                await self._settle(desk, by_claim.pop(outcome["claim"]), outcome)
        except WorkerDied as death:
            await self._mourn(desk, group, death)
        finally:
            desk.busy = False
            self._looks[desk.job.inbox] = 0.0

    async def _settle(self, desk: Desk, claimed: disk.Claimed, outcome: dict[str, Any]) -> None:
        said = Message.from_json(outcome["said"]) if outcome["said"] else None
        deed, now = outcome["deed"], self._clock.now()
        if deed == "environment" and said is not None:
            desk.held.append(claimed)
            desk.trouble = self._wait(desk.job.name, desk.trouble, said, now)
            return
        if deed in ("changed", "paused"):
            await to_thread.run_sync(disk.unclaim, claimed, desk.job.inbox)
            if deed == "paused" and said is not None:
                desk.trouble = Trouble(said, now.wall, 1, None)
                self._tell("job.paused", job=desk.job.name, said=said)
            return
        if deed == "failed" and outcome["id"] is None and said is not None:  # out of memory: no row yet
            await self._work(desk, [claimed], said)
            return
        claimed.release()
        desk.gate.files += 1
        if desk.trouble is not None:
            desk.trouble = None
            self._tell("job.resumed", job=desk.job.name)
        self.done.append((desk.job.name, said, outcome["id"], deed))

    async def _mourn(self, desk: Desk, group: Sequence[disk.Claimed], death: WorkerDied) -> None:
        """A worker died. Before its hello the machine is at fault; else the file may be: three times, then
        it is given up. Of a group nobody knows which: each is tried alone."""
        now = self._clock.now()
        self._tell("worker.died", job=desk.job.name, facts={"reason": death.reason})
        left = [c for c in group if c.path.exists()]
        if not death.started:
            said = message("files.no_worker", why=death.reason)
            desk.trouble = self._wait(desk.job.name, desk.trouble, said, now)
            desk.held = left + desk.held
            return
        if len(left) > 1:
            desk.alone.update(c.claim for c in left)
            desk.held = left + desk.held
            return
        for claimed in left:
            if claimed.attempt >= ATTEMPTS:
                said = message("files.kills_its_reader", times=claimed.attempt, why=death.reason)
                await self._work(desk, [claimed], said)
            else:
                desk.held.insert(0, await to_thread.run_sync(disk.bump_attempt, claimed))

    def _order(self, job: ImportJob, group: Sequence[disk.Claimed], give_up: Message | None) -> Order:
        now = self._clock.now().wall
        return Order(
            database=self._settings.database,
            job=job.name,
            inbox=str(job.inbox),
            processed=str(job.processed),
            failed=str(job.failed),
            max_rows=job.errors.max_rows,
            max_percent=job.errors.max_percent,
            mapping=job.mapping,
            mapping_text=self._mappings[job.mapping].text,
            zone=self._settings.timezone,
            language=self._settings.language,
            files=[
                {
                    "claim": c.claim,
                    "name": os.fsdecode(c.name),
                    "path": str(c.path),
                    "seen_at": now.isoformat(),
                }
                for c in group
            ],
            give_up=None if give_up is None else give_up.to_json(),
        )

    def _wait(self, job: str, before: Trouble | None, said: Message, now: Now) -> Trouble:
        failures = before.failures + 1 if before else 1
        since = before.since if before else now.wall
        if before is None:
            self._tell("job.waiting", job=job, said=said)
        chance = (now.wall.microsecond % 1000) / 1000
        return Trouble(said, since, failures, now.mono + min(next_attempt_s(failures, chance), 60.0))

    async def _call(self, function: Callable[..., T], *args: Any) -> T:
        """Call the store, which belongs to one thread at a time."""
        return await to_thread.run_sync(function, *args, limiter=self._store_thread)

    def _tell(
        self,
        name: str,
        job: str = "",
        claimed: disk.Claimed | None = None,
        said: Message | None = None,
        facts: dict[str, Any] | None = None,
    ) -> None:
        file = "" if claimed is None else printable(os.fsdecode(claimed.name))
        claim = "" if claimed is None else claimed.claim
        self._listener(Event(name, self._clock.now().wall, job, file, claim, said, facts or {}))


def _anything_in(folders: set[Path]) -> bool:
    for folder in folders:
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            if any(not entry.name.startswith(".") for entry in entries):
                return True
    return False


class _lane:
    """A limiter, or no limit."""

    def __init__(self, limiter: CapacityLimiter | None) -> None:
        self._limiter = limiter

    async def __aenter__(self) -> None:
        if self._limiter is not None:
            await self._limiter.acquire()

    async def __aexit__(self, *exc: object) -> None:
        if self._limiter is not None:
            self._limiter.release()
