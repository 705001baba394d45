"""Lines that are no strict records, one by one: mended, refused or set aside, and the sound ones among them left."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from pipeline.formats.salvage import MAX_JOIN_LINES, Cells, Marks, take
from pipeline.formats.skeleton import WIDEST, Windows, strict_row
from pipeline.words import Message, message


@dataclass(slots=True)
class Lines:
    """A run of lines and what became of those that are no strict records. Line numbers are physical, 1-based.

    `taken`: (first line from 0 in the block, how many, its cells if it is a record as wide as it must be); `ragged`:
    records with another number of cells; `refused`: those that cannot be read; `waits`: the line (from 0 in the
    block) of a record that may go on after the last one."""

    texts: Sequence[str]
    ends: Sequence[str]
    line: int  # the first of the block
    final: bool
    first: int = 0  # the first of the run, from 0 in the block
    windows: tuple[int, int] = (0, 0)
    quiet: int = 0  # so many lines after the run hold no quote
    taken: list[tuple[int, int, Cells | None]] = field(default_factory=list)
    ragged: list[tuple[int, Cells]] = field(default_factory=list)
    refused: list[tuple[int, Message]] = field(default_factory=list)
    aside: list[tuple[int, str]] = field(default_factory=list)
    mended: list[int] = field(default_factory=list)
    waits: int | None = None


class Careful:
    """Reads lines of `width` cells. `mend`: a quote out of place may be mended, else its record is refused."""

    def __init__(self, marks: Marks, width: int, mend: bool) -> None:
        self._marks, self._width, self._mend = marks, width, mend
        self._strict = f"^{strict_row(marks, width)}$"
        q = re.escape(marks.quote)
        self._wrapped = f"{q}(?:[^{q}]|{q}{q})*{q}"

    def runs(self, block: bytes, line: int, final: bool, windows: Windows) -> list[Lines]:
        """The windows that are no strict tables. Where a record may go on in the next window, that is read too."""
        last = len(windows.sound)
        todo, done = windows.runs(), dict[int, Lines]()
        while todo:
            found = [self._cut(block, line, final, windows, run) for run in todo]
            self.read(found)
            done.update((run.windows[0], run) for run in found)
            todo = []
            for start in sorted(done):
                run = done.get(start)
                if run is None or run.waits is None or run.windows[1] == last:
                    continue
                stop = min(
                    last, max(2 * run.windows[1] - start, windows.of(run.first + len(run.texts) + run.quiet))
                )
                while (other := next((at for at in done if start < at <= stop), None)) is not None:
                    stop = max(stop, done.pop(other).windows[1])
                del done[start]
                todo.append((start, stop))
        return [done[start] for start in sorted(done)]

    def read(self, runs: Sequence[Lines]) -> list[int]:
        """Fill in what became of the lines → those of all runs, counted through, that are strict records."""
        marks = self._marks
        series = pl.Series("t", [text for run in runs for text in run.texts], dtype=pl.String)
        good = self._good(series)
        odd: list[int] | None = None
        if marks.quote and not marks.escape:
            odd = (series.str.count_matches(marks.quote, literal=True) % 2 == 1).arg_true().to_list()
        bad = (~good).arg_true().to_list()
        base = 0
        for run in runs:
            stop = base + len(run.texts)
            uneven = None if odd is None else _between(odd, base, stop)
            if uneven is not None and run.quiet:
                uneven.append(len(run.texts) + run.quiet)  # not before this one
            self._run(run, _between(bad, base, stop), uneven)
            base = stop
        return good.arg_true().to_list()

    def _good(self, texts: pl.Series) -> pl.Series:
        """Which lines are whole records by the strict rules."""
        good = texts.str.contains(self._strict)
        if self._width > WIDEST:
            bare = texts.str.replace_all(self._wrapped, "") if self._marks.quote else texts
            good &= bare.str.count_matches(self._marks.delimiter, literal=True) == self._width - 1
        return good

    def _run(self, run: Lines, bad: Sequence[int], odd: Sequence[int] | None) -> None:
        resume = 0
        for at in bad:
            if at < resume:
                continue
            used, cells = self._one(run, at, odd)
            if used == 0:
                run.waits = run.first + at
                return
            run.taken.append((run.first + at, used, cells))
            resume = at + used

    def _one(self, run: Lines, at: int, odd: Sequence[int] | None) -> tuple[int, Cells | None]:
        """Take the record that starts at this line → the lines it used (0: it waits for what follows), its cells."""
        text, number, width = run.texts[at], run.line + run.first + at, self._width
        if "\0" in text:
            if text.strip("\0"):
                run.refused.append((number, message("reading.nul")))
            else:
                run.aside.append((number, "nul_tail"))
            return 1, None
        if text == "" or (width > 1 and not text.strip() and text.count(self._marks.delimiter) != width - 1):
            run.aside.append((number, "blank"))
            return 1, None
        taken = take(run.texts, run.ends, at, self._marks, width, run.final, 0, odd)
        if taken is None:
            return 0, None
        if taken.unclear or (taken.repaired and not self._mend):
            said = message("reading.stray_quote") if taken.used == 1 else message("reading.cut_inside")
            run.refused.append((number, said))
            return taken.used, None
        if len(taken.cells) != width:
            run.ragged.append((number, taken.cells))
            return taken.used, None
        if taken.repaired:
            run.mended.append(number)
        return taken.used, taken.cells

    def _cut(self, block: bytes, line: int, final: bool, windows: Windows, run: tuple[int, int]) -> Lines:
        """A run of windows as lines."""
        start, stop = run
        text = block[windows.cuts[start] : windows.cuts[stop]].decode("utf-8")
        closed = text.endswith("\n")
        raw = (text[:-1] if closed else text).split("\n")
        ends = ["\r\n" if one.endswith("\r") else "\n" for one in raw] if "\r" in text else ["\n"] * len(raw)
        if not closed:
            ends[-1] = ends[-1][:-1]
        texts = [one.removesuffix("\r") for one in raw] if "\r" in text else raw
        last = final and stop == len(windows.sound)
        quiet = self._quiet(block, windows, stop)
        return Lines(texts, ends, line, last, windows.firsts[start], run, quiet)

    def _quiet(self, block: bytes, windows: Windows, stop: int) -> int:
        """How many lines from this window on hold no quote, as far as that matters."""
        end = windows.of(windows.firsts[stop] + MAX_JOIN_LINES) + 1
        at = block.find(self._marks.quote.encode(), windows.cuts[stop], windows.cuts[end])
        upto = end if at < 0 else bisect_right(windows.cuts, at) - 1
        return windows.firsts[upto] - windows.firsts[stop]


def _between(places: Sequence[int], start: int, stop: int) -> list[int]:
    """Those of some sorted places that lie from `start` to before `stop`, counted from there."""
    return [at - start for at in places[bisect_left(places, start) : bisect_left(places, stop)]]
