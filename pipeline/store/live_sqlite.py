"""The tables of another program's SQLite file."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from pipeline.mapping.model import Kind
from pipeline.store.target import BARE_SCALE, MOST_SCALE, Link, Target, TargetColumn, grouped, usable

_COLUMNS = """
SELECT m.name, x.name, x.type, x."notnull", x.dflt_value, x.hidden, x.pk
FROM sqlite_master AS m JOIN pragma_table_xinfo(m.name) AS x
WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite~_%' ESCAPE '~' AND m.sql NOT LIKE 'CREATE VIRTUAL%'
ORDER BY m.name, x.cid
"""
_KEYS = """
SELECT m.name, l.seq, x.name
FROM sqlite_master AS m JOIN pragma_index_list(m.name) AS l JOIN pragma_index_info(l.name) AS x
WHERE m.type = 'table' AND l."unique" AND NOT l.partial ORDER BY m.name, l.origin = 'c', l.seq DESC, x.seqno
"""
_LINKS = """
SELECT m.name, l.id, l."table", l."from", l."to"
FROM sqlite_master AS m JOIN pragma_foreign_key_list(m.name) AS l
WHERE m.type = 'table' {} ORDER BY m.name, l.id, l.seq
"""
_PRIMARY = """
SELECT m.name, x.pk, x.name FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS x
WHERE m.type = 'table' AND x.pk ORDER BY m.name, x.pk
"""


def sqlite_targets(conn: sa.Connection) -> Iterator[Target]:
    """Every table of the file."""
    columns: dict[str, list[TargetColumn]] = defaultdict(list)
    primary: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for table, name, declared, notnull, default, hidden, place in conn.exec_driver_sql(_COLUMNS):
        columns[table].append(_column(name, declared, notnull, default, hidden))
        if place:
            primary[table].append((place, name))
    first = {table: tuple(name for _, name in sorted(key)) for table, key in primary.items()}
    keys = grouped(conn.exec_driver_sql(_KEYS))
    links = _links(conn.exec_driver_sql(_LINKS.format("AND m.sql LIKE '%DEFERRED%'")), first)
    for table, its in columns.items():
        its = _numbered(its, first.get(table, ()))
        every = [first.get(table, ()), *keys.get(table, [])]
        yield Target(table, tuple(its), usable(its, every), deferred=tuple(links[table]))


def sqlite_links(conn: sa.Connection) -> dict[str, list[Link]]:
    """Every foreign key of the file, by the table that has it."""
    primary: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for table, _, name in conn.exec_driver_sql(_PRIMARY):
        primary[table] += (name,)
    return _links(conn.exec_driver_sql(_LINKS.format("")), primary)


def _links(rows: Iterable[Any], primary: dict[str, tuple[str, ...]]) -> dict[str, list[Link]]:
    """Rows of (table, number, other table, column, other column) in order → the links of each table. Without
    other columns the other table's primary key is meant."""
    pairs: dict[tuple[str, int, str], list[tuple[str, str | None]]] = defaultdict(list)
    for table, number, other, *pair in rows:
        pairs[table, number, other].append((pair[0], pair[1]))
    links: dict[str, list[Link]] = defaultdict(list)
    for (table, _, other), both in pairs.items():
        theirs = tuple(name for _, name in both if name is not None) or primary.get(other, ())
        if len(theirs) == len(both):
            links[table].append(Link(tuple(name for name, _ in both), other, theirs))
    return links


def _column(name: str, declared: str, notnull: int, default: str | None, hidden: int) -> TargetColumn:
    """As SQLite reads a declared type, but that a date, a yes or no, and JSON are told apart."""
    word = declared.upper()
    size = re.search(r"\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)", word)
    kind, scale, length = Kind.TEXT, 0, None
    if "BOOL" in word or re.match(r"TINYINT\s*\(1\)", word):
        kind = Kind.BOOLEAN
    elif "INT" in word:
        kind = Kind.INTEGER
    elif word.startswith("DECIMALTEXT"):  # ours: a number that SQLite keeps as text, and so exactly
        kind, scale = Kind.DECIMAL, int(size[2] or 0) if size else BARE_SCALE
    elif any(part in word for part in ("CHAR", "CLOB", "TEXT")):
        length = int(size[1]) if size else None
    elif word.startswith(("DATETIME", "TIMESTAMP")):
        kind = Kind.DATETIME
    elif word.startswith("DATE"):
        kind = Kind.DATE
    elif "JSON" in word:
        kind = Kind.JSON
    elif "DEC" in word or "NUM" in word:
        kind, scale = Kind.DECIMAL, int(size[2] or 0) if size else BARE_SCALE
    elif any(part in word for part in ("REAL", "FLOA", "DOUB", "MONEY")):
        kind, scale = Kind.DECIMAL, BARE_SCALE
    return TargetColumn(
        name, kind, not notnull, default, hidden in (2, 3), scale=min(scale, MOST_SCALE), max_length=length
    )


def _numbered(columns: list[TargetColumn], primary: tuple[str, ...]) -> list[TargetColumn]:
    """An INTEGER primary key of one column is SQLite's own row number, filled when nothing is given."""
    return [
        replace(c, nullable=False, filled=True) if (c.name,) == primary and c.kind is Kind.INTEGER else c
        for c in columns
    ]
