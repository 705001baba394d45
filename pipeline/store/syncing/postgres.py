"""Synchronisation in PostgreSQL's own SQL."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from decimal import Decimal
from itertools import count
from typing import Any

import psycopg

from pipeline.store.failures import RowsRefused, judge
from pipeline.store.syncing.desk import CHUNK, OTHERS, P, SqlDesk, as_entries
from pipeline.store.syncing.model import ClockRow, Entry, Values
from pipeline.store.syncing.shapes import Col, Table
from pipeline.store.syncing.values import logged_postgres, pack, scale_of
from pipeline.store.target import literal, quoted
from pipeline.words import message

UTC = timezone.utc  # noqa: UP017
_NUMBERS = count(1)
_LAST = "SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM {}"
_CLOCK = "table_name, row_key, cols, marks, died, image, mark"
MANY = 300  # rows from which on COPY is quicker than one text


class PostgresDesk(SqlDesk):
    """`raw`: a connection in a transaction of isolation level REPEATABLE READ. `last`: the change log's highest number, asked
    before the transaction."""

    def __init__(self, raw: Any, tables: Mapping[str, Table], where: str, last: int) -> None:
        super().__init__(raw, tables)
        self._where, self._last = where, last
        self._logged: dict[str, dict[str, Any]] = {}

    def run(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        try:
            with self._raw.cursor() as cursor:
                cursor.execute(_escaped(statement), tuple(values))
                return cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            raise judge(error, self._where) from error

    def many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        try:
            with self._raw.cursor() as cursor:
                cursor.executemany(_escaped(statement), rows)
        except psycopg.Error as error:
            raise judge(error, self._where) from error

    def stream(self, statement: str, values: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        with self._raw.cursor(f"pipeline_sync_{next(_NUMBERS)}") as cursor:
            cursor.itersize = 20_000
            cursor.execute(_escaped(statement), tuple(values))
            yield from cursor

    def read(self, col: Col, row: str) -> str:
        value = f"{row}.{quoted(col.name)}"
        if col.kind == "uuid":
            return f"replace({value}::text, '-', '')"
        if col.kind == "bool":
            return f"{value}::int"
        if col.kind.startswith("scaled"):
            return f"({value} * {10 ** scale_of(col.kind)})::bigint"
        if col.kind == "dec":
            return f"trim_scale({value})::text"
        if col.kind in ("instant", "moment"):
            zone = " AT TIME ZONE 'UTC'" if col.type == "timestamp with time zone" else ""
            return f"to_char({value}{zone}, 'YYYY-MM-DD HH24:MI:SS.US')"
        if col.kind in ("int", "real", "blob") or (col.kind == "text" and not col.type):
            return value
        return f"{value}::text"

    def typed(self, text: str, col: Col) -> str:
        """A text as the column's own type."""
        if col.kind == "bool":
            return f"({text})::int::boolean"
        if col.kind.startswith("scaled"):
            return f"(({text})::numeric * 1e-{scale_of(col.kind)})"
        if col.kind == "blob":
            return f"decode({text}, 'hex')"
        return f"({text})::{col.type}" if col.type else text

    def bound(self, value: Any, col: Col) -> Any:
        return None if value is None else str(value)

    def moment(self, moment: datetime) -> Any:
        return moment

    def iso(self, moment: Any) -> str:
        return str(moment.astimezone(UTC).isoformat())

    def keyed(self, keys: str, table: Table, columns: Sequence[str], row: str) -> tuple[str, str]:
        pairs = [
            f"{row}.{quoted(n)} = {self.typed(f'k.v ->> {i}', table.col(n))}" for i, n in enumerate(columns)
        ]
        source = f"(SELECT e.n - 1 AS n, e.v FROM json_array_elements({keys}::json) WITH ORDINALITY AS e(v, n)) AS k"
        return source, " AND ".join(pairs)

    def joined(self, table: Table) -> str:
        own = (self.typed(f"c.row_key::json ->> {i}", table.col(n)) for i, n in enumerate(table.key))
        return " AND ".join(f"t.{quoted(n)} = {value}" for n, value in zip(table.key, own, strict=True))

    # the change log ----------------------------------------------------------------------------------------
    def log_end(self) -> str:
        return self._end(0)

    def _end(self, floor: int) -> str:
        """Where the log is: the snapshot; a number below which all is read; and a transaction number above that of
        everyone who can have a number of the log up to `last`. (An open transaction may be missing in a snapshot's
        own list, when none with a higher number has ended.)"""
        snapshot, own = self.run("SELECT pg_current_snapshot()::text, pg_current_xact_id()::text")[0]
        return json.dumps({"s": snapshot, "f": floor, "t": [int(own), self._last]})

    def log(self, since: str, *, everyone: bool = False) -> tuple[Iterator[Entry], str]:
        """What was committed since: by the snapshot in which the log was read before, never by number."""
        before: dict[str, Any] = json.loads(since) if since else {"s": "1:1:", "f": 0, "t": [0, 0]}
        now = str(self.run("SELECT pg_current_snapshot()::text")[0][0]).split(":")
        top, last = before["t"]
        floor = int(before["f"])
        after = (
            int(last) if int(now[0]) > int(top) else floor
        )  # all that could come below it is read this time
        names = ", ".join(literal(name) for name in self.tables)
        whose = "true" if everyone else OTHERS
        unseen = f"NOT pg_visible_in_snapshot(txid::xid8, {literal(before['s'])}::pg_snapshot)"
        if int(before["s"].split(":")[1]) > int(now[1]):
            unseen = "true"  # these transaction numbers are of another cluster
        asked = (
            f"SELECT table_name, row_id, op, old, at, txid FROM (SELECT seq, table_name, row_id, op, old, txid,"
            " (extract(epoch FROM at) * 1000)::bigint AS at, max(seq) OVER (PARTITION BY txid) AS last"
            f" FROM pipeline_change WHERE seq > {floor} AND {unseen} AND {whose}"
            f" AND table_name IN ({names})) AS new ORDER BY last, seq"
        )
        if not self.run(f"SELECT 1 FROM pipeline_change WHERE seq > {floor} AND {unseen} LIMIT 1"):
            return iter(()), since or self._end(after)
        return as_entries(self.stream(asked, ())), self._end(after)

    def key_text(self, table: Table, row_id: str) -> str:
        if table.key == ("id",):
            kind = table.col("id").kind
            return pack(
                [int(row_id) if kind == "int" else row_id.replace("-", "") if kind == "uuid" else row_id]
            )
        found = json.loads(row_id, parse_float=Decimal)
        made = self._makers(table)
        return pack([made[n](found[n]) for n in table.key])

    def logged(self, table: Table, old: str) -> dict[str, Any]:
        made = self._makers(table)
        found = json.loads(old, parse_float=Decimal)
        return {n: made[n](v) for n, v in found.items() if n in table.at}

    def _makers(self, table: Table) -> dict[str, Any]:
        if table.name not in self._logged:
            self._logged[table.name] = {c.name: logged_postgres(c.kind) for c in table.cols}
        return self._logged[table.name]

    # clocks ------------------------------------------------------------------------------------------------
    def clocks(self, table: str, keys: Sequence[str]) -> dict[str, ClockRow]:
        asked = (
            "SELECT row_key, cols, marks, died, image, mark FROM pipeline_sync_clock"
            f" WHERE table_name = {P} AND row_key = ANY({P})"
        )
        found = {}
        for start in range(0, len(keys), CHUNK):
            for row in self.run(asked, [table, list(keys[start : start + CHUNK])]):
                found[row[0]] = ClockRow(*row)
        return found

    def put_clocks(self, table: str, rows: Sequence[ClockRow]) -> None:
        if not rows:
            return
        sets = ", ".join(f"{n} = excluded.{n}" for n in ("cols", "marks", "died", "image", "mark"))
        deed = f"ON CONFLICT (table_name, row_key) DO UPDATE SET {sets}"
        if len(rows) < MANY:
            names = ("row_key", "cols", "marks", "died", "image")
            arrays = ", ".join(f"{P}::text[]" for _ in names)
            self.run(
                f"INSERT INTO pipeline_sync_clock (table_name, {', '.join(names)}, mark)"
                f" SELECT {P}, * FROM unnest({arrays}, {P}::bigint[]) {deed}",
                [table, *([row[i] for row in rows] for i in range(6))],
            )
            return
        staged = self._staged(6, rows)
        self.run(
            f"INSERT INTO pipeline_sync_clock ({_CLOCK})"
            f" SELECT {P}, c0, c1, c2, c3, c4, c5::bigint FROM {staged} {deed}",
            [table],
        )
        self.run(f"DROP TABLE {staged}")

    # rows --------------------------------------------------------------------------------------------------
    def lock(self, tables: Iterable[Table]) -> None:
        """Must come before the first question of the transaction, so that it sees what was there when it got the
        locks."""
        names = ", ".join(sorted(quoted(t.name) for t in tables))
        self.run("LOCK TABLE pipeline_sync_site IN SHARE ROW EXCLUSIVE MODE")
        if names:
            self.run(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE")

    def who(self, who: str | None) -> None:
        self.run(f"SELECT set_config('pipeline.who', {P}, true)", [who or ""])

    def _staged(self, width: int, rows: Sequence[Sequence[Any]]) -> str:
        """A temporary table of texts c0, c1, …"""
        name = f"pg_temp.sync_{next(_NUMBERS)}"
        columns = ", ".join(f"c{i} text" for i in range(width))
        self.run(f"CREATE TEMP TABLE {name.removeprefix('pg_temp.')} ({columns}) ON COMMIT DROP")
        try:
            with self._raw.cursor() as cursor, cursor.copy(f"COPY {name} FROM STDIN".encode()) as copy:
                for row in rows:
                    copy.write_row(row)
        except psycopg.Error as error:
            raise judge(error, self._where) from error
        self.run(f"ANALYZE {name}")
        return name

    def _source(self, table: Table, rows: Sequence[Values]) -> tuple[str, list[Any], str, str]:
        """Rows as a FROM: (values of it, parameters, FROM, the temporary table to drop)."""
        blobs = [n for n, col in enumerate(table.cols) if col.kind == "blob"]
        if blobs:
            rows = [list(row) for row in rows]
            for row in rows:
                for n in blobs:
                    row[n] = row[n].hex() if isinstance(row[n], bytes) else row[n]
        if len(rows) < MANY:
            text = pack(rows)
            if '{"b":' in text and any(isinstance(v, bytes) for row in rows for v in row):
                raise RowsRefused(message("store.refused_by_database", why="bytes in a text"))
            values = ", ".join(self.typed(f"r.v ->> {i}", col) for i, col in enumerate(table.cols))
            return values, [text], f"json_array_elements({P}::json) AS r(v)", ""
        if any(isinstance(v, bytes) for row in rows for v in row):
            raise RowsRefused(message("store.refused_by_database", why="bytes in a text"))
        staged = self._staged(len(table.cols), rows)
        values = ", ".join(self.typed(f"r.c{i}", col) for i, col in enumerate(table.cols))
        return values, [], f"{staged} AS r", staged

    def upsert(self, table: Table, columns: Sequence[str] | None, rows: Sequence[Values]) -> None:
        key = ", ".join(quoted(n) for n in table.key)
        sets = [n for n in (table.names if columns is None else columns) if n not in table.key]
        deed = "UPDATE SET " + ", ".join(f"{quoted(n)} = excluded.{quoted(n)}" for n in sets)
        self._insert(table, rows, f"({key}) DO {deed if sets else 'NOTHING'}")

    def insert_new(self, table: Table, rows: Sequence[Values]) -> int:
        key = ", ".join(quoted(n) for n in table.key)
        return self._insert(table, rows, f"({key}) DO NOTHING")

    def _insert(self, table: Table, rows: Sequence[Values], deed: str) -> int:
        values, given, source, staged = self._source(table, rows)
        names = ", ".join(quoted(n) for n in table.names)
        statement = (
            f"INSERT INTO {quoted(table.name)} ({names}) OVERRIDING SYSTEM VALUE SELECT {values} FROM {source}"
            f" ON CONFLICT {deed}"
        )
        try:
            with self._raw.cursor() as cursor:
                cursor.execute(_escaped(statement), tuple(given))
                done = int(cursor.rowcount)
                if staged:
                    cursor.execute(f"DROP TABLE {staged}".encode())
        except psycopg.Error as error:
            raise judge(error, self._where) from error
        return done

    def delete(self, table: Table, keys: Sequence[str]) -> None:
        source, on = self.keyed(P, table, table.key, "t")
        for start in range(0, len(keys), CHUNK):
            some = keys[start : start + CHUNK]
            self.run(
                f"DELETE FROM {quoted(table.name)} AS t USING {source} WHERE {on}",
                ["[" + ",".join(some) + "]"],
            )


def last_number(conn: Any) -> int:
    """The change log's highest number that was given out."""
    sequence = conn.exec_driver_sql("SELECT pg_get_serial_sequence('pipeline_change', 'seq')").scalar_one()
    return int(conn.exec_driver_sql(_LAST.format(sequence)).scalar_one())


def _escaped(statement: str) -> bytes:
    """A name may hold a percent sign, which the driver would take for a placeholder."""
    return statement.replace("%", "%%").replace(P, "%s").encode()
