"""What passes between the decisions of synchronisation and the database, within one transaction: `Desk`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

from pipeline.store.syncing.shapes import Table
from pipeline.words import Message

Values = list[Any]


@dataclass(frozen=True, slots=True)
class Site:
    """`pipeline_sync_site`."""

    site: str
    incarnation: str
    hlc: int
    mark: int
    log_mark: str
    held: str


@dataclass(frozen=True, slots=True)
class Peer:
    """`pipeline_sync_peer`."""

    peer: str
    incarnation: str = ""
    since: int = 0
    seen: int = 0
    last: str = ""
    stage: Literal["new", "loading", "live"] = "new"
    load_table: str = ""
    load_after: str = ""
    load_since: int = 0
    load_seen: int = 0
    accepted: bool = False
    lapsed: bool = False
    held: str = ""
    at: datetime | None = None


class Entry(NamedTuple):
    """A change of the log. `at`: milliseconds since 1970; `deed`: changes with the same one were made together."""

    table: str
    row_id: str
    op: str
    old: str | None
    at: int
    deed: str


class ClockRow(NamedTuple):
    """`pipeline_sync_clock`, its JSON as texts."""

    key: str
    cols: str
    marks: str | None
    died: str | None
    image: str | None
    mark: int


class Record(NamedTuple):
    """`pipeline_sync_record`."""

    id: str
    kind: str
    table: str
    key: str
    column: str
    lost: str | None
    kept: str | None
    lost_clock: str | None
    kept_clock: str | None
    found_at: str  # UTC, ISO
    state: str = "open"
    settled_by: str = ""


class HeldRow(NamedTuple):
    """`pipeline_sync_held`."""

    table: str
    key: str
    peer: str
    body: str
    why: str


class Desk(Protocol):
    """Everything that one transaction of synchronisation asks. Keys are JSON lists as texts; values as in
    `values`; raises RowsRefused for rows that the database does not take."""

    tables: Mapping[str, Table]

    # who we are, and whom we know
    def site(self) -> Site | None: ...
    def set_site(self, **values: Any) -> None: ...
    def peer(self, name: str) -> Peer | None: ...
    def peers(self) -> list[Peer]: ...
    def set_peer(self, name: str, **values: Any) -> None: ...

    # the change log
    def log_end(self) -> str: ...
    def log(self, since: str, *, everyone: bool = False) -> tuple[Iterator[Entry], str]: ...
    def key_text(self, table: Table, row_id: str) -> str: ...
    def logged(self, table: Table, old: str) -> dict[str, Any]: ...

    # clocks
    def any_clock(self) -> bool: ...
    def clocks(self, table: str, keys: Sequence[str]) -> dict[str, ClockRow]: ...
    def put_clocks(self, table: str, rows: Sequence[ClockRow]) -> None: ...
    def newer(self, table: Table, since: int) -> Iterator[tuple[ClockRow, Values | None]]: ...
    def died_like(self, died: str) -> list[tuple[str, ClockRow]]: ...
    def forget(self, mark: int) -> int: ...
    def forget_clocks(self) -> None: ...
    def spans(self, peer: str, since: int) -> set[int]: ...
    def add_span(self, mark: int, peer: str) -> None: ...

    # rows
    def lock(self, tables: Iterable[Table]) -> None: ...
    def who(self, who: str | None) -> None: ...
    def filled(self) -> bool: ...
    def rows(self, table: Table, keys: Sequence[str]) -> dict[str, Values]: ...
    def found(
        self, table: Table, columns: Sequence[str], values: Collection[tuple[Any, ...]]
    ) -> list[tuple[str, tuple[Any, ...]]]: ...
    def page(self, table: Table, after: str, limit: int) -> list[Values]: ...
    def upsert(self, table: Table, columns: Sequence[str] | None, rows: Sequence[Values]) -> None: ...
    def insert_new(self, table: Table, rows: Sequence[Values]) -> int: ...
    def delete(self, table: Table, keys: Sequence[str]) -> None: ...
    def park(self, table: Table, column: str, keys: Sequence[str]) -> None: ...
    def log_top(self) -> int: ...
    def deeds(self, who: str, since: int) -> tuple[int, int, int]: ...
    def savepoint(self) -> AbstractContextManager[None]: ...

    # batches
    def sent(self, batch: str) -> tuple[str, str, int, int, str] | None: ...
    def offered(self, peer: str, since: int) -> str | None: ...
    def common(self, batches: Sequence[str]) -> tuple[int, str] | None: ...
    def add_sent(self, batch: str, peer: str, since: int, until: int, meta: str, log_mark: str) -> None: ...
    def delivered(self, peer: str, until: int) -> None: ...
    def part(self, batch: str, n: int) -> bytes | None: ...
    def parts(self, batch: str) -> dict[int, int]: ...
    def add_part(self, batch: str, n: int, data: bytes, *, incoming: bool) -> None: ...
    def drop_incoming(self) -> None: ...
    def applied(self, batch: str) -> bool: ...
    def add_applied(self, batch: str, peer: str, until: int, at: datetime) -> None: ...
    def applied_of(self, peer: str) -> list[str]: ...

    # records and held rows
    def records_since(self, mark: int) -> Iterator[tuple[Record, int]]: ...
    def add_records(self, records: Sequence[Record], mark: int) -> int: ...
    def records_after(self, id: str, limit: int) -> list[Record]: ...
    def mark_records(self, ids: Sequence[str], mark: int) -> None: ...
    def held(self) -> list[HeldRow]: ...
    def put_held(self, rows: Sequence[HeldRow], at: datetime) -> None: ...
    def drop_held(self, rows: Sequence[HeldRow]) -> None: ...


class Syncing(Protocol):
    """A database as synchronisation opens it."""

    def tables(self) -> list[Table]:
        """Those that take part, parents first."""

    def refused(self) -> Mapping[str, Message]:
        """Tables that cannot take part, and why."""

    def unlogged(self) -> list[str]:
        """Tables of which not every change is recorded."""

    def install_named(self, names: Sequence[str]) -> list[str]:
        """See `comparing.Comparing`."""

    def reading(self) -> AbstractContextManager[Desk]:
        """One moment of the database; writes of our own small tables are allowed."""

    def writing(self, *, lock: bool) -> AbstractContextManager[Desk]:
        """A transaction that changes rows. `lock`: nobody else writes the tables meanwhile, foreign keys are
        checked by the one who asks."""

    def sums(self, table: str, buckets: int) -> tuple[int, list[int]]:
        """See `sums.sums`."""

    def entries(
        self, table: str, by: Sequence[str], after: str, buckets: Collection[int]
    ) -> tuple[list[tuple[str, str]], str]:
        """See `sums.entries`."""

    def about(self) -> dict[str, Any]:
        """See `comparing.Comparing.about`."""
