"""The unit, as systemd itself judges it, and what the service tells systemd over a real socket."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import supervisor
from pipeline.cli.service import Wanted, unit
from pipeline.engine.heart import Heart
from tests.flow.conftest import ORDERS, Installation, installation
from tests.flow.running import running
from tests.test_cli import pipeline

assert installation
SHOP = Path("/srv/shop/config.toml")
ANALYZE = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not here")


def settings(text: str) -> list[tuple[str, str]]:
    return re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE)


@ANALYZE
@pytest.mark.parametrize("local", [True, False])
def test_its_exposure_is_small(local: bool, tmp_path: Path) -> None:
    path = tmp_path / "pipeline.service"
    path.write_text(unit(Wanted("/usr/bin/pipeline", SHOP, (Path("/srv/inbox"),), local=local)))
    told = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=15", str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout[-300:]


@ANALYZE
@pytest.mark.parametrize("own", [True, False])
def test_systemd_understands_every_line(own: bool, tmp_path: Path) -> None:
    path = tmp_path / "pipeline.service"
    wanted = Wanted(
        "/bin/true", tmp_path / "a b%c/config.toml", (), "root", own, credentials=("db=/etc/hosts",)
    )
    path.write_text(unit(wanted))
    told = subprocess.run(
        ["systemd-analyze", "verify", *(["--user"] if own else []), str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    ours = [line for line in (told.stdout + told.stderr).splitlines() if str(path) in line]
    assert not ours


def test_it_writes_where_its_jobs_work_and_nowhere_else() -> None:
    text = unit(Wanted("/p", SHOP, (Path("/srv/shop/inbox"), Path("/mnt/till"), Path("/srv/other"))))
    writes = [value for key, value in settings(text) if key == "ReadWritePaths"]
    assert writes == ["/mnt/till", "/srv/other", "/srv/shop"]
    assert ("ProtectHome", "yes") in settings(text)
    home = settings(unit(Wanted("/p", Path("/home/anne/shop/config.toml"), ())))
    assert ("ProtectHome", "tmpfs") in home
    assert ("BindPaths", "/home/anne/shop") in home


def test_a_service_of_ones_own_asks_for_nothing_that_needs_root() -> None:
    keys = {key for key, _ in settings(unit(Wanted("/p", SHOP, (), own=True)))}
    assert not keys & {"User", "CapabilityBoundingSet", "PrivateDevices", "ProtectSystem", "ReadWritePaths"}
    assert {"NoNewPrivileges", "WatchdogSec", "SystemCallFilter"} <= keys


def test_install(installation: Installation) -> None:
    printed = pipeline("service", "install", "--print", "--credential", "db=/etc/db", cwd=installation.root)
    assert f"ReadWritePaths={installation.root}" in printed.stdout, printed.stderr
    assert "LoadCredential=db:/etc/db" in printed.stdout
    os.environ["HOME"], before = str(installation.root / "home"), os.environ["HOME"]
    try:
        done = pipeline("service", "install", "--user", cwd=installation.root)
    finally:
        os.environ["HOME"] = before
    assert done.returncode == 0, done.stderr
    assert (installation.root / "home/.config/systemd/user/pipeline.service").is_file()
    wrong = pipeline("service", "install", "--credential", "db", cwd=installation.root)
    assert (wrong.returncode, "NAME=/PATH" in wrong.stderr) == (2, True)


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The socket that systemd listens on."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(str(tmp_path / "notify"))
        line.settimeout(30)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.delenv("WATCHDOG_PID", raising=False)
        yield line


def heard(line: socket.socket, word: str) -> str:
    """The next datagram that has this word."""
    while word not in (text := line.recv(4096).decode()):
        pass
    return text


def test_the_service_says_ready_alive_stopping(
    installation: Installation, systemd: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "4000000")
    with running(installation) as service:
        heard(systemd, "READY=1")
        heard(systemd, "WATCHDOG=1")
        heard(systemd, "WATCHDOG=1")
        service.term()
        heard(systemd, "STOPPING=1")


def test_words_reach_a_socket_without_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(f"\0pipeline-{os.getpid()}")
        monkeypatch.setenv("NOTIFY_SOCKET", f"@pipeline-{os.getpid()}")
        assert supervisor.tell("READY=1", "STATUS=x")
        assert line.recv(100) == b"READY=1\nSTATUS=x"
    assert not supervisor.tell("READY=1")  # nobody listens any more: no error
    monkeypatch.delenv("NOTIFY_SOCKET")
    assert not supervisor.tell("READY=1")


@pytest.mark.parametrize(
    ("usec", "pid", "seconds"),
    [("2000000", None, 2.0), ("", None, None), ("x", None, None), ("0", None, None), ("2000000", "1", None)],
)
def test_the_watchdogs_time(
    usec: str, pid: str | None, seconds: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", usec)
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    if pid is not None:
        monkeypatch.setenv("WATCHDOG_PID", pid)
    assert supervisor.watchdog_s() == seconds


def test_it_is_alive_only_while_both_loops_come_round() -> None:
    heart = Heart()
    assert not heart.alive(0, 30)
    heart.beat("folders", 100)
    assert not heart.alive(100, 30)
    heart.beat("database", 90)
    assert heart.alive(110, 30)
    heart.beat("folders", 125)
    assert not heart.alive(125, 30)  # one of them hangs
    with heart.long_work():
        assert heart.alive(1000, 30)
    assert not heart.alive(1000, 30)


PASSWORD = "canary-8f3a2b"


def test_logs_for_machines_and_for_people_hold_no_secret(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password of a database that is away, in the driver's own words and in a file's name."""
    box = installation
    box.drop(f"{PASSWORD}.csv", ORDERS)
    text = box.config.read_text()
    for style in ("json", "console"):
        url = f"postgresql://shop:{PASSWORD}@127.0.0.1:1/{PASSWORD}"
        box.config.write_text(text.replace("sqlite:///shop.db", url))
        said = ended(box, style, "job.waiting")
        assert PASSWORD not in said
        assert "***" in said
        lines = [line for line in said.splitlines() if "job.waiting" in line]
        if style == "json":
            facts = json.loads(lines[0])
            assert facts["level"] == "warning"
            assert facts["words"] == "a job waits for the database, a disc or a folder"
        else:
            assert re.match(r"! \d\d:\d\d:\d\d job.waiting: a job waits", lines[0]), lines


def ended(box: Installation, style: str, event: str) -> str:
    """What a service says in this style until this event, and to its end."""
    import signal
    import sys

    service = subprocess.Popen(
        [sys.executable, "-P", "-m", "pipeline", "--config", str(box.config), "run", "--log-format", style],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert service.stderr is not None
    said = ""
    for line in service.stderr:
        said += line
        if event in line:
            service.send_signal(signal.SIGTERM)
    assert service.wait(30) == 0
    service.stderr.close()
    return said
