"""Which tables can take part, and what is to be known of each: columns with their kinds, keys, who points at whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from graphlib import CycleError, TopologicalSorter
from typing import Any

import sqlalchemy as sa
from sqlmodel.sql.sqltypes import UTCDateTime

from pipeline.errors import PipelineError
from pipeline.store.live import targets
from pipeline.store.place import Place
from pipeline.store.syncing.values import KEY_KINDS, pack
from pipeline.store.tables import business_tables
from pipeline.store.target import Link, Target, ours
from pipeline.store.types import Exact
from pipeline.words import Message, message

QUIET = ("created_at", "updated_at")  # of our tables: the later one stays, and nobody is asked
LEGAL = ("invoice", "pos_ticket", "pos_session", "journal_entry")  # their numbers are never changed
_TYPES = """
SELECT a.attname, format_type(coalesce(nullif(t.typbasetype, 0), a.atttypid), NULL), a.attgenerated <> '',
  coalesce(nullif(b.typtype, ' '), t.typtype), coalesce(b.typcategory, t.typcategory)
FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid LEFT JOIN pg_type AS b ON b.oid = nullif(t.typbasetype, 0)
WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped
"""
_PG_KINDS = {
    "smallint": "int", "integer": "int", "bigint": "int", "boolean": "bool", "numeric": "dec",
    "real": "real", "double precision": "real", "date": "date", "json": "json", "jsonb": "json", "bytea": "blob",
    "timestamp with time zone": "moment", "timestamp without time zone": "moment",
}  # fmt: skip
_TEXTS = ("text", "character varying")


@dataclass(frozen=True, slots=True)
class Col:
    """A column. `type`: PostgreSQL's own name, "" on SQLite; `affine`: SQLite turns numbers into floats there."""

    name: str
    kind: str
    type: str = ""
    nullable: bool = True
    max_length: int | None = None
    affine: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table that takes part. `key`: its identity; `uniques`: other keys; `links`: where it points, within what
    takes part; `quiet`: columns whose differences nobody needs to see; `legal`: its numbers are never changed."""

    name: str
    key: tuple[str, ...]
    cols: tuple[Col, ...]
    uniques: tuple[tuple[str, ...], ...] = ()
    links: tuple[Link, ...] = ()
    quiet: frozenset[str] = frozenset()
    legal: bool = False
    names: tuple[str, ...] = field(default=())
    at: Mapping[str, int] = field(default_factory=dict)
    decimals: tuple[int, ...] = ()  # places of `dec`

    def col(self, name: str) -> Col:
        return self.cols[self.at[name]]

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(c.kind for c in self.cols)

    def key_of(self, values: Sequence[Any]) -> str:
        """The key of a row, as a text."""
        return pack([values[self.at[n]] for n in self.key])

    def renamed(self, unique: tuple[str, ...]) -> str | None:
        """The column of a key that gets another text when two rows have the same, None when none may."""
        if self.legal:
            return None
        linked = {name for link in self.links for name in link.columns}
        texts = [n for n in unique if self.col(n).kind == "text" and n not in linked and n not in self.key]
        return texts[-1] if texts else None


def shapes(
    conn: sa.Connection, place: Place, wanted: Sequence[str] | None
) -> tuple[list[Table], dict[str, Message]]:
    """The tables that take part, parents first, and why others cannot. `wanted`: None for all."""
    found = targets(conn)
    names = sorted(found) if wanted is None else list(wanted)
    tables: dict[str, Table] = {}
    refused: dict[str, Message] = {}
    for name in names:
        if name not in found:
            refused[name] = message("syncing.no_table", table=name)
            continue
        table = _table(conn, found[name])
        why = _unfit(table)
        if why is None:
            tables[name] = table
        else:
            refused[name] = why
    return _ordered(tables, conn.dialect.name), refused


def _unfit(table: Table) -> Message | None:
    if not table.key or any(table.col(n).nullable for n in table.key if not _filled(table, n)):
        return message("syncing.no_key", table=table.name)
    for name in table.key:
        kind = table.col(name).kind
        if kind not in KEY_KINDS and not kind.startswith("scaled"):
            return message("syncing.odd_key", table=table.name, column=name, kind=kind)
    for col in table.cols:
        if col.kind == "?":
            return message("syncing.odd_type", table=table.name, column=col.name, kind=col.type)
    return None


def _filled(table: Table, name: str) -> bool:
    """SQLite's own row number may be declared without NOT NULL."""
    return len(table.key) == 1 and table.col(name).kind == "int"


