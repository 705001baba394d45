"""SQLite: staged in a temporary table before the write lock, then one INSERT … SELECT under it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import sqlalchemy as sa
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, stop_after_delay, wait_random

from pipeline.errors import Environment
from pipeline.mapping.model import Plan
from pipeline.store.attempt import AttemptStore
from pipeline.store.base import Counts
from pipeline.store.failures import RowsRefused, translated, write_many
from pipeline.store.keys import Keys, telling
from pipeline.store.ledger import refused_values
from pipeline.store.model import Load, RefusedRow, SectionsStaging, Staging
from pipeline.store.place import Place
from pipeline.store.rights import Right
from pipeline.store.sections.staging import SqliteSections
from pipeline.store.session import OURS
from pipeline.store.target import Link, Target, quoted
from pipeline.store.undo_sqlite import SqliteUndo
from pipeline.store.upsert import LINE, upsert
from pipeline.words import Message, message

if TYPE_CHECKING:
    import polars as pl

BUSY_S = 20.0
_NUMBERS = count(1)


def engine(url: sa.URL, place: Place = OURS) -> sa.Engine:
    """An engine whose transactions begin with the write lock, when they will write. The journal of another
    program's database stays as that program has it."""
    made = sa.create_engine(url, connect_args={"timeout": BUSY_S, "isolation_level": None})

    @sa.event.listens_for(made, "connect")
    def set_up(raw: sqlite3.Connection, record: object) -> None:
        raw.isolation_level = None
        switch = Retrying(
            retry=retry_if_exception_type(sqlite3.OperationalError),
            stop=stop_after_attempt(5) | stop_after_delay(1),  # each of them may have waited for BUSY_S
            wait=wait_random(0.01, 0.2),
            reraise=True,
        )
        if not place.foreign:
            switch(raw.execute, "PRAGMA journal_mode=WAL").fetchall()
        for pragma in (
            "synchronous=FULL",
            "foreign_keys=ON",
            "cache_size=-65536",
            "temp.cache_size=-65536",
            "temp_store=FILE",
        ):
            raw.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(made, "begin")
    def begin(conn: sa.Connection) -> None:
        conn.exec_driver_sql("BEGIN IMMEDIATE" if conn.info.get("write", True) else "BEGIN")

    return made


