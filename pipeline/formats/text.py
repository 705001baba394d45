"""From the bytes of a file to UTF-8 text in bounded pieces, without losing a byte."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from pipeline.errors import FileFailed
from pipeline.formats.pages import page_of
from pipeline.words import Message, message

HEAD = 1 << 16  # bytes looked at to find the layout
CHUNK = 1 << 22  # bytes read at once
MAX_LINE = 1 << 22  # bytes of one physical line

BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_END = re.compile(r"(\r?\n)")
_ANY_END = re.compile(r"(\r\n|\n|\r)")
LONE_CR = re.compile(rb"\r(?!\n)")
BAD = 0x10FF00
_BAD = re.compile("([\U0010ff00-\U0010ffff])")
RESCUE = {chr(BAD + b): bytes((b,)).decode("cp1252", "replace") for b in range(256)}
FAMILY = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}  # stated without a byte order


def _keep_undefined(error: UnicodeError) -> tuple[str | bytes, int]:
    """Bytes that a code page leaves undefined stand for the control character of that number, both ways."""
    if isinstance(error, UnicodeDecodeError):
        return "".join(map(chr, error.object[error.start : error.end])), error.end
    if isinstance(error, UnicodeEncodeError):
        wrong = error.object[error.start : error.end]
        if all("\x80" <= c <= "\x9f" for c in wrong):
            return bytes(map(ord, wrong)), error.end
    raise error


def _keep_bad(error: UnicodeError) -> tuple[str | bytes, int]:
    """Bytes that mean nothing stand for characters of the last private plane, which no file uses."""
    if isinstance(error, UnicodeDecodeError):
        return "".join(chr(BAD + byte) for byte in error.object[error.start : error.end]), error.end
    raise error


codecs.register_error("pipeline.keep", _keep_undefined)
codecs.register_error("pipeline.bad", _keep_bad)


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec that exists, and how many bytes of mark stand before the text.

    `damaged`: UTF-8 in which single bytes were spoilt. `sure`: 0 to 1."""

    name: str
    bom: int = 0
    damaged: bool = False
    sure: float = 1.0
    rescue: bool = True  # of damaged UTF-8: whether the spoilt bytes make sense as cp1252
    doubt: Message | None = None  # two readings of the few lines that are refused for it

    @property
    def errors(self) -> str:
        if self.damaged or self.name.startswith(("utf-16", "utf-32")):
            return "pipeline.bad"
        return "pipeline.keep" if self.name == "cp1252" else "strict"

    @property
    def codec(self) -> str:
        """The name of the codec that reads the whole file, its mark too."""
        if not self.bom:
            return self.name
        return {"utf-8": "utf-8-sig"}.get(self.name, self.name.removesuffix("-le").removesuffix("-be"))

    def encode(self, utf8: bytes) -> bytes:
        """Text of the file (UTF-8) as the bytes that stood in the file."""
        if self.name == "utf-8" and not self.damaged:
            return utf8
        out = b""
        for part in _BAD.split(utf8.decode("utf-8")):
            bad = len(part) == 1 and ord(part) >= BAD
            out += bytes((ord(part) - BAD,)) if bad else part.encode(self.name, self.errors)
        return out


def known_codec(name: str) -> str:
    """The codec's own name; FileFailed for one that does not exist or does not give text."""
    try:
        codecs.lookup(name)
        "a".encode(name)  # LookupError for codecs that do not write text
        return codecs.lookup(name).name
    except (LookupError, ValueError) as error:
        raise FileFailed(message("reading.unknown_encoding", encoding=name)) from error


def has_bad(text: str) -> bool:
    """Whether bytes that mean nothing stand in this text."""
    return _BAD.search(text) is not None


def rescued(text: str) -> str:
    """The text with its bad bytes read as cp1252, in which most of them were written."""
    return _BAD.sub(lambda found: RESCUE[found[0]], text)


def utf8_pieces(file: BinaryIO, encoding: Encoding, size: int = CHUNK) -> Iterator[bytes]:
    """The text after the mark as UTF-8, about `size` bytes at a time; FileFailed if it cannot be decoded."""
    file.seek(encoding.bom)
    if encoding.name == "utf-8" and not encoding.damaged:
        while piece := file.read(size):
            yield piece
        return
    decoder = codecs.getincrementaldecoder(encoding.name)(encoding.errors)
    page = page_of(encoding.name)
    while True:
        place = file.tell()
        piece = file.read(min(size, 1 << 20) if page is None else size)
        try:
            utf8 = page.utf8(piece) if page is not None else None
            if utf8 is None:
                text = decoder.decode(piece, final=not piece)
                if not piece and text == chr(BAD + 10):  # UTF-16 cut in the middle of its last line end
                    text = "\n"
                utf8 = text.encode("utf-8")
        except UnicodeError as error:
            line = line_at(file, place)
            raise FileFailed(message("reading.undecodable", encoding=encoding.name, line=line)) from error
        if utf8:
            yield utf8
        if not piece:
            return


def line_at(file: BinaryIO, place: int) -> int:
    """The line (1-based, by LF) in which this byte of a file stands."""
    file.seek(0)
    line = 1
    while place > 0 and (piece := file.read(min(CHUNK, place))):
        line, place = line + piece.count(b"\n"), place - len(piece)
    return line


def split_lines(text: str, universal: bool) -> tuple[list[str], list[str]]:
    """(lines without their ends, the ends). `universal`: a CR alone ends a line too. No line after the last end."""
    if "\r" not in text:
        lines = text.split("\n")
        ends = ["\n"] * (len(lines) - 1)
    else:
        parts = (_ANY_END if universal else _END).split(text)
        lines, ends = parts[0::2], parts[1::2]
    if lines[-1] == "":
        lines.pop()
    return lines, ends + [""] * (len(lines) - len(ends))


class HeadOnly(io.BytesIO):
    """The first 64 kB of a file as a file of its own, cut at a line end so that no character is cut."""

    def __init__(self, file: BinaryIO) -> None:
        file.seek(0)
        head = file.read(HEAD)
        if len(head) == HEAD:
            head = head[: max(head.rfind(b"\n"), head.rfind(b"\r"), HEAD // 2) // 4 * 4]
        super().__init__(head)
