"""A database as a running installation has it: made once, copied for each test, for making one takes half a second."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from pipeline.store import connect


@cache
def ready_sqlite() -> bytes:
    """The bytes of a migrated SQLite database without rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ready.db"
        store = connect(f"sqlite:///{path}")
        store.migrate()
        store.close()
        return path.read_bytes()
