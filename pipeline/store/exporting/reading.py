"""The rows of one statement in batches of columns: the database makes a line of text of each row, and the lines of a
batch are read together while the next ones are fetched. Python takes no value into its hands."""

from __future__ import annotations

import io
import re
import select
import sqlite3
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline.errors import PipelineError
from pipeline.mapping.model import Column, Kind
from pipeline.words import message

if TYPE_CHECKING:
    import polars as pl

Batch = TypeVar("Batch")
Frames = Generator["pl.DataFrame", None, None]
ROWS = 25_000  # of a batch
MOST = 125  # what one call of json_array takes, besides its two ends
ESCAPED = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|(.))")
TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|null')
LETTERS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b'"': b'""'}
MOMENTS = {26: "%Y-%m-%d %H:%M:%S.%6f", 19: "%Y-%m-%d %H:%M:%S"}  # by length: what is read quickly
ANY_MOMENT = "%Y-%m-%d %H:%M:%S%.f"
WHOLE = (Kind.DECIMAL, Kind.INTEGER, Kind.BOOLEAN)  # whole numbers in a SQLite table of ours


def from_sqlite(raw: sqlite3.Connection, sql: str, columns: Sequence[Column], exact: bool) -> Frames:
    """Batches of a SELECT. `exact`: of a table of ours, whose amounts are whole numbers of their smallest part."""
    if not exact or not 0 < len(columns) <= MOST:
        yield from _by_value(raw, sql, columns, exact)
        return
    cells = ", ".join(f'q."{n}"' for n in range(len(columns)))
    # The brackets stay with the ends, which are no columns. As bytes: nothing looks at the texts here.
    cursor = raw.execute(f"SELECT CAST(json_array(0, {cells}, 0) AS BLOB) FROM ({sql}) AS q")
    try:
        batches: Iterator[list[tuple[bytes]]] = iter(partial(cursor.fetchmany, ROWS), [])
        yield from _meanwhile(batches, lambda rows: _of_arrays(chain.from_iterable(rows), columns))
    finally:
        cursor.close()


def from_postgres(connection: Any, sql: str, columns: Sequence[Column]) -> Frames:
    """Batches of a SELECT whose last column is not asked for, by COPY."""
    copied = _copied(connection, sql)
    try:
        yield from _meanwhile(copied, lambda lines: _of_copy(b"".join(lines), columns))
    finally:
        copied.close()


def _meanwhile(batches: Iterator[Batch], read: Callable[[Batch], pl.DataFrame]) -> Frames:
    """Each batch is read while the next one is fetched."""
    with ThreadPoolExecutor(1) as hand:
        before = None
        for batch in batches:
            coming = hand.submit(read, batch)
            if before is not None:
                yield before.result()
            before = coming
        if before is not None:
            yield before.result()


# SQLite -------------------------------------------------------------------------------------------------
def _of_arrays(lines: Iterator[bytes], columns: Sequence[Column]) -> pl.DataFrame:
    """Lines of JSON, `[0,"a",12,null,0]`, are lines of CSV but for what stands after a backslash."""
    import polars as pl

    text, null = b"\n".join(lines), "null"
    if b'"null"' in text:  # the library would not tell this text from no value
        text, null = TOKEN.sub(lambda found: b"" if found[0] == b"null" else found[0], text), ""
    if b"\\" in text:
        text = ESCAPED.sub(_bare, text)
    kinds = [pl.String, *(pl.Int64 if c.kind in WHOLE else pl.String for c in columns), pl.String]
    try:
        frame = pl.read_csv(
            io.BytesIO(text), has_header=False, new_columns=["[", *map(str, range(len(columns))), "]"],
            columns=list(range(1, len(columns) + 1)), schema_overrides=kinds, null_values=null or None, infer_schema=False,
        )  # fmt: skip
    except pl.exceptions.ComputeError as error:
        raise PipelineError(message("exports.odd_value", why=str(error).splitlines()[0])) from error
    return pl.DataFrame([_typed(frame[str(n)], column) for n, column in enumerate(columns)])


def _bare(found: re.Match[bytes]) -> bytes:
    code, letter = found.groups()
    if code is not None:
        return chr(int(code, 16)).encode()  # SQLite writes control characters so, and nothing else
    return LETTERS.get(letter, letter)