class SqliteStore(AttemptStore):
    """The seam on SQLite."""

    kind = "sqlite"

    def __init__(self, engine: sa.Engine, place: Place = OURS) -> None:
        super().__init__(engine, place)
        self._left: list[str] = []

    def _absent(self) -> bool:
        path = self._engine.url.database
        return bool(path) and path != ":memory:" and not Path(path or "").exists()

    def require(self) -> None:
        if self._absent():
            self._refuse_absent()
        super().require()

    def connection(self) -> sa.Connection:
        self._never_make_theirs()
        return super().connection()

    def migrate(self) -> None:
        self._never_make_theirs()
        super().migrate()

    def _never_make_theirs(self) -> None:
        if self._place.foreign and self._absent():  # connecting would make one
            self._drop()
            raise Environment(message("store.foreign_absent", where=self._where))

    @contextmanager
    def _looking(self) -> Iterator[sa.Connection]:
        path = self._engine.url.database or ""
        if self._absent():
            code = "store.foreign_absent" if self._place.foreign else "store.absent"
            raise Environment(Message(code, {"where": self._where}))
        if path in ("", ":memory:"):
            with super()._looking() as conn:
                yield conn
            return
        address = f"file:{quote(path)}?mode=ro"
        reader = sa.create_engine(
            "sqlite://", creator=lambda: sqlite3.connect(address, uri=True, timeout=BUSY_S)
        )
        try:
            with translated(self._where), reader.connect() as conn:
                yield conn
        finally:
            reader.dispose()

    def _about(self, conn: sa.Connection) -> tuple[str, str, str]:
        return sqlite3.sqlite_version, "", ""

    def _rights(self, conn: sa.Connection, tables: Sequence[str]) -> list[Right]:
        """SQLite grants nothing: the file, and its folder for the journal, must be writable."""
        path = Path(self._engine.url.database or ".")
        return [(str(p), "write", "") for p in (path, path.absolute().parent) if not os.access(p, os.W_OK)]

    def _mark(self, conn: sa.Connection, table: str = "") -> object:
        return conn.exec_driver_sql("PRAGMA schema_version").scalar_one()

    def staging(self, plan: Plan) -> Staging:
        target = self._target(plan.table.name)
        with translated(self._where, sqlite3.Error):
            conn = self.connection()
            self._sweep(conn)
            return SqliteStaging(conn, plan, self._where, self._left, ours=target.ours)

    def sections(self, plan: Plan) -> SectionsStaging:
        with translated(self._where, sqlite3.Error):
            conn = self.connection()
            self._sweep(conn)
            return SqliteSections(conn, plan, self._where, self._left)

    def _sweep(self, conn: sa.Connection) -> None:
        """Drop what earlier stagings left: dropping a big table takes a while, and nobody should wait for it
        between the commit of a file and its move."""
        raw: Any = conn.connection.driver_connection
        while self._left:
            raw.execute(f"DROP TABLE IF EXISTS temp.{self._left.pop()}")

    def _lock_job(self, conn: sa.Connection, job: str) -> None:
        return None  # BEGIN IMMEDIATE: there is one writer

    def _who(self, conn: sa.Connection, who: str | None) -> None:
        conn.exec_driver_sql("INSERT OR REPLACE INTO pipeline_context (one, who) VALUES (1, ?)", (who,))

    def _undo_sql(self, conn: sa.Connection) -> SqliteUndo:
        return SqliteUndo(conn)

    @contextmanager
    def _links_unchecked(self) -> Iterator[None]:
        raw: Any = self.connection().connection.driver_connection
        raw.execute("PRAGMA foreign_keys = OFF")  # counts only between transactions
        try:
            yield
        finally:
            raw.execute("PRAGMA foreign_keys = ON")

    def _new_ids(self, conn: sa.Connection, number: int) -> list[int]:
        asked = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'pipeline_file'"
        last = int(conn.exec_driver_sql(asked).scalar_one())
        return list(range(last + 1, last + number + 1))

    def _staged(self, conn: sa.Connection, load: Load) -> tuple[int, int, int]:
        staging = _mine(load)
        if not staging.keys.all_different():
            key = ", ".join(quoted(k) for k in load.plan.key)
            table = f"temp.{staging.table}"
            done = conn.exec_driver_sql(
                f"DELETE FROM {table} WHERE {LINE} NOT IN (SELECT max({LINE}) FROM {table} GROUP BY {key})"
            )
            staging.keys.dropped(done.rowcount)
        return staging.rows, staging.keys.different, staging.highest

    def _upsert(
        self, conn: sa.Connection, load: Load, target: Target, low: int, high: int, *, count: bool
    ) -> Counts:
        now = datetime.now(timezone.utc)  # noqa: UP017
        text = now.strftime("%Y-%m-%d %H:%M:%S.%f")
        statement = _mine(load).statement = _mine(load).statement or _upsert(load, target)
        mine = (int(now.timestamp() * 1000), text, text) if target.ours else ()
        conn.exec_driver_sql(statement, (*mine, low, high))
        for link in target.deferred:
            self._refuse_dangling(conn, load, link, low, high)
        return 0, 0  # triggers can always be made here, and count

    def _refuse_dangling(self, conn: sa.Connection, load: Load, link: Link, low: int, high: int) -> None:
        """A reference that is checked at COMMIT only would fail all rows there, and name none."""
        if not set(link.columns) <= set(load.plan.targets):
            return
        pairs = list(zip(link.columns, link.others, strict=True))
        there = " AND ".join(f"parent.{quoted(other)} = staged.{quoted(name)}" for name, other in pairs)
        filled = " AND ".join(f"staged.{quoted(name)} IS NOT NULL" for name, _ in pairs)
        found = conn.exec_driver_sql(
            f"SELECT 1 FROM temp.{_mine(load).table} AS staged WHERE {LINE} BETWEEN ? AND ? AND {filled}"
            f" AND NOT EXISTS (SELECT 1 FROM {quoted(link.table)} AS parent WHERE {there}) LIMIT 1",
            (low, high),
        )
        if found.first() is not None:
            named = ", ".join(link.columns)
            column = named if len(link.columns) == 1 else ""
            raise RowsRefused(message("store.row_points_nowhere", column=named), column)

    def _move_refused(self, conn: sa.Connection, load: Load, file: int) -> int:
        table = f"temp.{_mine(load).table}_refused"
        done = conn.exec_driver_sql(
            "INSERT INTO pipeline_refused (file, line, column_name, value, said, raw)"
            f" SELECT ?, line, column_name, value, said, raw FROM {table} WHERE true",
            (file,),
        )
        return done.rowcount


