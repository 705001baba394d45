"""A consistent look at the tables: one moment of the database, in batches, with its place in the change log.

On PostgreSQL the place is a transaction number below which nothing is still open, never a sequence number: a
transaction that commits late has a low one. After a restore into another cluster the log's transaction numbers mean
nothing there; then everything above the last sure entry counts as changed, and a row may come twice, never not at all.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from pipeline.errors import MappingUnfit, PipelineError
from pipeline.mapping.model import Catalogue, Column, Kind
from pipeline.store import triggers
from pipeline.store.custom import with_scaled
from pipeline.store.exporting.model import Look, Selection
from pipeline.store.exporting.selecting import Select
from pipeline.store.failures import translated
from pipeline.store.session import Session
from pipeline.store.target import Target
from pipeline.words import message

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

ROWS = 50_000  # of a batch
JSON_PAIRS = 63  # what one call of json_object takes
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
            with translated(self.where, sqlite3.Error):
                yield from _from_sqlite(self.conn, sql, columns, exact)
        else:
            import psycopg

            with translated(self.where, psycopg.Error):
                yield from _from_postgres(self.conn, sql, columns)

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
    with session._transaction(write=False) as conn:
        conn.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        conn.exec_driver_sql("SET LOCAL synchronize_seqscans = off")  # the same order each time
        asked = "SELECT pg_snapshot_xmin(s)::text, pg_snapshot_xmax(s)::text FROM pg_current_snapshot() AS s"
        low, high = (int(text) for text in conn.exec_driver_sql(asked).one())
        floor, span = _since(conn, since, low, high)
        mark = json.dumps({"x": low, "f": floor, "t": [high, last]})
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
    # Nothing that was still open at the mark can have taken a number that was given out before its look.
    floor = int(last) if seen >= int(top) else int(mark["f"])
    foreign = f"SELECT 1 FROM pipeline_change WHERE seq > {floor} AND txid::xid8 >= '{high}' LIMIT 1"
    if seen > high or conn.exec_driver_sql(foreign).first() is not None:
        return floor, f"seq > {floor}"  # these transaction numbers are of another cluster
    return floor, f"seq > {floor} AND txid::xid8 >= '{seen}' AND txid::xid8 < '{low}'"


def _from_sqlite(
    conn: sa.Connection, sql: str, columns: Sequence[Column], exact: bool
) -> Iterator[pl.DataFrame]:
    import polars as pl

    raw: Any = conn.connection.driver_connection
    with_scaled(raw)
    if exact and 0 < len(columns) <= JSON_PAIRS:
        yield from _as_json(raw, sql, columns)
        return
    cursor = raw.execute(sql)
    try:
        while rows := cursor.fetchmany(ROWS):
            made = [_series(str(n), values, column, exact) for n, (values, column) in enumerate(
                zip(zip(*rows, strict=True), columns, strict=False)
            )]  # fmt: skip
            yield pl.DataFrame(made)
    finally:
        cursor.close()


def _as_json(raw: Any, sql: str, columns: Sequence[Column]) -> Iterator[pl.DataFrame]:
    """Each row as one JSON text, which SQLite makes quicker than Python takes its values; the texts of a batch are
    read while the next one is fetched. SQLite says what JSON has no word for."""
    pairs = ", ".join(f"'{n}', q.\"{n}\"" for n in range(len(columns)))
    cursor = raw.execute(f"SELECT json_object({pairs}) FROM ({sql}) AS q")
    try:
        with ThreadPoolExecutor(1) as hand:
            before = None
            while rows := cursor.fetchmany(ROWS):
                coming = hand.submit(_parsed, [row[0] for row in rows], columns)
                if before is not None:
                    yield before.result()
                before = coming
            if before is not None:
                yield before.result()
    finally:
        cursor.close()


def _parsed(lines: Sequence[str], columns: Sequence[Column]) -> pl.DataFrame:
    import io

    import polars as pl

    whole = (Kind.DECIMAL, Kind.INTEGER, Kind.BOOLEAN)
    schema = {str(n): pl.Int64 if c.kind in whole else pl.String for n, c in enumerate(columns)}
    try:
        frame = pl.read_ndjson(io.BytesIO("\n".join(lines).encode()), schema=schema)
    except pl.exceptions.ComputeError as error:
        raise PipelineError(message("exports.odd_value", why=str(error).splitlines()[0])) from error
    return pl.DataFrame([_typed_series(frame[str(n)], column) for n, column in enumerate(columns)])


def _typed_series(series: pl.Series, column: Column) -> pl.Series:
    """A column of our tables as SQLite holds it, typed: an amount is a whole number of its smallest part."""
    import polars as pl

    match column.kind:
        case Kind.DECIMAL:
            whole = series.cast(pl.Decimal(38, 0))
            if not column.scale:
                return whole
            part = pl.lit(Decimal(1).scaleb(-column.scale), dtype=pl.Decimal(38, column.scale))
            exact = (pl.lit(whole) * part).cast(pl.Decimal(38, column.scale))
            return pl.select(exact.alias(series.name)).to_series()
        case Kind.BOOLEAN:
            return series.cast(pl.Boolean)
        case Kind.DATE:
            return series.str.to_date("%Y-%m-%d")
        case Kind.DATETIME:
            text = series.str.slice(0, 26).str.replace("T", " ", literal=True)
            return text.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", time_zone="UTC")
        case _:
            return series


def _series(name: str, values: Sequence[Any], column: Column, exact: bool) -> pl.Series:
    """A column of what SQLite gives, typed. `exact`: amounts are whole numbers of their smallest part."""
    import polars as pl

    if column.kind is Kind.DECIMAL and not exact:
        numbers = [None if v is None else Decimal(str(v)) for v in values]
        return pl.Series(name, numbers, dtype=pl.Decimal(38, column.scale))
    whole = column.kind in (Kind.DECIMAL, Kind.INTEGER, Kind.BOOLEAN)
    try:
        series = pl.Series(name, values, dtype=pl.Int64 if whole else pl.String)
    except TypeError as error:  # SQLite holds what it was given
        if whole:
            raise PipelineError(message("exports.odd_value", why=str(error))) from error
        series = pl.Series(name, [None if v is None else str(v) for v in values], dtype=pl.String)
    return _typed_series(series, column)


def _from_postgres(conn: sa.Connection, sql: str, columns: Sequence[Column]) -> Iterator[pl.DataFrame]:
    """COPY as CSV: each message is a row, so a batch ends between rows."""
    raw: Any = conn.connection.driver_connection
    with raw.cursor() as cursor, cursor.copy(f"COPY ({sql}) TO STDOUT (FORMAT csv)") as copy:
        held: list[bytes] = []
        for row in copy:
            held.append(bytes(row))
            if len(held) >= ROWS:
                yield _typed(b"".join(held), columns)
                held = []
        if held:
            yield _typed(b"".join(held), columns)


def _typed(text: bytes, columns: Sequence[Column]) -> pl.DataFrame:
    import io

    import polars as pl

    names = [str(n) for n in range(len(columns) + 1)]
    frame = pl.read_csv(
        io.BytesIO(text), has_header=False, new_columns=names, schema_overrides=[pl.String] * len(names),
        infer_schema=False,
    )  # fmt: skip
    return frame.select(
        [_converted(pl.col(name), column).alias(name) for name, column in zip(names, columns, strict=False)]
    )


def _converted(text: pl.Expr, column: Column) -> pl.Expr:
    import polars as pl

    match column.kind:
        case Kind.DECIMAL:
            return text.cast(pl.Decimal(38, column.scale))
        case Kind.INTEGER:
            return text.cast(pl.Int64)
        case Kind.BOOLEAN:
            return text == "t"
        case Kind.DATE:
            return text.str.to_date("%Y-%m-%d")
        case Kind.DATETIME:
            bare = text.str.replace(r"[+-]00(:00)?$", "")
            return bare.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", time_zone="UTC")
        case _:
            return text
