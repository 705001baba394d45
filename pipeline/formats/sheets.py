"""XLSB and XLS through calamine, which leaves out errors and the zeros of codes: those are put in from `marks`."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO

from pipeline.errors import FileFailed
from pipeline.formats.archives import CHUNK, PARTS, Zip
from pipeline.formats.cells import object_text
from pipeline.formats.compound import Damage
from pipeline.formats.grid import tabulate
from pipeline.formats.grid_rows import NumberedRow
from pipeline.formats.limits import Limits
from pipeline.formats.marks import Marks, marks_of
from pipeline.formats.sheet_choice import Sheet, choose
from pipeline.formats.table import Table
from pipeline.mapping.model import ReadOptions
from pipeline.words import message

if TYPE_CHECKING:
    from python_calamine import CalamineSheet


MOST = 64 << 20  # bytes of an `.xls`
_BOF = b"\x09\x08\x10\0\0\x06\x05\0"  # the workbook itself, BIFF8
FILEPASS, FIRST = 0x2F, 8
LOCKED = "EncryptedPackage"


def read(file: BinaryIO, options: ReadOptions, required: Sequence[str], limits: Limits) -> Table:
    """The stated sheet, else the first visible one with a table in it."""
    import python_calamine as calamine

    file.seek(0)
    kind = "xls" if file.read(2) == b"\xd0\xcf" else "xlsb"
    if kind == "xlsb":
        _checked(file, limits)
    file.seek(0)
    try:
        book = calamine.CalamineWorkbook.from_filelike(file)
        visible = calamine.SheetVisibleEnum.Visible
        work = calamine.SheetTypeEnum.WorkSheet
        sheets = [Sheet(m.name, m.visible == visible) for m in book.sheets_metadata if m.typ == work]

        def open_sheet(sheet: Sheet) -> Table:
            place = next(at for at, m in enumerate(book.sheets_metadata) if m.name == sheet.name)
            found, marks, lost = book.get_sheet_by_name(sheet.name), Marks(), False
            try:
                marks = marks_of(file, kind, place, limits)
            except Damage:
                lost = True
            table = _table(kind, found, marks, options, required, limits)
            if lost:
                table.account.note(message("reading.marks_lost", kind=kind.upper()))
            return table

        return choose(sheets, options.sheet, open_sheet)
    except (calamine.CalamineError, OSError, ValueError) as error:
        if isinstance(error, calamine.PasswordError) or _names(file, LOCKED) or _filepass(file):
            raise FileFailed(message("reading.workbook_locked")) from error
        if _names(file, "WordDocument"):
            raise FileFailed(message("reading.foreign", kind="Word")) from error
        raise FileFailed(message("reading.workbook_damaged", why=str(error)[:200])) from error


def _names(file: BinaryIO, stream: str) -> bool:
    """Whether the compound file, which `.xls` and locked `.xlsx` are, has a stream of this name."""
    file.seek(0)
    rest = b""
    while data := file.read(CHUNK):
        if stream.encode("utf-16-le") in rest + data:
            return True
        rest = data[-64:]
    return False


def _filepass(file: BinaryIO) -> bool:
    """Whether an `.xls` says among its first records that the others are scrambled."""
    file.seek(0)
    data = file.read(MOST)
    at = data.find(_BOF)
    while at >= 0:
        place = at
        for _ in range(FIRST):
            kind, size = struct.unpack_from("<HH", data.ljust(place + 4, b"\0"), place)
            if kind == FILEPASS:
                return True
            place += 4 + size
        at = data.find(_BOF, at + 1)
    return False


def _checked(file: BinaryIO, limits: Limits) -> None:
    """The library opens the zip itself: what comes out of it is counted before."""
    archive = Zip(file, limits, PARTS)
    for entry in archive.entries:
        stream = archive.open(entry.filename)
        while stream.read(CHUNK):
            pass


def _table(
    kind: str,
    sheet: CalamineSheet,
    marks: Marks,
    options: ReadOptions,
    required: Sequence[str],
    limits: Limits,
) -> Table:
    errors = [
        (row, column) for row, cells in marks.items() for column, m in cells.items() if isinstance(m, str)
    ]
    if (sheet.start is None or sheet.end is None) and not errors:
        raise FileFailed(message("reading.empty"))
    last = sheet.end or (0, 0)
    height = 1 + max([last[0], *(row for row, _ in errors)])  # the library may end before an error does
    width = 1 + max([last[1], *(column for _, column in errors)])
    if height * width > limits.cells:
        raise FileFailed(message("reading.too_many_cells", found=height * width, limit=limits.cells))
    return tabulate(kind, _rows(sheet, marks), width, options, required, limits)


def _rows(sheet: CalamineSheet, marks: Marks) -> Iterator[NumberedRow]:
    left = [None] * (
        sheet.start[1] if sheet.start else 0
    )  # the library begins at the first column with a cell
    line = 0
    for line, row in enumerate(sheet.iter_rows(), 1):
        yield line, _marked([*left, *map(object_text, row)], marks.get(line - 1))
    for below in sorted(row for row in marks if row >= line):
        yield below + 1, _marked([], marks[below])


def _marked(cells: list[str | None], marks: dict[int, str | int] | None) -> list[str | None]:
    """The cells with their errors, and the zeros of their codes."""
    for column, mark in (marks or {}).items():
        if isinstance(mark, str):
            cells.extend([None] * (column + 1 - len(cells)))
            cells[column] = mark
        else:
            text = cells[column] if column < len(cells) else None
            if text is not None and text.isdecimal():
                cells[column] = text.zfill(mark)
    return cells
