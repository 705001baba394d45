"""The worker processes as the service sees them: started when needed, kept warm, retired when idle."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import anyio

from pipeline.engine.process import GRACE_S, Frame, WorkerProcess, launch
from pipeline.exports.orders import ExportOrder
from pipeline.worker import Order

IDLE_S = 300.0
START_S = 60.0


class WorkerDied(Exception):
    """The worker ended while it worked. `started` tells whether it had said hello: before that the machine
    is at fault, after it the file may be. `signal_name` is the reason as the system gave it."""

    def __init__(self, started: bool, reason: str) -> None:
        super().__init__(reason)
        self.started, self.reason = started, reason


@dataclass(slots=True)
class Pool:
    """At most `size` workers at once; `memory_mb` and `deadline_s` bound each."""

    size: int
    memory_mb: int
    deadline_s: float
    first: WorkerProcess | None = None  # begun before the service was
    _idle: list[tuple[float, WorkerProcess]] = field(default_factory=list)
    _alive: int = 0  # idle, at work, or being started
    _warming: anyio.Event | None = None  # a worker is being started before there is work

    async def work(self, order: Order | ExportOrder, heard: Callable[[Frame], None]) -> list[Frame]:
        """Have one order done; `heard` gets each event frame. Raises WorkerDied."""
        worker = await self._take()
        try:
            with anyio.fail_after(self.deadline_s):
                await worker.send({"order": order})
                while "outcomes" not in (frame := await worker.receive()):
                    heard(frame)
        except TimeoutError:
            await self._bury(worker)
            raise WorkerDied(True, f"no end after {self.deadline_s:.0f} s") from None
        except (OSError, anyio.EndOfStream):
            raise WorkerDied(True, await self._bury(worker, GRACE_S)) from None
        except BaseException:
            await self._bury(worker)
            raise
        self._idle.append((anyio.current_time(), worker))
        outcomes: list[Frame] = frame["outcomes"]
        return outcomes

    async def warm(self) -> None:
        """Have a worker ready before there is work; a start that fails is left to the work to tell."""
        if self._alive:
            return
        ready = self._warming = anyio.Event()
        try:
            worker = await self._start()
            self._idle.append((anyio.current_time(), worker))
        except WorkerDied:
            return
        finally:
            self._warming = None
            ready.set()

    async def _take(self) -> WorkerProcess:
        """An idle worker, or the one that is starting already, or a new one. One order waits for the one that is
        starting: a second start beside it would take longer. Others start their own."""
        coming, self._warming = self._warming, None
        if not self._idle and coming is not None:
            await coming.wait()
        return self._idle.pop()[1] if self._idle else await self._start()

    async def _start(self) -> WorkerProcess:
        worker, self.first = self.first, None
        try:
            worker = worker or launch(self.memory_mb)
        except OSError as error:
            raise WorkerDied(False, error.strerror or str(error)) from error
        self._alive += 1
        try:
            with anyio.fail_after(START_S):
                await worker.receive()
                await worker.send({"warm": True})
        except TimeoutError:
            raise WorkerDied(False, await self._bury(worker)) from None
        except (OSError, anyio.EndOfStream):
            raise WorkerDied(False, await self._bury(worker, GRACE_S)) from None
        except BaseException:  # cancelled before its hello: nobody else knows of this process
            await self._bury(worker)
            raise
        return worker

    async def _bury(self, worker: WorkerProcess, grace_s: float = 0) -> str:
        with anyio.CancelScope(shield=True):  # a process that is left alive would belong to nobody
            reason = await worker.bury(grace_s)
        self._alive -= 1
        return reason

    async def retire(self, older_than_s: float = IDLE_S) -> None:
        """End workers that have been idle for longer than this."""
        now = anyio.current_time()
        old = [w for since, w in self._idle if now - since >= older_than_s]
        self._idle = [(since, w) for since, w in self._idle if now - since < older_than_s]
        for worker in old:
            with suppress(OSError, anyio.EndOfStream):
                await worker.farewell()
            await self._bury(worker, GRACE_S)

    async def close(self) -> None:
        """End all of them."""
        if self.first is not None:
            await self.first.bury()
            self.first = None
        await self.retire(0)
