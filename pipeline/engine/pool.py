"""The worker processes as the service sees them: started when needed, kept warm, retired when idle."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import anyio
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from pipeline.worker import LENGTH, Order

Frame = dict[str, Any]
IDLE_S = 300.0


class WorkerDied(Exception):
    """The worker ended while it worked. `started` tells whether it had said hello: before that the machine
    is at fault, after it the file may be. `signal_name` is the reason as the system gave it."""

    def __init__(self, started: bool, reason: str) -> None:
        super().__init__(reason)
        self.started, self.reason = started, reason


@dataclass(slots=True)
class _Worker:
    process: Process
    frames: BufferedByteReceiveStream

    async def receive(self) -> Frame:
        import json

        head = await self.frames.receive_exactly(LENGTH.size)
        body = await self.frames.receive_exactly(LENGTH.unpack(head)[0])
        frame: Frame = json.loads(body)
        return frame

    async def send(self, frame: Frame) -> None:
        import json

        body = json.dumps(frame).encode()
        assert self.process.stdin is not None
        await self.process.stdin.send(struct.pack(">I", len(body)) + body)


@dataclass(slots=True)
class Pool:
    """At most `size` workers at once; `memory_mb` and `deadline_s` bound each."""

    size: int
    memory_mb: int
    deadline_s: float
    _idle: list[tuple[float, _Worker]] = field(default_factory=list)
    _started: bool = False
    _warming: anyio.Event | None = None  # a worker is being started before there is work

    async def work(self, order: Order, heard: Callable[[Frame], None]) -> list[Frame]:
        """Have one order done; `heard` gets each event frame. Raises WorkerDied."""
        worker = await self._take()
        try:
            with anyio.fail_after(self.deadline_s):
                await worker.send({"order": order})
                while "outcomes" not in (frame := await worker.receive()):
                    heard(frame)
        except TimeoutError:
            worker.process.kill()
            await self._bury(worker)
            raise WorkerDied(True, f"no end after {self.deadline_s:.0f} s") from None
        except (
            anyio.EndOfStream,
            anyio.IncompleteRead,
            anyio.BrokenResourceError,
            anyio.ClosedResourceError,
        ):
            raise WorkerDied(True, await self._bury(worker)) from None
        except BaseException:
            worker.process.kill()
            with anyio.CancelScope(shield=True):
                await self._bury(worker)
            raise
        self._idle.append((anyio.current_time(), worker))
        outcomes: list[Frame] = frame["outcomes"]
        return outcomes

    async def warm(self) -> None:
        """Have one worker ready before there is work; a start that fails is left to the work to tell."""
        if self._idle or self._started:
            return
        ready = self._warming = anyio.Event()
        try:
            self._idle.append((anyio.current_time(), await self._start()))
        except WorkerDied:
            return
        finally:
            self._warming = None
            ready.set()

    async def _take(self) -> _Worker:
        """An idle worker, or the one that is starting already, or a new one. One order waits for the one that is
        starting: a second start beside it would take longer. Others start their own."""
        coming, self._warming = self._warming, None
        if not self._idle and coming is not None:
            await coming.wait()
        return self._idle.pop()[1] if self._idle else await self._start()

    async def _start(self) -> _Worker:
        self._started = True
        try:
            with anyio.CancelScope(shield=True):  # a process that is half started belongs to nobody
                process = await anyio.open_process(
                    [sys.executable, "-P", "-m", "pipeline.worker", str(os.getpid()), str(self.memory_mb)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=None,
                    start_new_session=True,
                    cwd="/",
                )
        except OSError as error:
            raise WorkerDied(False, error.strerror or str(error)) from error
        assert process.stdout is not None
        worker = _Worker(process, BufferedByteReceiveStream(process.stdout))
        try:
            with anyio.fail_after(60):
                await worker.receive()
        except (TimeoutError, anyio.EndOfStream, anyio.IncompleteRead):
            process.kill()
            raise WorkerDied(False, await self._bury(worker)) from None
        except BaseException:  # cancelled before its hello: nobody else knows of this process
            process.kill()
            with anyio.CancelScope(shield=True):
                await self._bury(worker)
            raise
        return worker

    async def retire(self, older_than_s: float = IDLE_S) -> None:
        """End workers that have been idle for longer than this."""
        now = anyio.current_time()
        old = [w for since, w in self._idle if now - since >= older_than_s]
        self._idle = [(since, w) for since, w in self._idle if now - since < older_than_s]
        if not self._idle:
            self._started = False
        for worker in old:
            assert worker.process.stdin is not None
            await worker.process.stdin.aclose()
            with anyio.move_on_after(5):
                await worker.process.wait()
            await self._bury(worker)

    async def close(self) -> None:
        await self.retire(0)

    async def _bury(self, worker: _Worker) -> str:
        if worker.process.returncode is None:
            with anyio.move_on_after(5):
                await worker.process.wait()
        if worker.process.returncode is None:
            worker.process.kill()
        code = await worker.process.wait()
        await worker.process.aclose()
        return signal.Signals(-code).name if code < 0 else f"exit {code}"
