"""What reading a file gives: its dialect, batches of texts, and the records that could not be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import polars as pl

from pipeline.words import Message

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
    repaired: int = 0  # accepted although a quote was out of place
    notes: list[Message] = field(default_factory=list)  # what a person should know of how it was read


class Reading(Protocol):
    """An opened file. Iterate once; `account` is complete when the iteration has ended."""

    dialect: Dialect
    account: Account

    def __iter__(self) -> Iterator[Batch]: ...
