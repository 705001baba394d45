"""XLSX and XLSM, sheet by sheet as a stream: every cell as its reader sees it, with what costs nothing to keep.

Our own, for the libraries that read many formats drop error cells and number formats (`01000` becomes 1000),
and lay a sheet out as a full rectangle, however sparse it is."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from pipeline.errors import FileFailed
from pipeline.formats.archives import CHUNK, PARTS, Zip
from pipeline.formats.cells import PLAIN, Style, number_text, style_of
from pipeline.formats.grid import tabulate
from pipeline.formats.grid_rows import NumberedRow
from pipeline.formats.limits import Limits
from pipeline.formats.markup import Markup, local
from pipeline.formats.sheet_choice import Sheet, choose
from pipeline.formats.table import Table
from pipeline.mapping.model import ReadOptions
from pipeline.words import message

_USED = re.compile(rb"<(?:\w+:)?c\s[^<>]*?\br=[\"']([A-Za-z]{1,3})\d+[\"'][^<>]*(?<!/)>")
_USUAL = re.compile(rb'<c r="([A-Z]{1,3})\d+"[^<>]*(?<!/)>')
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


def read(file: BinaryIO, options: ReadOptions, required: Sequence[str], limits: Limits) -> Table:
    """The stated sheet, else the first visible one with a table in it."""
    book = Workbook(file, limits)
    return choose(book.sheets, options.sheet, lambda sheet: book.table(sheet, options, required))


class Workbook:
    """The parts of one workbook: strings and styles are loaded at once, cells come as a stream."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        self._zip, self._limits = Zip(file, limits, PARTS), limits
        self._since_1904 = False
        self._parts: dict[str, str] = {}
        self._book = self._main_part()
        self._links = self._targets()
        self.sheets: list[Sheet] = self._read_sheets()
        self._strings = self._read_strings()
        self._styles = self._read_styles()

    def _main_part(self) -> str:
        """Where the workbook itself lies: nearly always `xl/workbook.xml`."""
        for name, attributes in self._tags("_rels/.rels"):
            if name == "Relationship" and attributes.get("Type", "").endswith("/officeDocument"):
                return attributes.get("Target", "").lstrip("/")
        return "xl/workbook.xml"

    def _targets(self) -> dict[str, str]:
        """The parts of the workbook by the id of their relationship, and by its kind."""
        folder, _, name = self._book.rpartition("/")
        found: dict[str, str] = {}
        for tag, attributes in self._tags(posixpath.join(folder, "_rels", name + ".rels")):
            if tag == "Relationship":
                target = attributes.get("Target", "")
                part = (
                    target[1:]
                    if target.startswith("/")
                    else posixpath.normpath(posixpath.join(folder, target))
                )
                found[attributes.get("Id", "")] = part
                found["/" + attributes.get("Type", "").rpartition("/")[2]] = part
        return found

    def _markup(self, part: str) -> Markup | None:
        return Markup(self._zip.open(part), self._limits) if part in self._zip else None

    def _tags(self, part: str) -> Iterator[tuple[str, dict[str, str]]]:
        """Local name and attributes of every tag; the name of an end has a stroke before it."""
        markup = self._markup(part)
        found: list[tuple[str, dict[str, str]]] = []
        if markup is None:
            return
        markup.start = lambda name, attributes: found.append((local(name), attributes))
        markup.end = lambda name: found.append(("/" + local(name), {}))
        for _ in markup:
            yield from found
            found.clear()

    def _read_sheets(self) -> list[Sheet]:
        sheets: list[Sheet] = []
        for name, attributes in self._tags(self._book):
            if name == "workbookPr":
                self._since_1904 = attributes.get("date1904") in ("1", "true")
            elif name == "sheet":
                id = next((v for k, v in attributes.items() if local(k) == "id"), "")
                part = self._links.get(id, f"xl/worksheets/sheet{len(sheets) + 1}.xml")
                if part in self._zip and "/chartsheets/" not in part:
                    sheets.append(
                        Sheet(attributes.get("name", ""), attributes.get("state", "visible") == "visible")
                    )
                    self._parts[sheets[-1].name] = part
        return sheets

    def _read_strings(self) -> list[str]:
        markup = self._markup(self._links.get("/sharedStrings", "xl/sharedStrings.xml"))
        if markup is None:
            return []
        strings = _Strings(markup)
        markup.run()
        return strings.found

    def _read_styles(self) -> list[Style]:
        """How numbers are shown, by the place of the cell's format."""
        codes: dict[int, str] = {}
        formats: list[int] = []
        inside = False
        for name, attributes in self._tags(self._links.get("/styles", "xl/styles.xml")):
            if name.endswith("cellXfs"):
                inside = name == "cellXfs"
            elif name == "numFmt":
                codes[_int(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
            elif name == "xf" and inside:
                formats.append(_int(attributes.get("numFmtId")))
        return [style_of(number, codes.get(number)) for number in formats]

    def table(self, sheet: Sheet, options: ReadOptions, required: Sequence[str]) -> Table:
        part = self._parts[sheet.name]
        return tabulate("xlsx", self._rows(part), self._width(part), options, required, self._limits)

    def _width(self, part: str) -> int:
        """Columns up to the last one that holds anything: what the sheet declares of itself may be a lie."""
        stream = self._zip.open(part)
        letters: set[bytes] = set()
        rest = b""
        used = _USED
        while data := stream.read(CHUNK):
            data = rest + data
            if not rest and b'<c r="' in data:
                used = _USUAL
            letters.update(used.findall(data))
            rest = data[-400:]
        return max((column_number(column.decode()) for column in letters), default=0)

    def _rows(self, part: str) -> Iterator[NumberedRow]:
        markup = self._markup(part)
        assert markup is not None
        cells = _Cells(markup, self._strings, self._styles, self._since_1904, self._limits.columns)
        for _ in markup:
            yield from cells.rows
            cells.rows.clear()


class _Strings:
    """The shared strings; what is written above them to help pronounce them is left out."""

    def __init__(self, markup: Markup) -> None:
        self.found: list[str] = []
        self._text: list[str] = []
        self._keep = self._aloud = False
        markup.start, markup.end, markup.data = self._start, self._end, self._data

    def _start(self, name: str, _: object) -> None:
        name = local(name)
        self._keep = name == "t" and not self._aloud
        self._aloud = self._aloud or name == "rPh"

    def _data(self, text: str) -> None:
        if self._keep:
            self._text.append(text)

    def _end(self, name: str) -> None:
        name = local(name)
        self._keep = False
        if name == "rPh":
            self._aloud = False
        elif name == "si":
            self.found.append(_plain("".join(self._text)))
            self._text.clear()


class _Cells:
    """The handlers of a sheet: `rows` gathers (row number, cells) as they are closed."""

    def __init__(
        self, markup: Markup, strings: list[str], styles: list[Style], since_1904: bool, most: int
    ) -> None:
        self.rows: list[NumberedRow] = []
        self._strings, self._styles, self._since_1904, self._most = strings, styles, since_1904, most
        self._shown = {str(place): style for place, style in enumerate(styles)}
        self._set(markup)

    def _set(self, markup: Markup) -> None:
        """Functions over shared variables: a million cells are five million calls, and attributes cost a third."""
        row: list[str | None] = []
        text: list[str] = []
        columns: dict[str, int] = {}
        line = column = 0
        kind = style = ""
        keep = aloud = False
        places = "0123456789"

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal line, column, kind, style, keep, aloud, row
            if ":" in name:
                name = local(name)
            if name == "c":
                kind, style = attributes.get("t", "n"), attributes.get("s", "")
                reference = attributes.get("r", "").rstrip(places)
                known = columns.get(reference)
                if known is None:
                    known = columns[reference] = column_number(reference)
                column = known or column + 1
            elif name in ("v", "t"):
                keep = not aloud
            elif name == "row":
                line, column, row = max(_int(attributes.get("r")), line + 1), 0, []
            elif name == "rPh":
                aloud = True

        def data(part: str) -> None:
            if keep:
                text.append(part)

        def end(name: str) -> None:
            nonlocal keep, aloud
            if ":" in name:
                name = local(name)
            if name == "c":
                if text:
                    value = self._value(kind, style, text[0] if len(text) == 1 else "".join(text))
                    text.clear()
                    if value and column == len(row) + 1 <= self._most:
                        row.append(value)
                    elif value:
                        self._place(row, column, value)
            elif name in ("v", "t"):
                keep = False
            elif name == "row":
                self.rows.append((line, row))
            elif name == "rPh":
                aloud = False

        markup.start, markup.end, markup.data = start, end, data

    def _place(self, row: list[str | None], column: int, value: str) -> None:
        if column > self._most:
            raise FileFailed(message("reading.too_many_columns", found=column, limit=self._most))
        row.extend([None] * (column - len(row)))
        row[column - 1] = value

    def _value(self, kind: str, style: str, text: str) -> str:
        if kind == "s":
            place = _int(text)
            return self._strings[place] if text.isdecimal() and place < len(self._strings) else text
        if kind == "n":
            return number_text(text, self._shown.get(style, PLAIN), self._since_1904)
        if kind == "b":
            return "true" if text == "1" else "false"
        if kind == "d":
            return text.removesuffix("T00:00:00").replace("T", " ")
        return text if kind == "e" else _plain(text)


def column_number(reference: str) -> int:
    """`A` → 1, `XFD12` → 16384; 0 where there are no letters."""
    number = 0
    for letter in reference.upper():
        if not "A" <= letter <= "Z":
            break
        number = number * 26 + ord(letter) - 64
    return number


def _int(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0


def _plain(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text
