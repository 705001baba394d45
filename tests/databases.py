"""Databases as a running installation has them: made once, copied for each test, for making one takes half a second."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path

import sqlalchemy as sa

from pipeline.store import connect
from pipeline.store.types import uuid7


@cache
def ready_sqlite() -> bytes:
    """The bytes of a migrated SQLite database without rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ready.db"
        _migrate(f"sqlite:///{path}")
        return path.read_bytes()


class Server:
    """A PostgreSQL server that makes databases. `ours`: it lives as long as the tests and no longer."""

    def __init__(self, url: str, *, ours: bool) -> None:
        import psycopg

        self.url = sa.make_url(url).set(drivername="postgresql+psycopg")
        plain = self.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._admin = psycopg.connect(plain, autocommit=True)
        if ours:  # the tests kill clients, never this machine
            for setting in ("fsync", "full_page_writes"):
                self._do(f"ALTER SYSTEM SET {setting} = off")
            self._do("SELECT pg_reload_conf()")

    def _do(self, statement: str) -> None:
        self._admin.execute(statement.encode())

    @cached_property
    def _ready(self) -> str:
        """A migrated database without rows, the template of others."""
        name = self._make("template1")
        _migrate(self._at(name))
        return name

    def _make(self, template: str) -> str:
        name = f"t{uuid7().hex}"
        self._do(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def _at(self, name: str) -> str:
        return self.url.set(database=name).render_as_string(hide_password=False)

    @contextmanager
    def database(self, *, ready: bool = False) -> Iterator[str]:
        """The URL of a new database, gone afterwards: empty, or `ready`, as a running installation has it."""
        name = self._make(self._ready if ready else "template1")
        yield self._at(name)
        self._do(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        if "_ready" in self.__dict__:
            self._do(f"DROP DATABASE {self._ready}")
        self._admin.close()


def _migrate(url: str) -> None:
    store = connect(url)
    store.migrate()
    store.close()
