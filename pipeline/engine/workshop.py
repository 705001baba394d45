"""Has groups of taken files done by worker processes, and puts each outcome in its place."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from typing import Any

from anyio import CapacityLimiter, to_thread

from pipeline import files as disk
from pipeline.engine.desk import Announcer, Arrived, Desk, Setup, Wake
from pipeline.engine.pool import Pool, WorkerDied
from pipeline.engine.process import WorkerProcess
from pipeline.engine.taking import SMALL_BYTES
from pipeline.words import Message, message
from pipeline.worker import FileOrder, Order

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

    setup: Setup
    announcer: Announcer
    wake: Wake
    first: WorkerProcess | None = None
    done: list[Done] = field(default_factory=list)
    pool: Pool = field(init=False)
    _lanes: CapacityLimiter = field(init=False)
    _big_lane: CapacityLimiter = field(init=False)

    def __post_init__(self) -> None:
        settings = self.setup.settings
        self.pool = Pool(settings.workers, settings.memory_mb, settings.deadline_s, self.first)
        self._lanes = CapacityLimiter(settings.workers)
        self._big_lane = CapacityLimiter(max(1, settings.workers - 1))

    def follow(self, setup: Setup) -> None:
        """Orders from now on are written by this; those in hand end as they began."""
        self.setup, settings = setup, setup.settings
        self.pool.size, self.pool.memory_mb = settings.workers, settings.memory_mb
        self.pool.deadline_s = settings.deadline_s
        self._lanes.total_tokens = settings.workers
        self._big_lane.total_tokens = max(1, settings.workers - 1)

    def lane(self) -> CapacityLimiter:
        """A place for one order, as a context; work that is not about files takes one too."""
        return self._lanes

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
        order = self.order(desk, group, give_up)

        def heard(frame: dict[str, Any]) -> None:
            said = Message.from_json(frame["said"]) if frame["said"] else None
            claimed = by_claim.get(frame["claim"])
            self.announcer.tell(frame["event"], desk.job.name, claimed, said, frame["facts"])

        try:
            async with AsyncExitStack() as lanes:
                if sum(c.path.stat().st_size for c in group if c.path.exists()) > SMALL_BYTES:
                    await lanes.enter_async_context(self._big_lane)
                await lanes.enter_async_context(self._lanes)
                outcomes = await self.pool.work(order, heard)
        except WorkerDied as death:
            return await self._mourn(desk, group, death)
        hopeless, troubles = [], []
        for outcome in outcomes:
            said = Message.from_json(outcome["said"]) if outcome["said"] else None
            claimed = by_claim[outcome["claim"]]
            if outcome["deed"] == "failed" and outcome["id"] is None and said is not None:
                hopeless.append((claimed, said))  # out of memory: nothing could be noted
            elif outcome["deed"] == "environment" and said is not None:
                desk.hold(claimed)
                troubles.append(said)
            else:
                await self._settle(desk, claimed, outcome["deed"], said, outcome["id"])
        if troubles:  # once for the group: each trouble more makes the wait longer
            desk.trouble = self.announcer.trouble(desk.job.name, desk.trouble, troubles[0])
        return hopeless

    async def _settle(
        self, desk: Desk, claimed: disk.Claimed, deed: str, said: Message | None, id: int | None
    ) -> None:
        if deed in ("changed", "paused"):
            try:
                await to_thread.run_sync(desk.give_back, claimed)
                desk.given_back_mono = self.announcer.clock.now().mono
            except OSError as error:  # its inbox is away
                desk.hold(claimed)
                why = error.strerror or str(error)
                said = said or message("files.environment", path=str(claimed.path), why=why)
                desk.trouble = self.announcer.trouble(desk.job.name, desk.trouble, said)
                return
            if deed == "paused" and said is not None:
                desk.trouble = self.announcer.trouble(desk.job.name, desk.trouble, said, paused=True)
            return
        claimed.release()
        desk.arrived.pop(claimed.claim, None)
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
        desk.hold(*(c for c in group if c not in left))  # moved already: only the note of it is missing
        if not death.started:
            said = message("files.no_worker", why=death.reason)
            desk.trouble = self.announcer.trouble(desk.job.name, desk.trouble, said)
            desk.hold(*left)
        elif len(left) > 1 and not self.setup.mappings[desk.job.mapping].options.delivery:
            desk.alone.update(c.claim for c in left)
            desk.hold(*left)
        else:
            if any(claimed.attempt >= ATTEMPTS for claimed in left):
                said = message("files.kills_its_reader", times=ATTEMPTS, why=death.reason)
                return [(claimed, said) for claimed in left]
            for claimed in left:
                desk.hold(await to_thread.run_sync(disk.bump_attempt, claimed))
        return []

    def order(self, desk: Desk, group: Sequence[disk.Claimed], give_up: Message | None) -> Order:
        """A group of a job as a worker is asked to do it."""
        job, settings = desk.job, self.setup.settings
        return Order(
            database=settings.database,
            schema=settings.schema,
            job=job.name,
            inbox=str(job.inbox),
            processed=str(job.processed),
            failed=str(job.failed),
            max_rows=job.errors.max_rows,
            max_percent=job.errors.max_percent,
            repeat=job.repeat,
            take=job.take,
            ready=job.ready,
            trailer=job.trailer,
            archive=job.archive,
            compress=job.compress,
            receipts="" if job.receipts is None else str(job.receipts),
            brake=None if job.brake is None else asdict(job.brake),
            closed_until=None if job.closed_until is None else job.closed_until.isoformat(),
            mapping=job.mapping,
            mapping_text=self.setup.mappings[job.mapping].text,
            limits=dict(settings.limits),
            zone=settings.timezone,
            language=settings.language,
            files=[_file(c, desk.arrived.get(c.claim, Arrived(job.inbox))) for c in group],
            give_up=None if give_up is None else give_up.to_json(),
            attempt=False,
        )


def _file(claimed: disk.Claimed, arrived: Arrived) -> FileOrder:
    return FileOrder(
        claim=claimed.claim,
        name=os.fsdecode(claimed.name),
        path=str(claimed.path),
        seen_at=(arrived.seen_at or disk.claimed_at(claimed.claim)).isoformat(),
        folder=str(arrived.folder),
        below=arrived.below,
        source_state=arrived.source_state,
        companion=None if claimed.companion is None else str(claimed.companion),
        fresh=arrived.fresh,
    )
