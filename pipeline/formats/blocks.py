"""One piece of text to a frame: by polars where that is provably right, line by line where it is not."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import accumulate

import polars as pl

from pipeline.errors import FileFailed
from pipeline.formats.careful import Careful, Lines
from pipeline.formats.model import LINE
from pipeline.formats.salvage import Cells, Marks, scan
from pipeline.formats.skeleton import WINDOW, Skeleton, Windows
from pipeline.formats.text import LONE_CR, split_lines
from pipeline.words import Message, message

LARGE = 1 << 18  # bytes of a block from which on a second thread pays


@dataclass(slots=True)
class Parsed:
    """What became of the lines of a block. Line numbers are physical, 1-based; `used` counts bytes.

    `ragged`: records with another number of cells; `refused`: those that cannot be read; `starts`: where each
    physical line begins, when that is not after every LF; else `windows` help to find it."""

    frame: pl.DataFrame
    used: int
    lines: int
    ragged: list[tuple[int, Cells]] = field(default_factory=list)
    refused: list[tuple[int, Message]] = field(default_factory=list)
    aside: list[tuple[int, str]] = field(default_factory=list)
    mended: list[int] = field(default_factory=list)
    starts: list[int] | None = None
    windows: Windows = field(default_factory=lambda: Windows([0], [0], []))
    quoted: bool = False


class Parser:
    """Parses blocks (UTF-8, whole lines) of `columns` cells. The delimiter is one byte."""

    def __init__(
        self, columns: tuple[str, ...], marks: Marks, mend: bool = True, window: int = WINDOW
    ) -> None:
        self.columns, self.marks, self.width = columns, marks, len(columns)
        self.quote = marks.quote.encode()
        self.schema: dict[str, type[pl.String]] = dict.fromkeys(columns, pl.String)
        self.skeleton, self.window = Skeleton(marks, self.width), window
        self.careful = Careful(marks, self.width, mend)
        self.helper = ThreadPoolExecutor(1)  # polars reads a block while it is judged
        self.calm = True  # the block before was a strict table, so this one is read ahead of the judgement
        self.tall = list(columns)  # those with line ends in their cells first

    def parse(self, block: bytes, line: int, final: bool, meanwhile: Callable[[], object] = bool) -> Parsed:
        """The block's records; `line` is its first. Not `final`: a record open at its end waits.

        `meanwhile`: what can be done while polars reads the block."""
        if not block:
            return Parsed(pl.DataFrame(schema={LINE: pl.Int64, **self.schema}), 0, 0)
        if b"\r" in block and self._lone(block):
            return self._by_returns(block, line, final)
        ahead = self.helper.submit(self._polars, block) if self.calm and len(block) > LARGE else None
        windows = self.skeleton.look(block, self.window * (8 if self.calm else 1))
        if self.calm and not all(windows.sound):
            windows = self.skeleton.look(block, self.window)
        self.calm = all(windows.sound)
        if ahead is None or not self.calm:
            return self._read(block, line, final, windows)
        meanwhile()
        return self._read(block, line, final, windows, ahead.result())

    def _lone(self, block: bytes) -> bool:
        """Whether a CR alone stands outside of quotes."""
        if block.count(b"\r") == block.count(b"\r\n"):
            return False
        if not self.quote or self.quote not in block:
            return True
        q = re.escape(self.quote)
        return LONE_CR.search(re.sub(q + b"[^" + q + b"]*" + q, b"", block)) is not None

    def _polars(self, text: bytes) -> pl.DataFrame:
        """The cells of a strict table; an empty cell is null, also when quotes stand around it."""
        if not text:
            return pl.DataFrame(schema=self.schema)
        quoted = self.quote != b"" and self.quote in text
        if self.width == 1 and not quoted:
            return _lines(text).str.strip_suffix("\r").alias(self.columns[0]).to_frame()
        cells = pl.read_csv(
            text, has_header=False, schema=self.schema, separator=self.marks.delimiter,
            quote_char=self.marks.quote if quoted else None, infer_schema=False,
        )  # fmt: skip
        return (
            cells.with_columns(pl.when(pl.col(pl.String) != "").then(pl.col(pl.String))) if quoted else cells
        )

    def _numbers(self, cells: pl.DataFrame, lines: pl.Series, line: int) -> tuple[pl.Series, list[int]]:
        """(the line with which each record of a strict text begins, out of its lines; the lines of those that hold
        line ends and as many delimiters as a record has: two stray quotes may have swallowed their neighbours)."""
        inner = len(lines) - cells.height
        if inner == 0:
            return lines, []
        ends = pl.zeros(cells.height, dtype=pl.UInt32, eager=True)
        for name in [*self.tall] if inner > 0 else []:
            here = cells[name].str.count_matches("\n", literal=True).fill_null(0)
            found = int(here.sum())
            if found:
                ends, inner = ends + here, inner - found
                self.tall.remove(name)
                self.tall.insert(0, name)
            if inner <= 0:
                break
        if inner != 0:
            raise FileFailed(message("reading.unbalanced", line=line))
        first = pl.int_range(cells.height, dtype=pl.Int64, eager=True) + ends.cum_sum().shift(1, fill_value=0)
        numbers = lines.gather(first)
        tall = ends > 0
        parts = pl.sum_horizontal(pl.all().str.count_matches(self.marks.delimiter, literal=True).fill_null(0))
        wide = cells.filter(tall).select(parts).to_series() >= self.width - 1
        return numbers, numbers.filter(tall).filter(wide).to_list() if self.width > 1 else []

    def _read(
        self, block: bytes, line: int, final: bool, windows: Windows, table: pl.DataFrame | None = None
    ) -> Parsed:
        """Sound windows go to polars together with the sound lines of the others and what was mended of the rest.

        `table`: what polars made of the block, when all windows are sound."""
        runs = self.careful.runs(block, line, final, windows)
        waits = next((run.waits for run in runs if run.waits is not None), None)
        total = windows.firsts[-1] if waits is None else waits
        used = len(block) if waits is None else windows.start(block, waits)
        parts, gone, at = list[bytes](), list[int](), 0
        others = list[tuple[int, Cells]]()
        for first, count, cells in (taken for run in runs for taken in run.taken):
            start = windows.start(block, first)
            parts.append(block[at:start])
            at = windows.start(block, first + count)
            if cells is not None and self.quote:
                parts.append(self._written(cells))
                continue
            gone += range(first, first + count)
            if cells is not None:
                others.append((line + first, cells))
        parts.append(block[at:used])
        kept = pl.int_range(total, dtype=pl.Int64, eager=True)
        kept = kept.filter(~kept.is_in(gone)) if gone else kept
        table = self._polars(b"".join(parts)) if table is None else table
        numbers, doubtful = self._numbers(table, kept, line)
        strays = {windows.of(at) for at in doubtful if windows.sound[windows.of(at)]}
        if strays:
            sound = [fine and at not in strays for at, fine in enumerate(windows.sound)]
            return self._read(block, line, final, replace(windows, sound=sound))
        result = Parsed(pl.DataFrame(), used, total, windows=windows, quoted=self._has_quote(block))
        return self._completed(result, table, numbers + line, runs, others)

    def _written(self, cells: Cells) -> bytes:
        """A record by the strict rules."""
        q = self.marks.quote
        return (self.marks.delimiter.join(q + cell.replace(q, q + q) + q for cell in cells) + "\n").encode()

    def _has_quote(self, block: bytes) -> bool:
        return self.quote != b"" and self.quote in block

    def _completed(
        self, result: Parsed, table: pl.DataFrame, numbers: pl.Series, runs: Sequence[Lines],
        others: Sequence[tuple[int, Cells]],
    ) -> Parsed:  # fmt: skip
        """The records of polars and `others` by their lines, and what was found beside them."""
        if table.height != len(numbers):
            raise FileFailed(message("reading.unbalanced", line=numbers[0] if len(numbers) else 1))
        frame = table.insert_column(0, numbers.alias(LINE))
        if others:
            rows = [[number, *(cell or None for cell in cells)] for number, cells in others]
            frame = pl.concat([frame, pl.DataFrame(rows, schema=frame.schema, orient="row")]).sort(LINE)
        result.frame = frame
        for run in runs:
            result.ragged += run.ragged
            result.refused += run.refused
            result.aside += run.aside
            result.mended += run.mended
        return result

    def _by_returns(self, block: bytes, line: int, final: bool) -> Parsed:
        """A block in which a CR alone ends lines too: all of it line by line."""
        texts, ends = self._kept_returns(*split_lines(block.decode("utf-8"), True))
        lines = Lines(texts, ends, line, final)
        good = self.careful.read([lines])
        result = Parsed(pl.DataFrame(), len(block), len(texts), quoted=self._has_quote(block))
        result.starts = [0, *accumulate(len((a + b).encode()) for a, b in zip(texts, ends, strict=True))][:-1]
        if lines.waits is not None:
            result.lines, result.used = lines.waits, result.starts[lines.waits]
        gone = {at for first, count, _ in lines.taken for at in range(first, first + count)}
        kept = [at for at in good if at not in gone and at < result.lines]
        table = self._polars("".join(texts[at] + "\n" for at in kept).encode())
        others = [(line + first, cells) for first, _, cells in lines.taken if cells is not None]
        return self._completed(result, table, pl.Series(kept, dtype=pl.Int64) + line, [lines], others)

    def _kept_returns(self, lines: list[str], ends: list[str]) -> tuple[list[str], list[str]]:
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


def _lines(text: bytes) -> pl.Series:
    """The lines of a text by LF."""
    body = text[:-1] if text.endswith(b"\n") else text
    return pl.Series("t", [body], dtype=pl.Binary).cast(pl.String).str.split("\n").explode()
