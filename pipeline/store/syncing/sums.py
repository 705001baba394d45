"""Checksums of a table, and its rows in the order of a key: the same on every database, at the speed of SQL where it
can tell all values exactly. Rows stream; memory does not grow with the table.

A row's digest is the first half of the md5 of its line (drift is looked for, not attackers); its bucket is the head
of the digest, so one changed row shows in two buckets, and both sides are asked for the rows of just those.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from hashlib import md5
from typing import Any

import sqlalchemy as sa

from pipeline.store.syncing.canonical import (
    APART,
    NULL,
    decimal_of,
    json_of,
    json_places,
    postgres_text,
    sqlite_line,
    with_functions,
)
from pipeline.store.syncing.shapes import Col, Table
from pipeline.store.syncing.values import number_for_sqlite, pack, unpack
from pipeline.store.target import quoted

BUCKETS = 4096
MASK = (1 << 64) - 1
PLACE = "\x00"  # a placeholder while a statement is put together
ROWS = 20_000  # fetched at a time

Entry = tuple[str, str]


def digest(line: bytes) -> int:
    return int.from_bytes(md5(line, usedforsecurity=False).digest()[:8], "big")


def sums(
    conn: sa.Connection, table: Table, buckets: int = BUCKETS, columns: Sequence[str] = ()
) -> tuple[int, list[int]]:
    """(rows, the sum of the digests of each bucket modulo 2**64). `buckets`: a power of two; `columns`: of these
    only, else of all but the quiet ones."""
    cols = _cols(table, columns)
    found = [0] * buckets
    shift = 64 - (buckets.bit_length() - 1)
    if conn.dialect.name == "sqlite":
        rows = _sum_lines(_sqlite_lines(conn, table, cols), found, shift)
    else:
        rows = _postgres_sums(conn, table, cols, found, shift)
    return rows, [one & MASK for one in found]


def entries(
    conn: sa.Connection,
    table: Table,
    by: Sequence[str] = (),
    after: str = "",
    limit: int = ROWS,
    buckets: Collection[int] = (),
    columns: Sequence[str] = (),
) -> tuple[list[Entry], str]:
    """Rows after `after`, at most `limit` looked at, in order: (the values of `by` as a JSON list, digest in hex), and
    where the next page begins, "" when there is none. `by`: () for the key; a unique key: then not the digest but
    what tells the row's own key, and only rows where all of it is filled. `buckets`: of `BUCKETS`, only rows that
    fall into these; all when empty."""
    lite = conn.dialect.name == "sqlite"
    order = [table.col(name) for name in by or table.key]
    own = [table.col(name) for name in table.key] if by else _cols(table, columns)
    ordered = [_ordered(col, lite) for col in order]
    where = [f"{quoted(col.name)} IS NOT NULL" for col in order] if by else []
    values: list[Any] = []
    if after:
        values = [_bound(col, value, lite) for col, value in zip(order, unpack(after), strict=True)]
        marks = ", ".join(_mark(col, lite) for col in order)
        where.append(f"({', '.join(ordered)}) > ({marks})")
    told = ", ".join([*(_told(col, lite) for col in order), *_line_parts(own, lite)])
    asked = f"SELECT {told} FROM {quoted(table.name)}"
    asked += f" WHERE {' AND '.join(where)}" if where else ""
    asked += f" ORDER BY {', '.join(ordered)} LIMIT {limit}"
    if lite:
        with_functions(_raw(conn))
    shift, width = 64 - (BUCKETS.bit_length() - 1), len(order)
    places = json_places(own)
    out: list[Entry] = []
    seen, last = 0, ""
    for row in conn.exec_driver_sql(_literal(asked, lite), tuple(values)):
        seen += 1
        key = pack([_value(col, value) for col, value in zip(order, row[:width], strict=True)])
        if seen == limit:
            last = key
        line = _line(row[width:], places, lite)
        if by:
            out.append((key, line))
            continue
        sum_ = digest(line.encode("utf-8", "surrogatepass"))
        if not buckets or sum_ >> shift in buckets:
            out.append((key, f"{sum_:016x}"))
    return out, last


def _cols(table: Table, columns: Sequence[str]) -> list[Col]:
    """In the order of their names: two databases may have them in another."""
    chosen = columns or [name for name in table.names if name not in table.quiet]
    return [table.col(name) for name in sorted(chosen)]


# lines ------------------------------------------------------------------------------------------------------
def _raw(conn: sa.Connection) -> Any:
    return conn.connection.driver_connection


def _sqlite_lines(conn: sa.Connection, table: Table, cols: Sequence[Col]) -> Iterator[bytes]:
    """The line of each row; bytes, for a file may hold texts that are none."""
    raw = _raw(conn)
    with_functions(raw)
    before, raw.text_factory = raw.text_factory, bytes
    try:
        cursor = raw.execute(f"SELECT {sqlite_line(cols)} FROM {quoted(table.name)}")
        while some := cursor.fetchmany(ROWS):
            for (line,) in some:
                yield line
    finally:
        raw.text_factory = before


def _sum_lines(lines: Iterator[bytes], found: list[int], shift: int) -> int:
    rows = 0
    make, number = md5, int.from_bytes
    for line in lines:
        one = number(make(line, usedforsecurity=False).digest()[:8], "big")
        found[one >> shift] += one
        rows += 1
    return rows


def _postgres_sums(
    conn: sa.Connection, table: Table, cols: Sequence[Col], found: list[int], shift: int
) -> int:
    """In SQL, but for the rows that have JSON: its one spelling is told by Python."""
    name = quoted(table.name)
    line = _concat([postgres_text(col) for col in cols])
    places = json_places(cols)
    plain = " AND ".join(f"{quoted(cols[n].name)} IS NULL" for n in places) or "true"
    bits = 64 - shift
    bucket = f"('x' || left(m, 16))::bit(64)::bit({bits})::int" if bits else "0"
    asked = (
        f"SELECT {bucket} AS b, count(*), sum(('x' || left(m, 16))::bit(64)::bigint)"
        f" FROM (SELECT md5({line}) AS m FROM {name} WHERE {plain} OFFSET 0) AS r GROUP BY b"
    )
    rows = 0
    for number, count, total in conn.exec_driver_sql(_literal(asked, lite=False)):
        found[number] += int(total)
        rows += count
    if places:
        odd = f"SELECT {', '.join(postgres_text(col) for col in cols)} FROM {name} WHERE NOT ({plain})"
        flowing = {"stream_results": True, "yield_per": ROWS}
        lines = conn.exec_driver_sql(_literal(odd, lite=False), execution_options=flowing)
        rows += _sum_lines((_line(row, places, False).encode() for row in lines), found, shift)
    return rows


def _line_parts(cols: Sequence[Col], lite: bool) -> list[str]:
    """One text for SQLite and for tables without JSON, else each column by itself."""
    if lite:
        return [sqlite_line(cols)]
    texts = [postgres_text(col) for col in cols]
    return texts if json_places(cols) else [_concat(texts)]


def _line(parts: Sequence[str], places: Sequence[int], lite: bool) -> str:
    if lite or not places:
        return parts[0]
    told = list(parts)
    for n in places:
        if told[n] != NULL:
            told[n] = json_of(told[n])
    return APART.join(told)


def _concat(texts: Sequence[str]) -> str:
    """A function takes 100 arguments."""
    some = [texts[n : n + 90] for n in range(0, len(texts), 90)]
    return " || chr(31) || ".join(f"concat_ws(chr(31), {', '.join(part)})" for part in some)


def _literal(asked: str, lite: bool) -> str:
    """A percent sign in a name is no placeholder."""
    return asked.replace(PLACE, "?") if lite else asked.replace("%", "%%").replace(PLACE, "%s")


# order ------------------------------------------------------------------------------------------------------
def _ordered(col: Col, lite: bool) -> str:
    """Byte by byte, as Python orders texts."""
    name = quoted(col.name)
    if lite:
        return f"{name} COLLATE BINARY"
    if col.kind == "text":
        return f'{name + "::text" if col.type else name} COLLATE "C"'
    return name


def _told(col: Col, lite: bool) -> str:
    """A value of a key in the spelling that is the same everywhere."""
    if lite or col.kind == "int":
        return quoted(col.name)
    return f"{quoted(col.name)}::text" if col.kind == "text" else postgres_text(col)


def _value(col: Col, value: Any) -> str | int:
    """Numbers that are whole as numbers, the rest as text."""
    if col.kind in ("int", "bool") or col.kind.startswith("scaled"):
        return int(value) if not isinstance(value, str) or value.lstrip("-").isdigit() else value
    return decimal_of(value) if col.kind == "dec" else str(value)


def _mark(col: Col, lite: bool) -> str:
    if lite:
        return PLACE
    if col.kind.startswith("scaled"):
        return f"{PLACE}::numeric"
    types = {"bool": "boolean", "dec": "numeric", "int": "bigint", "uuid": "uuid", "date": "date"}
    return f"{PLACE}::{types.get(col.kind, 'text')}"


def _bound(col: Col, value: Any, lite: bool) -> Any:
    """The value as the database compares it."""
    if lite:
        return number_for_sqlite(value) if col.kind == "dec" and col.affine else value
    if col.kind.startswith("scaled"):
        return str(Decimal(value).scaleb(-int(col.kind.removeprefix("scaled"))))
    if col.kind == "bool":
        return bool(value)
    return value
