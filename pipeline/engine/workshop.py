"""Has groups of taken files done by worker processes, and puts each outcome in its place."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from anyio import CapacityLimiter, to_thread

from pipeline import files as disk
from pipeline.engine.desk import Announcer, Desk, MappingText, Wake
from pipeline.engine.pool import Pool, WorkerDied
from pipeline.jobs import Settings
from pipeline.words import Message, message
from pipeline.worker import Order

SMALL_BYTES = 1_000_000  # a group of small files stays under this; a bigger file goes alone, in the big lane
GROUP_FILES = 200
ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Done:
    """A file that has reached its end: `id` is its row in the ledger."""

    job: str
    deed: str
    id: int | None


@dataclass(slots=True)
class Workshop:
    """Workers for all jobs. One of them is kept for small files: a big one never makes them wait."""

    settings: Settings
    mappings: dict[str, MappingText]
    announcer: Announcer
    wake: Wake
    done: list[Done] = field(default_factory=list)
    pool: Pool = field(init=False)
    _lanes: CapacityLimiter = field(init=False)
    _big_lane: CapacityLimiter = field(init=False)

    def __post_init__(self) -> None:
        workers = self.settings.workers
        self.pool = Pool(workers, self.settings.memory_mb, self.settings.deadline_s)
        self._lanes = CapacityLimiter(workers)
        self._big_lane = CapacityLimiter(max(1, workers - 1))

    async def do(self, desk: Desk, group: list[disk.Claimed]) -> None:
        """Do one group of a job; the desk is free again afterwards."""
        try:
            hopeless = await self._load(desk, group)
            for claimed, said in hopeless:
                await self._load(desk, [claimed], said)
        finally:
            desk.busy = False
            self.wake()

    async def _load(
        self, desk: Desk, group: list[disk.Claimed], give_up: Message | None = None
    ) -> list[tuple[disk.Claimed, Message]]:
        """Load a group, or give its files up. Returns those to give up, and why."""
        by_claim = {c.claim: c for c in group}

        def heard(frame: dict[str, Any]) -> None:
            said = Message.from_json(frame["said"]) if frame["said"] else None
            claimed = by_claim.get(frame["claim"])
            self.announcer.tell(frame["event"], desk.job.name, claimed, said, frame["facts"])

        try:
            async with AsyncExitStack() as lanes:
                if sum(c.path.stat().st_size for c in group if c.path.exists()) > SMALL_BYTES:
                    await lanes.enter_async_context(self._big_lane)
                await lanes.enter_async_context(self._lanes)
                outcomes = await self.pool.work(self._order(desk, group, give_up), heard)
        except WorkerDied as death:
            return await self._mourn(desk, group, death)
        hopeless = []
        for outcome in outcomes:
            said = Message.from_json(outcome["said"]) if outcome["said"] else None
            claimed = by_claim[outcome["claim"]]
            if outcome["deed"] == "failed" and outcome["id"] is None and said is not None:
                hopeless.append((claimed, said))  # out of memory: nothing could be noted
            else:
                await self._settle(desk, claimed, outcome["deed"], said, outcome["id"])
        return hopeless

    async def _settle(
        self, desk: Desk, claimed: disk.Claimed, deed: str, said: Message | None, id: int | None
    ) -> None:
        if deed == "environment" and said is not None:
            desk.held.append(claimed)
            desk.trouble = self.announcer.trouble(desk.job.name, desk.trouble, said)
            return
        if deed in ("changed", "paused"):
            await to_thread.run_sync(disk.unclaim, claimed, desk.job.inbox)
            if deed == "paused" and said is not None:
                desk.trouble = self.announcer.trouble(desk.job.name, desk.trouble, said, paused=True)
            return
        claimed.release()
        desk.seen.pop(claimed.claim, None)
        desk.gate.files += 1
        if desk.trouble is not None:
            desk.trouble = None
            self.announcer.tell("job.resumed", desk.job.name)
        self.done.append(Done(desk.job.name, deed, id))

    async def _mourn(
        self, desk: Desk, group: Sequence[disk.Claimed], death: WorkerDied
    ) -> list[tuple[disk.Claimed, Message]]:
        """A worker died. Before its hello the machine is at fault; else the file may be: three times, then
        it is given up. Of a group nobody knows which: each is tried alone."""
        self.announcer.tell("worker.died", desk.job.name, facts={"reason": death.reason})
        left = [c for c in group if c.path.exists()]
        for gone in (c for c in group if c not in left):
            gone.release()  # it was moved already; the ledger knows it
        if not death.started:
            said = message("files.no_worker", why=death.reason)
            desk.trouble = self.announcer.trouble(desk.job.name, desk.trouble, said)
            desk.held = left + desk.held
        elif len(left) > 1:
            desk.alone.update(c.claim for c in left)
            desk.held = left + desk.held
        else:
            for claimed in left:
                if claimed.attempt >= ATTEMPTS:
                    said = message("files.kills_its_reader", times=claimed.attempt, why=death.reason)
                    return [(claimed, said)]
                desk.held.insert(0, await to_thread.run_sync(disk.bump_attempt, claimed))
        return []

    def _order(self, desk: Desk, group: Sequence[disk.Claimed], give_up: Message | None) -> Order:
        job = desk.job
        return Order(
            database=self.settings.database,
            job=job.name,
            inbox=str(job.inbox),
            processed=str(job.processed),
            failed=str(job.failed),
            max_rows=job.errors.max_rows,
            max_percent=job.errors.max_percent,
            mapping=job.mapping,
            mapping_text=self.mappings[job.mapping].text,
            zone=self.settings.timezone,
            language=self.settings.language,
            files=[
                {
                    "claim": c.claim,
                    "name": os.fsdecode(c.name),
                    "path": str(c.path),
                    "seen_at": desk.seen.get(c.claim, disk.claimed_at(c.claim)).isoformat(),
                }
                for c in group
            ],
            give_up=None if give_up is None else give_up.to_json(),
        )
