"""The biggest table of an HTML text: what many programs call an Excel export."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from typing import BinaryIO

from pipeline.errors import FileFailed
from pipeline.formats.encodings import find_encoding
from pipeline.formats.grid import tabulate
from pipeline.formats.grid_rows import NumberedRow
from pipeline.formats.limits import Limits
from pipeline.formats.table import Table
from pipeline.formats.text import HEAD, Encoding, rescued, utf8_pieces
from pipeline.mapping.model import ReadOptions
from pipeline.words import message

Grid = list[list[str | None]]
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n\f]+")
_SPAN = 1000  # rows and columns that one cell may cover


def read(file: BinaryIO, options: ReadOptions, required: Sequence[str], limits: Limits) -> Table:
    """Rows of the table with the most cells; the row's number in it is the record's."""
    encoding = _encoding(file, options)
    parser = _Tables(limits)
    for piece in utf8_pieces(file, encoding, 1 << 18):
        parser.feed(rescued(piece.decode("utf-8")))
    parser.close()
    grid = max(parser.tables, key=lambda rows: sum(map(len, rows)), default=[])
    if not grid:
        raise FileFailed(message("reading.no_html_table"))
    width = max(map(len, grid))
    table = tabulate("html", _numbered(grid), width, options, required, limits)
    table.encoding = encoding.codec
    return table


def _numbered(grid: Grid) -> Iterator[NumberedRow]:
    yield from enumerate(grid, 1)


def _encoding(file: BinaryIO, options: ReadOptions) -> Encoding:
    file.seek(0)
    said = _CHARSET.search(file.read(HEAD))
    found = find_encoding(file, options.encoding)
    if options.encoding is not None or said is None or found.bom or found.name == "utf-8":
        return found
    try:
        return Encoding(codecs.lookup(said[1].decode()).name)
    except LookupError:
        return found


class _Tables(HTMLParser):
    """Gathers every table; one inside a cell is a table of its own."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[Grid] = []
        self._limits = limits
        self._cells = 0
        self._open: list[_Open] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._open.append(_Open([]))
            self.tables.append(self._open[-1].rows)
        elif tag in ("script", "style"):
            self._silent += 1
        elif tag == "tr" and self._open:
            self._open[-1].row()
        elif tag in ("td", "th") and self._open:
            self._open[-1].cell(_span(attrs, "colspan"), _span(attrs, "rowspan"))
            self._count(self._open[-1].wide)
        elif tag in ("br", "p", "div") and self._open:
            self._open[-1].text.append("\n")

    def _count(self, cells: int) -> None:
        self._cells += cells
        if self._cells > self._limits.cells:
            raise FileFailed(message("reading.too_many_cells", found=self._cells, limit=self._limits.cells))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._silent = max(0, self._silent - 1)
        elif tag in ("td", "th") and self._open:
            self._open[-1].close_cell()
        elif tag in ("tr", "table") and self._open:
            self._open[-1].close_row()
            if tag == "table":
                self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open and not self._silent:
            self._open[-1].text.append(data)

    def close(self) -> None:
        super().close()
        while self._open:
            self._open.pop().close_row()


class _Open:
    """A table being read: its rows, and how far down cells above still reach."""

    def __init__(self, rows: Grid) -> None:
        self.rows = rows
        self.text: list[str] = []
        self.wide = 0
        self._current: list[str | None] | None = None
        self._in_cell = False
        self._high = 1
        self._covered: dict[int, int] = {}  # column → rows still covered

    def row(self) -> None:
        self.close_row()
        self._current = []

    def cell(self, wide: int, high: int) -> None:
        self.close_cell()
        if self._current is None:
            self._current = []
        self._pass_covered()
        self.wide, self._high, self._in_cell = wide, high, True
        self.text = []

    def _pass_covered(self) -> None:
        row = self._current
        while row is not None and self._covered.get(len(row), 0) > 0:
            self._covered[len(row)] -= 1
            row.append(None)

    def close_cell(self) -> None:
        if not self._in_cell or self._current is None:
            return
        self._in_cell = False
        lines = (_SPACES.sub(" ", line).strip(" \u00a0") for line in "".join(self.text).split("\n"))
        text = "\n".join(line for line in lines if line)
        if self._high > 1:
            for column in range(len(self._current), len(self._current) + self.wide):
                self._covered[column] = self._high - 1
        self._current.extend([text or None, *[None] * (self.wide - 1)])

    def close_row(self) -> None:
        self.close_cell()
        if self._current is None:
            return
        self._pass_covered()
        self.rows.append(self._current)
        self._current = None


def _span(attrs: list[tuple[str, str | None]], name: str) -> int:
    value = dict(attrs).get(name) or "1"
    return min(_SPAN, int(value)) if value.isdecimal() and int(value[:9]) else 1
