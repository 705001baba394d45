"""Synchronisation in SQLite's own SQL."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from pipeline.store.failures import RowsRefused, judge
from pipeline.store.syncing.desk import CHUNK, OTHERS, P, SqlDesk, as_entries, marks
from pipeline.store.syncing.model import ClockRow, Entry, Values
from pipeline.store.syncing.shapes import Col, Table
from pipeline.store.syncing.values import decimal_text, logged_sqlite, number_for_sqlite, pack
from pipeline.store.target import literal, quoted
from pipeline.words import message

UTC = timezone.utc  # noqa: UP017
_AT = "CAST(strftime('%s', at) AS INTEGER) * 1000 + CAST(substr(at, 21, 3) AS INTEGER)"
_CLOCK = "table_name, row_key, cols, marks, died, image, mark"


class SqliteDesk(SqlDesk):
    """`raw`: a connection in a transaction."""

    JOIN = "CROSS JOIN"  # SQLite keeps that order: it must never look through the table for each key

    def __init__(self, raw: Any, tables: Mapping[str, Table], where: str) -> None:
        super().__init__(raw, tables)
        self._where = where

    def run(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        try:
            return list(self._raw.execute(statement.replace(P, "?"), tuple(values)).fetchall())
        except sqlite3.Error as error:
            raise judge(error, self._where) from error

    def many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        try:
            self._raw.executemany(statement.replace(P, "?"), rows)
        except sqlite3.Error as error:
            raise judge(error, self._where) from error
        except OverflowError as error:
            raise RowsRefused(message("store.refused_by_database", why=str(error))) from error

    def stream(self, statement: str, values: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        yield from self._raw.execute(statement.replace(P, "?"), tuple(values))

    def read(self, col: Col, row: str) -> str:
        return f"{row}.{quoted(col.name)}"

    def told(self, values: Values, table: Table, columns: Sequence[str] | None = None) -> Values:
        if columns is None:
            for n in table.decimals:
                values[n] = decimal_text(values[n])
            return values
        for n, name in enumerate(columns):
            if table.col(name).kind == "dec":
                values[n] = decimal_text(values[n])
        return values

    def moment(self, moment: datetime) -> Any:
        return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")

    def iso(self, moment: Any) -> str:
        return datetime.fromisoformat(moment).replace(tzinfo=UTC).isoformat()

    def keyed(self, keys: str, table: Table, columns: Sequence[str], row: str) -> tuple[str, str]:
        pairs = [f"{row}.{quoted(n)} = json_extract(k.v, '$[{i}]')" for i, n in enumerate(columns)]
        source = f"(SELECT e.key AS n, e.value AS v FROM json_each({keys}) AS e) AS k"
        return source, " AND ".join(pairs)

    def joined(self, table: Table) -> str:
        pairs = (f"t.{quoted(n)} = json_extract(c.row_key, '$[{i}]')" for i, n in enumerate(table.key))
        return " AND ".join(pairs)

    # the change log ----------------------------------------------------------------------------------------
    def log_end(self) -> str:
        return str(self.run("SELECT coalesce(max(seq), 0) FROM pipeline_change")[0][0])

    def log(self, since: str, *, everyone: bool = False) -> tuple[Iterator[Entry], str]:
        end = self.log_end()
        if end == since:
            return iter(()), end
        names = ", ".join(literal(name) for name in self.tables)
        whose = "true" if everyone else OTHERS
        asked = (
            f"SELECT table_name, row_id, op, old, {_AT}, at FROM pipeline_change WHERE seq > {int(since or 0)}"
            f" AND seq <= {end} AND {whose} AND table_name IN ({names}) ORDER BY seq"
        )
        return as_entries(self.stream(asked, ())), end

    def key_text(self, table: Table, row_id: str) -> str:
        if table.key == ("id",):
            return pack([int(row_id) if table.col("id").kind == "int" else row_id])
        found = {name: logged_sqlite(value) for name, value in json.loads(row_id).items()}
        return pack(self.told([found[n] for n in table.key], table, table.key))

    def logged(self, table: Table, old: str) -> dict[str, Any]:
        found = {n: logged_sqlite(v) for n, v in json.loads(old).items() if n in table.at}
        names = list(found)
        return dict(zip(names, self.told(list(found.values()), table, names), strict=True))

    # clocks ------------------------------------------------------------------------------------------------
    def clocks(self, table: str, keys: Sequence[str]) -> dict[str, ClockRow]:
        asked = (
            "SELECT row_key, cols, marks, died, image, mark FROM pipeline_sync_clock WHERE table_name = ?"
            " AND row_key IN (SELECT value FROM json_each(?))"
        )
        found = {}
        for start in range(0, len(keys), CHUNK):
            for row in self.run(asked, [table, pack(list(keys[start : start + CHUNK]))]):
                found[row[0]] = ClockRow(*row)
        return found

    def put_clocks(self, table: str, rows: Sequence[ClockRow]) -> None:
        self.many(
            f"INSERT OR REPLACE INTO pipeline_sync_clock ({_CLOCK}) VALUES ({marks(7)})",
            [(table, *row) for row in rows],
        )

    # rows --------------------------------------------------------------------------------------------------
    def lock(self, tables: Iterable[Table]) -> None:
        return None  # BEGIN IMMEDIATE: there is one writer

    def who(self, who: str | None) -> None:
        self.run(f"INSERT OR REPLACE INTO pipeline_context (one, who) VALUES (1, {P})", [who])

    def _bound(self, table: Table, rows: Sequence[Values]) -> Sequence[Values]:
        affine = [n for n, col in enumerate(table.cols) if col.affine]
        if not affine:
            return rows
        made = []
        for row in rows:
            copy = list(row)
            for n in affine:
                try:
                    copy[n] = number_for_sqlite(row[n])
                except ValueError as error:
                    why = f"{table.cols[n].name}: {error}"
                    raise RowsRefused(message("store.refused_by_database", why=why)) from error
            made.append(copy)
        return made

    def bound(self, value: Any, col: Col) -> Any:
        return number_for_sqlite(value) if col.affine else value

    def upsert(self, table: Table, columns: Sequence[str] | None, rows: Sequence[Values]) -> None:
        names = ", ".join(quoted(n) for n in table.names)
        key = ", ".join(quoted(n) for n in table.key)
        sets = [n for n in (table.names if columns is None else columns) if n not in table.key]
        deed = "UPDATE SET " + ", ".join(f"{quoted(n)} = excluded.{quoted(n)}" for n in sets)
        self.many(
            f"INSERT INTO {quoted(table.name)} ({names}) VALUES ({marks(len(table.names))})"
            f" ON CONFLICT ({key}) DO {deed if sets else 'NOTHING'}",
            self._bound(table, rows),
        )

    def insert_new(self, table: Table, rows: Sequence[Values]) -> int:
        names = ", ".join(quoted(n) for n in table.names)
        key = ", ".join(quoted(n) for n in table.key)
        cursor = self._raw.cursor()
        statement = (
            f"INSERT INTO {quoted(table.name)} ({names}) VALUES ({marks(len(table.names))})"
            f" ON CONFLICT ({key}) DO NOTHING"
        )
        try:
            cursor.executemany(statement.replace(P, "?"), self._bound(table, rows))
        except sqlite3.Error as error:
            raise judge(error, self._where) from error
        return int(cursor.rowcount)

    def delete(self, table: Table, keys: Sequence[str]) -> None:
        columns = ", ".join(quoted(n) for n in table.key)
        values = ", ".join(f"json_extract(k.value, '$[{i}]')" for i in range(len(table.key)))
        named = f"({columns})" if len(table.key) > 1 else columns
        for start in range(0, len(keys), CHUNK):
            self.run(
                f"DELETE FROM {quoted(table.name)} WHERE {named} IN (SELECT {values} FROM json_each({P}) AS k)",
                ["[" + ",".join(keys[start : start + CHUNK]) + "]"],
            )
