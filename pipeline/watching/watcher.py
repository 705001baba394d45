"""One persistent watchfiles watcher over all inboxes, and our own inotify beside it. Both only give hints."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path

import anyio
from anyio import CancelScope, to_thread
from anyio.abc import TaskStatus
from watchfiles import Change, awatch
from watchfiles._rust_notify import WatchfilesRustInternalError

from pipeline.watching.detection import POLL_S, Detection, native, polled, refused
from pipeline.watching.hints import Hints
from pipeline.watching.inotify import Inotify

STEP_MS = 50
STOP_MS = 250  # watchfiles looks this often whether it should end
BACK_OFF_S = 2.0
ARM_S = 1.0  # so often we ask whether another folder lies at a path: not every change has an event

Folders = Mapping[Path, Detection] | Sequence[Path]


class Watcher:
    """Tells which folders to look at again. Never raises for a folder's fault: it marks folders and starts
    again, for the scan finds what no event told of.

    `network` says whether a folder lies on a network file system; it is asked again when another folder lies
    at a path. `renamed_in` and `ours` may be called from any thread, the rest from the event loop's."""

    def __init__(self, folders: Folders, network: Callable[[Path], bool] = lambda folder: False) -> None:
        self._now = _detections(folders)
        self._network = network
        self._hints = Hints(self._now)
        self._wake = anyio.Event()
        self._restart = anyio.Event()
        self._nap: CancelScope | None = None

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Watch until cancelled."""
        async with anyio.create_task_group() as tasks:
            await tasks.start(self._listen)
            tasks.start_soon(self._keep_watchfiles)
            task_status.started()

    async def changed(self, timeout_s: float) -> set[Path]:
        """Wait until some folder should be looked at, or for so many seconds; gives the folders."""
        self._arm_soon()
        if not self._hints.any:
            with anyio.move_on_after(timeout_s):
                await self._wake.wait()
        self._wake = anyio.Event()
        return self._hints.take()

    def follow(self, folders: Folders) -> None:
        """From now on watch these. Those that stay miss nothing, new ones are marked, others forgotten. What
        the system refused or granted for a moment is found out anew, and no difference."""
        before, after = self._now, _detections(folders)
        stay = {f for f, d in after.items() if f in before and before[f].same_wish(d)}
        if len(stay) == len(before) == len(after):
            return
        self._now = {f: before[f] if f in stay else d for f, d in after.items()}
        self._hints.follow(after, after.keys() - stay)
        if self._hints.events is not None:
            for folder in before:
                if folder not in self._now or self._now[folder].lasting:
                    self._hints.events.remove(folder)
        self._hints.stale = True
        self._arm_soon()
        self._restart.set()
        self._wake.set()

    def detections(self) -> dict[Path, Detection]:
        """How each folder is watched at this moment, and why so."""
        return dict(self._now)

    def poll_s(self, folder: Path) -> float:
        """Seconds after which this folder is to be looked at, whatever was told."""
        detection = self._now.get(folder)
        return detection.poll_s if detection else float(POLL_S)

    def renamed_in(self, folder: Path, name: bytes, ino: int) -> bool:
        """Was this very file moved into the folder while we watched, and nothing done to it since?"""
        return self._hints.renamed_in(folder, name, ino)

    def ours(self, folder: Path, name: bytes) -> None:
        """Say before we take a file away ourselves: that it goes does not mark the folder."""
        self._hints.ours(folder, name)

    def wake(self) -> None:
        """End the wait of `changed` now."""
        self._wake.set()

    def _arm_soon(self) -> None:
        """What `renamed_in` took from the queue in its thread did not end the nap."""
        if self._hints.stale and self._nap is not None:
            self._nap.cancel()

    async def _listen(self, *, task_status: TaskStatus[None]) -> None:
        """Keep our own inotify on each folder as it is now, and hear what it tells."""
        try:
            await self._arm()
            self._restart = anyio.Event()  # the first time all folders are new
            task_status.started()
            armed = anyio.current_time()
            while True:
                if not self._hints.stale:
                    with anyio.move_on_after(ARM_S) as self._nap:
                        await self._something()
                self._hints.drain()
                if self._hints.stale or anyio.current_time() - armed >= ARM_S:
                    await self._arm()
                    armed = anyio.current_time()
                if self._hints.any:
                    self._wake.set()
        finally:
            self._hints.detach()

    async def _something(self) -> None:
        if self._hints.events is None:
            await anyio.sleep_forever()
        else:
            await anyio.wait_readable(self._hints.events.fd)

    async def _arm(self) -> None:
        """Watch what lies at each path now. What was made anew is looked at, and watchfiles starts again."""
        self._hints.stale = False
        todo = {f: d for f, d in self._now.items() if not d.lasting}
        found, new = await to_thread.run_sync(self._try, todo)
        self._hints.anew(new)
        changed = bool(new)
        for folder, detection in found.items():
            now = self._now.get(folder)
            if now is None or now.lasting:  # meanwhile followed no more
                if self._hints.events is not None:
                    self._hints.events.remove(folder)
            elif now != detection:
                self._now[folder] = detection
                self._hints.mark([folder])
                changed = True
        if changed:
            self._restart.set()
            self._wake.set()

    def _try(self, todo: Mapping[Path, Detection]) -> tuple[dict[Path, Detection], list[Path]]:
        """In a thread, for a share may hang: how each folder can be watched, and which are not the folders
        they were."""
        new: list[Path] = []
        if not todo:
            return {}, new
        try:
            events = self._hints.events = self._hints.events or Inotify()
        except OSError as error:
            return {f: refused(error, d.wanted) for f, d in todo.items()}, new
        found: dict[Path, Detection] = {}
        for folder, before in todo.items():
            try:
                is_new = events.add(folder)
            except OSError as error:
                events.remove(folder)
                found[folder] = refused(error, before.wanted)
                continue
            found[folder] = native(before.wanted)
            if is_new:
                new.append(folder)
                if before.wanted == "auto" and self._network(folder):
                    events.remove(folder)
                    found[folder] = polled()
        return found, new

    async def _keep_watchfiles(self) -> None:
        first = True
        while True:
            self._restart = anyio.Event()
            folders = self._for_watchfiles()
            if folders:
                try:
                    await self._watchfiles(folders, first)
                except* (OSError, RuntimeError, UnicodeError, WatchfilesRustInternalError):
                    self._mark_all()  # a name that is not UTF-8, no watches left, a folder gone
                first = False
            with anyio.move_on_after(BACK_OFF_S):
                await self._restart.wait()
            await anyio.sleep(STOP_MS / 1000)

    def _for_watchfiles(self) -> dict[str, Path]:
        """One folder that it cannot watch ends the watch over all: give it those that are there."""
        alone = self._hints.events is None
        return {
            str(folder): folder
            for folder, now in self._now.items()
            if not now.lasting and (now.mode == "native" or (alone and folder.is_dir())) and _is_utf8(folder)
        }

    async def _watchfiles(self, folders: dict[str, Path], first: bool) -> None:
        watch = awatch(
            *folders,
            step=STEP_MS,
            rust_timeout=STOP_MS,
            yield_on_timeout=True,
            recursive=False,
            watch_filter=None,
            force_polling=False,
            stop_event=self._restart,
        )
        up = first and self._hints.events is not None  # ours was there before: nothing was missed
        async with aclosing(watch):
            async for changes in watch:
                if not up:
                    up = True
                    self._mark_all()  # what came while nothing watched was told by nobody
                if changes:
                    self._take(changes, folders)

    def _take(self, changes: set[tuple[Change, str]], folders: dict[str, Path]) -> None:
        gone: list[tuple[Path, bytes]] = []
        changed: list[tuple[Path, bytes]] = []
        for change, path in changes:
            if path in folders:
                self._restart.set()  # a folder itself went: watch what is there now
                changed.append((folders[path], b""))
            parent, _, name = path.rpartition("/")
            if parent in folders:
                into = gone if change == Change.deleted else changed
                into.append((folders[parent], os.fsencode(name)))
        self._hints.told(gone, changed)
        if self._hints.any:
            self._wake.set()

    def _mark_all(self) -> None:
        self._hints.mark_all()
        self._wake.set()


def _detections(folders: Folders) -> dict[Path, Detection]:
    return dict(folders) if isinstance(folders, Mapping) else {folder: native() for folder in folders}


def _is_utf8(folder: Path) -> bool:
    try:
        str(folder).encode()
    except UnicodeEncodeError:
        return False
    return True
