"""The one connection to a database, and its transactions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import sqlalchemy as sa

from pipeline.store.failures import judge, translated
from pipeline.store.place import Place

OURS = Place()


class Session:
    """A connection that is made when first needed, and again after it was lost."""

    kind: Literal["sqlite", "postgresql"]

    def __init__(self, engine: sa.Engine, place: Place = OURS) -> None:
        self._engine, self._place = engine, place
        self._where = engine.url.render_as_string(hide_password=True)
        self._conn: sa.Connection | None = None

    def connection(self) -> sa.Connection:
        """The one connection, made when first needed and again after it was lost."""
        if self._conn is not None and not self._conn.closed and self._broken(self._conn):
            self._conn.invalidate()
        if self._conn is None or self._conn.closed or self._conn.invalidated:
            self._drop()
            with translated(self._where):
                self._conn = self._engine.connect()
        return self._conn

    def _broken(self, conn: sa.Connection) -> bool:
        """Does the driver know that the connection is lost, though SQLAlchemy was not told (staging)?"""
        return False

    def _drop(self) -> None:
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    def close(self) -> None:
        self._drop()
        self._engine.dispose()

    @contextmanager
    def _transaction(self, *, write: bool = True) -> Iterator[sa.Connection]:
        conn = self.connection()
        conn.info["write"] = write  # SQLite takes the write lock at BEGIN, but only when it will be needed
        try:
            with conn.begin():
                yield conn
        except sa.exc.DBAPIError as error:
            if error.connection_invalidated:
                self._drop()
            raise judge(error, self._where) from error

    def _read(self, statement: sa.Executable, values: dict[str, Any] | None = None) -> list[Any]:
        with self._transaction(write=False) as conn:
            return list(conn.execute(statement, values or {}).mappings())

    def _lock_job(self, conn: sa.Connection, job: str) -> None:
        """Until the transaction ends nobody else writes for this job."""
        raise NotImplementedError
