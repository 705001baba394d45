"""Several files of one archive that hold the same columns, read as one table after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

import polars as pl

from pipeline.errors import FileFailed
from pipeline.formats.columns import match_column
from pipeline.formats.model import LINE, Account, Batch, Damaged, Dialect, Reading
from pipeline.words import message

Part = tuple[str, Callable[[], AbstractContextManager[Reading]]]
"""The name of a file, and how it is opened."""


class ShiftedBatch:
    """A batch of one of the files: its lines count on from those before, and what is said of them names the file."""

    def __init__(self, batch: Batch, shift: int, columns: dict[str, str], name: str) -> None:
        self._batch, self._shift = batch, shift
        named = [pl.col(own).alias(name) for name, own in columns.items()]
        self.frame: pl.DataFrame = batch.frame.select(pl.col(LINE) + shift, *named)
        self.damaged: list[Damaged] = [
            replace(one, line=one.line + shift, said=one.said.of(name, one.line)) for one in batch.damaged
        ]
        surplus: dict[int, list[str]] = getattr(batch, "surplus", {})
        self.surplus = {line + shift: cells for line, cells in surplus.items()}

    def raw(self, line: int) -> bytes:
        return self._batch.raw(line - self._shift)


class ChainReading:
    """Iterate once. FileFailed when a file has other columns than the first, or cannot be read."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        with parts[0][1]() as first:
            self.dialect: Dialect = first.dialect
        self.account = Account()
        names = ", ".join(name for name, _ in parts[:10])
        self.account.note(message("reading.chained", found=len(parts), names=names))

    def __iter__(self) -> Iterator[Batch]:
        shift = 0
        for name, opened in self._parts:
            with opened() as reading:
                columns = self._columns(name, reading.dialect.columns)
                last = shift
                self.account.members.append((name, shift))
                for batch in reading:
                    moved = ShiftedBatch(batch, shift, columns, name)
                    last = max([last, *(one.line for one in moved.damaged)])
                    if moved.frame.height:
                        last = max(last, int(moved.frame[LINE].item(-1)))
                    yield moved
                self._add(reading.account)
                shift = last

    def _columns(self, name: str, found: Sequence[str]) -> dict[str, str]:
        """Each column of the first file → the same one of this file."""
        matched = {column: match_column(column, found) for column in self.dialect.columns}
        own = [column for column in matched.values() if column is not None]
        if len(found) != len(matched) or len(set(own)) != len(matched):
            expected, has = ", ".join(self.dialect.columns[:30]), ", ".join(found[:30])
            raise FileFailed(message("reading.chained_columns", name=name, expected=expected, found=has))
        return {column: own for column, own in matched.items() if own is not None}

    def _add(self, other: Account) -> None:
        account = self.account
        account.records += other.records
        account.damaged += other.damaged
        for rule, count in other.set_aside.items():
            account.aside(rule, count)
        for what, count in other.repairs.items():
            account.mend(what, count)
        for said in other.notes:
            account.note(said)
