"""A file that is no delimited text, read as one table: its columns first, then its records piece by piece."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import polars as pl

from pipeline.errors import FileFailed
from pipeline.formats.model import LINE, Account, Damaged
from pipeline.formats.tail import number
from pipeline.words import Message, message

PIECE = 10_000  # records handed over at once
Row = Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Piece:
    """Some records: `frame` has `_line` (Int64) and one String column per column of the table."""

    frame: pl.DataFrame
    damaged: list[Damaged]


@dataclass(slots=True)
class Table:
    """`pieces` is iterated once; `account` is complete afterwards. Cells: no empty text, None instead."""

    format: str
    columns: tuple[str, ...]
    pieces: Iterator[Piece]
    account: Account
    header_line: int | None = None
    encoding: str = "utf-8"
    names: tuple[str, ...] = ()  # the header's cells as they stand there


@dataclass(slots=True)
class Gatherer:
    """Collects records into pieces and keeps the account."""

    columns: tuple[str, ...]
    account: Account
    lines: list[int] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    damaged: list[Damaged] = field(default_factory=list)
    summed: tuple[bool, ...] = ()  # columns of figures, of which the sums are kept
    sums: list[float] = field(default_factory=list)

    def add(self, line: int, row: Row) -> None:
        self.lines.append(line)
        self.rows.append(row)

    def damage(self, line: int, raw: bytes, said: Message) -> None:
        self.damaged.append(Damaged(line, raw, said))

    @property
    def full(self) -> bool:
        return len(self.lines) + len(self.damaged) >= PIECE

    def take(self) -> Iterator[Piece]:
        """What was gathered so far, as none or one piece."""
        if not self.lines and not self.damaged:
            return
        schema: dict[str, type[pl.String]] = dict.fromkeys(self.columns, pl.String)
        frame = pl.DataFrame(self.rows, schema=schema, orient="row")
        frame = frame.insert_column(0, pl.Series(LINE, self.lines, dtype=pl.Int64))
        if frame.height != len(self.lines):
            raise FileFailed(message("reading.unbalanced", line=self.lines[0]))
        self._sum(frame)
        self.account.records += frame.height + len(self.damaged)
        self.account.damaged += len(self.damaged)
        piece = Piece(frame, self.damaged)
        self.lines, self.rows, self.damaged = [], [], []
        yield piece

    @property
    def any(self) -> bool:
        """Whether there was a record so far."""
        return bool(self.lines or self.damaged or self.account.records)

    def _sum(self, frame: pl.DataFrame) -> None:
        if not any(self.summed):
            return
        wanted = [name for name, hard in zip(self.columns, self.summed, strict=True) if hard]
        found = frame.select(number(pl.col(name)).sum() for name in wanted).row(0, named=True)
        before = self.sums or [0.0] * len(self.columns)
        self.sums = [old + (found.get(name) or 0.0) for old, name in zip(before, self.columns, strict=True)]

    def sums_with(self, rows: Sequence[Row]) -> list[float]:
        """What each column adds up to: what was taken, what was gathered, and these rows."""
        rest = [*self.rows, *rows]
        return [
            before + sum(value or 0.0 for value in figures([row[column] for row in rest] if hard else []))
            for column, (before, hard) in enumerate(
                zip(self.sums or [0.0] * len(self.columns), self.summed, strict=True)
            )
        ]


def figures(cells: Row) -> list[float | None]:
    """The figure in each cell, for adding up only."""
    return pl.Series("t", cells, dtype=pl.String).to_frame().select(number(pl.col("t"))).to_series().to_list()


def csv_line(cells: Sequence[str | None], delimiter: str = ",") -> bytes:
    """Cells as one line of CSV, without a line end: how a record that is no text is written out."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="").writerow(["" if c is None else c for c in cells])
    return out.getvalue().encode("utf-8", "replace")
