"""ODS as a stream: values as they are stored, errors and padded numbers as they are seen.

Our own for the same reasons as XLSX: LibreOffice fills sheets to their last row with one repeated cell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

from pipeline.errors import FileFailed
from pipeline.formats.archives import PARTS, Zip
from pipeline.formats.cells import clock, number_text
from pipeline.formats.grid import tabulate
from pipeline.formats.grid_rows import NumberedRow
from pipeline.formats.limits import Limits
from pipeline.formats.markup import Markup, Readable, local
from pipeline.formats.sheet_choice import Sheet, choose
from pipeline.formats.table import Table
from pipeline.mapping.model import ReadOptions
from pipeline.words import message

_SPAN = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,](\d{1,3})\d*)?S)?")


def read(file: BinaryIO, options: ReadOptions, required: Sequence[str], limits: Limits) -> Table:
    """The stated sheet, else the first with a table in it."""
    begin = _content(file, limits)
    widths = _survey(begin(), limits)

    def open_sheet(sheet: Sheet) -> Table:
        rows = _rows(begin(), list(widths).index(sheet.name), limits)
        return tabulate("ods", rows, widths[sheet.name], options, required, limits)

    return choose([Sheet(name) for name in widths], options.sheet, open_sheet)


def _content(file: BinaryIO, limits: Limits) -> Callable[[], Readable]:
    """The XML that holds the cells: a part of the archive, or (`.fods`) the file itself."""
    file.seek(0)
    if file.read(2) != b"PK":
        return lambda: _from_start(file)
    archive = Zip(file, limits, PARTS)
    manifest = "META-INF/manifest.xml"
    if manifest in archive and b"encryption-data" in archive.open(manifest).read():
        raise FileFailed(message("reading.workbook_locked"))
    if "content.xml" not in archive:
        raise FileFailed(message("reading.workbook_damaged", why="no content.xml"))
    return lambda: archive.open("content.xml")


def _from_start(file: BinaryIO) -> Readable:
    file.seek(0)
    return file


def _survey(stream: Readable, limits: Limits) -> dict[str, int]:
    """Each sheet and the width of its widest row. FileFailed for one that stretches too far."""
    markup = Markup(stream, limits)
    cells = _Cells(markup, limits, None)
    markup.run()
    for name, count in cells.counts.items():
        found = cells.widths[name]
        if count > limits.cells:
            raise FileFailed(message("reading.too_many_cells", found=count, limit=limits.cells))
        if found > limits.columns:
            raise FileFailed(message("reading.too_many_columns", found=found, limit=limits.columns))
    return cells.widths


def _rows(stream: Readable, place: int, limits: Limits) -> Iterator[NumberedRow]:
    markup = Markup(stream, limits)
    cells = _Cells(markup, limits, place)
    for _ in markup:
        for line, row, times in cells.rows:
            for number in range(line, line + times):
                yield number, row
        cells.rows.clear()


class _Cells:
    """The handlers. `place`: the sheet whose `rows` (line, cells, how often) are gathered; None: only sizes."""

    def __init__(self, markup: Markup, limits: Limits, place: int | None) -> None:
        self.widths: dict[str, int] = {}
        self.counts: dict[str, int] = {}
        self.rows: list[tuple[int, list[str | None], int]] = []
        self._limits, self._place = limits, place
        self._sheet, self._number, self._depth = "", -1, 0
        self._line, self._high = 1, 1
        self._row: list[str | None] = []
        self._column = 0
        self._cell: dict[str, str] | None = None
        self._text: list[str] = []
        self._aside = 0
        markup.start, markup.end, markup.data = self._start, self._end, self._data

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        match local(name):
            case "table-cell" | "covered-table-cell":
                self._cell = {local(key): value for key, value in attributes.items()}
                self._text = []
            case "p" if self._cell is not None and self._text:
                self._text.append("\n")
            case "s" if self._cell is not None:
                self._text.append(" " * min(1000, _times(attributes, "c")))
            case "tab" | "line-break" if self._cell is not None:
                self._text.append("\n" if local(name) == "line-break" else "\t")
            case "annotation":
                self._aside += 1
            case "table-row":
                self._row, self._column, self._high = [], 0, _times(attributes, "number-rows-repeated")
            case "table":
                self._depth += 1
                if self._depth == 1:
                    self._number += 1
                    title = next((v for k, v in attributes.items() if local(k) == "name"), "")
                    self._sheet = title if title not in self.widths else f"{title} ({self._number + 1})"
                    self.widths[self._sheet] = self.counts[self._sheet] = 0
                    self._line = 1

    def _data(self, text: str) -> None:
        if self._cell is not None and not self._aside:
            self._text.append(text)

    def _end(self, name: str) -> None:
        match local(name):
            case "table-cell" | "covered-table-cell" if self._cell is not None:
                times = _times(self._cell, "number-columns-repeated")
                value = _value(self._cell, "".join(self._text))
                self._cell = None
                if value is not None:
                    self._fill(value, times)
                self._column += times
            case "annotation":
                self._aside -= 1
            case "table-row":
                if self._row:
                    self._close_row()
                self._line += self._high
            case "table":
                self._depth -= 1

    def _fill(self, value: str, times: int) -> None:
        end = self._column + times
        if end > self._limits.columns:  # counted, and refused by the survey
            self.widths[self._sheet] = max(self.widths[self._sheet], end)
            self.counts[self._sheet] += end * self._high
            return
        self._row.extend([None] * (self._column - len(self._row)))
        self._row.extend([value] * times)

    def _close_row(self) -> None:
        width = len(self._row)
        self.widths[self._sheet] = max(self.widths[self._sheet], width)
        self.counts[self._sheet] += width * self._high
        if self._number == self._place:
            self.rows.append((self._line, self._row, self._high))


def _times(attributes: dict[str, str], wanted: str) -> int:
    text = next((v for k, v in attributes.items() if local(k) == wanted), "1")
    return max(1, int(text)) if text.isdecimal() and len(text) < 10 else 1


def _value(cell: dict[str, str], seen: str) -> str | None:
    match cell.get("value-type"):
        case "float" | "currency" | "percentage":
            value = number_text(cell.get("value", seen))
            padded = seen.isdecimal() and seen.lstrip("0") == value
            return seen if padded or seen.startswith("#") else value
        case "date":
            return cell.get("date-value", seen).removesuffix("T00:00:00").replace("T", " ")
        case "time":
            span = _SPAN.fullmatch(cell.get("time-value", ""))
            if span is None:
                return seen or None
            hours, minutes, seconds, ms = (int(part or 0) for part in span.groups())
            return clock(((hours * 60 + minutes) * 60 + seconds) * 1000 + ms)
        case "boolean":
            return cell.get("boolean-value", seen)
        case _:
            return cell.get("string-value", seen) or None
