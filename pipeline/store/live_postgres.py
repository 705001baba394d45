"""The tables of another program that a PostgreSQL connection sees by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import sqlalchemy as sa

from pipeline.mapping.model import Kind
from pipeline.store.target import BARE_SCALE, MOST_SCALE, Link, Target, TargetColumn, grouped, usable

_COLUMNS = """
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
_KEYS = """
SELECT c.relname, i.indexrelid, a.attname
FROM pg_class AS c JOIN pg_index AS i ON i.indrelid = c.oid
JOIN LATERAL unnest(i.indkey::int[]) WITH ORDINALITY AS k(attnum, place) ON k.place <= i.indnkeyatts
LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.attnum
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND pg_table_is_visible(c.oid)
  AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL
ORDER BY c.relname, i.indisprimary DESC, i.indexrelid, k.place
"""
_LINKS = """
SELECT c.relname, k.oid, p.relname, a.attname, b.attname
FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = k.conrelid JOIN pg_class AS p ON p.oid = k.confrelid
JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS x(mine, theirs, place) ON true
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = x.mine
JOIN pg_attribute AS b ON b.attrelid = p.oid AND b.attnum = x.theirs
WHERE k.contype = 'f' AND k.conparentid = 0 AND pg_table_is_visible(c.oid) AND pg_table_is_visible(p.oid)
ORDER BY c.relname, k.oid, x.place
"""
_KINDS = {
    "smallint": Kind.INTEGER, "integer": Kind.INTEGER, "bigint": Kind.INTEGER,
    "numeric": Kind.DECIMAL, "real": Kind.DECIMAL, "double precision": Kind.DECIMAL, "money": Kind.DECIMAL,
    "date": Kind.DATE, "timestamp without time zone": Kind.DATETIME, "timestamp with time zone": Kind.DATETIME,
    "boolean": Kind.BOOLEAN, "json": Kind.JSON, "jsonb": Kind.JSON,
}  # fmt: skip
_TEXTS = ("text", "character varying", "character", '"char"', "name")
_COMPARABLE = (*_KINDS, *_TEXTS, "uuid", "bytea", "inet", "time without time zone", "interval")


def postgres_targets(conn: sa.Connection) -> Iterator[Target]:
    """Every table, also a partitioned one, but not its parts."""
    columns: dict[str, list[TargetColumn]] = defaultdict(list)
    partitioned = {}
    for table, *facts, parts in conn.execute(sa.text(_COLUMNS.replace(":", r"\:"))):
        columns[table].append(_column(*facts))
        partitioned[table] = bool(parts)
    keys = grouped(conn.execute(sa.text(_KEYS.replace(":", r"\:"))))
    for table, its in columns.items():
        yield Target(table, tuple(its), usable(its, keys.get(table, [])), partitioned=partitioned[table])


def postgres_links(conn: sa.Connection) -> dict[str, list[Link]]:
    """Every foreign key between tables that the connection sees, by the table that has it."""
    pairs: dict[tuple[str, int, str], list[tuple[str, str]]] = defaultdict(list)
    for table, number, other, mine, theirs in conn.exec_driver_sql(_LINKS):
        pairs[table, number, other].append((mine, theirs))
    links: dict[str, list[Link]] = defaultdict(list)
    for (table, _, other), both in pairs.items():
        links[table].append(Link(tuple(m for m, _ in both), other, tuple(t for _, t in both)))
    return links


def _column(
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
    kind = _KINDS.get(type_, Kind.TEXT)
    scale, length = 0, None
    if kind is Kind.DECIMAL:
        scale = 2 if type_ == "money" else BARE_SCALE
        if type_ == "numeric" and mod >= 4:
            scale = min(max((((mod - 4) & 0x7FF) ^ 1024) - 1024, 0), MOST_SCALE)
    elif type_ in ("character varying", "character") and mod >= 4:
        length = mod - 4
    cast = "bpchar" if type_ == "character" else ""  # so that "a" and "a " are one key before they meet
    if kind is Kind.TEXT and type_ not in _TEXTS and sort != "d":
        cast = type_
    return TargetColumn(
        name, kind, not notnull, default, generated, filled, scale, length, cast,
        comparable=(type_ in _COMPARABLE and type_ != "json") or sort == "e",
    )  # fmt: skip
