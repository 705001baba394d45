"""Killed, or told EIO or ENOSPC, at calls to the system that change something on the disc, sampled over one export: the
same name and bytes come out, no number is used twice or lost, and nothing half-written is seen."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.exports.outbox import PROBE
from pipeline.store import connect
from pipeline.store.base import SqlStore
from tests.amounts import times
from tests.databases import Server
from tests.exports.conftest import NOON, ORDERS, Shop
from tests.exports.test_kills import HEAD, LINE, ROOT, ledger
from tests.exports.test_round_trip import store_in
from tests.exports.victim import SETTINGS

STRACE = shutil.which("strace") or ""
CALLS = "write,pwrite64,ftruncate,fsync,fdatasync,rename,renameat2,link,linkat,unlink,unlinkat,mkdir"
STRIKES = int(os.environ.get("PIPELINE_STRIKES") or times(1))  # of each kind; each starts a process
KINDS = ("signal=KILL", "error=EIO", "error=ENOSPC")
OPENING = NOON + timedelta(hours=1)
CALLED = re.compile(r"(\d+) +(\w+)\((.*)")


@dataclass(frozen=True, slots=True)
class Traced:
    """The calls of one export that change something in its folders or its database: name, and the how manieth.
    `server`: the PostgreSQL server, None for SQLite."""

    server: Server | None
    calls: list[tuple[str, int]]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def traced(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Traced:
    if not STRACE:
        pytest.skip("needs strace, which tests/run.sh installs when it runs as root")
    server = request.getfixturevalue("server") if request.param == "postgresql" else None
    traced_too = f"{CALLS},sendto" if server else CALLS
    folder = tmp_path_factory.mktemp("traced")
    told = folder / "calls.txt"
    with _shop(folder, server) as shop:
        if _run(shop, ["-f", "-y", "-o", str(told), "-e", f"trace={traced_too}"]):
            pytest.skip("strace may not look at processes here")
    counts, found = Counter[tuple[str, str]](), list[tuple[str, int]]()
    first = ""
    for line in told.read_text("utf-8", "replace").splitlines():
        called = CALLED.match(line)
        if called is None:
            continue
        process, name, words = called.groups()
        first = first or process
        counts[process, name] += 1
        if process == first and (str(folder) in words or name == "sendto"):
            found.append((name, counts[process, name]))
    return Traced(server, found)


@pytest.mark.parametrize("kind", KINDS)
def test_struck_at_calls_that_change_something(kind: str, traced: Traced, tmp_path: Path) -> None:
    # What is sent to a server ends with its process; an error of the disc is none of the net.
    calls = [one for one in traced.calls if kind == "signal=KILL" or one[0] != "sendto"]
    assert len(calls) > 10
    step = len(calls) / STRIKES
    sample = {int(step * (n + (1 + KINDS.index(kind)) / 4)) for n in range(STRIKES)}  # each kind elsewhere
    struck = 0
    for number in sorted(sample):
        folder = tmp_path / str(number)
        folder.mkdir()
        with _shop(folder, traced.server) as shop:
            struck += _strike(shop, *calls[number], kind)
    # A kill ends it wherever it strikes; some errors are made good at once, or are of no consequence.
    assert struck >= (len(sample) if kind == "signal=KILL" else len(sample) // 2)


def _strike(shop: Shop, call: str, when: int, kind: str) -> bool:
    """One export that is struck, then one that is not; was the first ended by it? Only its first thread is struck:
    calls are counted by thread, and another one's may be its way to wake its fellows."""
    words = ["-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:{kind}:when={when}"]
    failed = _run(shop, words) != 0
    recorded = ledger(shop)
    seen = shop.files() if (shop.root / "outbox").exists() else {}
    shop.order("002")
    shop.export(ORDERS, opening=OPENING, **SETTINGS)
    shop.export(ORDERS, opening=OPENING + timedelta(hours=1), **SETTINGS)
    rows, files = ledger(shop), shop.files()
    at = (call, when, kind)
    assert rows[: len(recorded)] == recorded, at
    assert [row[0] for row in rows] == [*range(1, len(rows) + 1)], at
    written = {name: text for name, text in files.items() if name.endswith(".csv")}
    assert {n: hashlib.sha256(t.encode()).digest() for n, t in written.items()} == {
        n: d for _, n, d in rows
    }, at
    assert seen.items() <= files.items(), at
    assert len(files) == 2 * len(written), at  # each has its companion
    found = "".join(text.removeprefix(HEAD) for text in written.values())
    assert found == LINE.format("001") + LINE.format("002"), at
    assert [name for name in shop.hidden() if not name.startswith(PROBE)] == [], at
    return failed


@contextmanager
def _shop(folder: Path, server: Server | None) -> Iterator[Shop]:
    """A shop with an order, on a database of its own."""
    if not server:
        store = store_in(folder, "one.db")
        shop = Shop(store, folder)
        shop.order("001")
        try:
            yield shop
        finally:
            store.close()
        return
    with server.database() as url:
        made = connect(url)
        assert isinstance(made, SqlStore)
        made.migrate()
        shop = Shop(made, folder)
        shop.order("001")
        try:
            yield shop
        finally:
            made.close()


def _run(shop: Shop, words: list[str]) -> int:
    url = shop.store._engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    victim = [sys.executable, "-m", "tests.exports.victim", url, str(shop.root)]
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
    command = [STRACE, "-qq", *words, *victim, OPENING.isoformat()]
    return subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, timeout=120, check=False
    ).returncode
