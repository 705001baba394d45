"""One piece of text to a frame: by polars where that is provably right, line by line where it is not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import polars as pl

from pipeline.errors import FileFailed
from pipeline.formats.model import LINE
from pipeline.formats.salvage import MAX_JOIN, Salvage
from pipeline.words import message


@dataclass(slots=True)
class Parsed:
    """`frame` has `_line` (physical); `damaged`: (line, fields found or -1: NUL); `used`: bytes."""

    frame: pl.DataFrame
    used: int
    lines: int
    damaged: list[tuple[int, int]] = field(default_factory=list)
    blank: list[int] = field(default_factory=list)
    repaired: int = 0


class Parser:
    """Parses blocks (UTF-8, LF or CRLF, whole lines) of `columns` cells."""

    def __init__(self, columns: tuple[str, ...], delimiter: str, quote: str) -> None:
        self.columns, self.delimiter, self.quote = columns, delimiter, quote
        self.width = len(columns)
        self.schema: dict[str, type[pl.String]] = dict.fromkeys(columns, pl.String)
        d, q = re.escape(delimiter), re.escape(quote)
        self.stray = re.compile(f"[^{d}{q}\\r\\n]{q}[^{d}{q}\\r\\n]".encode()) if quote else None

    def parse(self, block: bytes, line: int, final: bool) -> Parsed:
        """The block's records; `line` is its first. Not `final`: a record open at its end waits."""
        quote = self.quote.encode()
        if b"\0" in block or (self.width == 1 and quote and quote in block):
            return self._salvage(block, line, final)
        if not quote or quote not in block:
            return self._plain(block, line)
        if not final and block.count(quote) % 2:
            block = _before_last_odd(block, quote)
        return self._quoted(block, line) or self._salvage(block, line, final)

    def _plain(self, block: bytes, line: int) -> Parsed:
        """No quotes: every line is a record, and counting its separators tells whether it is a good one."""
        body = block[:-1] if block.endswith(b"\n") else block
        lines = pl.Series("t", [body], dtype=pl.Binary).cast(pl.String).str.split("\n").explode()
        good = lines.str.count_matches(self.delimiter, literal=True) == self.width - 1
        if self.width == 1:
            good = good & (lines.str.strip_suffix("\r") != "")
        total = len(lines)
        numbers = pl.int_range(line, line + total, dtype=pl.Int64, eager=True).alias(LINE)
        if good.all():
            return Parsed(self._frame(self._split(block, lines), numbers, line), len(block), total)
        kept = lines.filter(good)
        text = kept.str.join("\n").item() if len(kept) else ""
        frame = self._frame(self._split(text.encode(), kept), numbers.filter(good), line)
        result = Parsed(frame, len(block), total)
        for number, bad in zip(numbers.filter(~good), lines.filter(~good), strict=True):
            if bad.strip():
                result.damaged.append((number, bad.count(self.delimiter) + 1))
            else:
                result.blank.append(number)
        self._balance(result, line)
        return result

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
        return cells.insert_column(0, numbers.alias(LINE))

    def _quoted(self, block: bytes, line: int) -> Parsed | None:
        """The strict read of polars, if separators and lines add up exactly; else None."""
        if self.stray is not None and self.stray.search(block):
            return None
        body = block.rstrip(b"\r\n")
        total = block.count(b"\n") + (not block.endswith(b"\n"))
        filled = body.count(b"\n") + 1
        try:
            cells = self._polars(body, self.quote)
        except pl.exceptions.PolarsError:
            return None
        inside = cells.select(
            seps=pl.sum_horizontal(
                pl.col(c).str.count_matches(self.delimiter, literal=True).fill_null(0).cast(pl.Int64)
                for c in self.columns
            ),
            ends=pl.sum_horizontal(
                pl.col(c).str.count_matches("\n", literal=True).fill_null(0).cast(pl.Int64)
                for c in self.columns
            ),
        )
        seps, ends = inside["seps"], inside["ends"]
        if body.count(self.delimiter.encode()) - seps.sum() != (self.width - 1) * cells.height:
            return None
        if cells.height + ends.sum() != filled:
            return None
        if ((ends > 0) & (seps >= self.width - 1)).any():  # maybe two stray quotes
            return None
        numbers = (ends + 1).cum_sum().shift(1, fill_value=0) + line
        blank = list(range(line + filled, line + total))
        cells = cells.with_columns(pl.when(pl.col(pl.String) != "").then(pl.col(pl.String)))
        return Parsed(self._frame(cells, numbers.cast(pl.Int64), line), len(block), total, blank=blank)

    def _salvage(self, block: bytes, line: int, final: bool) -> Parsed:
        text = block.decode("utf-8")
        out = Salvage(text, self.delimiter, self.quote, self.width, final).read()
        cells = pl.DataFrame(out.rows, schema=self.schema, orient="row")
        cells = cells.with_columns(pl.when(pl.col(pl.String) != "").then(pl.col(pl.String)))
        numbers = pl.Series(LINE, out.lines, dtype=pl.Int64) + line
        used = len(block)
        if out.taken < text.count("\n") + (not text.endswith("\n")):
            used = len("\n".join(text.split("\n", out.taken)[: out.taken]).encode()) + (out.taken > 0)
        damaged = [(line + at, found) for at, found in out.damaged]
        blank = [line + at for at in out.blank]
        return Parsed(self._frame(cells, numbers, line), used, out.taken, damaged, blank, out.repaired)

    def _balance(self, parsed: Parsed, line: int) -> None:
        if parsed.frame.height + len(parsed.damaged) + len(parsed.blank) != parsed.lines:
            raise FileFailed(message("reading.unbalanced", line=line))


def _before_last_odd(block: bytes, quote: bytes) -> bytes:
    """The block without its last lines from the one that opens a quote, if that is near enough to its end."""
    stop = len(block)
    while stop > 0 and len(block) - stop < MAX_JOIN:
        start = block.rfind(b"\n", 0, stop - 1) + 1
        if block.count(quote, start, stop) % 2:
            return block[:start] if start else block
        stop = start
    return block