def _upsert(load: Load, target: Target) -> str:
    # UUIDv7: 48 bits of time, then the line as a counter, so that new identities ascend; then chance.
    ident = f"printf('%012x7%03x8%07x', ?, ({LINE} >> 28) & 4095, {LINE} & 268435455) || lower(hex(randomblob(4)))"
    return upsert(load.plan, target, f"temp.{_mine(load).table}", ident, mark="?", differs="IS NOT")


def _mine(load: Load) -> SqliteStaging:
    assert isinstance(load.staging, SqliteStaging)
    return load.staging


class SqliteStaging:
    """Temporary tables of one file. Of rows with equal keys the last stays, which is seen to at the commit."""

    def __init__(self, conn: sa.Connection, plan: Plan, where: str, left: list[str], *, ours: bool) -> None:
        raw: Any = conn.connection.driver_connection
        self._raw: sqlite3.Connection = raw
        self._plan, self._where, self._left = plan, where, left
        from pipeline.store.cells import stored, written

        self._stored = stored if ours else written
        self.table, self.rows, self.highest = f"staged_{next(_NUMBERS)}", 0, 0
        self.keys = Keys(telling(plan.key, plan) or plan.key)
        self.statement = ""  # the upsert of its rows
        columns = ", ".join(quoted(t) for t in plan.targets)
        self._raw.execute(f"CREATE TEMP TABLE {self.table} ({LINE} INTEGER PRIMARY KEY, {columns})")
        self._raw.execute(f"CREATE TEMP TABLE {self.table}_refused (line, column_name, value, said, raw)")
        marks = ", ".join("?" * (len(plan.targets) + 1))
        self._insert = f"INSERT INTO temp.{self.table} VALUES ({marks})"

    def add(self, frame: pl.DataFrame) -> None:
        if frame.is_empty():
            return
        self.keys.see(frame)
        self.highest = max(self.highest, int(frame[LINE].item(-1)))
        frame = frame.select(LINE, *(self._stored(frame.schema[t], t) for t in self._plan.targets))
        self._many(self._insert, zip(*(c.to_list() for c in frame.get_columns()), strict=True))
        self.rows += frame.height

    def refuse(self, rows: Sequence[RefusedRow]) -> None:
        values = [tuple(refused_values(0, row).values())[1:] for row in rows]
        self._many(f"INSERT INTO temp.{self.table}_refused VALUES (?, ?, ?, ?, ?)", values)

    def _many(self, statement: str, values: Any) -> None:
        write_many(self._raw, self._where, statement, values)

    def close(self) -> None:
        if self.table:
            self._left += [self.table, self.table + "_refused"]
            self.table = ""

    def __enter__(self) -> SqliteStaging:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