def _table(conn: sa.Connection, target: Target) -> Table:
    if conn.dialect.name == "sqlite":
        cols = _sqlite_cols(conn, target)
    else:
        cols = _postgres_cols(conn, target)
    known = _kinds_of_ours().get(target.name, {}) if target.ours or target.name in ours() else {}
    mine = bool(known) and {"id", "created_at", "updated_at"} <= {c.name for c in cols}
    if mine:
        cols = [
            Col(c.name, known.get(c.name, c.kind), c.type, c.nullable, c.max_length, c.affine and c.name not in known)
            for c in cols
        ]  # fmt: skip
    key = target.identity
    names = tuple(c.name for c in cols)
    uniques = tuple(k for k in target.keys if k != key and set(k) <= set(names))
    return Table(
        target.name, key, tuple(cols), uniques, target.links, frozenset(QUIET if mine else ()),
        mine and target.name in LEGAL, names, {name: n for n, name in enumerate(names)}, tuple(n for n, c in enumerate(cols) if c.kind == "dec"),
    )  # fmt: skip


@cache
def _kinds_of_ours() -> dict[str, dict[str, str]]:
    return {table.name: {c.name: _kind(c.type) for c in table.columns} for table in business_tables()}


def _kind(type_: object) -> str:
    if isinstance(type_, Exact):
        return f"scaled{type_.scale}"
    if isinstance(type_, UTCDateTime):
        return "instant"
    kinds: list[tuple[type, str]] = [
        (sa.Uuid, "uuid"), (sa.Boolean, "bool"), (sa.JSON, "json"), (sa.DateTime, "instant"), (sa.Date, "date"),
        (sa.Integer, "int"),
    ]  # fmt: skip
    return next((kind for class_, kind in kinds if isinstance(type_, class_)), "text")


def _sqlite_cols(conn: sa.Connection, target: Target) -> list[Col]:
    declared = {
        row[1]: str(row[2]).upper()
        for row in conn.exec_driver_sql(f"PRAGMA table_xinfo({_name(target.name)})")
    }
    cols = []
    for c in target.columns:
        if c.generated:
            continue
        kind, affine = _sqlite_kind(declared.get(c.name, ""))
        cols.append(Col(c.name, kind, "", c.nullable, c.max_length, affine))
    return cols


def _sqlite_kind(word: str) -> tuple[str, bool]:
    """A declared type → (kind, does SQLite hold its numbers as floats?)."""
    if "BOOL" in word or word.replace(" ", "") == "TINYINT(1)":
        return "bool", False
    if "INT" in word:
        return "int", False
    if word.startswith("DECIMALTEXT"):
        return "dec", False
    if any(part in word for part in ("CHAR", "CLOB", "TEXT", "UUID")):
        return "text", False
    if word.startswith(("DATETIME", "TIMESTAMP")):
        return "moment", False
    if word.startswith("DATE"):
        return "date", False
    if "JSON" in word:
        return "json", False
    if "DEC" in word or "NUM" in word:
        return "dec", True
    if any(part in word for part in ("REAL", "FLOA", "DOUB")):
        return "real", False
    return ("blob" if "BLOB" in word else "text"), False


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _postgres_cols(conn: sa.Connection, target: Target) -> list[Col]:
    rows = conn.exec_driver_sql(_TYPES, (_name(target.name),)).all()
    types = {row[0]: (row[1], row[3], row[4]) for row in rows if not row[2]}
    cols = []
    for c in target.columns:
        if c.name not in types:
            continue
        type_, sort, category = types[c.name]
        kind = _PG_KINDS.get(type_)
        if kind is None:
            kind = "?" if category in ("A", "C", "R") or type_ == "money" or sort in ("c", "p") else "text"
        cols.append(Col(c.name, kind, "" if type_ in _TEXTS else type_, c.nullable, c.max_length))
    return cols


def _ordered(tables: Mapping[str, Table], dialect: str) -> list[Table]:
    """Parents first; a table may point at itself. Raises PipelineError for a circle on PostgreSQL."""
    graph = {
        name: sorted({link.table for link in t.links if link.table in tables and link.table != name})
        for name, t in tables.items()
    }
    try:
        order: Iterable[str] = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        if dialect != "sqlite":
            circle = ", ".join(sorted(set(error.args[1])))
            raise PipelineError(message("syncing.cycle", tables=circle)) from error
        order = sorted(tables)
    return [tables[name] for name in order]
