"""A consistent look at the tables: one moment of the database, in batches, with its place in the change log.

On PostgreSQL the place is a transaction number below which nothing is still open, never a sequence number: a
transaction that commits late has a low one. After a restore into another cluster the log's transaction numbers mean
nothing there; then everything above the last sure entry counts as changed, and a row may come twice, never not at all.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from pipeline.errors import MappingUnfit
from pipeline.mapping.model import Catalogue
from pipeline.store import triggers
from pipeline.store.custom import with_scaled
from pipeline.store.exporting.model import Look, Selection
from pipeline.store.exporting.reading import from_postgres, from_sqlite
from pipeline.store.exporting.selecting import Select
from pipeline.store.failures import translated
from pipeline.store.session import Session
from pipeline.store.target import Target
from pipeline.words import message

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

_LAST = "SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM {sequence}"  # taken before the look


@dataclass(slots=True)
class _Look:
    """As `Look`. `span`: what of the change log is new, as SQL; "" for all of it."""

    conn: sa.Connection
    where: str
    catalogue: Catalogue
    targets: Mapping[str, Target]
    mark: str
    span: str
    waits_s: int = 0
    _open: list[Generator[pl.DataFrame, None, None]] = field(default_factory=list)

    def close(self) -> None:
        """End what is still being read: a connection in the middle of a COPY cannot even roll back."""
        for rows in self._open:
            rows.close()

    @property
    def _kind(self) -> Literal["sqlite", "postgresql"]:
        return "sqlite" if self.conn.dialect.name == "sqlite" else "postgresql"

    def rows(self, selection: Selection) -> Iterator[pl.DataFrame]:
        found = self._rows(selection)
        self._open.append(found)
        return found

    def _rows(self, selection: Selection) -> Generator[pl.DataFrame, None, None]:
        if selection.which != "all":
            self._recorded(selection)
        if selection.which == "deleted" and not self.span:
            return
        sql = Select(selection, self._kind, self.catalogue, self.targets, self.span).sql()
        columns = [asked.column for asked in selection.asked]
        if self._kind == "sqlite":
            exact = self.targets[selection.table].ours
            raw: Any = self.conn.connection.driver_connection
            with_scaled(raw)
            with translated(self.where, sqlite3.Error):
                yield from from_sqlite(raw, sql, columns, exact)
        else:
            import psycopg

            with translated(self.where, psycopg.Error):
                yield from from_postgres(self.conn.connection.driver_connection, sql, columns)

    def _recorded(self, selection: Selection) -> None:
        names = {selection.table, *(asked.table for asked in selection.asked if asked.table)}
        for name in sorted(names):
            if name in self.targets and triggers.missing(self.conn, [self.targets[name]]):
                raise MappingUnfit(message("exports.not_recorded", table=name))


@contextmanager
def look_sqlite(
    session: Session, since: str, catalogue: Catalogue, targets: Mapping[str, Target]
) -> Iterator[Look]:
    """A look at SQLite: a read transaction; the log's last number in it is the mark."""
    with session._transaction(write=False) as conn:
        last = int(conn.exec_driver_sql("SELECT coalesce(max(seq), 0) FROM pipeline_change").scalar_one())
        span = f"seq > {int(since)} AND seq <= {last}" if since else ""
        look = _Look(conn, session._where, catalogue, targets, str(last), span)
        try:
            yield look
        finally:
            look.close()


@contextmanager
def look_postgres(
    session: Session, since: str, catalogue: Catalogue, targets: Mapping[str, Target]
) -> Iterator[Look]:
    """A look at PostgreSQL: a snapshot; the oldest transaction that was open in it is the mark."""
    with session._transaction(write=False) as conn:
        sequence = conn.exec_driver_sql(
            "SELECT pg_get_serial_sequence('pipeline_change', 'seq')"
        ).scalar_one()
        last = int(conn.exec_driver_sql(_LAST.format(sequence=sequence)).scalar_one())
        # Above that of everyone who can have a number of the log up to `last`; asked after it, ended before the look. A
        # snapshot's xmax is not: an open transaction is at or above it when none that began later has ended.
        top = int(conn.exec_driver_sql("SELECT pg_current_xact_id()::text").scalar_one())
    with session._transaction(write=False) as conn:
        conn.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        conn.exec_driver_sql("SET LOCAL synchronize_seqscans = off")  # the same order each time
        asked = "SELECT pg_snapshot_xmin(s)::text, pg_snapshot_xmax(s)::text FROM pg_current_snapshot() AS s"
        low, high = (int(text) for text in conn.exec_driver_sql(asked).one())
        floor, span = _since(conn, since, low, high)
        mark = json.dumps({"x": low, "f": floor, "t": [top, last]})
        late = f"SELECT extract(epoch FROM now() - min(at)) FROM pipeline_change WHERE seq > {floor} AND txid::xid8 >= '{low}'"
        waits = conn.exec_driver_sql(late).scalar() if low < high else None
        look = _Look(conn, session._where, catalogue, targets, mark, span, int(waits or 0))
        try:
            yield look
        finally:
            look.close()


def _since(conn: sa.Connection, since: str, low: int, high: int) -> tuple[int, str]:
    """From which number of the log on there can be something new, and what is new as SQL."""
    if not since:
        return 0, ""
    mark = json.loads(since)
    seen, (top, last) = int(mark["x"]), mark["t"]
    # Nothing that was still open at the mark can have taken a number that was given out before its look. (Not at
    # `top` itself: marks of earlier versions hold the snapshot's xmax there.)
    floor = int(last) if seen > int(top) else int(mark["f"])
    foreign = f"SELECT 1 FROM pipeline_change WHERE seq > {floor} AND txid::xid8 >= '{high}' LIMIT 1"
    if seen > high or conn.exec_driver_sql(foreign).first() is not None:
        return floor, f"seq > {floor}"  # these transaction numbers are of another cluster
    return floor, f"seq > {floor} AND txid::xid8 >= '{seen}' AND txid::xid8 < '{low}'"
