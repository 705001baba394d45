"""The few inotify facts that watchfiles does not give: that a file was renamed in, and nothing since."""

from __future__ import annotations

import ctypes
import os
import struct
from pathlib import Path
from threading import Lock

_LIBC = ctypes.CDLL(None, use_errno=True)
MODIFY, CLOSE_WRITE, MOVED_FROM, MOVED_TO, CREATE, DELETE = 0x2, 0x8, 0x40, 0x80, 0x100, 0x200
DELETE_SELF, MOVE_SELF, OVERFLOW, IGNORED = 0x400, 0x800, 0x4000, 0x8000
_ONLYDIR = 0x01000000
_MASK = (
    MODIFY | CLOSE_WRITE | MOVED_FROM | MOVED_TO | CREATE | DELETE | DELETE_SELF | MOVE_SELF | _ONLYDIR
)  # fmt: skip
_HEAD = struct.Struct("iIII")


class Inotify:
    """One descriptor over the inbox folders. `read` never blocks; any method may be called from any thread.

    Raises OSError when the system gives no descriptor (EMFILE: none of the user's instances is left)."""

    def __init__(self) -> None:
        self.fd = _LIBC.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self.fd < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        self._lock = Lock()  # over the two below; never held while the system looks for a folder
        self._folders: dict[int, set[Path]] = {}  # two paths may lead to one folder
        self._watches: dict[Path, int] = {}

    def add(self, folder: Path) -> bool:
        """Watch what lies at this path now; True when that is another folder than before. Raises OSError."""
        wd = _LIBC.inotify_add_watch(self.fd, os.fsencode(folder), _MASK)
        if wd < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(folder))
        with self._lock:
            if self._watches.get(folder) == wd:
                return False
            self._remove(folder)  # moved away or mounted over: what happens there is no longer ours
            self._folders.setdefault(wd, set()).add(folder)
            self._watches[folder] = wd
            return True

    def remove(self, folder: Path) -> None:
        """Watch it no longer. Safe for a folder that is not watched."""
        with self._lock:
            self._remove(folder)

    def read(self) -> list[tuple[Path | None, bytes, int]]:
        """(folder, name, mask) of all that happened; folder None: the queue ran over; name b"": the folder
        itself."""
        out: list[tuple[Path | None, bytes, int]] = []
        while True:
            try:
                data = os.read(self.fd, 1 << 18)
            except BlockingIOError:
                return out
            with self._lock:
                self._unpack(data, out)

    def _unpack(self, data: bytes, out: list[tuple[Path | None, bytes, int]]) -> None:
        at = 0
        while at < len(data):
            wd, mask, _, length = _HEAD.unpack_from(data, at)
            at += _HEAD.size + length
            name = data[at - length : at].rstrip(b"\0")
            if mask & OVERFLOW:
                out.append((None, name, mask))
                continue
            folders = self._folders.get(wd, ())
            out.extend((folder, name, mask) for folder in folders)
            if mask & (MOVE_SELF | IGNORED):
                for folder in tuple(folders):
                    self._remove(folder, gone=bool(mask & IGNORED))

    def _remove(self, folder: Path, gone: bool = False) -> None:
        wd = self._watches.pop(folder, None)
        if wd is None:
            return
        self._folders[wd].discard(folder)
        if not self._folders[wd]:
            del self._folders[wd]
            if not gone:
                _LIBC.inotify_rm_watch(self.fd, wd)

    def close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
