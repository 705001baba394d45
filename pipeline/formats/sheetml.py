"""The XML spreadsheet of Excel 2003, usually named `.xls`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

from pipeline.errors import FileFailed
from pipeline.formats.cells import number_text
from pipeline.formats.grid import tabulate
from pipeline.formats.grid_rows import NumberedRow
from pipeline.formats.limits import Limits
from pipeline.formats.markup import Markup, local
from pipeline.formats.sheet_choice import Sheet, choose
from pipeline.formats.table import Table
from pipeline.formats.xml_records import spoken
from pipeline.mapping.model import ReadOptions
from pipeline.words import message


def read(file: BinaryIO, options: ReadOptions, required: Sequence[str], limits: Limits) -> Table:
    """The stated sheet, else the first with a table in it."""
    file.seek(0)
    markup = Markup(file, limits, spoken(file, options.encoding))
    handlers = _Sheets(markup, limits)
    markup.run()
    sheets = [Sheet(name) for name in handlers.sheets]

    def open_sheet(sheet: Sheet) -> Table:
        rows = handlers.sheets[sheet.name]
        width = max((len(cells) for _, cells in rows), default=0)
        return tabulate("sheetml", _each(rows), width, options, required, limits)

    return choose(sheets, options.sheet, open_sheet)


def _each(rows: list[NumberedRow]) -> Iterator[NumberedRow]:
    yield from rows


class _Sheets:
    """The handlers: rows of each sheet by its name."""

    def __init__(self, markup: Markup, limits: Limits) -> None:
        self.sheets: dict[str, list[NumberedRow]] = {}
        self._limits = limits
        self._rows: list[NumberedRow] = []
        self._cells: list[str | None] = []
        self._line = self._column = self._across = 0
        self._type = ""
        self._text: list[str] | None = None
        markup.start, markup.end, markup.data = self._start, self._end, self._data

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        named = {local(key): value for key, value in attributes.items()}
        match local(name):
            case "Worksheet":
                self._rows = self.sheets.setdefault(named.get("Name", ""), [])
                self._line = 0
            case "Row":
                self._line = max(_whole(named.get("Index")), self._line + 1)
                self._cells, self._column = [], 0
            case "Cell":
                self._column = max(_whole(named.get("Index")), self._column + 1)
                self._across = _whole(named.get("MergeAcross"))
            case "Data":
                self._type, self._text = named.get("Type", "String"), []

    def _data(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _end(self, name: str) -> None:
        match local(name):
            case "Data" if self._text is not None:
                self._place(_value(self._type, "".join(self._text)))
                self._text = None
            case "Cell":
                self._column += self._across
            case "Row":
                self._rows.append((self._line, self._cells))

    def _place(self, value: str) -> None:
        if self._column > self._limits.columns:
            limit = self._limits.columns
            raise FileFailed(message("reading.too_many_columns", found=self._column, limit=limit))
        self._cells.extend([None] * (self._column - len(self._cells)))
        self._cells[self._column - 1] = value or None


def _value(type: str, text: str) -> str:
    match type:
        case "Number":
            return number_text(text)
        case "Boolean":
            return "true" if text == "1" else "false"
        case "DateTime":
            plain = text.removesuffix(".000").removesuffix("T00:00:00")
            return plain.removeprefix("1899-12-31T").replace("T", " ")
        case _:
            return text


def _whole(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 9 else 0
