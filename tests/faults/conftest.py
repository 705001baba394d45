"""Installations on both databases, and the command in a process that may be killed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests import nursery
from tests.databases import Server, ready_sqlite
from tests.flow.conftest import CONFIG, MAPPING, Installation

Build = Callable[[Path], Installation]
DATABASES = ("sqlite", "postgresql")

OF_DATABASES = ("rows.written", "commit.before", "commit.after")
"""The points where the database is what matters."""


def orders(n: int, rows: int = 20) -> bytes:
    """A file of its own content and keys."""
    lines = [f"{n:05d}-{i:04d},{i}.{n % 100:02d},paid" for i in range(rows)]
    return ("Order No,Total,State\n" + "\n".join(lines) + "\n").encode()


def build(root: Path, database: str = "sqlite:///shop.db") -> Installation:
    """A ready installation in a folder."""
    (root / "mappings").mkdir(parents=True)
    if database == "sqlite:///shop.db":
        (root / "shop.db").write_bytes(ready_sqlite())
    (root / "config.toml").write_text(CONFIG.replace('"sqlite:///shop.db"', json.dumps(database)))
    (root / "mappings" / "sales.toml").write_text(MAPPING)
    for job in ("sales", "nightly"):
        (root / "inbox" / job).mkdir(parents=True)
        (root / "processed" / job).mkdir(parents=True)
    return Installation(root)


def command(
    box: Installation, *words: str, fault: str = "", program: Path | None = None
) -> subprocess.Popen[bytes]:
    """`pipeline WORDS` as a process; `program`: a folder with another `pipeline` in it."""
    env = {**nursery.environment(), "PIPELINE_FAULT": fault}
    if program is not None:
        env["PYTHONPATH"] = str(program)
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "pipeline", "--config", str(box.config), *words],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


@pytest.fixture(scope="module", params=DATABASES)
def builder(request: pytest.FixtureRequest) -> Iterator[Build]:
    """Makes installations, each on a database of its own, on each kind of database in turn."""
    with ExitStack() as stack:

        def make(root: Path) -> Installation:
            if request.param == "sqlite":
                return build(root)
            server: Server = request.getfixturevalue("server")
            url = sa.make_url(stack.enter_context(server.database(ready=True)))
            return build(root, url.set(drivername="postgresql").render_as_string(hide_password=False))

        yield make


@pytest.fixture
def box(builder: Build, tmp_path: Path) -> Installation:
    """One installation, on each kind of database."""
    return builder(tmp_path / "box")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What happens to files before and after the transaction is the same whatever the database: once is enough."""
    items[:] = [item for item in items if not _same_as_on_sqlite(item)]


def _same_as_on_sqlite(item: pytest.Item) -> bool:
    params = getattr(getattr(item, "callspec", None), "params", {})
    case = params.get("case")
    return (
        params.get("builder") == "postgresql" and getattr(case, "point", OF_DATABASES[0]) not in OF_DATABASES
    )
