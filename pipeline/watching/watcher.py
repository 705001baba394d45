"""One persistent watchfiles watcher over all inboxes, and our own inotify beside it. Both only give hints."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import anyio
from anyio.abc import TaskStatus
from watchfiles import awatch
from watchfiles._rust_notify import WatchfilesRustInternalError

from pipeline.watching.inotify import MODIFY, MOVED_TO, Inotify

STEP_MS = 50
STOP_MS = 250  # watchfiles looks this often whether it should end
BACK_OFF_S = 2.0


class Watcher:
    """Tells which folders to look at again. Never raises for a folder's fault: it marks all folders and
    starts again, for the scan finds what no event told of."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)
        self._dirty: set[Path] = set(self._folders)
        self._wake = anyio.Event()
        self._renamed: set[tuple[Path, bytes]] = set()

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
        dirty, self._dirty = self._dirty, set()
        return dirty

    def renamed_in(self, folder: Path, name: bytes, ino: int) -> bool:
        """Was this file moved into the folder while we watched, and not written to since?"""
        return (folder, name) in self._renamed

    def wake(self) -> None:
        """End the wait of `changed` now."""
        self._wake.set()

    def _mark(self, folders: Sequence[Path]) -> None:
        self._dirty.update(folders)
        self._wake.set()

    async def _watchfiles(self) -> None:
        while True:
            present = [f for f in self._folders if f.is_dir()]
            try:
                if present:
                    watch = awatch(
                        *present, step=STEP_MS, rust_timeout=STOP_MS, recursive=False, watch_filter=None
                    )
                    async for changes in watch:
                        self._mark(
                            [
                                f
                                for f in present
                                if any(Path(p).parent == f or Path(p) == f for _, p in changes)
                            ]
                        )
                        if any(Path(p) in present for _, p in changes):
                            break  # a folder itself went: watch what is there now
            except (
                OSError,
                RuntimeError,
                WatchfilesRustInternalError,
            ):  # a name that is not UTF-8, no watches left, a folder gone
                pass
            self._mark(self._folders)
            await anyio.sleep(BACK_OFF_S)

    async def _inotify(self, *, task_status: TaskStatus[None]) -> None:
        try:
            inotify = Inotify()
        except OSError:  # none left: without it a file just waits for its quiet period
            task_status.started()
            return
        try:
            self._arm(inotify)
            task_status.started()
            while True:
                with anyio.move_on_after(BACK_OFF_S):
                    await anyio.wait_readable(inotify.fd)
                self._arm(inotify)
                self._note(inotify.read())
        finally:
            inotify.close()

    def _arm(self, inotify: Inotify) -> None:
        for folder in self._folders:
            try:
                inotify.add(folder)
            except OSError:
                continue

    def _note(self, events: Sequence[tuple[Path | None, bytes, int]]) -> None:
        for folder, name, mask in events:
            if folder is None:
                self._renamed.clear()
                self._mark(self._folders)
                continue
            if mask & MOVED_TO:
                self._renamed.add((folder, name))
            elif mask & MODIFY or not os.path.lexists(folder / os.fsdecode(name)):
                self._renamed.discard((folder, name))
            self._mark([folder])
