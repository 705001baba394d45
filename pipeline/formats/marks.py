"""What calamine does not give of XLS and XLSB: which cells are errors, and which numbers show leading zeros.

Only the few records that say so are looked at; the cells themselves come from calamine."""

from __future__ import annotations

import posixpath
import struct
from collections.abc import Iterator
from typing import BinaryIO

from pipeline.errors import FileFailed
from pipeline.formats.archives import CHUNK, PARTS, Zip
from pipeline.formats.cells import Style, style_of
from pipeline.formats.compound import Damage, stream
from pipeline.formats.limits import Limits
from pipeline.formats.markup import Markup, local

ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}  # fmt: skip
UNKNOWN = "#ERROR!"
Marks = dict[int, dict[int, str | int]]
"""Row and column (from 0) → the error that the cell shows, or how many digits its number has at least."""

_EOF, _BOF, _SHEET, _FORMAT, _XF = 0x0A, 0x809, 0x85, 0x41E, 0xE0
_NUMBER, _RK, _MULRK, _BOOLERR, _FORMULA = 0x203, 0x27E, 0xBD, 0x205, 0x06
_BIFF8 = 0x0600


def marks_of(file: BinaryIO, kind: str, place: int, limits: Limits) -> Marks:
    """The marks of the sheet at this place among all sheets. Raises Damage."""
    try:
        return _xls(file, place) if kind == "xls" else _xlsb(file, place, limits)
    except (struct.error, IndexError, KeyError, FileFailed) as error:
        raise Damage(str(error)) from error


def _xls(file: BinaryIO, place: int) -> Marks:
    file.seek(0)
    data = stream(file.read(), "Workbook", "Book")
    sheets: list[int] = []
    codes: dict[int, str] = {}
    formats: list[int] = []
    wide = False
    for kind, body in _records(data, 0):
        if kind == _BOF:
            wide = struct.unpack_from("<H", body)[0] == _BIFF8
        elif kind == _SHEET:
            sheets.append(struct.unpack_from("<I", body)[0])
        elif kind == _FORMAT:
            codes[struct.unpack_from("<H", body)[0]] = _code(body[2:], wide)
        elif kind == _XF:
            formats.append(struct.unpack_from("<H", body, 2)[0])
    digits = _digits(formats, codes)
    marks: Marks = {}
    for kind, body in _records(data, sheets[place]):
        for row, column, mark in _marked(kind, body, digits):
            marks.setdefault(row, {})[column] = mark
    return marks


