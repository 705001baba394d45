"""The world fails, a file does not: a clear state, nothing set aside, the others go on, and it ends by itself."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from pipeline import Pipeline
from pipeline.events import Event
from tests.flow.conftest import ORDERS, Installation


def add_job(box: Installation, name: str) -> None:
    text = f'[imports.{name}]\nmapping = "sales"\ninbox = "inbox/{name}"\nprocessed = "processed/{name}"\n'
    box.config.write_text(box.config.read_text() + "\n" + text)
    (box.root / "inbox" / name).mkdir()
    (box.root / "processed" / name).mkdir()


def orders(first: int, rows: int) -> bytes:
    lines = (f"{first + n},1.00,paid\n" for n in range(rows))
    return b"Order No,Total,State\n" + "".join(lines).encode()


def once(box: Installation, *words: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*before, sys.executable, "-P", "-m", "pipeline", "--config", str(box.config), "once", *words],
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_database_down_at_start_then_there(installation: Installation, pg_database: str) -> None:
    text = installation.config.read_text()
    with closing(socket.socket()) as port:
        port.bind(("127.0.0.1", 0))  # bound, but nobody listens: connections are refused
        closed = f"postgresql://nobody@127.0.0.1:{port.getsockname()[1]}/shop"
        installation.config.write_text(text.replace("sqlite:///shop.db", closed))
        place = installation.drop("orders.csv", ORDERS)
        result = once(installation, "--wait", "1")
    assert result.returncode == 1
    assert "127.0.0.1" in result.stderr
    assert "refused" in result.stderr
    assert "Traceback" not in result.stderr
    assert place.exists()
    assert installation.names("failed") == []
    installation.config.write_text(text.replace("sqlite:///shop.db", pg_database))
    assert [f.state for f in installation.once().files] == ["archived"]


def test_a_locked_database_is_waited_for(installation: Installation) -> None:
    installation.drop("first.csv", ORDERS)
    installation.once()
    installation.drop("orders.csv", orders(100, 3))
    with closing(sqlite3.connect(installation.root / "shop.db", check_same_thread=False)) as other:
        heard: list[str] = []

        def hear(event: Event) -> None:
            heard.append(event.name)
            if event.name == "file.claimed":
                other.execute("BEGIN IMMEDIATE")
            if event.name == "file.loading":  # its worker comes to the lock now
                threading.Timer(2, other.rollback).start()

        with Pipeline(installation.config, listener=hear) as pipeline:
            result = pipeline.once(wait=40)
        assert not other.in_transaction
    assert [(f.state, f.inserted) for f in result.files] == [("archived", 3)]
    assert heard.index("file.loading") < heard.index("file.committed")
    assert installation.names("failed") == []


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """A file system of 64 kB on a folder, where we may mount one."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_no_permission_and_no_room_in_processed_are_told_and_hold_up_no_other_job(
    installation: Installation,
) -> None:
    """In one test, since a worker tries for twenty seconds before it says what stands in its way."""
    bound: tuple[str, ...] = ()
    if os.geteuid() == 0:  # root may write everywhere, unless that is taken from it
        bound = ("setpriv", "--bounding-set=-dac_override")
        if (
            shutil.which("setpriv") is None
            or subprocess.run([*bound, "true"], capture_output=True).returncode
        ):
            pytest.skip("as root this needs setpriv and the right to give up a capability")
    add_job(installation, "other")
    add_job(installation, "bulky")
    installation.config.write_text("workers = 3\n" + installation.config.read_text())
    (installation.root / "processed/sales").chmod(0o555)
    with small_disk(installation.root / "processed/bulky") as small:
        installation.drop("sales.csv", orders(0, 2))
        installation.drop("other.csv", orders(10, 2), "other")
        if small:
            installation.drop("bulky.csv", orders(100, 10_000), "bulky")
        refused = once(installation, "--wait", "5", before=bound)
        said = " ".join(refused.stderr.split())
        assert refused.returncode == 1, said
        assert "ermission denied" in said
        assert ("No space left" in said) == small
        assert "Traceback" not in said
        assert installation.names("processed") == ["other.csv"]
        assert installation.names("failed") == []
        assert len(installation.names("inbox/sales")) == 1
        (installation.root / "processed/sales").chmod(0o755)
        if small:
            room = ["mount", "-o", "remount,size=2m", str(installation.root / "processed/bulky")]
            subprocess.run(room, check=True)
        mended = once(installation, before=bound)
        assert mended.returncode == 0, mended.stderr
        files = ["bulky.csv"] * small + ["other.csv", "sales.csv"]
        assert installation.names("processed") == files
        states = installation.sql("SELECT state FROM pipeline_file")
        assert states == [("archived",)] * len(files)
        assert installation.sql("SELECT count(*) FROM pipeline_change") == [(4 + 10_000 * small,)]
    if not small:
        pytest.skip("a full disk needs root and the right to mount a tmpfs; the rest passed")


