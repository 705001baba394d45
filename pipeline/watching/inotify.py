"""The few inotify facts that watchfiles does not give: that a file was renamed in, and nothing since."""

from __future__ import annotations

import ctypes
import os
import struct
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
MOVED_TO, MODIFY, CLOSE_WRITE, CREATE, DELETE, MOVED_FROM = 0x80, 0x2, 0x8, 0x100, 0x200, 0x40
OVERFLOW = 0x4000
_MASK = MOVED_TO | MODIFY | CLOSE_WRITE | CREATE | DELETE | MOVED_FROM
_HEAD = struct.Struct("iIII")


class Inotify:
    """One descriptor over the inbox folders. `read` never blocks."""

    def __init__(self) -> None:
        self.fd = _LIBC.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self.fd < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        self._folders: dict[int, Path] = {}

    def add(self, folder: Path) -> None:
        """Watch a folder; again after it was made anew. Raises OSError."""
        wd = _LIBC.inotify_add_watch(self.fd, os.fsencode(folder), _MASK)
        if wd < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(folder))
        self._folders[wd] = folder

    def read(self) -> list[tuple[Path | None, bytes, int]]:
        """(folder, name, mask) of what happened; folder None: the queue ran over."""
        try:
            data = os.read(self.fd, 1 << 18)
        except BlockingIOError:
            return []
        out: list[tuple[Path | None, bytes, int]] = []
        at = 0
        while at < len(data):
            wd, mask, _, length = _HEAD.unpack_from(data, at)
            name = data[at + _HEAD.size : at + _HEAD.size + length].rstrip(b"\0")
            out.append((None if mask & OVERFLOW else self._folders.get(wd), name, mask))
            at += _HEAD.size + length
        return out

    def close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
