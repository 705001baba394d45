"""The bones of a block: its delimiters, quotes and line ends, by which a strict table is told at memory speed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import polars as pl

from pipeline.formats.salvage import Marks

STEP = 1024  # lines that become texts of Python together


class Skeleton:
    """Tells whether blocks are tables of `width` cells by the strict rules of a dialect."""

    def __init__(self, marks: Marks, width: int) -> None:
        self._delimiter, self._quote = marks.delimiter.encode(), marks.quote.encode()
        self._row = self._delimiter * (width - 1) + b"\n"
        self._width = width
        bones = self._delimiter + self._quote + b"\n"
        self._flesh = bytes(byte for byte in range(256) if byte not in bones)
        self._x = bytes(byte if byte in bones + b"\r" else ord("x") for byte in range(256))

    def even(self, body: bytes, lines: int) -> bool:
        """Whether each line of a text without quotes has the right number of cells."""
        return body.translate(None, self._flesh) == (self._row * lines)[:-1]

    def strict(self, body: bytes) -> tuple[int, dict[int, int]] | None:
        """(records, record → line ends inside of it) where every record is strict and as wide as it must be.

        None otherwise, and where a record holds line ends and as many delimiters as a record has: two stray
        quotes may have swallowed its neighbours."""
        quote = self._quote
        if body.translate(self._x).rfind(b"x" + quote + b"x") >= 0:  # twice as fast as find
            return None
        # what is left once cells without a delimiter or line end are taken away: few quotes, all of them telling
        parts = body.translate(None, self._flesh).replace(quote + quote, b"").split(quote)
        if len(parts) % 2 == 0:
            return None
        outside = b"".join(parts[::2])
        rows = outside.count(b"\n") + 1
        if outside != (self._row * rows)[:-1]:
            return None
        inner: dict[int, int] = {}
        wrapped = b"\0".join(parts[1::2]) if rows <= body.count(b"\n") else b""
        row = before = passed = start = 0
        while (at := wrapped.find(b"\n", start)) >= 0:
            passed += wrapped.count(b"\0", start, at)
            place, start = 2 * passed + 1, at + 1
            row += b"".join(parts[before:place:2]).count(b"\n") if place >= before else 0
            before = place + 1
            inner[row] = inner.get(row, 0) + 1
            if self._parted(parts, place) >= self._width - 1:
                return None
        return rows, inner

    def lines(self, body: bytes) -> tuple[list[bool], list[int]]:
        """(for each line: is it a whole record?, the lines with an odd number of quotes).

        Nearly all lines have one of a few shapes, so each shape is judged once. One odd case is not seen: a wrapped
        cell that ends in a delimiter and goes on after its quote; polars refuses that."""
        quote = self._quote
        shapes = body.translate(None, self._flesh).replace(quote + quote, b"").split(b"\n")
        known = {shape: self._is_row(shape) for shape in set(shapes)}
        uneven = {shape for shape in known if shape.count(quote) % 2}
        good = [known[shape] for shape in shapes]
        odd = [at for at, shape in enumerate(shapes) if shape in uneven]
        plain, stray = body.translate(self._x), b"x" + quote + b"x"
        line = start = 0
        while (at := plain.find(stray, start)) >= 0:
            line += plain.count(b"\n", start, at)
            start = at + 1
            good[line] = False
        return good, odd

    def _is_row(self, shape: bytes) -> bool:
        parts = shape.split(self._quote)
        return len(parts) % 2 == 1 and b"".join(parts[::2]) == self._row[:-1]

    def _parted(self, parts: Sequence[bytes], place: int) -> int:
        """How many delimiters stand inside of the cells of the record to which a wrapped part belongs."""
        first = last = place
        while first > 1 and b"\n" not in parts[first - 1]:
            first -= 2
        while last < len(parts) - 2 and b"\n" not in parts[last + 1]:
            last += 2
        return sum(part.count(self._delimiter) for part in parts[first : last + 1 : 2])


class Window(Sequence[str]):
    """The lines of a block as texts, made a stretch at a time."""

    def __init__(self, lines: pl.Series) -> None:
        self._lines, self._at, self._texts = lines, 0, lines.head(0).to_list()

    def __len__(self) -> int:
        return len(self._lines)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...
    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(len(self)))]
        if not self._at <= at < self._at + len(self._texts):
            self._at, self._texts = at, self._lines.slice(at, STEP).to_list()
        text: str = self._texts[at - self._at]
        return text


class Ends(Sequence[str]):
    """The line ends of a block: `lines` still carry the CR."""

    def __init__(self, lines: pl.Series, closed: bool) -> None:
        self._lines, self._closed = Window(lines), closed

    def __len__(self) -> int:
        return len(self._lines)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...
    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(len(self)))]
        end = "\n" if self._closed or at < len(self) - 1 else ""
        return "\r" + end if self._lines[at].endswith("\r") else end
