"""An opened text: block by block, each block as a batch, and the account that must balance."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import BinaryIO

import polars as pl

from pipeline.errors import FileFailed
from pipeline.formats.batches import TextBatch
from pipeline.formats.blocks import Parsed, Parser
from pipeline.formats.dialects import USUAL
from pipeline.formats.kinds import HARD, kind
from pipeline.formats.layout import SWAP, Layout, find_layout
from pipeline.formats.model import LINE, Account, Batch, Dialect, Reading
from pipeline.formats.records import RecordsReading
from pipeline.formats.tail import Odd, is_total, judge, number
from pipeline.formats.text import MAX_LINE, utf8_pieces
from pipeline.mapping.model import ReadOptions
from pipeline.words import message

SHOWN = 1 << 16  # bytes kept of a line that is too long
RULER = re.compile(r"\s*[+|]?(?:[-=_]{3,}[+| ]*)+\s*")
TAIL = 20_000  # odd lines kept in mind until it is known whether records follow


class Fetched:
    """An iterator whose next item can be made before it is asked for."""

    def __init__(self, items: Iterator[tuple[bytes, bool]]) -> None:
        self._items, self._made = items, list[tuple[bytes, bool]]()

    def fetch(self) -> None:
        """Make the next item, if it is not made already."""
        self._made += islice(self._items, 1 - len(self._made))

    def __iter__(self) -> Iterator[tuple[bytes, bool]]:
        self.fetch()
        while self._made:
            yield self._made.pop()
            self.fetch()


class TextReading:
    """A delimited text. Iterate once; FileFailed where bytes mean nothing or a line is endless."""

    def __init__(self, file: BinaryIO, layout: Layout, options: ReadOptions, totals: bool = True) -> None:
        self._file, self._layout, self._options = file, layout, options
        self._totals = totals
        self.dialect: Dialect = layout.dialect
        self.account = Account(set_aside=dict(layout.aside))
        if layout.encoding.doubt is not None:
            self.account.note(layout.encoding.doubt)
        name = self.dialect.names[0] if len(self.dialect.names) == 1 else ""
        if self.dialect.header_raw[:1] == b'"' and any(sign in name for sign in USUAL):
            self.account.note(message("reading.wrapped_lines"))
        self._tail: list[Odd] = []
        self._second = False  # a second table of the same width has begun: what follows is set aside
        self._nuls = False

    def again(self) -> TextReading:
        """The same text from its beginning."""
        return TextReading(self._file, self._layout, self._options, self._totals)

    def __iter__(self) -> Iterator[Batch]:
        layout = self._layout
        hidden = tuple(f"\0{i}" for i in range(layout.hidden))
        parser = Parser(self.dialect.columns + hidden, layout.marks, self._options.repairs)
        line, rest, endless = layout.line, b"", b""
        body = Fetched(self._body())
        for piece, last in body:
            if endless:
                stop = piece.find(b"\n")
                if stop < 0 and not last:
                    continue
                piece = piece[stop + 1 :] if stop >= 0 else b""
                yield from self._batch(endless, line, self._endless(parser, line), last and not piece)
                line, endless = line + 1, b""
                if last and not piece:
                    break
            rest += piece
            cut = len(rest) if last else rest.rfind(b"\n") + 1
            if last and len(rest) - rest.rfind(b"\n") > MAX_LINE:
                cut, last = rest.rfind(b"\n") + 1, False
            if cut or last:
                block = self._spared(rest[:cut])
                parsed = parser.parse(block, line, last, body.fetch)
                yield from self._batch(block[: parsed.used], line, parsed, last)
                line, rest = line + parsed.lines, block[parsed.used :] + rest[cut:]
            if len(rest) - rest.rfind(b"\n") > MAX_LINE and not last:
                cut = rest.rfind(b"\n") + 1
                parsed = parser.parse(rest[:cut], line, True)  # a record that is still open ends here
                yield from self._batch(rest[:cut], line, parsed, False)
                line, rest, endless = line + parsed.lines, b"", rest[cut:][:SHOWN]
                self._nuls = not endless.strip(b"\0")
        if endless:
            yield from self._batch(endless, line, self._endless(parser, line), True)
        self._check()

    def _endless(self, parser: Parser, line: int) -> Parsed:
        """A line that is too long to be a record: refused, or set aside when it is the NULs that a crash leaves."""
        empty = pl.DataFrame(schema={LINE: pl.Int64, **parser.schema})
        if self._nuls:
            return Parsed(empty, 0, 1, aside=[(line, "nul_tail")])
        said = message("reading.line_too_long", line=line, limit=MAX_LINE)
        return Parsed(empty, 0, 1, refused=[(line, said)])

    def _body(self) -> Iterator[tuple[bytes, bool]]:
        """The text after the header, UTF-8, lines ending in LF, and whether it is the last of it."""
        skip = self._layout.offset
        before = b""
        pieces = utf8_pieces(self._file, self._layout.encoding)
        for piece in _once(pieces) if self._layout.twice else pieces:
            taken = piece[skip:]
            skip = max(0, skip - len(piece))
            if before:
                yield before, False
            before = taken.translate(SWAP) if self._layout.swap else taken
        yield before, True

    def _spared(self, block: bytes) -> bytes:
        """The block with a delimiter of one byte."""
        if not self._layout.spare:
            return block
        return block.replace(self.dialect.delimiter.encode(), self._layout.spare.encode())

    def _batch(self, block: bytes, line: int, parsed: Parsed, final: bool) -> Iterator[Batch]:
        account = self.account
        account.quoted = account.quoted or parsed.quoted
        items = parsed.frame.height + len(parsed.ragged) + len(parsed.refused) + len(parsed.aside)
        aside = sum(account.set_aside.values())
        batch = TextBatch(block, line, parsed, self._layout, self._options)
        for _, rule in parsed.aside:
            account.aside(rule)
        self._comments(batch)
        self._repeated(batch)
        self._second_table(batch)
        kept, waiting = self._tail, []
        if batch.frame.height == 0 and len(kept) < TAIL:
            waiting = kept
        else:
            batch.restore(kept)
        self._tail = [*waiting, *batch.take_tail()]
        if final:
            self._last(batch, block)
        batch.settle(account)
        account.records += batch.frame.height + len(batch.damaged)
        account.damaged += len(batch.damaged)
        got = batch.frame.height + len(batch.damaged) + sum(account.set_aside.values()) - aside
        if got + len(self._tail) != items + len(kept):
            raise FileFailed(message("reading.unbalanced", line=line))
        if batch.frame.height or batch.damaged:
            yield batch

    def _comments(self, batch: TextBatch) -> None:
        if self._layout.width > 1:
            self.account.aside("ruler", batch.drop_ragged(_is_ruler))
        if self._layout.notes and self._layout.width > 1:
            marks = ("#",)
            self.account.aside("comment", batch.drop_ragged(lambda cells: cells[0].startswith(marks)))

    def _repeated(self, batch: TextBatch) -> None:
        """Lines that say what the header says: files put one after another."""
        names, columns = self.dialect.names, self.dialect.columns
        if len(columns) < 2 or not names or self.dialect.header_line is None or not batch.frame.height:
            return
        pairs = [(c, n) for c, n in zip(columns, names, strict=True) if n]
        if not pairs:
            return
        head = [pairs[0][1], "\ufeff" + pairs[0][1]]  # a file that was put behind another keeps its mark
        if not batch.frame[pairs[0][0]].is_in(head).any():
            return
        same = pl.all_horizontal(
            [pl.col(pairs[0][0]).is_in(head), *(pl.col(c) == n for c, n in pairs[1:])]
        ).fill_null(False)
        self.account.aside("repeated_header", batch.drop(batch.frame.select(same).to_series()))

    def _second_table(self, batch: TextBatch) -> None:
        """A table of the same width further down: after a blank line, names over columns of figures and dates."""
        if self._second:
            self.account.aside("second_table", batch.drop_from(0))
            return
        hard = self._layout.hard
        if not any(hard) or not batch.apart or not batch.frame.height:
            return
        apart = set(batch.apart)
        numbers = batch.frame[LINE]
        for place in numbers.is_in(list(apart)).arg_true().to_list():
            cells = batch.frame.row(place)[1:]
            kinds = [kind(cell or "") for cell in cells]
            typed = [found for found, is_hard in zip(kinds, hard, strict=False) if is_hard]
            if "blank" in kinds or any(found in HARD or found in ("null", "code") for found in typed):
                continue
            self._second = True
            self.account.aside("second_table", batch.drop_from(numbers[place]))
            return

    def _last(self, batch: TextBatch, block: bytes) -> None:
        """The end of the file: totals, footers, a second table, a last record that was cut short."""
        odd, self._tail = self._tail, []
        cut = bool(block) and not block.endswith(b"\n")
        rules = judge(odd, self._layout.width, self._layout.hard)
        seen_short = bool(self.account.repairs.get("short")) or self.account.damaged > 0
        kept = []
        for row, rule in zip(odd, rules, strict=True):
            last = row is odd[-1]
            alike = any(len(other.cells) == len(row.cells) for other in odd[:-1])
            if rule is not None:
                self.account.aside(rule)
            elif last and cut and len(row.cells) < self._layout.width and not (seen_short or alike):
                batch.refuse(row, message("reading.cut", found=len(row.cells), expected=self._layout.width))
            else:
                kept.append(row)
        batch.restore(kept)
        if self._totals and not kept:
            self._total(batch)

    def _total(self, batch: TextBatch) -> None:
        """The last full rows, when they are a total of those above."""
        frame = batch.frame
        found = []
        for place in range(frame.height - 1, max(-1, frame.height - 4), -1):
            cells = frame.row(place)[1:]
            if not is_total(cells, self._layout.hard) and not self._nameless(cells):
                break
            found.append(place)
        if not found or (frame.height == len(found) and self.account.records == 0):
            return
        sums = self._sums(batch.frame[LINE][found[-1]])
        for place in found:
            cells = frame.row(place)[1:]
            figures = [
                (column, value) for column, cell, value in zip(self.dialect.columns, cells, _figures(cells), strict=True)
                if cell and value is not None
            ]  # fmt: skip
            agree = [column for column, value in figures if abs(sums.get(column, 0.0) - value) < 0.006]
            blanks = sum(not cell for cell in cells)
            named = is_total(cells, self._layout.hard)
            if (named and (agree or blanks)) or (figures and len(agree) == len(figures) and not named):
                line = frame[LINE][place]
                if not agree:
                    self.account.note(message("reading.total_differs", line=line))
                self.account.aside("total", batch.drop(batch.frame[LINE] == line))

    def _nameless(self, cells: Sequence[str | None]) -> bool:
        """Figures alone, the first cell blank."""
        filled = [cell for cell in cells if cell]
        return not cells[0] and bool(filled) and all(kind(c) in ("number", "money") for c in filled)

    def _sums(self, before: int) -> dict[str, float]:
        """What the columns of figures add up to above this line: the file is read once more."""
        sums: dict[str, float] = {}
        again = TextReading(self._file, self._layout, replace(self._options, repairs=True), totals=False)
        for batch in again:
            rows = batch.frame.filter(pl.col(LINE) < before).select(
                number(pl.col(c)).sum() for c in self.dialect.columns
            )
            for column, value in rows.row(0, named=True).items():
                sums[column] = sums.get(column, 0.0) + value
        return sums

    def _check(self) -> None:
        account = self.account
        if account.records < account.damaged or self._tail:
            raise FileFailed(message("reading.unbalanced", line=self._layout.line))


def _once(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """CR CR LF as CR LF, also where it lies across two pieces."""
    kept = b""
    for piece in pieces:
        text = kept + piece
        cut = len(text.rstrip(b"\r"))
        kept = text[cut:]
        yield text[:cut].replace(b"\r\r\n", b"\r\n")
    if kept:
        yield kept


def _is_ruler(cells: Sequence[str]) -> bool:
    """A line that is only drawn: `+----+------+`."""
    return len(cells) == 1 and RULER.fullmatch(cells[0]) is not None


def _figures(cells: Sequence[str | None]) -> list[float | None]:
    return pl.Series("t", cells, dtype=pl.String).to_frame().select(number(pl.col("t"))).to_series().to_list()


def open_text(file: BinaryIO, options: ReadOptions, required: Sequence[str] = ()) -> Reading:
    """Find how a text is written and check its header; FileFailed says why it cannot be read."""
    layout = find_layout(file, options, required)
    if not layout.positions:
        return TextReading(file, layout, options)
    dialect = layout.dialect
    places = replace(
        options, positions=layout.positions, columns=dialect.columns, header=dialect.header_line is not None,
        skip=layout.line - 1,
    )  # fmt: skip
    return RecordsReading(file, places, layout.encoding, required, found=True)
