"""Lines of fixed columns, and lines of several kinds told apart by how they begin (`H…`, `L…`)."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import polars as pl

from pipeline.errors import FileFailed
from pipeline.formats.columns import check_columns
from pipeline.formats.dialects import find_marks
from pipeline.formats.encodings import find_encoding
from pipeline.formats.fixed import RULER
from pipeline.formats.grid_rows import CENT
from pipeline.formats.model import Account, Batch, Damaged, Dialect
from pipeline.formats.table import Gatherer, csv_line, figures
from pipeline.formats.tail import is_total
from pipeline.formats.text import HEAD, MAX_LINE, Encoding, utf8_pieces
from pipeline.mapping.model import ReadOptions, RecordKind
from pipeline.words import Message, message

KIND = "_record"


def open_records(file: BinaryIO, options: ReadOptions, required: Sequence[str] = ()) -> RecordsReading:
    """Columns as the mapping states them. FileFailed when it states none, or without a required one."""
    if not options.positions and not options.records:
        raise FileFailed(message("reading.no_positions"))
    return RecordsReading(file, options, find_encoding(file, options.encoding), required)


class LinesBatch:
    """Records that are lines; `raw` is the line's own text in the file's encoding."""

    def __init__(
        self, frame: pl.DataFrame, damaged: list[Damaged], texts: dict[int, str], encoding: Encoding
    ) -> None:
        self.frame: pl.DataFrame = frame
        self.damaged: list[Damaged] = damaged
        self._texts, self._encoding = texts, encoding

    def raw(self, line: int) -> bytes:
        return self._encoding.encode(self._texts[line].encode("utf-8"))


class RecordsReading:
    """A text of lines. Iterate once; FileFailed where bytes mean nothing or a line is endless."""

    def __init__(
        self,
        file: BinaryIO,
        options: ReadOptions,
        encoding: Encoding,
        required: Sequence[str],
        found: bool = False,
    ) -> None:
        """`found`: nobody stated the places, so a line that is written across them is refused."""
        self._found = found
        self._file, self._options, self._encoding = file, options, encoding
        self._swap = _cr_only(file, encoding)
        self._head = (options.skip or 0) + 1 if options.header is True else None
        self._kinds = sorted(options.records, key=lambda kind: -len(kind.tag))
        columns = (
            (KIND, *(f"{k.tag}.{c}" for k in options.records for c in k.columns))
            if options.records
            else options.columns
        )
        check_columns(columns, [(name,) for name in required])
        self._delimiter = options.delimiter or _delimiter(file, encoding, options)
        format = "fixed" if options.positions or any(k.positions for k in options.records) else "records"
        header = b"" if format == "fixed" else csv_line(columns, ";")
        self.dialect: Dialect = Dialect(
            encoding.name, self._delimiter, options.quote or "", "\r" if self._swap else "\n", self._head, header,
            columns, format,
        )  # fmt: skip
        self.account = Account()
        if encoding.doubt is not None:
            self.account.note(encoding.doubt)
        self._above: dict[str, str | None] = {}

    def __iter__(self) -> Iterator[Batch]:
        skip = self._options.skip or 0
        out = Gatherer(self.dialect.columns, self.account)
        texts: dict[int, str] = {}
        number = 0
        for number, line in enumerate(self._lines(), 1):
            if number <= skip:
                self.account.aside("preamble")
            elif number == self._head:
                continue
            elif not line.strip():
                self.account.aside("blank")
            elif self._found and RULER.fullmatch(line):
                self.account.aside("ruler")
            elif "\0" in line:
                out.damage(number, self._encoding.encode(line.encode()), message("reading.nul"))
            else:
                row = self._row(line)
                if isinstance(row, list):
                    texts[number] = line
                    out.add(number, row)
                elif row is not None:
                    out.damage(number, self._encoding.encode(line.encode()), row)
                else:
                    self.account.aside("other_record")
            if out.full:
                yield from self._batches(out, texts)
                texts = {}
        self._set_total_aside(out)
        yield from self._batches(out, texts)
        named = self._head is not None and number >= self._head
        if self.account.records + sum(self.account.set_aside.values()) + named != number:
            raise FileFailed(message("reading.unbalanced", line=number))

    def _set_total_aside(self, out: Gatherer) -> None:
        """The last line, when it is called a total and leaves cells blank."""
        if not self._found or len(out.rows) < 2 or len(self.dialect.columns) < 3:
            return
        *above, last = out.rows
        if not (is_total(last, ()) and any(cell is None for cell in last)):
            return
        sums = [sum(v or 0.0 for v in figures(list(column))) for column in zip(*above, strict=True)]
        own = [(at, value) for at, value in enumerate(figures(last)) if value is not None]
        if not self.account.records and all(abs(sums[at] - value) >= CENT for at, value in own):
            self.account.note(message("reading.total_differs", line=out.lines[-1]))
        self.account.aside("total")
        out.rows.pop()
        out.lines.pop()

    def _batches(self, out: Gatherer, texts: dict[int, str]) -> Iterator[Batch]:
        for piece in out.take():
            yield LinesBatch(piece.frame, piece.damaged, texts, self._encoding)

    def _lines(self) -> Iterator[str]:
        rest = b""
        count = 0
        for piece in utf8_pieces(self._file, self._encoding):
            rest += piece.replace(b"\r", b"\n") if self._swap else piece
            *lines, rest = rest.split(b"\n")
            for line in lines:
                count += 1
                yield line.decode("utf-8").removesuffix("\r")
            if len(rest) > MAX_LINE:
                raise FileFailed(message("reading.line_too_long", line=count + 1, limit=MAX_LINE))
        if rest.strip(b"\x1a"):
            yield rest.decode("utf-8").removesuffix("\r")

    def _row(self, line: str) -> list[str | None] | Message | None:
        """The cells of a line, why it has none, or None for a kind of line that the mapping does not name."""
        if not self._kinds:
            if self._found and any(line[at[0] - 2 : at[0] - 1].strip() for at in self._options.positions[1:]):
                return message("reading.not_aligned")
            return [_cut(line, at) for at in self._options.positions]
        for kind in self._kinds:
            cells = self._cells(kind, line)
            if cells is not None and len(cells) > len(kind.columns):
                return message("reading.ragged", found=len(cells) + 1, expected=len(kind.columns) + 1)
            if cells is not None:
                named = {f"{kind.tag}.{c}": cell for c, cell in zip(kind.columns, cells, strict=True)}
                if kind is self._options.records[0]:
                    self._above = named
                named = {**self._above, **named, KIND: kind.tag}
                return [named.get(column) for column in self.dialect.columns]
        return None

    def _cells(self, kind: RecordKind, line: str) -> list[str | None] | None:
        if kind.positions:
            return [_cut(line, at) for at in kind.positions] if line.startswith(kind.tag) else None
        tag, *cells = next(
            csv.reader([line], delimiter=self._delimiter, quotechar=self._options.quote or '"')
        )
        if tag.strip() != kind.tag:
            return None
        while len(cells) > len(kind.columns) and not cells[-1]:
            cells.pop()
        return [cell or None for cell in cells] + [None] * (len(kind.columns) - len(cells))


def _cut(line: str, at: tuple[int, int]) -> str | None:
    """The characters from the first to the last, both from 1, without the blanks that fill the column."""
    return line[at[0] - 1 : at[1]].strip(" ") or None


def _delimiter(file: BinaryIO, encoding: Encoding, options: ReadOptions) -> str:
    if options.positions or all(kind.positions for kind in options.records):
        return ";"
    head = next(utf8_pieces(file, encoding, HEAD), b"").decode("utf-8", "ignore")
    return find_marks(head.splitlines()).delimiter


def _cr_only(file: BinaryIO, encoding: Encoding) -> bool:
    head = next(utf8_pieces(file, encoding, HEAD), b"")
    return b"\r" in head and b"\n" not in head
