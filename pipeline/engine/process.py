"""One worker process as the service sees it: begun, spoken with, ended.

It is forked from the service where that is safe, which spares it loading everything again; else it is a new
interpreter. Either way it is a process of its own, with its own limits and its own death.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import anyio
from anyio import to_thread

from pipeline import worker
from pipeline.worker import LENGTH

Frame = dict[str, Any]
PIECE = 1 << 16
GRACE_S = 5.0  # a worker that is ending is killed after this


@dataclass(slots=True)
class WorkerProcess:
    """A started worker. `receive` and `send` raise OSError or anyio.EndOfStream when it has died."""

    pid: int
    _line: socket.socket
    _reap: Callable[[], int]
    _heard: bytearray = field(default_factory=bytearray)

    async def receive(self) -> Frame:
        """Its next frame."""
        (size,) = LENGTH.unpack(await self._bytes(LENGTH.size))
        frame: Frame = json.loads(await self._bytes(size))
        return frame

    async def _bytes(self, count: int) -> bytes:
        while len(self._heard) < count:
            await anyio.wait_readable(self._line)
            piece = self._line.recv(PIECE)
            if not piece:
                raise anyio.EndOfStream
            self._heard += piece
        taken = bytes(self._heard[:count])
        del self._heard[:count]
        return taken

    async def send(self, frame: Frame) -> None:
        """Give it one frame."""
        body = json.dumps(frame).encode()
        left = memoryview(LENGTH.pack(len(body)) + body)
        while left:
            await anyio.wait_writable(self._line)
            left = left[self._line.send(left) :]

    async def farewell(self) -> None:
        """Tell it that nothing more comes, and hear it out. Raises OSError, or EndOfStream when it has ended."""
        self._line.shutdown(socket.SHUT_WR)
        with anyio.move_on_after(GRACE_S):
            while True:
                await self.receive()

    async def bury(self, grace_s: float = 0) -> str:
        """Kill it, should it still live after this time, and give the reason of its death as the system tells it."""
        with anyio.move_on_after(grace_s):
            ended = partial(os.waitid, os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
            await to_thread.run_sync(ended, abandon_on_cancel=True)
        os.kill(self.pid, signal.SIGKILL)  # not reaped yet: the number is still its own
        code = await to_thread.run_sync(self._reap)
        self._line.close()
        return signal.Signals(-code).name if code < 0 else f"exit {code}"


def launch(memory_mb: int) -> WorkerProcess:
    """A worker in a new interpreter. Raises OSError."""
    ours, theirs = _line()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "pipeline.worker", str(os.getpid()), str(memory_mb)],
            stdin=theirs.fileno(),
            stdout=theirs.fileno(),
            start_new_session=True,
            cwd="/",
        )
    return WorkerProcess(process.pid, ours, process.wait)


def fork(memory_mb: int) -> WorkerProcess | None:
    """A worker as a copy of this process. None where a copy could not live: beside other threads, which it
    would not have, and after polars was loaded, which starts some. Call it before anything is opened."""
    if not _alone():
        return None
    ours, theirs = _line()
    parent = os.getpid()
    gc.freeze()  # what is loaded stays: looking through it again would copy its pages
    try:
        pid = os.fork()
    except OSError:  # no room for a process now; when there is work it is tried again
        ours.close()
        theirs.close()
        return None
    if pid == 0:
        worker.live(theirs.fileno(), parent, memory_mb)
    theirs.close()
    return WorkerProcess(pid, ours, partial(_reaped, pid))


def _alone() -> bool:
    return not (
        threading.active_count() > 1 or "polars" in sys.modules or len(os.listdir("/proc/self/task")) > 1
    )


def _line() -> tuple[socket.socket, socket.socket]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    return ours, theirs


def _reaped(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
