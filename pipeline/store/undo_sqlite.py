"""What undoing says in SQLite's own SQL. `pipeline_undo` is the temporary table of rows to take back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from pipeline.store.live_sqlite import sqlite_links
from pipeline.store.log_sqlite import row_id
from pipeline.store.target import Link, Target, literal, quoted

UNDO = "pipeline_undo"


class SqliteUndo:
    """The statements of one undo. Foreign keys are off meanwhile: what points where is looked at set by set
    beforehand, since SQLite would search every table that may point to a row for each row that goes."""

    merged_order = "ASC"  # of an object with a name twice, json_extract takes the first
    json = ""

    def __init__(self, conn: sa.Connection) -> None:
        self._conn = conn
        raw: Any = conn.connection.driver_connection
        raw.create_function("pipeline_unhex", 1, bytes.fromhex, deterministic=True)

    def run(self, statement: str) -> sa.CursorResult[Any]:
        return self._conn.exec_driver_sql(statement)

    def make(self) -> None:
        self.drop()
        self.run(
            f"CREATE TEMP TABLE {UNDO} (n INTEGER PRIMARY KEY, table_name TEXT, row_id TEXT, deed TEXT, old TEXT,"
            " last INTEGER, many INTEGER, why TEXT, blame INTEGER, other TEXT)"
        )
        self.run(f"CREATE TEMP TABLE {UNDO}_root (who TEXT PRIMARY KEY, root TEXT)")

    def filled(self) -> None:
        self.run(f"CREATE INDEX temp.{UNDO}_row ON {UNDO} (table_name, row_id)")

    def drop(self) -> None:
        for table in (UNDO, f"{UNDO}_root", f"{UNDO}_later"):
            self.run(f"DROP TABLE IF EXISTS temp.{table}")

    def links(self) -> dict[str, list[Link]]:
        return sqlite_links(self._conn)

    def joined(self) -> str:
        """The texts of `part`, one after the other, as an aggregate over sorted rows."""
        return "group_concat(part, ',')"

    def lock(self, target: Target) -> None:
        return None  # there is one writer

    def quick(self, link: Link, child: str) -> None:
        return None

    def end(self) -> None:
        self.drop()

    def row_id(self, target: Target, row: str) -> str:
        """A row's identity as the change log writes it."""
        text = row_id(target, row)
        return f"CAST({text} AS TEXT)" if target.identity == ("id",) else text

    def match(self, target: Target, row: str, undo: str) -> str:
        """Is `row` the one that `undo` names?"""
        return " AND ".join(
            f"{row}.{quoted(name)} = {self.old(target, name, undo)}" for name in target.identity
        )

    def old(self, target: Target, name: str, undo: str) -> str:
        """The value that `undo` remembers of a column."""
        if target.identity == ("id",) == (name,):
            return f"{undo}.row_id"
        return _value(f"{undo}.{'row_id' if name in target.identity else 'old'}", name)

    def has(self, target: Target, name: str, undo: str) -> str:
        """Does `undo` remember a value of this column?"""
        return f"json_type({undo}.old, {_path(name)}) IS NOT NULL"

    def told(self, name: str, row: str) -> str:
        """A row's value, to be shown."""
        return f"{row}.{quoted(name)}"

    def told_before(self, target: Target, name: str, undo: str) -> str:
        """The value that `undo` remembers, to be shown."""
        return self.old(target, name, undo)

    def columns(self, target: Target, deed: str) -> list[str]:
        """The columns that these rows remember. All that were deleted remember the same."""
        source = f"{UNDO} AS u, json_each(u.old) AS e"
        where = f"u.table_name = {literal(target.name)} AND u.deed = '{deed}' AND u.why IS NULL"
        if deed == "I":
            one = f"(SELECT min(u.n) FROM {UNDO} AS u WHERE {where})"
            names = {str(row[0]) for row in self.run(f"SELECT e.key FROM {source} WHERE u.n = {one}")}
            names |= set(target.identity)
        else:
            names = {str(row[0]) for row in self.run(f"SELECT DISTINCT e.key FROM {source} WHERE {where}")}
        return [c.name for c in target.columns if c.name in names and not c.generated]

    def delete(self, target: Target, where: str) -> str:
        key = ", ".join(quoted(name) for name in target.identity)
        named = ", ".join(self.old(target, name, "u") for name in target.identity)
        key = f"({key})" if len(target.identity) > 1 else key
        return f"DELETE FROM {quoted(target.name)} WHERE {key} IN (SELECT {named} FROM {UNDO} AS u WHERE {where})"

    def restore(self, target: Target, columns: Sequence[str], where: str) -> str:
        names = ", ".join(quoted(name) for name in columns)
        values = ", ".join(self.old(target, name, "u") for name in columns)
        return (
            f"INSERT INTO {quoted(target.name)} ({names}) SELECT {values} FROM {UNDO} AS u WHERE {where}"
            " ORDER BY u.n"
        )

    def set_back(self, target: Target, columns: Sequence[str], where: str) -> str:
        table = quoted(target.name)
        sets = ", ".join(
            f"{quoted(c)} = CASE WHEN {self.has(target, c, 'u')} THEN {self.old(target, c, 'u')}"
            f" ELSE {table}.{quoted(c)} END"
            for c in columns
        )
        return (
            f"UPDATE {table} SET {sets} FROM {UNDO} AS u WHERE {where} AND {self.match(target, table, 'u')}"
        )


def _path(name: str, below: str = "") -> str:
    return literal(f'$."{name}"{below}')


def _value(text: str, name: str) -> str:
    """A value of the log's JSON: what JSON has no word for is an object there (see `log_sqlite`)."""
    blob = f"json_extract({text}, {_path(name, '.blob')})"
    real = f"CAST(json_extract({text}, {_path(name, '.real')}) AS REAL)"
    return (
        f"CASE json_type({text}, {_path(name)}) WHEN 'object' THEN CASE WHEN {blob} IS NULL THEN {real}"
        f" ELSE pipeline_unhex({blob}) END ELSE json_extract({text}, {_path(name)}) END"
    )
