"""What an undo or an attempt did, or would do: as the store tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.words import Message

if TYPE_CHECKING:
    from pipeline.store.model import LedgerFile, RefusedRow


@dataclass(frozen=True, slots=True)
class UndoneTable:
    """Rows of one table: taken out again, brought back, set back to what they were."""

    table: str
    deleted: int
    restored: int
    updated: int


@dataclass(frozen=True, slots=True)
class LeftRow:
    """A row that an undo leaves as it is. `row`: its natural key in words, else its identity."""

    table: str
    row: str
    said: Message


@dataclass(frozen=True, slots=True)
class Undo:
    """What an undo did, or would do. `entry`: its own row of the ledger, None when nothing was written. `left`:
    the first rows that it left alone, of `left_count`."""

    of: LedgerFile
    entry: LedgerFile | None
    tables: tuple[UndoneTable, ...]
    left: tuple[LeftRow, ...]
    left_count: int
    closed: Message | None = None  # the question, when it touches a closed month


@dataclass(frozen=True, slots=True)
class WrittenRow:
    """A row as it would stand in the database: its filled columns, as texts."""

    table: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ChangedCell:
    """What an import would change in one column of a row that is there. None: empty."""

    table: str
    row: str  # its natural key in words
    column: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """What an import would do. `file`: its row in the ledger as it would be, with the counts. `tables`: rows of
    each (inserted, updated, deleted); `columns`: how often a column would change, by (table, column); `rows`,
    `changes`, `refused`: the first of them."""

    file: LedgerFile
    tables: Mapping[str, tuple[int, int, int]]
    columns: Mapping[tuple[str, str], int]
    rows: tuple[WrittenRow, ...]
    changes: tuple[ChangedCell, ...]
    refused: tuple[RefusedRow, ...]
