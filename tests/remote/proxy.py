"""A wire between client and server that can be cut."""

from __future__ import annotations

import asyncio
import contextlib

from tests.remote.places import Loop


class Proxy:
    """Passes everything on to a port of this machine; `cut_after` bytes towards the client the connection that brings
    them ends. `count`: how often these bytes went to the server."""

    def __init__(self, port: int, pattern: bytes = b"") -> None:
        self._target, self._pattern, self.count = port, pattern, 0
        self.cut_after: int | None = None
        self._loop = Loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = self._loop.run(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_in, there_out = await asyncio.open_connection("127.0.0.1", self._target)
        ways = [self._pass(reader, there_out, up=True), self._pass(there_in, writer, up=False)]
        tasks = [asyncio.ensure_future(way) for way in ways]
        self._tasks.update(tasks)
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        for end in (writer, there_out):
            with contextlib.suppress(ConnectionError):
                end.close()

    async def _pass(self, source: asyncio.StreamReader, to: asyncio.StreamWriter, *, up: bool) -> None:
        passed = 0
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            while piece := await source.read(65536):
                self.count += piece.count(self._pattern) if up and self._pattern else 0
                passed += len(piece)
                if not up and self.cut_after is not None and passed > self.cut_after:
                    self.cut_after = None
                    to.transport.abort()
                    return
                to.write(piece)
                await to.drain()

    def close(self) -> None:
        self._loop.call(self._server.close)
        for task in list(self._tasks):
            self._loop.call(task.cancel)
        self._loop.close()
