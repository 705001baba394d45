"""What is in a file: opening it safely, its fingerprint, its checksum companion, its last line."""

from __future__ import annotations

import codecs
import errno
import hashlib
import io
import os
import re
import stat
from pathlib import Path
from typing import BinaryIO

OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
TAIL = 1 << 16  # bytes looked at for the last line
_DIGITS = {".sha256": 64, ".sha1": 40, ".md5": 32}
_CHECKSUM = re.compile(rb"\\?([0-9a-fA-F]{32,64})(?:[ \t]+\*?([^\r\n]+))?[ \t]*")


def open_regular(path: Path) -> BinaryIO:
    """Open for reading, never following a link nor waiting on a pipe. Raises OSError."""
    fd = os.open(path, OPEN)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return os.fdopen(fd, "rb")


def fingerprint(file: BinaryIO) -> bytes:
    """SHA-256 of the whole file, 32 bytes. Leaves the position at the end."""
    return _digest(file, "sha256")


def _digest(file: BinaryIO, algorithm: str) -> bytes:
    file.seek(0)
    digest = hashlib.new(algorithm, usedforsecurity=False)
    while block := file.read(1 << 20):
        digest.update(block)
    return digest.digest()


def is_checksum_name(companion: bytes) -> bool:
    """Does a companion of this name hold a checksum?"""
    return os.path.splitext(os.fsdecode(companion))[1].casefold() in _DIGITS


def checksum_fits(file: BinaryIO, companion: bytes, content: bytes) -> bool | None:
    """Does the file have the checksum in its companion (`.sha256`, `.sha1`, `.md5`; a bare number, or
    `NUMBER  name`)? None: the companion is of another kind, or holds no checksum of its kind."""
    suffix = os.path.splitext(os.fsdecode(companion))[1].casefold()
    if suffix not in _DIGITS:
        return None
    lines = [line.strip() for line in content.removeprefix(codecs.BOM_UTF8).splitlines()]
    found = [m[1] for line in lines if (m := _CHECKSUM.fullmatch(line)) and len(m[1]) == _DIGITS[suffix]]
    if not found:
        return None
    return _digest(file, suffix[1:]).hex().encode() == found[0].lower()


class _Bounded(io.RawIOBase):
    """The first bytes of a file, as if it ended there. Closing it leaves the file open."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size, self._at = file, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        self._file.seek(self._at)
        block = self._file.read(max(0, min(len(view), self._size - self._at)))
        view[: len(block)] = block
        self._at += len(block)
        return len(block)


def before_last_line(file: BinaryIO) -> tuple[BinaryIO, str]:
    """The file as it would be without its last line, and that line's text without its end. Blank lines after
    it do not count. A last line of over 64 kB is none: the whole file and ""."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    mark = file.read(2)
    codec = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}.get(mark, "latin-1")
    width = 1 if codec == "latin-1" else 2
    start = max(0, size - TAIL) // width * width
    file.seek(start)
    tail = file.read(TAIL + width)
    text = tail.decode(codec, "replace")
    end = len(text.rstrip("\r\n\t \x1a\0\ufeff"))
    begin = max(text.rfind("\n", 0, end), text.rfind("\r", 0, end)) + 1
    if not end or (begin == 0 and start > 0):
        return _view(file, size), ""
    line = text[begin:end].removeprefix("\ufeff")
    if codec == "latin-1":
        raw = line.encode(codec).removeprefix(codecs.BOM_UTF8)
        try:
            line = raw.decode()
        except UnicodeDecodeError:
            line = raw.decode("cp1252", "replace")
    return _view(file, start + len(text[:begin].encode(codec, "replace"))), line


def _view(file: BinaryIO, size: int) -> BinaryIO:
    return io.BufferedReader(_Bounded(file, size), 1 << 16)