def _records(data: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """The records of one part of the stream; what is embedded in it, charts for example, is passed over."""
    depth = 0
    while at + 4 <= len(data):
        kind, size = struct.unpack_from("<HH", data, at)
        if kind == _BOF:
            depth += 1
        elif kind == _EOF:
            depth -= 1
            if depth <= 0:
                return
        if depth <= 1:
            yield kind, data[at + 4 : at + 4 + size]
        at += 4 + size


def _code(body: bytes, wide: bool) -> str:
    """A number format: 16 or 8 bits a sign."""
    if not wide:
        return body[1 : 1 + body[0]].decode("latin-1")
    count, flags = struct.unpack_from("<HB", body)
    return (
        body[3 : 3 + 2 * count].decode("utf-16-le", "replace")
        if flags & 1
        else body[3 : 3 + count].decode("latin-1")
    )


def _digits(formats: list[int], codes: dict[int, str]) -> dict[int, int]:
    """The places of the formats that show leading zeros → how many digits."""
    styles: list[Style] = [style_of(number, codes.get(number)) for number in formats]
    return {at: style.digits for at, style in enumerate(styles) if style.digits > 1}


def _marked(kind: int, body: bytes, digits: dict[int, int]) -> Iterator[tuple[int, int, str | int]]:
    """The marks of one record of an `.xls`."""
    if kind not in (_NUMBER, _RK, _MULRK, _BOOLERR, _FORMULA):
        return
    row, column, style = struct.unpack_from("<HHH", body)
    if kind == _BOOLERR:
        if body[7]:
            yield row, column, ERRORS.get(body[6], UNKNOWN)
    elif kind == _FORMULA and body[12:14] == b"\xff\xff":
        if body[6] == 2:
            yield row, column, ERRORS.get(body[8], UNKNOWN)
    elif kind == _MULRK:
        for at in range((len(body) - 6) // 6):
            style = struct.unpack_from("<H", body, 4 + 6 * at)[0]
            if style in digits:
                yield row, column + at, digits[style]
    elif style in digits:
        yield row, column, digits[style]


_ROW, _B_RK, _B_ERROR, _B_REAL, _B_FORMULA_NUMBER, _B_FORMULA_ERROR = 0, 2, 3, 5, 9, 11
_B_SHEET, _B_FORMAT, _B_XF, _B_XFS, _B_XFS_END = 156, 44, 47, 617, 618


def _xlsb(file: BinaryIO, place: int, limits: Limits) -> Marks:
    archive = Zip(file, limits, PARTS)
    parts = _targets(archive, limits)
    ids = [_wide(body, 8) for kind, body in _binary(archive, "xl/workbook.bin") if kind == _B_SHEET]
    digits = _xlsb_digits(archive)
    marks: Marks = {}
    row = 0
    for kind, body in _binary(archive, parts[ids[place]]):
        if kind == _ROW:
            row = struct.unpack_from("<I", body)[0]
        elif kind in (_B_ERROR, _B_FORMULA_ERROR):
            marks.setdefault(row, {})[struct.unpack_from("<I", body)[0]] = ERRORS.get(body[8], UNKNOWN)
        elif digits and kind in (_B_RK, _B_REAL, _B_FORMULA_NUMBER):
            column, style = struct.unpack_from("<II", body)
            if style & 0xFFFFFF in digits:
                marks.setdefault(row, {})[column] = digits[style & 0xFFFFFF]
    return marks


def _xlsb_digits(archive: Zip) -> dict[int, int]:
    if "xl/styles.bin" not in archive:
        return {}
    codes: dict[int, str] = {}
    formats: list[int] = []
    inside = False
    for kind, body in _binary(archive, "xl/styles.bin"):
        if kind in (_B_XFS, _B_XFS_END):
            inside = kind == _B_XFS
        elif kind == _B_FORMAT:
            codes[struct.unpack_from("<H", body)[0]] = _wide(body, 2)
        elif kind == _B_XF and inside:
            formats.append(struct.unpack_from("<H", body, 2)[0])
    return _digits(formats, codes)


def _targets(archive: Zip, limits: Limits) -> dict[str, str]:
    """The parts of the workbook by the id of their relationship."""
    found: dict[str, str] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        if local(name) == "Relationship":
            target = posixpath.normpath(posixpath.join("/xl", attributes.get("Target", "")))
            found[attributes.get("Id", "")] = target.lstrip("/")

    markup = Markup(archive.open("xl/_rels/workbook.bin.rels"), limits)
    markup.start = start
    markup.run()
    return found


def _wide(body: bytes, at: int) -> str:
    count = struct.unpack_from("<I", body, at)[0]
    return body[at + 4 : at + 4 + 2 * count].decode("utf-16-le", "replace")


def _binary(archive: Zip, part: str) -> Iterator[tuple[int, bytes]]:
    """The records of a part: kind and length in seven bits a byte."""
    source, data, at = archive.open(part), b"", 0
    while True:
        if len(data) - at < CHUNK:
            more = source.read(CHUNK)
            if more:
                data, at = data[at:] + more, 0
                continue
        if at >= len(data):
            return
        kind, at = _number(data, at, 2)
        size, at = _number(data, at, 4)
        while len(data) - at < size and (more := source.read(CHUNK)):
            data, at = data[at:] + more, 0
        yield kind, data[at : at + size]
        at += size


def _number(data: bytes, at: int, most: int) -> tuple[int, int]:
    """A number of at most so many bytes, seven bits each, the lowest first; and the place behind it."""
    value = 0
    for step in range(most):
        byte = data[at + step]
        value |= (byte & 0x7F) << (7 * step)
        if not byte & 0x80:
            return value, at + step + 1
    return value, at + most
