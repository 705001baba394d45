"""The few inotify facts that watchfiles does not give: that a file was renamed in, and nothing since."""

from __future__ import annotations

import ctypes
import os
import struct
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
MODIFY, CLOSE_WRITE, MOVED_FROM, MOVED_TO, CREATE, DELETE = 0x2, 0x8, 0x40, 0x80, 0x100, 0x200
DELETE_SELF, MOVE_SELF, OVERFLOW, IGNORED = 0x400, 0x800, 0x4000, 0x8000
_ONLYDIR = 0x01000000
_MASK = (
    MODIFY | CLOSE_WRITE | MOVED_FROM | MOVED_TO | CREATE | DELETE | DELETE_SELF | MOVE_SELF | _ONLYDIR
)  # fmt: skip
_HEAD = struct.Struct("iIII")


class Inotify:
    """One descriptor over the inbox folders. `read` never blocks."""

    def __init__(self) -> None:
        self.fd = _LIBC.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self.fd < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        self._folders: dict[int, Path] = {}

    def add(self, folder: Path) -> bool:
        """Watch what lies at this path now; True when that is another folder than before. Raises OSError."""
        wd = _LIBC.inotify_add_watch(self.fd, os.fsencode(folder), _MASK)
        if wd < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(folder))
        if wd in self._folders:
            return False
        for old in [w for w, path in self._folders.items() if path == folder]:
            self._drop(old)  # moved away or mounted over: what happens there is no longer ours
        self._folders[wd] = folder
        return True

    def read(self) -> list[tuple[Path | None, bytes, int]]:
        """(folder, name, mask) of all that happened; folder None: the queue ran over; name b"": the folder
        itself."""
        out: list[tuple[Path | None, bytes, int]] = []
        while True:
            try:
                data = os.read(self.fd, 1 << 18)
            except BlockingIOError:
                return out
            self._unpack(data, out)

    def _unpack(self, data: bytes, out: list[tuple[Path | None, bytes, int]]) -> None:
        at = 0
        while at < len(data):
            wd, mask, _, length = _HEAD.unpack_from(data, at)
            name = data[at + _HEAD.size : at + _HEAD.size + length].rstrip(b"\0")
            at += _HEAD.size + length
            folder = self._folders.get(wd)
            if mask & OVERFLOW or folder is not None:
                out.append((None if mask & OVERFLOW else folder, name, mask))
            if mask & MOVE_SELF and folder is not None:
                self._drop(wd)
            elif mask & IGNORED:
                self._folders.pop(wd, None)

    def _drop(self, wd: int) -> None:
        _LIBC.inotify_rm_watch(self.fd, wd)
        self._folders.pop(wd, None)

    def close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
