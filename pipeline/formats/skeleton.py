"""A block in small windows, each told at memory speed to be a strict table, or left to be read line by line."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.formats.salvage import Marks

WINDOW = 1 << 13  # bytes: the lines among which one that is damaged is looked for
WIDEST = 200  # cells of a record that one expression may count


@dataclass(frozen=True, slots=True)
class Windows:
    """`cuts`, `firsts`: the byte and the line (from 0) with which each window starts, and the end of the last."""

    cuts: Sequence[int]
    firsts: Sequence[int]
    sound: Sequence[bool]

    def of(self, line: int) -> int:
        """The window that holds this line."""
        return min(bisect_right(self.firsts, line), len(self.sound)) - 1

    def start(self, block: bytes, line: int) -> int:
        """The byte with which this line begins."""
        window = self.of(line)
        at = self.cuts[window]
        for _ in range(line - self.firsts[window]):
            at = block.find(b"\n", at) + 1 or len(block)
        return at

    def runs(self) -> list[tuple[int, int]]:
        """The stretches of windows that are no strict tables: (first, end)."""
        edges = [
            at
            for at, (a, b) in enumerate(zip([True, *self.sound], [*self.sound, True], strict=True))
            if a != b
        ]
        return list(zip(edges[::2], edges[1::2], strict=True))


def strict_row(marks: Marks, width: int) -> str:
    """A record by the strict rules, without NUL, escape or a CR outside of quotes; wider than WIDEST: of any width."""
    d, q, never = re.escape(marks.delimiter), re.escape(marks.quote), rf"\x00{re.escape(marks.escape)}"
    plain = rf"[^{q}{d}\r\n{never}]{'+' if width == 1 else '*'}"
    cell = f"(?:{q}(?:[^{q}{never}]|{q}{q})*{q}|{plain})" if q else plain
    return f"{cell}(?:{d}{cell}){f'{{{width - 1}}}' if width <= WIDEST else '*'}"


class Skeleton:
    """Tells which parts of a block are tables of `width` cells by the strict rules of a dialect.

    Without quotes the bones tell it: what is left when all but delimiters and line ends is taken away."""

    def __init__(self, marks: Marks, width: int) -> None:
        self._delimiter, self._quote = marks.delimiter.encode(), marks.quote.encode()
        self._escape, self._width = marks.escape.encode(), width
        self._row = self._delimiter * (width - 1) + b"\n"
        self._flesh = bytes(range(256)).translate(None, self._delimiter + b"\n")
        self._strict = rf"\A(?:{strict_row(marks, width)}\r?\n)*\z"

    def look(self, block: bytes, size: int) -> Windows:
        """A block of whole lines in windows of about `size` bytes; its last line may have no end."""
        cuts, firsts, sound = [0], [0], list[bool]()
        wrapped: list[int] = []
        quotes = self._quote != b"" and self._quote in block
        while (at := cuts[-1]) < len(block):
            stop = block.rfind(b"\n", at, at + size) + 1 or block.find(b"\n", at + size) + 1
            cuts.append(stop or len(block))
            window = block[at:stop] if stop else block[at:] + b"\n"
            lines = 0
            if quotes and self._quote in window:
                wrapped.append(len(sound))
            else:
                lines = self._even(window)
            sound.append(lines > 0)
            firsts.append(firsts[-1] + (lines or window.count(b"\n")))
        if wrapped and self._width > 1:
            texts = [block[cuts[at] : cuts[at + 1]] for at in wrapped]
            for at, strict in zip(wrapped, self._are_strict(texts), strict=True):
                sound[at] = strict
        return Windows(cuts, firsts, sound)

    def _even(self, window: bytes) -> int:
        """How many lines a window without quotes has, if each has the right number of cells; else 0."""
        bones = window.translate(None, self._flesh)
        lines = len(bones) // self._width
        if bones != self._row * lines or b"\0" in window or (self._escape and self._escape in window):
            return 0
        return 0 if self._width == 1 and (b"\r" in window or b"\n\n" in b"\n" + window) else lines

    def _are_strict(self, windows: Sequence[bytes]) -> Sequence[bool]:
        """For windows with quotes."""
        texts = pl.Series("t", windows, dtype=pl.Binary).cast(pl.String)
        if not windows[-1].endswith(b"\n"):
            texts[-1] = texts[-1] + "\n"
        strict: list[bool] = texts.str.contains(self._strict).to_list()
        if self._width > WIDEST:
            strict = [fine and self._is_wide(window) for fine, window in zip(strict, windows, strict=True)]
        return strict

    def _is_wide(self, window: bytes) -> bool:
        """Whether all records of a strict window have the right number of cells."""
        outside = b"".join(window.split(self._quote)[::2]).translate(None, self._flesh)
        outside = outside if window.endswith(b"\n") else outside + b"\n"
        return outside == self._row * outside.count(b"\n")
