"""From the bytes of a file to UTF-8 text in bounded pieces, without losing a byte."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from pipeline.errors import FileFailed
from pipeline.words import message

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


codecs.register_error("pipeline.keep", _keep_undefined)


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec that exists, and how many bytes of mark stand before the text."""

    name: str
    bom: int = 0

    @property
    def errors(self) -> str:
        return "pipeline.keep" if self.name == "cp1252" else "strict"

    def encode(self, utf8: bytes) -> bytes:
        """Text of the file (UTF-8) as the bytes that stood in the file."""
        if self.name == "utf-8":
            return utf8
        return utf8.decode("utf-8").encode(self.name, self.errors)


def known_codec(name: str) -> str:
    """The codec's own name; FileFailed for one that does not exist or does not give text."""
    try:
        codecs.lookup(name)
        "a".encode(name)  # LookupError for codecs that do not write text
        return codecs.lookup(name).name
    except (LookupError, ValueError) as error:
        raise FileFailed(message("reading.unknown_encoding", encoding=name)) from error


def find_encoding(file: BinaryIO, stated: str | None) -> Encoding:
    """The stated encoding, else: mark, NULs, UTF-8 if the whole file is valid, cp1252."""
    file.seek(0)
    head = file.read(HEAD)
    marked = next((Encoding(name, len(bom)) for bom, name in BOMS if head.startswith(bom)), None)
    if stated is not None:
        return _stated(file, known_codec(stated), marked)
    if marked is not None and marked.name != "utf-8":
        return marked
    found = marked or _by_nuls(head)
    if found is not None and found.name != "utf-8":
        return found
    if invalid_utf8_at(file) is None:
        return found or Encoding("utf-8")
    return Encoding("cp1252", marked.bom if marked else 0)


def _stated(file: BinaryIO, name: str, marked: Encoding | None) -> Encoding:
    plain = FAMILY.get(name, name)
    if marked is not None and (
        marked.name == plain or (name in ("utf-16", "utf-32") and name in marked.name)
    ):
        plain, bom = marked.name, marked.bom
    else:
        bom = 0
    if plain == "utf-8":
        line = invalid_utf8_at(file)
        if line is not None:
            raise FileFailed(message("reading.undecodable", encoding=name, line=line))
    return Encoding(plain, bom)


def _by_nuls(head: bytes) -> Encoding | None:
    """UTF-16 and UTF-32 without a mark: every second byte (or three of four) of mostly Latin text is NUL."""
    for width, places in ((4, ("utf-32-be", "", "", "utf-32-le")), (2, ("utf-16-be", "utf-16-le"))):
        size = len(head) // width
        if size < 2:
            continue
        nul = [head[i::width].count(0) / size for i in range(width)]
        if width == 4 and min(nul[1], nul[2]) < 0.9:
            continue
        first, last = nul[0], nul[-1]
        if first > 0.6 and last < 0.05:
            return Encoding(places[0])
        if last > 0.6 and first < 0.05:
            return Encoding(places[-1])
    return None


def invalid_utf8_at(file: BinaryIO) -> int | None:
    """None if the whole file is UTF-8; else the line (1-based, by LF) near the first byte that is not."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    line = 1
    while True:
        piece = file.read(1 << 20)
        try:
            if piece and piece.isascii() and not decoder.getstate()[0]:
                line += piece.count(b"\n")
                continue
            decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            return line + error.object.count(b"\n", 0, error.start)
        if not piece:
            return None
        line += piece.count(b"\n")


def utf8_pieces(file: BinaryIO, encoding: Encoding, size: int = CHUNK) -> Iterator[bytes]:
    """The text after the mark as UTF-8, about `size` bytes at a time; FileFailed if it cannot be decoded."""
    file.seek(encoding.bom)
    if encoding.name == "utf-8":
        while piece := file.read(size):
            yield piece
        return
    decoder = codecs.getincrementaldecoder(encoding.name)(encoding.errors)
    line = 1
    while True:
        piece = file.read(min(size, 1 << 20))
        try:
            text = decoder.decode(piece, final=not piece)
            utf8 = text.encode("utf-8")
        except UnicodeError as error:
            raise FileFailed(message("reading.undecodable", encoding=encoding.name, line=line)) from error
        line += utf8.count(b"\n")
        if utf8:
            yield utf8
        if not piece:
            return


class HeadOnly(io.BytesIO):
    """The first 64 kB of a file as a file of its own, cut at a line end so that no character is cut."""

    def __init__(self, file: BinaryIO) -> None:
        file.seek(0)
        head = file.read(HEAD)
        if len(head) == HEAD:
            head = head[: max(head.rfind(b"\n"), head.rfind(b"\r"), HEAD // 2) // 4 * 4]
        super().__init__(head)
