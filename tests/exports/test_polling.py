"""A reader that looks at the folder all the time, while exports appear there, never sees an incomplete file."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

from tests.amounts import times
from tests.exports.conftest import Shop
from tests.exports.test_round_trip import store_in

EXPORTS = int(os.environ.get("PIPELINE_EXPORTS") or times(80))
ROWS = 200


def test_a_polling_reader_never_sees_an_incomplete_file(tmp_path: Path) -> None:
    """Each file as it was when it was first seen is what the ledger recorded, and a companion has its file."""
    store = store_in(tmp_path, "one.db")
    shop = Shop(store, tmp_path)
    for number in range(ROWS):
        shop.order(f"{number:05}")
    outbox, over = tmp_path / "outbox", threading.Event()
    outbox.mkdir()
    seen: dict[str, str] = {}
    alone: list[str] = []

    def look() -> None:
        names = {name for name in os.listdir(outbox) if not name.startswith(".")}
        for name in names - seen.keys():
            seen[name] = hashlib.sha256((outbox / name).read_bytes()).hexdigest()
            if name.endswith(".sha256") and not (outbox / name.removesuffix(".sha256")).exists():
                alone.append(name)

    def poll() -> None:
        while not over.wait(0.0005):  # leaves the interpreter to the exports in between
            look()

    reader = threading.Thread(target=poll)
    reader.start()
    try:
        done = [shop.export(ready=("{name}.sha256",)) for _ in range(EXPORTS)]
    finally:
        over.set()
        reader.join()
    look()
    rows = [store.by_id(id) for one in done for id in one.ids]
    recorded = {os.fsdecode(row.name): row.fingerprint.hex() for row in rows if row is not None}
    assert len(recorded) == EXPORTS
    files = {name: digest for name, digest in seen.items() if not name.endswith(".sha256")}
    assert files == recorded
    assert {name: (outbox / f"{name}.sha256").read_text().split()[0] for name in files} == recorded
    assert {
        seen[f"{name}.sha256"] == hashlib.sha256(f"{digest}  {name}\n".encode()).hexdigest()
        for name, digest in recorded.items()
    } == {True}
    assert alone == []
    store.close()
