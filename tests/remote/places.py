"""What the exam asks of a server of any protocol: real ones, which can be told to fail."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pipeline.jobs import Remote

T = TypeVar("T")
PASSWORD = "canary-9b1d-password"


class Place(Protocol):
    """A server with one folder, in which files lie as a shop's system puts them there."""

    name: str
    resumes: bool  # a cut link is gone on with
    puts: bool
    verified: bool  # it says who it is
    pins: bool  # and its key or issuer can be named
    keeps: bool  # nothing there can be moved or deleted
    settings: str  # of [remotes.far], as TOML
    url: str
    cut_after: int | None  # the next time a file is read, the link is cut after so many bytes

    def remote(self, root: Path, **changes: object) -> Remote: ...
    def put(self, name: str, content: bytes) -> None: ...
    def files(self) -> dict[str, bytes]: ...
    def impostor(self) -> None: ...
    def deny(self) -> None: ...
    def reads(self) -> int: ...
    def stop(self) -> None: ...


class Loop:
    """An event loop in a thread, for servers that live on one."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, deed: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(deed, self.loop).result(30)

    def call(self, deed: Callable[[], object]) -> None:
        async def go() -> None:
            deed()

        self.run(go())

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


class Folder:
    """The server's files, on a disc of our own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.root.mkdir()
        self.clock = 1_700_000_000.0  # the server's: years behind

    def put(self, name: str, content: bytes) -> None:
        self.clock += 2
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (self.clock, self.clock))

    def files(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file()
        }
