"""What the events told: which folders to look at, which files were renamed in. Safe from any thread."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from pathlib import Path
from threading import Lock
from time import monotonic

from pipeline.watching.inotify import DELETE, MOVED_FROM, MOVED_TO, Inotify

INOTIFY, WATCHFILES = 1, 2  # the two sources; each tells of every move
OURS_S = 10.0
OURS_MAX = 100_000


class Hints:
    """The memory of the watcher. `events` is its own descriptor, None while the system gives none."""

    def __init__(self, folders: Collection[Path]) -> None:
        self._lock = Lock()  # over all below
        self._folders = frozenset(folders)
        self._dirty = set(folders)
        self._renamed: dict[Path, dict[bytes, int]] = {}  # to the inode that was moved there
        self._ours: dict[tuple[Path, bytes], tuple[float, int]] = {}  # until when, sources yet to tell
        self.events: Inotify | None = None
        self.stale = False  # something happened to a folder itself

    def follow(self, folders: Collection[Path], new: Iterable[Path]) -> None:
        with self._lock:
            self._folders = frozenset(folders)
            self._dirty = (self._dirty | set(new)) & self._folders
            self._renamed = {f: names for f, names in self._renamed.items() if f in self._folders}

    def mark(self, folders: Iterable[Path]) -> None:
        with self._lock:
            self._dirty |= self._folders.intersection(folders)

    def mark_all(self) -> None:
        with self._lock:
            self._dirty = set(self._folders)

    def take(self) -> set[Path]:
        """The folders to look at; they are no longer marked."""
        with self._lock:
            dirty, self._dirty = self._dirty, set()
        return dirty

    @property
    def any(self) -> bool:
        return bool(self._dirty)

    def anew(self, folders: Iterable[Path]) -> None:
        """At these paths lie other folders than before: look at them, and forget what was told."""
        with self._lock:
            for folder in folders:
                self._renamed.pop(folder, None)
                self._dirty |= {folder} & self._folders

    def ours(self, folder: Path, name: bytes) -> None:
        """We shall take this name away: that it goes, within some seconds, is no news."""
        now = monotonic()
        with self._lock:
            self._ours.pop((folder, name), None)  # to the end
            self._ours[folder, name] = (now + OURS_S, INOTIFY | WATCHFILES)
            while (first := next(iter(self._ours))) and (
                len(self._ours) > OURS_MAX or self._ours[first][0] < now
            ):
                del self._ours[first]

    def renamed_in(self, folder: Path, name: bytes, ino: int) -> bool:
        with self._lock:
            self._drain()  # a write that is still in the queue counts
            return self._renamed.get(folder, {}).get(name) == ino

    def drain(self) -> None:
        """Take what inotify has to tell."""
        with self._lock:
            self._drain()

    def told(self, gone: Iterable[tuple[Path, bytes]], changed: Iterable[tuple[Path, bytes]]) -> None:
        """Take what watchfiles told of names in folders."""
        with self._lock:
            went = {folder for folder, name in gone if self._is_news(folder, name, WATCHFILES)}
            self._dirty |= went & self._folders
            self._dirty |= self._folders.intersection(f for f, name in changed if not _hidden(name))

    def detach(self) -> None:
        """Close the descriptor: nobody reads it any more."""
        with self._lock:
            if self.events is not None:
                self.events.close()
            self.events = None

    def _drain(self) -> None:
        moved: set[tuple[Path, bytes]] = set()
        for folder, name, mask in self.events.read() if self.events else ():
            if folder is None:
                self._renamed.clear()
                moved.clear()
                self._dirty |= self._folders
            elif not name:
                self.stale = True
                self._dirty |= {folder} & self._folders
            elif not _hidden(name):
                self._heard(folder, name, mask, moved)
        for folder, name in moved:
            try:
                inode = os.lstat(os.path.join(os.fsencode(folder), name)).st_ino
            except OSError:  # gone again
                continue
            self._renamed.setdefault(folder, {})[name] = inode

    def _heard(self, folder: Path, name: bytes, mask: int, moved: set[tuple[Path, bytes]]) -> None:
        moved.discard((folder, name))
        if folder in self._renamed:
            self._renamed[folder].pop(name, None)
        if mask & MOVED_TO:
            moved.add((folder, name))
        if (not mask & (MOVED_FROM | DELETE) or self._is_news(folder, name, INOTIFY)) and (
            folder in self._folders
        ):
            self._dirty.add(folder)

    def _is_news(self, folder: Path, name: bytes, source: int) -> bool:
        """That this name has gone: is it other than what we did ourselves? Asked once of each source."""
        until, untold = self._ours.get((folder, name), (0.0, 0))
        if not untold & source or until < monotonic():
            return not _hidden(name)
        if untold == source:
            del self._ours[folder, name]
        else:
            self._ours[folder, name] = (until, untold & ~source)
        return False


def _hidden(name: bytes) -> bool:
    return name.startswith(b".")
