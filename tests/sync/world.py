"""Small databases of a shop, on SQLite in memory and on PostgreSQL, each with a replica; their clocks are ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any

from pipeline.store import connect
from pipeline.store.base import SqlStore
from pipeline.sync.local import LocalReplica

UTC = timezone.utc  # noqa: UP017
START = datetime(2026, 11, 25, 8, tzinfo=UTC)
TABLES: dict[str, tuple[str, ...]] = {
    "customer": ("id", "code", "name", "phone"),
    "orders": ("id", "customer_id", "note", "status"),
    "order_line": ("id", "order_id", "sku", "qty"),
    "bill": ("id", "number", "memo"),
}
DDL = (
    "CREATE TABLE customer (id VARCHAR(40) NOT NULL PRIMARY KEY, code VARCHAR(40) UNIQUE, name TEXT, phone TEXT)",
    "CREATE TABLE orders (id VARCHAR(40) NOT NULL PRIMARY KEY, customer_id VARCHAR(40) NOT NULL REFERENCES customer (id),"
    " note TEXT, status TEXT)",
    "CREATE TABLE order_line (id VARCHAR(40) NOT NULL PRIMARY KEY, order_id VARCHAR(40) NOT NULL REFERENCES orders (id)"
    " ON DELETE CASCADE, sku TEXT, qty TEXT)",
    "CREATE TABLE bill (id VARCHAR(40) NOT NULL PRIMARY KEY, number INTEGER UNIQUE, memo TEXT)",
)
WIPE = (
    "customer, orders, order_line, bill, pipeline_change, pipeline_sync_site, pipeline_sync_peer, pipeline_sync_clock,"
    " pipeline_sync_span, pipeline_sync_sent, pipeline_sync_part, pipeline_sync_applied, pipeline_sync_record, pipeline_sync_held"
)


@cache
def _template() -> sqlite3.Connection:
    """A ready database in memory, to be copied: making one takes a third of a second."""
    store = open_store("sqlite://")
    made = sqlite3.connect(":memory:", isolation_level=None)
    raw(store).backup(made)
    store.close()
    return made


def open_store(url: str, *, ready: bool = False) -> SqlStore:
    """A store on a database with the tables of the shop, which are another program's."""
    store = connect(url, "none")
    assert isinstance(store, SqlStore)
    if not ready:
        with store._transaction() as conn:
            for statement in DDL:
                conn.exec_driver_sql(statement)
        store.migrate()
        store.syncing().install()
    return store


def raw(store: SqlStore) -> Any:
    return store.connection().connection.driver_connection


class Shop:
    """One site. `offset`: how far its clock is from the common one."""

    def __init__(
        self, name: str, store: SqlStore, clock: Callable[[], datetime], *, hub: bool = False
    ) -> None:
        self.name, self.store, self.clock, self.hub = name, store, clock, hub
        self.kind = store.kind
        self.replica = LocalReplica(store.syncing(), name, None, clock, hub=hub, skew_s=1e6)

    def x(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """One statement, in a transaction of its own unless one is open."""
        conn = raw(self.store)
        if self.kind == "sqlite":
            return list(conn.execute(sql, values).fetchall())
        cursor = conn.execute(sql.replace("?", "%s"), values)
        found = cursor.fetchall() if cursor.description else []
        if not self._open:
            conn.commit()
        return list(found)

    _open = False

    def local(self, deed: Callable[[], None]) -> None:
        """A transaction of another program. Its changes are logged at the site's own time."""
        conn = raw(self.store)
        if self.kind == "sqlite":
            conn.execute("BEGIN IMMEDIATE")
        self._open = True
        try:
            top = self.top()
            deed()
            at: Any = self.clock()
            if self.kind == "sqlite":
                at = at.strftime("%Y-%m-%d %H:%M:%S.%f")
            self.x("UPDATE pipeline_change SET at = ? WHERE seq > ?", (at, top))
        except Exception:
            conn.rollback()
            raise
        finally:
            self._open = False
        conn.commit()

    def top(self) -> int:
        return int(self.x("SELECT coalesce(max(seq), 0) FROM pipeline_change")[0][0])

    def row(self, table: str, key: str) -> dict[str, Any]:
        names = TABLES[table]
        found = self.x(f"SELECT {', '.join(names)} FROM {table} WHERE id = ?", (key,))
        return dict(zip(names, found[0], strict=True))

    def ids(self, table: str) -> list[str]:
        return [row[0] for row in self.x(f"SELECT id FROM {table} ORDER BY id")]

    def all(self) -> dict[str, list[tuple[Any, ...]]]:
        return {t: sorted(map(tuple, self.x(f"SELECT {', '.join(c)} FROM {t}"))) for t, c in TABLES.items()}

    def records(self) -> list[tuple[str, str, str | None, str | None]]:
        """(kind, column, lost, kept)"""
        asked = "SELECT kind, column_name, lost, kept FROM pipeline_sync_record ORDER BY id"
        return [tuple(row) for row in self.x(asked)]  # type: ignore[misc]

    def backup(self) -> sqlite3.Connection:
        copy = sqlite3.connect(":memory:", isolation_level=None)
        raw(self.store).backup(copy)
        return copy

    def restore(self, copy: sqlite3.Connection) -> None:
        """Put an old copy in the place of the database."""
        self.store.close()
        self.store = from_copy(copy)
        self.replica = LocalReplica(
            self.store.syncing(), self.name, None, self.clock, hub=self.hub, skew_s=1e6
        )


def from_copy(copy: sqlite3.Connection) -> SqlStore:
    store = open_store("sqlite://", ready=True)
    here = raw(store)
    copy.backup(here)
    here.execute("PRAGMA journal_mode = MEMORY")
    here.execute("PRAGMA synchronous = OFF")
    return store


def sqlite_shop(name: str, clock: Callable[[], datetime], *, hub: bool = False) -> Shop:
    return Shop(name, from_copy(_template()), clock, hub=hub)


def wiped(store: SqlStore) -> SqlStore:
    """A PostgreSQL store without a row."""
    with store._transaction() as conn:
        conn.exec_driver_sql(f"TRUNCATE {WIPE} RESTART IDENTITY CASCADE")
    return store


class Time:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def at(self, offset_s: float = 0) -> Callable[[], datetime]:
        return lambda: START + timedelta(seconds=self.seconds + offset_s)
