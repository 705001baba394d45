"""What a database of another program has: its tables, columns and keys, read from the database itself."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from pipeline.mapping.model import Kind
from pipeline.store.target import Target, TargetColumn, ours

BARE_SCALE = 6  # decimals of a number whose column does not say how many
MOST_SCALE = 20
PREFIX = "pipeline_"

_LITE_COLUMNS = """
SELECT m.name, x.name, x.type, x."notnull", x.dflt_value, x.hidden, x.pk
FROM sqlite_master AS m JOIN pragma_table_xinfo(m.name) AS x
WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite~_%' ESCAPE '~' AND m.sql NOT LIKE 'CREATE VIRTUAL%'
ORDER BY m.name, x.cid
"""
_LITE_KEYS = """
SELECT m.name, l.seq, x.name
FROM sqlite_master AS m JOIN pragma_index_list(m.name) AS l JOIN pragma_index_info(l.name) AS x
WHERE m.type = 'table' AND l."unique" AND NOT l.partial ORDER BY m.name, l.origin = 'c', l.seq DESC, x.seqno
"""
_PG_COLUMNS = """
SELECT c.relname, a.attname, coalesce(nullif(t.typbasetype, 0)::regtype, a.atttypid::regtype)::text,
  CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END, a.attnotnull OR t.typnotnull,
  coalesce(pg_get_expr(d.adbin, d.adrelid), t.typdefault),
  a.attgenerated <> '' OR a.attidentity = 'a', a.attidentity <> '' OR pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%',
  t.typtype, c.relkind = 'p'
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid JOIN pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND pg_table_is_visible(c.oid) AND c.relpersistence <> 't'
  AND c.relnamespace <> 'pg_catalog'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY c.relname, a.attnum
"""
_PG_KEYS = """
SELECT c.relname, i.indexrelid, a.attname
FROM pg_class AS c JOIN pg_index AS i ON i.indrelid = c.oid
JOIN LATERAL unnest(i.indkey::int[]) WITH ORDINALITY AS k(attnum, place) ON k.place <= i.indnkeyatts
LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.attnum
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND pg_table_is_visible(c.oid)
  AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL
ORDER BY c.relname, i.indisprimary DESC, i.indexrelid, k.place
"""
_PG_KINDS = {
    "smallint": Kind.INTEGER, "integer": Kind.INTEGER, "bigint": Kind.INTEGER,
    "numeric": Kind.DECIMAL, "real": Kind.DECIMAL, "double precision": Kind.DECIMAL, "money": Kind.DECIMAL,
    "date": Kind.DATE, "timestamp without time zone": Kind.DATETIME, "timestamp with time zone": Kind.DATETIME,
    "boolean": Kind.BOOLEAN, "json": Kind.JSON, "jsonb": Kind.JSON,
}  # fmt: skip
_PG_TEXTS = ("text", "character varying", "character", '"char"', "name")
_PG_COMPARABLE = (*_PG_KINDS, *_PG_TEXTS, "uuid", "bytea", "inet", "time without time zone", "interval")


def targets(conn: sa.Connection) -> dict[str, Target]:
    """Every table that the connection sees, but for ours: by name."""
    lite = conn.dialect.name == "sqlite"
    columns: dict[str, list[TargetColumn]] = defaultdict(list)
    primary: dict[str, list[tuple[int, str]]] = defaultdict(list)
    partitioned: set[str] = set()
    for row in _rows(conn, _LITE_COLUMNS if lite else _PG_COLUMNS):
        table, *facts, last = row
        columns[table].append(_lite_column(*facts) if lite else _pg_column(*facts))
        if lite and last:
            primary[table].append((last, facts[0]))
        if not lite and last:
            partitioned.add(table)
    keys = _keys(_rows(conn, _LITE_KEYS if lite else _PG_KEYS))
    found = {}
    for table, its in columns.items():
        if table.startswith(PREFIX):
            continue
        if lite:
            its = _rowid(its, primary[table])
            keys[table].insert(0, tuple(name for _, name in sorted(primary[table])))
        found[table] = Target(table, tuple(its), _usable(its, keys[table]), partitioned=table in partitioned)
    return {name: _known(target) for name, target in found.items()}


def _rows(conn: sa.Connection, statement: str) -> Iterable[Any]:
    return conn.execute(sa.text(statement.replace(":", r"\:"))).all()


def _known(target: Target) -> Target:
    """One of our own tables, made by another Pipeline, is written as ours."""
    same = ours().get(target.name)
    return same if same and {c.name for c in same.columns} == {c.name for c in target.columns} else target


def _keys(rows: Iterable[Any]) -> dict[str, list[tuple[str, ...]]]:
    """Rows of (table, index, column) in order → the keys of each table. An expression has no column."""
    indexes: dict[tuple[str, object], list[str | None]] = defaultdict(list)
    for table, index, column in rows:
        indexes[table, index].append(column)
    keys: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for (table, _), names in indexes.items():
        if None not in names:
            keys[table].append(tuple(name for name in names if name is not None))
    return keys


def _usable(columns: list[TargetColumn], keys: list[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """Without repeats; those that the database numbers by itself come last, for files know the others."""
    by_name = {column.name: column for column in columns}
    different = [key for key in dict.fromkeys(keys) if key]
    return tuple(sorted(different, key=lambda key: any(by_name[name].filled for name in key)))


def _lite_column(name: str, declared: str, notnull: int, default: str | None, hidden: int) -> TargetColumn:
    """As SQLite reads a declared type, but that a date, a yes or no, and JSON are told apart."""
    word = declared.upper()
    size = re.search(r"\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)", word)
    kind, scale, length = Kind.TEXT, 0, None
    if "BOOL" in word or re.match(r"TINYINT\s*\(1\)", word):
        kind = Kind.BOOLEAN
    elif "INT" in word:
        kind = Kind.INTEGER
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


def _rowid(columns: list[TargetColumn], primary: list[tuple[int, str]]) -> list[TargetColumn]:
    """An INTEGER primary key of one column is SQLite's own row number, filled when nothing is given."""
    if len(primary) != 1:
        return columns
    name = primary[0][1]
    return [
        TargetColumn(c.name, c.kind, False, filled=True) if c.name == name and c.kind is Kind.INTEGER else c
        for c in columns
    ]


def _pg_column(
    name: str,
    type_: str,
    mod: int,
    notnull: bool,
    default: str | None,
    generated: bool,
    filled: bool,
    sort: str,
) -> TargetColumn:
    """`sort`: b a base type, d a domain (which takes what its base type takes), e an enumeration."""
    kind = _PG_KINDS.get(type_, Kind.TEXT)
    scale, length = 0, None
    if kind is Kind.DECIMAL:
        scale = 2 if type_ == "money" else BARE_SCALE
        if type_ == "numeric" and mod >= 4:
            scale = min(max((((mod - 4) & 0x7FF) ^ 1024) - 1024, 0), MOST_SCALE)
    elif type_ in ("character varying", "character") and mod >= 4:
        length = mod - 4
    cast = "bpchar" if type_ == "character" else ""  # so that "a" and "a " are one key before they meet
    if kind is Kind.TEXT and type_ not in _PG_TEXTS and sort != "d":
        cast = type_
    return TargetColumn(
        name, kind, not notnull, default, generated, filled, scale, length, cast,
        comparable=(type_ in _PG_COMPARABLE and type_ != "json") or sort == "e",
    )  # fmt: skip
