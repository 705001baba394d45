"""Whether a file that is no delimited text has the end its format demands: from its head and tail alone.

A `.gz` has no end mark that a reader could know without unpacking, so the first MB of it are unpacked."""

from __future__ import annotations

import os
import re
import zlib
from typing import BinaryIO

from pipeline.formats.text import HEAD

END_RECORD = b"PK\x05\x06"
SMALL = 4 << 20  # bytes of a .gz that are unpacked to look for its end
MOST = 64 << 20  # bytes unpacked for that
_BZ2_END = 0x177245385090
_DICTIONARY = (0, 1, 2, 4)  # bytes of its number
_ROOT = re.compile(rb"<(?![?!])([\w:.-]+)")


def ended(file: BinaryIO, kind: str) -> bool:
    """False where the end is missing; True where it is there, or nobody can tell."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - HEAD))
    tail = file.read(HEAD)
    match kind:
        case "zip" | "xlsx" | "xlsb" | "ods":
            return _zip(tail, size)
        case "gz":
            return _gz(file, size)
        case "zst":
            return _zst(file, size)
        case "xz":
            return tail.rstrip(b"\0").endswith(b"YZ")
        case "bz2":
            return _bz2(tail)
        case "parquet":
            return size > 8 and tail.endswith((b"PAR1", b"PARE"))
        case "arrow":
            return tail.endswith(b"ARROW1")
        case "json":
            return _shut(file, tail)
        case "xml" | "sheetml" | "fods":  # HTML is often left open
            return _markup(file, tail)
        case _:
            return True


def _zip(tail: bytes, size: int) -> bool:
    """The end record stands last, but for its comment, and the directory it tells of lies inside the file."""
    at = tail.rfind(END_RECORD)
    if at < 0 or len(tail) < at + 22:
        return False
    comment = int.from_bytes(tail[at + 20 : at + 22], "little")
    directory = int.from_bytes(tail[at + 12 : at + 16], "little")
    return len(tail) - at >= 22 + comment and (directory == 0xFFFFFFFF or directory <= size)


def _gz(file: BinaryIO, size: int) -> bool:
    if size > SMALL:
        return True
    file.seek(0)
    rest, out = file.read(), 0
    while rest.strip(b"\0"):
        unpacker = zlib.decompressobj(31)
        while not unpacker.eof:
            try:
                got = unpacker.decompress(rest, 1 << 20)
            except zlib.error:
                return True  # damaged, not unfinished: reading it will say so
            out += len(got)
            rest = unpacker.unconsumed_tail
            if out > MOST:
                return True
            if not got and not rest and not unpacker.eof:
                return False
        rest = unpacker.unused_data
    return True


def _zst(file: BinaryIO, size: int) -> bool:
    """Walk over the blocks of every frame by their lengths."""
    at = 0
    while at < size:
        file.seek(at)
        head = file.read(18)
        if head[1:4] == b"\x2a\x4d\x18" and head[:1] and head[0] & 0xF0 == 0x50:  # a frame to skip
            at += 8 + int.from_bytes(head[4:8], "little")
            continue
        if head[:4] != b"\x28\xb5\x2f\xfd" or len(head) < 6:
            return len(head) >= 4  # something else follows: reading it will say so
        flags = head[4]
        single = flags >> 5 & 1
        at += 5 + (not single) + _DICTIONARY[flags & 3]
        at += (1 << (flags >> 6)) if flags >> 6 else single  # the bytes of the content's size
        last = False
        while not last:
            file.seek(at)
            block = file.read(3)
            if len(block) < 3:
                return False
            number = int.from_bytes(block, "little")
            last = bool(number & 1)
            at += 3 + (1 if number >> 1 & 3 == 1 else number >> 3)
        at += 4 if flags >> 2 & 1 else 0
    return at == size


def _bz2(tail: bytes) -> bool:
    """48 bits of end mark, 32 of checksum, then at most seven to the next byte: bits, not bytes."""
    last = int.from_bytes(tail[-11:], "big")
    return any(last >> (32 + pad) & 0xFFFFFFFFFFFF == _BZ2_END for pad in range(8))


def _shut(file: BinaryIO, tail: bytes) -> bool:
    """JSON that begins as a list ends as one, and an object as an object."""
    file.seek(0)
    head = re.search(rb"[\[{]", file.read(HEAD))
    last = tail.replace(b"\0", b"").rstrip()[-1:]
    return head is not None and last == {b"[": b"]", b"{": b"}"}[head[0]]


def _markup(file: BinaryIO, tail: bytes) -> bool:
    file.seek(0)
    root = _ROOT.search(file.read(HEAD).replace(b"\0", b""))
    tail = tail.replace(b"\0", b"").rstrip()
    if root is None or not tail.endswith(b">"):
        return False
    closing = tail[tail.rfind(b"</") :] if b"</" in tail else b""
    return tail.endswith((b"-->", b"/>")) or closing[2:-1].strip().lower() == root[1].lower()
