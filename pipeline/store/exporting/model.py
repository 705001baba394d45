"""The seam for exports: what is asked of a consistent look at the tables, and what is remembered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

from pipeline.mapping.model import Column
from pipeline.store.model import LedgerFile

if TYPE_CHECKING:
    import polars as pl

Place = tuple[str, ...]
Which = Literal["all", "changed", "new", "deleted"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One value of each row. `path` along references; or a total of `total` ("sum", "count", "lines") over the rows
    of `table` whose `link` points here, `inner` its (name, column)."""

    column: Column
    path: Place = ()
    total: str = ""
    table: str = ""
    link: str = ""
    inner: tuple[tuple[str, Column], ...] = ()


@dataclass(frozen=True, slots=True)
class Selection:
    """Rows of one table. `which`: of "changed", "new" and "deleted" those since the look's mark; `equal`: (path,
    column, value as the database's texts have it); `between`: a column of days or moments from one instant or day to
    before another."""

    table: str
    asked: tuple[Asked, ...]
    which: Which = "all"
    equal: tuple[tuple[Place, Column, str], ...] = ()
    order: tuple[tuple[Place, bool], ...] = ()
    between: tuple[Place, Column, str, str] | None = None


@dataclass(frozen=True, slots=True)
class ExportState:
    """How far a job is. `mark` "": nothing was exported yet; `place`: where it wrote last and on which mount."""

    sequence: int = 1
    mark: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that is written and hidden, about to be recorded."""

    claim: str
    name: bytes
    folder: str
    size: int
    digest: bytes  # SHA-256
    rows: int
    hidden: str
    kept: str
    dialect: str = ""
    period: str = ""
    revision: int = 0
    added: int | None = None
    gone: int | None = None


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A recorded file of an export."""

    file: LedgerFile
    sequence: int
    part: int
    hidden: str
    kept: str  # where its copy is, "" when it is deleted
    period: str
    revision: int
    added: int | None
    gone: int | None


class Look(Protocol):
    """One consistent moment of the database. `mark`: changes before it are seen, those after it are not; `waits_s`:
    how long ago the oldest change was made that an open transaction holds back, 0 when none is."""

    mark: str
    waits_s: int

    def rows(self, selection: Selection) -> Iterator[pl.DataFrame]:
        """Batches of typed rows, columns "0", "1", … as asked: String, Int64, Decimal(38, scale), Date,
        Datetime('us', 'UTC'), Boolean; JSON and references are texts."""


class Exports(Protocol):
    """What a store can do for exports. Raises as the store's verbs do."""

    def state(self, job: str) -> ExportState: ...

    def begin(self, job: str, opening: datetime | None, place: str, now: datetime) -> datetime:
        """Note that the job's next number is begun. The moment that stands in its name: an earlier beginning of the
        same number and opening that was cut off gives its own."""

    def look(self, since: str) -> AbstractContextManager[Look]:
        """A look, with changes counted from this mark ("": everything is new). Nothing is locked but, in another
        program's SQLite database, its writers."""

    def record(
        self, job: str, mapping: str, files: Sequence[NewFile], sequence: int, opening: datetime | None,
        before: str, mark: str, now: datetime,
    ) -> list[LedgerFile]:  # fmt: skip
        """ONE transaction: a ledger row for each file, the next number, the mark. Raises PipelineError when another
        process recorded this number first."""

    def skip(self, job: str, sequence: int, before: str, mark: str) -> None:
        """Nothing was there to write: only the mark goes on, when nobody else moved it."""

    def unpublished(self, job: str) -> list[ExportFile]:
        """Recorded files that have not appeared yet, in order."""

    def published(self, places: Sequence[tuple[int, str]], now: datetime) -> None:
        """These files (id, path) have appeared."""

    def of_opening(self, job: str, opening: datetime) -> bool:
        """Was something recorded for this opening?"""

    def find(self, id: int) -> ExportFile | None: ...

    def old(self, job: str, before: datetime, most: int) -> list[ExportFile]:
        """Files that appeared before this moment and whose copy is kept, the oldest first: not those of the job's last
        number, nor of the newest revision of a period."""

    def let_go(self, ids: Sequence[int]) -> None:
        """The copies of these files are gone: their `kept` is ""."""

    def of_period(self, job: str, period: str) -> ExportFile | None:
        """The newest revision of a period."""
