"""One persistent watchfiles watcher over all inboxes, and our own inotify beside it. Both only give hints."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from pathlib import Path
from threading import Lock

import anyio
from anyio.abc import TaskStatus
from watchfiles import awatch
from watchfiles._rust_notify import WatchfilesRustInternalError

from pipeline.watching.inotify import MOVED_TO, Inotify

STEP_MS = 50
STOP_MS = 250  # watchfiles looks this often whether it should end
BACK_OFF_S = 2.0


class Watcher:
    """Tells which folders to look at again. Never raises for a folder's fault: it marks all folders and
    starts again, for the scan finds what no event told of. `renamed_in` may be called from any thread."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)
        self._wake = anyio.Event()
        self._restart = anyio.Event()
        self._lock = Lock()  # over the three below
        self._dirty: set[Path] = set(self._folders)
        self._renamed: dict[tuple[Path, bytes], int] = {}  # to the inode that was moved there
        self._events: Inotify | None = None

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Watch until cancelled."""
        async with anyio.create_task_group() as tasks:
            await tasks.start(self._inotify)
            tasks.start_soon(self._watchfiles)
            task_status.started()

    async def changed(self, timeout_s: float) -> set[Path]:
        """Wait until some folder should be looked at, or for so many seconds; gives the folders."""
        if not self._dirty:
            with anyio.move_on_after(timeout_s):
                await self._wake.wait()
        self._wake = anyio.Event()
        with self._lock:
            dirty, self._dirty = self._dirty, set()
        return dirty

    def renamed_in(self, folder: Path, name: bytes, ino: int) -> bool:
        """Was this very file moved into the folder while we watched, and nothing done to it since?"""
        with self._lock:
            self._drain()  # a write that is still in the queue counts
            return self._renamed.get((folder, name)) == ino

    def wake(self) -> None:
        """End the wait of `changed` now."""
        self._wake.set()

    def _mark(self, folders: Iterable[Path]) -> None:
        with self._lock:
            self._dirty.update(folders)
        self._wake.set()

    async def _watchfiles(self) -> None:
        while True:
            self._restart = anyio.Event()
            present = {str(f): f for f in self._folders if f.is_dir()}
            if present:
                try:
                    await self._follow(present)
                except* (OSError, RuntimeError, UnicodeError, WatchfilesRustInternalError):
                    pass  # a name that is not UTF-8, no watches left, a folder gone: it comes as a group
                self._mark(self._folders)
            with anyio.move_on_after(BACK_OFF_S):
                await self._restart.wait()
            await anyio.sleep(STOP_MS / 1000)

    async def _follow(self, present: dict[str, Path]) -> None:
        watch = awatch(
            *present,
            step=STEP_MS,
            rust_timeout=STOP_MS,
            recursive=False,
            watch_filter=None,
            stop_event=self._restart,
        )
        async with aclosing(watch):
            async for changes in watch:
                touched = {path for _, path in changes}
                if not touched.isdisjoint(present):
                    self._restart.set()  # a folder itself went: watch what is there now
                touched |= {os.path.dirname(path) for path in touched}
                self._mark(folder for path, folder in present.items() if path in touched)

    async def _inotify(self, *, task_status: TaskStatus[None]) -> None:
        try:
            events = self._events = Inotify()
        except OSError:  # none left: without it a file just waits for its quiet period
            task_status.started()
            return
        try:
            self._arm(events)
            self._restart = anyio.Event()  # the first time all folders are new
            task_status.started()
            armed = anyio.current_time()
            while True:
                with anyio.move_on_after(BACK_OFF_S):
                    await anyio.wait_readable(events.fd)
                with self._lock:
                    own = self._drain()
                if self._dirty:
                    self._wake.set()
                if own or anyio.current_time() - armed >= BACK_OFF_S:
                    self._arm(events)
                    armed = anyio.current_time()
        finally:
            with self._lock:
                self._events = None
                events.close()

    def _arm(self, events: Inotify) -> None:
        """Watch each folder as it is now; one that was made anew is looked at, and watchfiles starts again."""
        for folder in self._folders:
            try:
                with self._lock:
                    new = events.add(folder)
                    if new:
                        self._forget(folder)
            except OSError:
                continue
            if new:
                self._mark([folder])
                self._restart.set()

    def _forget(self, folder: Path) -> None:
        for key in [k for k in self._renamed if k[0] == folder]:
            del self._renamed[key]

    def _drain(self) -> bool:
        """Take what inotify has to tell, with the lock held. True: something happened to a folder itself."""
        own = False
        for folder, name, mask in self._events.read() if self._events else ():
            if folder is None:
                self._renamed.clear()
                self._dirty.update(self._folders)
                continue
            self._dirty.add(folder)
            own = own or not name
            self._renamed.pop((folder, name), None)
            if mask & MOVED_TO:
                try:
                    self._renamed[folder, name] = os.lstat(folder / os.fsdecode(name)).st_ino
                except OSError:  # gone again
                    continue
        return own
