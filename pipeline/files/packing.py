"""Packing archived files with gzip, always to the same bytes, and unpacking what we packed."""

from __future__ import annotations

import contextlib
import errno
import gzip
import os
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from pipeline.files.content import open_regular

ENDING = b".gz"
_OURS = b"\x1f\x8b\x08\0\0\0\0\0"  # no name, no time: no gzip of another program looks so by default
_PACKED = (
    b"\x1f\x8b",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x28\xb5\x2f\xfd",
    b"\xfd7zXZ\0",
    b"BZh",
    b"7z\xbc\xaf",
)


def is_packed(path: Path) -> bool:
    """Is the content compressed already (gzip, zip and what offices make of it, zstd, xz, bzip2, 7z)?"""
    with open_regular(path) as file:
        return file.read(8).startswith(_PACKED)


def pack(source: BinaryIO, target: BinaryIO) -> None:
    """Write the content as gzip: the same content gives the same bytes."""
    with gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=target, mtime=0) as packed:
        shutil.copyfileobj(source, packed, 1 << 20)


@contextlib.contextmanager
def open_unpacked(path: Path, name: bytes) -> Iterator[BinaryIO]:
    """Open an archived file of this original name as it was when it came. Raises OSError, also for an archive
    that is damaged."""
    with open_regular(path) as file:
        ours = _endings(os.fsencode(path.name)) > _endings(name)
        head = file.read(len(_OURS)) if ours else b""
        file.seek(0)
        if head != _OURS:
            yield file
            return
        try:
            with gzip.GzipFile(fileobj=file) as plain:
                yield cast("BinaryIO", plain)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise OSError(errno.EIO, str(error), str(path)) from error


def _endings(name: bytes) -> int:
    """How often the name ends so: once more than it came, when we packed it."""
    stem = name
    while stem.endswith(ENDING):
        stem = stem.removesuffix(ENDING)
    return (len(name) - len(stem)) // len(ENDING)
