"""A start on an empty database in a process of its own: python -m tests.store.victim DATABASE [killed]

`killed`: half way, when the tables are there and their triggers are not. Says "here" and waits for a line first."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

import sqlalchemy as sa

from pipeline.store import connect, migrate
from pipeline.store.target import Target


def _die(conn: sa.Connection, tables: Sequence[Target]) -> None:
    assert sa.inspect(conn).has_table("sales_order")
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    if sys.argv[2:] == ["killed"]:
        migrate.triggers.install = _die  # type: ignore[assignment]
    print("here", flush=True)
    sys.stdin.readline()
    store = connect(sys.argv[1])
    store.migrate()
    store.require()


if __name__ == "__main__":
    main()
