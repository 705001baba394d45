"""A database as synchronisation opens it: which tables take part, and its transactions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from pipeline.store import triggers
from pipeline.store.own import known_targets
from pipeline.store.place import Place
from pipeline.store.syncing.comparing import Comparing
from pipeline.store.syncing.model import Desk
from pipeline.store.syncing.shapes import Table, shapes
from pipeline.store.syncing.sqlite import SqliteDesk
from pipeline.words import Message

if TYPE_CHECKING:
    from pipeline.store.base import SqlStore


class SqlSyncing(Comparing):
    """`Syncing` of a store. `names`: the tables that take part, None for all that can."""

    def __init__(self, store: SqlStore, place: Place, names: Sequence[str] | None) -> None:
        self._store, self._place, self._names = store, place, names
        self._mark: object = None
        self._tables: list[Table] = []
        self._refused: dict[str, Message] = {}

    def _see(self, conn: Any) -> None:
        """The tables, looked at again when one of them changed."""
        mark = self._store._mark(conn)
        if mark != self._mark:
            self._tables, self._refused = shapes(conn, self._place, self._names)
            self._mark = mark

    def tables(self) -> list[Table]:
        with self._store._transaction(write=False) as conn:
            self._see(conn)
        return self._tables

    def refused(self) -> Mapping[str, Message]:
        self.tables()
        return self._refused

    def unlogged(self) -> list[str]:
        """Tables of which not every change is recorded."""
        with self._store._transaction(write=False) as conn:
            self._see(conn)
            found = known_targets(conn, self._place)
            return [t.name for t in self._tables if triggers.missing(conn, [found[t.name]])]

    def install(self) -> None:
        """Record the changes of all that take part from now on."""
        with self._store._transaction() as conn:
            self._see(conn)
            found = known_targets(conn, self._place)
            triggers.install(conn, [found[t.name] for t in self._tables])

    @contextmanager
    def reading(self) -> Iterator[Desk]:
        with self._open(lock=False) as desk:
            yield desk

    @contextmanager
    def writing(self, *, lock: bool = True) -> Iterator[Desk]:
        with self._open(lock=lock) as desk:
            yield desk

    @contextmanager
    def _open(self, *, lock: bool) -> Iterator[Desk]:
        store = self._store
        with ExitStack() as stack:
            if store.kind == "sqlite":
                if lock:
                    stack.enter_context(store._links_unchecked())  # type: ignore[attr-defined]
                conn = stack.enter_context(store._transaction())
                self._see(conn)
                raw: Any = conn.connection.driver_connection
                yield SqliteDesk(raw, {t.name: t for t in self._tables}, store._where)
                return
            from pipeline.store.syncing.postgres import PostgresDesk, last_number

            with store._transaction(write=False) as conn:
                self._see(conn)
                last = last_number(conn)
            tables = {t.name: t for t in self._tables}
            conn = stack.enter_context(store._transaction())
            conn.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            desk = PostgresDesk(conn.connection.driver_connection, tables, store._where, last)
            conn.exec_driver_sql("SET LOCAL lock_timeout = '10s'")
            desk.lock(tables.values() if lock else ())
            yield desk