def _by_value(raw: sqlite3.Connection, sql: str, columns: Sequence[Column], exact: bool) -> Frames:
    """Another program's table, where each cell may hold anything."""
    import polars as pl

    cursor = raw.execute(sql)
    try:
        while rows := cursor.fetchmany(ROWS):
            cells = zip(zip(*rows, strict=True), columns, strict=False)
            yield pl.DataFrame(
                [_series(str(n), values, column, exact) for n, (values, column) in enumerate(cells)]
            )
    finally:
        cursor.close()


def _series(name: str, values: Sequence[Any], column: Column, exact: bool) -> pl.Series:
    """A column of what SQLite gives, typed."""
    import polars as pl

    if column.kind is Kind.DECIMAL and not exact:
        numbers = [None if v is None else Decimal(str(v)) for v in values]
        return pl.Series(name, numbers, dtype=pl.Decimal(38, column.scale))
    whole = column.kind in WHOLE
    try:
        series = pl.Series(name, values, dtype=pl.Int64 if whole else pl.String)
    except TypeError as error:  # SQLite holds what it was given
        if whole:
            raise PipelineError(message("exports.odd_value", why=str(error))) from error
        series = pl.Series(name, [None if v is None else str(v) for v in values], dtype=pl.String)
    return _typed(series, column)


def _typed(series: pl.Series, column: Column) -> pl.Series:
    """A column as SQLite holds it, typed: an amount is a whole number of its smallest part."""
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
            return _moments(series.str.head(26).str.replace("T", " ", literal=True))
        case _:
            return series


# PostgreSQL ---------------------------------------------------------------------------------------------
def _copied(connection: Any, sql: str) -> Generator[list[bytes], None, None]:
    """The lines of a COPY as CSV, each a row with its line end. Spoken to the library below the cursor, whose step
    from row to row costs more than the row."""
    from psycopg import errors
    from psycopg.pq import ExecStatus

    link, ended = connection.pgconn, False
    link.send_query(f"COPY ({sql}) TO STDOUT (FORMAT csv)".encode())
    while link.flush():
        _wait(link, select.POLLOUT)
    begun = _answer(link)
    if begun.status != ExecStatus.COPY_OUT:
        _drain(link)
        raise errors.error_from_result(begun, connection.info.encoding)
    try:
        held: list[bytes] = []
        while (got := link.get_copy_data(1))[0] >= 0:
            if not got[0]:
                _wait(link, select.POLLIN)
                link.consume_input()
                continue
            held.append(bytes(got[1]))
            if len(held) == ROWS:
                yield held
                held = []
        ended, end = True, _answer(link)
        _drain(link)
        if end.status != ExecStatus.COMMAND_OK:
            raise errors.error_from_result(end, connection.info.encoding)
        if held:
            yield held
    finally:
        if not ended:  # a connection in the middle of a COPY cannot even roll back
            connection.cancel_safe()
            while link.get_copy_data(0)[0] > 0:
                pass
            _drain(link)


def _wait(link: Any, what: int) -> None:
    waiting = select.poll()  # a number of a file may be above what select takes
    waiting.register(link.socket, what)
    waiting.poll()


def _answer(link: Any) -> Any:
    while link.is_busy():
        _wait(link, select.POLLIN)
        link.consume_input()
    return link.get_result()


def _drain(link: Any) -> None:
    while _answer(link) is not None:
        pass


def _of_copy(text: bytes, columns: Sequence[Column]) -> pl.DataFrame:
    import polars as pl

    names = [str(n) for n in range(len(columns) + 1)]
    frame = pl.read_csv(
        io.BytesIO(text), has_header=False, new_columns=names, columns=list(range(len(columns))),
        schema_overrides=[pl.String] * len(names), infer_schema=False,
    )  # fmt: skip
    return pl.DataFrame([_converted(frame[str(n)], column) for n, column in enumerate(columns)])


def _converted(text: pl.Series, column: Column) -> pl.Series:
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
            return _moments(text.str.strip_suffix("+00"))
        case _:
            return text


def _moments(text: pl.Series) -> pl.Series:
    """Texts in UTC as moments."""
    quick = next((MOMENTS[len(one)] for one in text.drop_nulls().head(1) if len(one) in MOMENTS), ANY_MOMENT)
    made = text.str.to_datetime(quick, time_unit="us", strict=False)
    if made.null_count() > text.null_count():
        made = text.str.to_datetime(ANY_MOMENT, time_unit="us")
    return made.dt.replace_time_zone("UTC")
