"""What undoing says in PostgreSQL's own SQL. `pipeline_undo` is the temporary table of rows to take back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from pipeline.store.live_postgres import postgres_links
from pipeline.store.log_postgres import row_id
from pipeline.store.target import Link, Target, literal, quoted

UNDO = "pipeline_undo"
_TYPES = """
SELECT attname, format_type(atttypid, atttypmod), attgenerated <> '' FROM pg_attribute
WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped
"""
_UNHELPED = """
SELECT c.reltuples > 1000 OR c.reltuples < 0, pg_has_role(c.relowner, 'USAGE') AND c.relkind = 'r', EXISTS (
  SELECT 1 FROM pg_index AS i JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
  WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL AND a.attname = %s)
FROM pg_class AS c WHERE c.oid = to_regclass(%s)
"""


class PostgresUndo:
    """The statements of one undo."""

    merged_order = "DESC"  # of an object with a name twice, the last counts
    json = "::json"

    def __init__(self, conn: sa.Connection) -> None:
        self._conn = conn
        self._types: dict[str, dict[str, str]] = {}
        self._computed: dict[str, set[str]] = {}
        self._made: list[str] = []

    def run(self, statement: str) -> sa.CursorResult[Any]:
        return self._conn.exec_driver_sql(statement.replace("%", "%%"))

    def make(self) -> None:
        self.run(f"DROP TABLE IF EXISTS pg_temp.{UNDO}, pg_temp.{UNDO}_root, pg_temp.{UNDO}_later")
        self.run(
            f"CREATE TEMP TABLE {UNDO} (n bigint PRIMARY KEY, table_name text, row_id text, deed text, old json,"
            " last bigint, many bigint, why text, blame bigint, other text) ON COMMIT DROP"
        )
        self.run(f"CREATE TEMP TABLE {UNDO}_root (who text PRIMARY KEY, root text) ON COMMIT DROP")

    def filled(self) -> None:
        self.run(f"CREATE INDEX ON {UNDO} (table_name, row_id)")
        self.run(f"ANALYZE {UNDO}")

    def links(self) -> dict[str, list[Link]]:
        return postgres_links(self._conn)

    def joined(self) -> str:
        return "string_agg(part, ',')"

    def lock(self, target: Target) -> None:
        """Nobody else changes these rows while it is decided about them."""
        where = f"u.table_name = {literal(target.name)} AND u.deed <> 'I'"
        found = (
            f"SELECT 1 FROM {quoted(target.name)} AS t JOIN {UNDO} AS u ON {self.match(target, 't', 'u')}"
            f" WHERE {where} FOR UPDATE OF t"
        )
        self.run(f"SELECT count(*) FROM ({found}) AS locked")

    def quick(self, link: Link, child: str) -> None:
        """PostgreSQL searches the table that may point to a row for each row that goes: for the length of this
        transaction with an index, where it has none."""
        asked = self._conn.exec_driver_sql(_UNHELPED, (link.columns[0], quoted(child))).first()
        if asked is not None and asked[0] and asked[1] and not asked[2]:
            name = f"{UNDO}_{len(self._made)}"
            self.run(f"CREATE INDEX {name} ON {quoted(child)} ({', '.join(map(quoted, link.columns))})")
            self._made.append(name)

    def end(self) -> None:
        for name in self._made:
            self.run(f"DROP INDEX {name}")

    def row_id(self, target: Target, row: str) -> str:
        return row_id(target, row)

    def match(self, target: Target, row: str, undo: str) -> str:
        return " AND ".join(
            f"{row}.{quoted(name)} = {self.old(target, name, undo)}" for name in target.identity
        )

    def old(self, target: Target, name: str, undo: str) -> str:
        type_ = self._type(target, name)
        if target.identity == ("id",) == (name,):
            return f"{undo}.row_id::{type_}"
        text = f"{undo}.row_id::json" if name in target.identity else f"{undo}.old"
        return f"({text} ->> {literal(name)})::{type_}"

    def has(self, target: Target, name: str, undo: str) -> str:
        return f"({undo}.old -> {literal(name)}) IS NOT NULL"

    def told(self, name: str, row: str) -> str:
        return f"to_json({row}) ->> {literal(name)}"

    def told_before(self, target: Target, name: str, undo: str) -> str:
        return f"{undo}.old ->> {literal(name)}"

    def columns(self, target: Target, deed: str) -> list[str]:
        where = f"u.table_name = {literal(target.name)} AND u.deed = '{deed}' AND u.why IS NULL"
        if deed == "I":
            where += f" AND u.n = (SELECT min(u.n) FROM {UNDO} AS u WHERE {where})"
        asked = f"SELECT DISTINCT json_object_keys(u.old) FROM {UNDO} AS u WHERE {where}"
        names = {str(row[0]) for row in self.run(asked)}
        self._type(target, target.identity[0])
        known = self._types[target.name].keys() - self._computed[target.name]
        keep = {c.name for c in target.columns if deed == "I" or not c.generated}
        return sorted(names & known & keep)

    def delete(self, target: Target, where: str) -> str:
        return (
            f"DELETE FROM {quoted(target.name)} AS t USING {UNDO} AS u"
            f" WHERE {where} AND {self.match(target, 't', 'u')}"
        )

    def restore(self, target: Target, columns: Sequence[str], where: str) -> str:
        table, names = quoted(target.name), ", ".join(quoted(name) for name in columns)
        values = ", ".join(f"r.{quoted(name)}" for name in columns)
        return (
            f"INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE SELECT {values} FROM {UNDO} AS u"
            f" CROSS JOIN LATERAL json_populate_record(NULL::{table}, u.old) AS r WHERE {where} ORDER BY u.n"
        )

    def set_back(self, target: Target, columns: Sequence[str], where: str) -> str:
        table = quoted(target.name)
        sets = ", ".join(f"{quoted(name)} = r.{quoted(name)}" for name in columns)
        same = " AND ".join(f"t.{quoted(name)} = s.{quoted(name)}" for name in target.identity)
        return (
            f"UPDATE {table} AS t SET {sets} FROM {UNDO} AS u JOIN {table} AS s ON {self.match(target, 's', 'u')}"
            f" CROSS JOIN LATERAL json_populate_record(s, u.old) AS r WHERE {where} AND {same}"
        )

    def _type(self, target: Target, name: str) -> str:
        if target.name not in self._types:
            rows = self._conn.exec_driver_sql(_TYPES, (quoted(target.name),)).all()
            self._types[target.name] = {row[0]: row[1] for row in rows}
            self._computed[target.name] = {row[0] for row in rows if row[2]}
        return self._types[target.name].get(name, "text")
