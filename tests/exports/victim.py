"""One export in a process that may be killed: python -m tests.exports.victim DATABASE FOLDER OPENING"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

from pipeline.store import connect
from pipeline.store.base import SqlStore
from tests.exports.conftest import ORDERS, Shop

SETTINGS = {
    "what": "changes",
    "ready": ("{name}.sha256",),
    "template": "orders-{date:%Y%m%d%H%M%S}-{sequence:04}.csv",
}


def main() -> None:
    database, folder, opening = sys.argv[1:]
    store = connect(database)
    assert isinstance(store, SqlStore)
    Shop(store, Path(folder)).export(ORDERS, opening=datetime.fromisoformat(opening), **SETTINGS)


if __name__ == "__main__":
    main()