def test_an_inbox_that_is_missing_holds_up_nobody_else_and_may_come_back(installation: Installation) -> None:
    add_job(installation, "other")
    shutil.rmtree(installation.root / "inbox/sales")
    installation.drop("small.csv", ORDERS, "other")
    result = installation.once(wait=10)
    assert [(f.job, f.state) for f in result.files] == [("other", "archived")]
    if not (installation.root / "inbox/sales").exists():  # made anew by the service, or told
        assert result.exit_code == 1
        assert any("inbox/sales" in str(said) for said in result.troubles)
        (installation.root / "inbox/sales").mkdir()
    installation.drop("back.csv", orders(100, 2))
    assert [(f.job, f.state) for f in installation.once().files] == [("sales", "archived")]
    assert installation.names("failed") == []


def test_a_running_service_goes_on_soon_after_its_inbox_is_back(installation: Installation) -> None:
    inbox = installation.root / "inbox/sales"
    shutil.rmtree(inbox)
    inbox.write_text("in the way")
    service = subprocess.Popen(
        [sys.executable, "-P", "-m", "pipeline", "--config", str(installation.config), "run"],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert service.stderr is not None
    late = threading.Timer(60, service.kill)
    late.start()
    try:
        for line in service.stderr:
            if "job.waiting" in line:
                assert "inbox/sales" in line
                inbox.unlink()
                inbox.mkdir()
            if "job.resumed" in line:  # told though no file has come yet
                installation.drop("orders.csv", ORDERS)
            if "file.archived" in line:
                break
    finally:
        late.cancel()
        service.kill()
        service.communicate()
    assert installation.names("processed/sales") == ["orders.csv"]


def test_a_big_file_does_not_hold_up_the_small_file_of_another_job(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The big file halts where it is read and staged, before its transaction."""
    monkeypatch.setenv("PIPELINE_FAULT", "worker/stage.after:1:delay")
    add_job(installation, "other")
    installation.drop("big.csv", orders(0, 100_000))
    heard: list[tuple[str, str]] = []

    def hear(event: Event) -> None:
        heard.append((event.name, event.file))
        if heard[-1] == ("file.loading", "big.csv"):
            monkeypatch.delenv("PIPELINE_FAULT")  # the other worker starts without the fault
            installation.drop("small.csv", ORDERS, "other")

    with Pipeline(installation.config, listener=hear) as pipeline:
        result = pipeline.once(wait=60)
    assert sorted((f.name, f.state) for f in result.files) == [
        ("big.csv", "archived"),
        ("small.csv", "archived"),
    ]
    assert heard.index(("file.loading", "big.csv")) < heard.index(("file.committed", "small.csv"))
    assert heard.index(("file.archived", "small.csv")) < heard.index(("file.committed", "big.csv"))


def test_sigterm_finishes_what_is_in_flight_and_takes_nothing_more(installation: Installation) -> None:
    installation.drop("orders.csv", ORDERS)
    service = subprocess.Popen(
        [sys.executable, "-P", "-m", "pipeline", "--config", str(installation.config), "run"],
        env={**os.environ, "PIPELINE_FAULT": "worker/stage.after:1:delay"},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert service.stderr is not None
    said = []
    late = threading.Timer(60, service.kill)  # a service that hangs must not hang the tests
    late.start()
    try:
        for line in service.stderr:
            said.append(line)
            if "event=file.loading" in line:
                service.send_signal(signal.SIGTERM)
                installation.drop("late.csv", orders(100, 2))
        assert service.wait(timeout=60) == 0
    finally:
        late.cancel()
        service.kill()
        service.communicate()
    text = "".join(said)
    assert text.index("file.loading") < text.index("file.archived") < text.index("service.stopped")
    assert "late.csv" not in text
    assert installation.names("processed/sales") == ["orders.csv"]
    assert installation.names("inbox/sales") == ["late.csv"]
    assert installation.sql("SELECT state FROM pipeline_file") == [("archived",)]
