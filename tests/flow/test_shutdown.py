"""SIGTERM in each state: ends in time and in order, nothing half done, and the next start finishes the rest."""

from __future__ import annotations

import hashlib
import signal
import socket
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from pipeline import Pipeline
from pipeline.errors import Environment
from pipeline.store import connect, sqlite
from tests.flow.conftest import ORDERS, Installation
from tests.flow.running import Running, away, running

Arrange = Callable[[Installation], None]


def settling(box: Installation) -> None:
    (box.root / "inbox/sales/a.csv").write_bytes(ORDERS[:-1])  # without its last line end: still for 30 s


def lying(box: Installation) -> None:
    box.drop("a.csv", ORDERS)


def paused(box: Installation) -> None:
    with Pipeline(box.config) as pipeline:
        pipeline.pause("sales", why="inventory")
    lying(box)


def nothing(box: Installation) -> None:
    pass


def whole(box: Installation) -> list[str]:
    """Each good file is in one place, and its rows are in the database if and only if the ledger says so."""
    digest = hashlib.sha256(ORDERS).hexdigest()
    places = [
        str(p.relative_to(box.root))
        for p in box.root.rglob("*a.csv")
        if p.is_file() and hashlib.sha256(p.read_bytes()).hexdigest() == digest
    ]
    if (box.root / "shop.db").exists():
        (rows,) = box.sql("SELECT count(*) FROM sales_order")
        (ledger,) = box.sql("SELECT count(*) FROM pipeline_file WHERE state IN ('committed', 'archived')")
        assert rows == ((3,) if ledger == (1,) else (0,))
        assert ledger in ((0,), (1,))
    return places


STATES: dict[str, tuple[Arrange, str, dict[str, str], str]] = {
    # what is arranged, the fault that holds it there, the event after which it is stopped, where the file is then
    "idle": (nothing, "", {"event": "service.started"}, ""),
    "settling": (settling, "", {"event": "service.started"}, "inbox"),
    "paused": (paused, "", {"event": "service.started"}, "inbox"),
    "claimed": (lying, "worker/hash.after:1:delay", {"event": "file.claimed"}, "processed"),
    "loading": (lying, "worker/commit.before:1:delay", {"event": "file.loading"}, "processed"),
    "committed": (lying, "worker/archive.before:1:delay", {"event": "file.committed"}, "processed"),
}


@pytest.mark.parametrize("state", STATES)
def test_sigterm(installation: Installation, state: str) -> None:
    arrange, fault, until, place = STATES[state]
    arrange(installation)
    service = Running(installation, fault)
    try:
        service.hears(**until)
        start = time.monotonic()
        said = service.end(30)
        assert "event=service.stopped" in said
        if not fault:
            assert time.monotonic() - start < 10  # there is nothing to wait for
    finally:
        service.kill()
    content = ORDERS[:-1] if state == "settling" else ORDERS
    found = [p for p in installation.root.rglob("*a.csv") if p.is_file() and p.read_bytes() == content]
    assert [p.relative_to(installation.root).parts[0] for p in found] == ([place] if place else [])
    assert not any(".pipeline" in p.parts for p in found)
    whole(installation)


def test_a_second_sigterm_ends_it_at_once_and_the_next_start_finishes(installation: Installation) -> None:
    lying(installation)
    service = Running(installation, "worker/commit.before:1:delay")
    try:
        service.hears("file.loading")
        service.term()
        service.process.send_signal(signal.SIGINT)  # two of one kind at once would be one
        start = time.monotonic()
        service.ended(30)
        assert time.monotonic() - start < 4.5  # the load alone would take longer
    finally:
        service.kill()
    (place,) = whole(installation)
    assert place.startswith("inbox/sales/.pipeline/sales/")
    assert installation.sql("SELECT count(*) FROM pipeline_file") == [(0,)]
    assert [f.state for f in installation.once().files] == ["archived"]
    (place,) = whole(installation)
    assert place.startswith("processed/")


def test_sigterm_while_it_waits_for_a_database(installation: Installation) -> None:
    """At the start, and with a file in hand: it is not waited for, and nothing is lost."""
    box, text = installation, installation.config.read_text()
    lying(box)
    with closing(socket.socket()) as port:
        port.bind(("127.0.0.1", 0))  # bound, but nobody listens: connections are refused
        address = f"postgresql://nobody@127.0.0.1:{port.getsockname()[1]}/shop"
        box.config.write_text(text.replace("sqlite:///shop.db", address))
        service = Running(box)
        try:
            service.hears("job.waiting")
            service.end(30)
        finally:
            service.kill()
    assert whole(box) == ["inbox/sales/a.csv"]
    (box.root / "inbox/sales/a.csv").rename(box.root / "a.csv")
    box.config.write_text(text)
    with running(box) as service, away(service):
        (box.root / "a.csv").rename(box.root / "inbox/sales/a.csv")
        service.hears("job.waiting", job="sales")
        service.end(30)
    (place,) = whole(box)
    assert place.startswith("inbox/sales/.pipeline/sales/")
    assert [f.state for f in box.once().files] == ["archived"]


def test_a_database_locked_by_another_program_is_told_after_one_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it waits for the lock the service hears nothing else, so it must not wait again and again."""
    monkeypatch.setattr(sqlite, "BUSY_S", 0.5)
    with closing(sqlite3.connect(tmp_path / "shop.db")) as other:
        other.execute("CREATE TABLE mine (x)")
        other.execute("BEGIN EXCLUSIVE")
        store, start = connect(f"sqlite:///{tmp_path}/shop.db"), time.monotonic()
        with pytest.raises(Environment):
            store.migrate()
        assert time.monotonic() - start < 1.5
        store.close()
