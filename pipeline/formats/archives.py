"""Archives: opened as streams, never to names, with a budget that is counted while reading.

CPython before 3.11.8 does not look for overlapping entries, so it is done here."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import stat
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

from pipeline.errors import FileFailed
from pipeline.formats.limits import Limits
from pipeline.words import message

CHUNK = 1 << 20
PARTS = 10_000  # of a workbook, which is a zip too
FREE = 10 << 20  # below this no ratio is looked at
WINDOW_LOG = 27  # zstd: 128 MB
SET_ASIDE = re.compile(r"(?:^|/)(?:__MACOSX/.*|\._[^/]*|\.DS_Store|Thumbs\.db|desktop\.ini)$")
DAMAGE: tuple[type[Exception], ...] = (OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, ValueError)
_LOCAL = 30  # bytes of a local header before its names


class Budget:
    """What may still come out of an archive of `packed` bytes. FileFailed beyond it."""

    def __init__(self, packed: int, limits: Limits) -> None:
        self._packed, self._limits = packed, limits
        self.spent = 0

    def spend(self, count: int) -> None:
        self.spent += count
        if self.spent > self._limits.unpacked:
            raise FileFailed(message("reading.archive_size", limit=self._limits.unpacked_mb))
        if self.spent > FREE and self.spent > self._packed * self._limits.ratio:
            raise FileFailed(message("reading.archive_ratio", limit=self._limits.ratio))


class Bounded(io.RawIOBase):
    """A stream out of an archive that spends from its budget; a cut or damaged archive is the file's fault."""

    def __init__(
        self, stream: BinaryIO, budget: Budget, damage: tuple[type[Exception], ...] = DAMAGE
    ) -> None:
        self._stream, self._budget, self._damage = stream, budget, damage

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            return b"".join(iter(lambda: self.read(CHUNK), b""))
        try:
            data = self._stream.read(min(size, CHUNK))
        except EOFError as error:
            raise FileFailed(message("reading.archive_cut")) from error
        except self._damage as error:
            raise FileFailed(message("reading.archive_damaged", why=str(error))) from error
        self._budget.spend(len(data))
        return data

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer)).cast("B")
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)


def unpacked(file: BinaryIO, kind: str, limits: Limits) -> Bounded:
    """What a .gz, .zst, .bz2 or .xz holds."""
    budget = Budget(file.seek(0, io.SEEK_END), limits)
    file.seek(0)
    if kind == "zst":
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
        options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: WINDOW_LOG}
        return Bounded(
            cast(BinaryIO, zstd.ZstdFile(file, options=options)), budget, (*DAMAGE, zstd.ZstdError)
        )
    openers: dict[str, Callable[[BinaryIO], object]] = {
        "gz": lambda f: gzip.GzipFile(fileobj=f), "bz2": bz2.BZ2File, "xz": lzma.LZMAFile,
    }  # fmt: skip
    return Bounded(cast(BinaryIO, openers[kind](file)), budget)


class Zip:
    """A zip whose entries do not overlap, stay inside it, are neither links nor encrypted."""

    def __init__(self, file: BinaryIO, limits: Limits, most: int) -> None:
        packed = file.seek(0, io.SEEK_END)
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
            raise FileFailed(message("reading.archive_damaged", why=str(error))) from error
        self.budget = Budget(packed, limits)
        self.entries = [entry for entry in self._zip.infolist() if not entry.filename.endswith("/")]
        if len(self._zip.infolist()) > most:
            raise FileFailed(message("reading.archive_members", found=len(self.entries), limit=most))
        for entry in self.entries:
            _allowed(entry)
        self._named = {plain(entry.filename): entry for entry in self.entries}
        self._apart(file)

    def _apart(self, file: BinaryIO) -> None:
        """Each entry ends before the next begins, by its own local header."""
        at = sorted(self._zip.infolist(), key=lambda e: e.header_offset)
        ends = [*(entry.header_offset for entry in at), self._zip.start_dir][1:]
        for entry, end in zip(at, ends, strict=True):
            if entry.header_offset < 0:
                raise FileFailed(message("reading.archive_damaged", why=shown(entry.filename)))
            file.seek(entry.header_offset)
            local = file.read(_LOCAL)
            names = int.from_bytes(local[26:28], "little") + int.from_bytes(local[28:30], "little")
            if entry.header_offset + _LOCAL + names + entry.compress_size > end:
                raise FileFailed(message("reading.archive_overlap", name=shown(entry.filename)))

    def open(self, name: str) -> Bounded:
        """One entry as a stream. KeyError when there is none."""
        entry = self._named[plain(name)]
        try:
            return Bounded(cast(BinaryIO, self._zip.open(entry)), self.budget)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError) as error:
            raise FileFailed(message("reading.archive_damaged", why=str(error))) from error

    def __contains__(self, name: str) -> bool:
        return plain(name) in self._named


def plain(name: str) -> str:
    """A name as it is looked up: some programs write back strokes, some other cases."""
    return name.replace("\\", "/").lower()


def _allowed(entry: zipfile.ZipInfo) -> None:
    name = entry.filename.replace("\\", "/")
    if entry.flag_bits & 1:
        raise FileFailed(message("reading.archive_locked", name=shown(name)))
    outside = name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in name.split("/")
    if outside or "\0" in entry.orig_filename or stat.S_ISLNK(entry.external_attr >> 16):
        raise FileFailed(message("reading.archive_path", name=shown(name)))


def shown(name: str) -> str:
    """The last part of an entry's name, safe to show and to use as a file's name."""
    last = re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    return "".join(c for c in last if c.isprintable())[:120] or "-"


def files_in(archive: Zip) -> list[zipfile.ZipInfo]:
    """The files that somebody meant to send: not what Finder and Explorer add."""
    return [e for e in archive.entries if not SET_ASIDE.search(e.filename.replace("\\", "/"))]


def pour(source: Bounded, into: BinaryIO) -> Iterator[int]:
    """Copy; yields the bytes so far now and then, so that the reader's silence has an end."""
    count = 0
    while data := source.read(CHUNK):
        into.write(data)
        count += len(data)
        if count % (64 * CHUNK) < CHUNK:
            yield count
    into.flush()
    yield count
