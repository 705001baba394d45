"""What reading a file gives: its dialect, batches of texts, and the records that could not be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from pipeline.words import Message

if TYPE_CHECKING:
    import polars as pl

LINE = "_line"
"""Name of the column of a batch that holds the physical line (1-based) where each record starts (Int64)."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the file is written, as stated by the mapping or found."""

    encoding: str  # a Python codec name
    delimiter: str
    quote: str  # "" = none
    line_end: str  # "\n", "\r\n", "\r"
    header_line: int | None  # physical line, 1-based
    header_raw: bytes  # the header record's own bytes without its line end; b"" if there is none
    columns: tuple[str, ...]
    format: str = "csv"
    escape: str = ""  # "" = a quote inside quotes is doubled
    names: tuple[str, ...] = ()  # the header's cells as they stand there; `columns` are made unique
    codec: str = ""  # the codec that reads the whole file, its mark too
    sure: float = 1.0  # 0 to 1: how sure what was found is


@dataclass(frozen=True, slots=True)
class Damaged:
    """A record that could not be read: where it starts, its own bytes, and why."""

    line: int
    raw: bytes
    said: Message


class Batch(Protocol):
    """Some records of the file. `frame`: `_line` and one String column per file column, cells exact."""

    frame: pl.DataFrame
    damaged: list[Damaged]

    def raw(self, line: int) -> bytes:
        """The own bytes of the record of `frame` that starts at this line, without the line end."""


@dataclass(slots=True)
class Account:
    """Conservation: records = accepted + damaged; `set_aside` counts lines left out by a named rule."""

    records: int = 0
    damaged: int = 0
    set_aside: dict[str, int] = field(default_factory=dict)
    repaired: int = 0  # accepted although something of the record was mended
    repairs: dict[str, int] = field(default_factory=dict)  # the same by what was mended
    notes: list[Message] = field(default_factory=list)  # what a person should know of how it was read
    quoted: bool = False  # some cell was wrapped in quotes
    members: list[tuple[str, int]] = field(
        default_factory=list
    )  # files of an archive, and the lines before each
    left_out: dict[str, int] = field(default_factory=dict)  # records that a rule of the mapping does not take

    @property
    def taken(self) -> int:
        """The records without those that the mapping does not take."""
        return self.records - sum(self.left_out.values())

    def aside(self, rule: str, lines: int = 1) -> None:
        """Lines left out by a rule: preamble, comment, blank, units, repeated_header, total, footer, …"""
        if lines:
            self.set_aside[rule] = self.set_aside.get(rule, 0) + lines

    def leave_out(self, rule: str, records: int) -> None:
        """Records that a rule of the mapping does not take: where."""
        if records:
            self.left_out[rule] = self.left_out.get(rule, 0) + records

    def mend(self, what: str, count: int = 1) -> None:
        """Records that were mended: quote, bytes, short, long, blank_end."""
        if count:
            self.repaired += count
            self.repairs[what] = self.repairs.get(what, 0) + count

    def of_member(self, line: int, said: Message) -> Message:
        """What is said of a record, with the file of the archive in which it stands and its line there."""
        found = [(name, before) for name, before in self.members if before < line]
        return said.of(found[-1][0], line - found[-1][1]) if found else said

    def note(self, said: Message) -> None:
        """A sentence about the file, once."""
        if said not in self.notes:
            self.notes.append(said)


class Reading(Protocol):
    """An opened file. Iterate once; `account` is complete when the iteration has ended."""

    dialect: Dialect
    account: Account

    def __iter__(self) -> Iterator[Batch]: ...
