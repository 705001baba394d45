"""One piece of text to a frame: by polars where that is provably right, line by line where it is not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import accumulate

import polars as pl

from pipeline.errors import FileFailed
from pipeline.formats.model import LINE
from pipeline.formats.salvage import MAX_JOIN, Cells, Marks, scan, take
from pipeline.formats.skeleton import Ends, Skeleton, Window
from pipeline.formats.text import LONE_CR, split_lines
from pipeline.words import Message, message


@dataclass(slots=True)
class Parsed:
    """What became of the lines of a block. Line numbers are physical, 1-based; `used` counts bytes.

    `ragged`: records with another number of cells; `refused`: those that cannot be read; `starts`: where each
    physical line begins, when that is not after every LF."""

    frame: pl.DataFrame
    used: int
    lines: int
    ragged: list[tuple[int, Cells]] = field(default_factory=list)
    refused: list[tuple[int, Message]] = field(default_factory=list)
    aside: list[tuple[int, str]] = field(default_factory=list)
    mended: list[int] = field(default_factory=list)
    starts: list[int] | None = None
    quoted: bool = False


class Parser:
    """Parses blocks (UTF-8, whole lines) of `columns` cells. The delimiter is one byte."""

    def __init__(self, columns: tuple[str, ...], marks: Marks, mend: bool = True) -> None:
        self.columns, self.marks, self.mend = columns, marks, mend
        self.delimiter, self.quote = marks.delimiter, marks.quote
        self.width = len(columns)
        self.schema: dict[str, type[pl.String]] = dict.fromkeys(columns, pl.String)
        self.skeleton = Skeleton(marks, self.width)
        self.helper = ThreadPoolExecutor(1)  # polars reads a block while its bones are judged
        d, q = re.escape(marks.delimiter), re.escape(marks.quote)
        cell = f"(?:{q}(?:[^{q}]|{q}{q})*{q}|[^{q}{d}]*)" if q else f"[^{d}]*"
        self.strict = f"^{cell}(?:{d}{cell})*$"
        self.wrapped = f"{q}(?:[^{q}]|{q}{q})*{q}" if q else ""

    def parse(self, block: bytes, line: int, final: bool) -> Parsed:
        """The block's records; `line` is its first. Not `final`: a record open at its end waits."""
        if not block:
            return Parsed(pl.DataFrame(schema={LINE: pl.Int64, **self.schema}), 0, 0)
        quote = self.quote.encode()
        lone = b"\r" in block and self._lone(block)
        if b"\0" in block or lone or (self.marks.escape and self.marks.escape.encode() in block):
            return self._dirty(block, line, final, lone)
        if not quote or quote not in block:
            return self._plain(block, line)
        if self.width == 1:
            return self._dirty(block, line, final, False)
        whole = block
        if not final and block.count(quote) % 2:
            block = _before_last_odd(block, quote)
        return self._quoted(block, line) or self._dirty(whole, line, final, False)

    def _lone(self, block: bytes) -> bool:
        """Whether a CR alone stands outside of quotes."""
        if block.count(b"\r") == block.count(b"\r\n"):
            return False
        if not self.quote or self.quote.encode() not in block:
            return True
        q = re.escape(self.quote).encode()
        return LONE_CR.search(re.sub(q + b"[^" + q + b"]*" + q, b"", block)) is not None

    def _plain(self, block: bytes, line: int) -> Parsed:
        """No quotes: every line is a record, and counting its separators tells whether it is a good one."""
        body = block[:-1] if block.endswith(b"\n") else block
        total = body.count(b"\n") + 1
        if self.width > 1 and self.skeleton.even(body, total):
            numbers = pl.int_range(line, line + total, dtype=pl.Int64, eager=True)
            return Parsed(self._frame(self._polars(body, None), numbers, line), len(block), total)
        lines = _lines(body)
        good = lines.str.count_matches(self.delimiter, literal=True) == self.width - 1
        if self.width == 1:
            good = good & (lines.str.strip_suffix("\r") != "")
        numbers = pl.int_range(line, line + total, dtype=pl.Int64, eager=True)
        kept = lines.filter(good)
        text = kept.str.join("\n").item() if len(kept) else ""
        frame = self._frame(self._split(text.encode(), kept), numbers.filter(good), line)
        result = Parsed(frame, len(block), total)
        for number, bad in zip(numbers.filter(~good), lines.filter(~good), strict=True):
            self._odd(result, number, bad.removesuffix("\r"), bad.removesuffix("\r").split(self.delimiter))
        if frame.height + len(result.ragged) + len(result.aside) != total:
            raise FileFailed(message("reading.unbalanced", line=line))
        return result

    def _odd(self, result: Parsed, number: int, text: str, cells: Cells) -> None:
        """A record that has not the right number of cells: blank, or ragged."""
        if text.strip():
            result.ragged.append((number, cells))
        else:
            result.aside.append((number, "blank"))

    def _split(self, text: bytes, lines: pl.Series) -> pl.DataFrame:
        if self.width == 1:
            return lines.str.strip_suffix("\r").alias(self.columns[0]).to_frame()
        return self._polars(text, None)

    def _polars(self, text: bytes, quote: str | None) -> pl.DataFrame:
        if not text:
            return pl.DataFrame(schema=self.schema)
        return pl.read_csv(
            text, has_header=False, schema=self.schema, separator=self.delimiter, quote_char=quote,
            infer_schema=False,
        )  # fmt: skip

    def _frame(self, cells: pl.DataFrame, numbers: pl.Series, line: int) -> pl.DataFrame:
        if cells.height != len(numbers):
            raise FileFailed(message("reading.unbalanced", line=line))
        return cells.insert_column(0, numbers.cast(pl.Int64).alias(LINE))

    def _quoted(self, block: bytes, line: int) -> Parsed | None:
        """The strict read of polars, if delimiters, quotes and lines stand exactly as they must; else None."""
        body = block.rstrip(b"\r\n")
        total = block.count(b"\n") + (not block.endswith(b"\n"))
        filled = body.count(b"\n") + 1
        coming = self.helper.submit(self._polars, body, self.quote)
        found = self.skeleton.strict(body)
        try:
            cells = coming.result()
        except pl.exceptions.PolarsError:
            return None
        if found is None:
            return None
        rows, inner = found
        if cells.height != rows or rows + sum(inner.values()) != filled:
            return None
        numbers = pl.int_range(line, line + rows, dtype=pl.Int64, eager=True)
        if inner:
            ends = pl.zeros(rows, dtype=pl.Int64, eager=True).scatter(list(inner), list(inner.values()))
            numbers = numbers + ends.cum_sum().shift(1, fill_value=0)
        blank = [(at, "blank") for at in range(line + filled, line + total)]
        frame = self._frame(_nulls(cells), numbers, line)
        return Parsed(frame, len(block), total, aside=blank, quoted=True)

    def _dirty(self, block: bytes, line: int, final: bool, universal: bool) -> Parsed:
        """Block by the bones of its lines where that is enough, else by the rules spelled out for each line."""
        plain = not (universal or self.marks.escape or self.width == 1 or not self.quote or b"\0" in block)
        if plain and block.count(b"\r") == block.count(b"\r\n"):
            try:
                return self._apart(block, line, final, universal, True)
            except (pl.exceptions.PolarsError, FileFailed):
                pass
        return self._apart(block, line, final, universal, False)

    def _apart(self, block: bytes, line: int, final: bool, universal: bool, quick: bool) -> Parsed:
        """Lines that are whole records by the strict rules go to polars together, the others one by one."""
        lines: Sequence[str]
        ends: Sequence[str]
        if universal:
            texts, text_ends = self._kept_cr(*split_lines(block.decode("utf-8"), universal))
            series, lines, ends = pl.Series("t", texts, dtype=pl.String), texts, text_ends
        else:
            raw = _lines(block[:-1] if block.endswith(b"\n") else block)
            series = raw.str.strip_suffix("\r")
            lines, ends = Window(series), Ends(raw, block.endswith(b"\n"))
        quote = self.quote.encode()
        result = Parsed(pl.DataFrame(), len(block), len(lines), quoted=bool(quote) and quote in block)
        odd: list[int] | None = None
        if quick:
            verdicts, odd = self.skeleton.lines(block[:-1] if block.endswith(b"\n") else block)
            good = pl.Series("g", verdicts, dtype=pl.Boolean)
        else:
            good = self._good(series)
            if quote and not self.marks.escape:
                odd = (series.str.count_matches(self.quote, literal=True) % 2 == 1).arg_true().to_list()
        rows: list[Cells] = []
        numbers: list[int] = []
        taken: list[int] = []
        resume = 0
        for at in (~good).arg_true().to_list():
            if at < resume:
                continue
            used = self._one(result, lines, ends, at, line, final, rows, numbers, odd)
            if used == 0:  # the record may go on in the next block
                result.lines, result.used = at, sum(len((lines[i] + ends[i]).encode()) for i in range(at))
                break
            taken += range(at, at + used)
            resume = at + used
        others = pl.int_range(result.lines, dtype=pl.Int64, eager=True)
        others = others.filter(~others.is_in(taken)) if taken else others
        kept = series.gather(others)
        text = kept.str.join("\n").item() if len(kept) else ""
        frame = (
            kept.alias(self.columns[0]).to_frame()
            if self.width == 1 and not quote
            else self._polars(text.encode(), self.quote or None)
        )
        frame = self._frame(frame, others + line, line)
        more = pl.DataFrame(rows, schema=self.schema, orient="row")
        more = more.insert_column(0, pl.Series(LINE, numbers, dtype=pl.Int64))
        result.frame = _nulls(pl.concat([frame, more]).sort(LINE) if rows else frame)
        if universal:
            result.starts = [0, *accumulate(len((a + b).encode()) for a, b in zip(lines, ends, strict=True))][
                :-1
            ]
        return result

    def _kept_cr(self, lines: list[str], ends: list[str]) -> tuple[list[str], list[str]]:
        """A CR alone ends no record when the line up to the LF is a whole record with the CR in a cell."""
        out: list[str] = []
        out_ends: list[str] = []
        at = 0
        while at < len(lines):
            stop = at
            while stop < len(lines) - 1 and ends[stop] == "\r":
                stop += 1
            if stop > at:
                joined = "".join(lines[i] + ends[i] for i in range(at, stop)) + lines[stop]
                cells, _ = scan(joined, self.marks)
                whole = self.width > 1 and cells is not None and len(cells) == self.width
                parts = [scan(lines[i], self.marks)[0] for i in range(at, stop + 1)]
                if whole and not all(part is not None and len(part) == self.width for part in parts):
                    out.append(joined)
                    out_ends.append(ends[stop])
                    at = stop + 1
                    continue
            out += lines[at : stop + 1]
            out_ends += ends[at : stop + 1]
            at = stop + 1
        return out, out_ends

    def _good(self, texts: pl.Series) -> pl.Series:
        """Which lines are whole records by the strict rules, without a NUL, a lone CR or an escape."""
        bare = texts.str.replace_all(self.wrapped, "") if self.wrapped else texts
        good = bare.str.count_matches(self.delimiter, literal=True) == self.width - 1
        if self.quote:
            good &= texts.str.contains(self.strict)
        if self.width == 1:
            good &= texts != ""
        for sign in ("\0", "\r", self.marks.escape):
            if sign:
                good &= ~texts.str.contains(sign, literal=True)
        return good

    def _one(
        self, result: Parsed, lines: Sequence[str], ends: Sequence[str], at: int, line: int, final: bool,
        rows: list[Cells], numbers: list[int], odd: Sequence[int] | None,
    ) -> int:  # fmt: skip
        """Take the record that starts at this line → the lines it used, 0: it waits for the next block."""
        text, number = lines[at], line + at
        if "\0" in text:
            if text.strip("\0"):
                result.refused.append((number, message("reading.nul")))
            else:
                result.aside.append((number, "nul_tail"))
            return 1
        if text == "" or (
            self.width > 1 and not text.strip() and text.count(self.delimiter) != self.width - 1
        ):
            result.aside.append((number, "blank"))
            return 1
        taken = take(lines, ends, at, self.marks, self.width, final, 0, odd)
        if taken is None:
            return 0
        if taken.unclear or (taken.repaired and not self.mend):
            said = message("reading.stray_quote") if taken.used == 1 else message("reading.cut_inside")
            result.refused.append((number, said))
        elif len(taken.cells) != self.width:
            result.ragged.append((number, taken.cells))
        else:
            rows.append(taken.cells)
            numbers.append(number)
            if taken.repaired:
                result.mended.append(number)
        return taken.used


def _lines(body: bytes) -> pl.Series:
    """The lines of a text by LF."""
    return pl.Series("t", [body], dtype=pl.Binary).cast(pl.String).str.split("\n").explode()


def _nulls(cells: pl.DataFrame) -> pl.DataFrame:
    """A cell of quotes without a text is as empty as one without quotes."""
    return cells.with_columns(pl.when(pl.col(pl.String) != "").then(pl.col(pl.String)))


def _before_last_odd(block: bytes, quote: bytes) -> bytes:
    """The block without its last lines from the one that opens a quote, if that is near enough to its end."""
    stop = len(block)
    while stop > 0 and len(block) - stop < MAX_JOIN:
        start = block.rfind(b"\n", 0, stop - 1) + 1
        if block.count(quote, start, stop) % 2:
            return block[:start] if start else block
        stop = start
    return block
