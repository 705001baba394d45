"""Killed at every named point, and at random: nothing lost, nothing doubled, nothing half there."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys

import pytest

from pipeline import faults
from tests.faults.check import check
from tests.flow.conftest import Installation, installation  # noqa: F401

IMPORT_POINTS = [p for p in faults.POINTS if p not in ("archive.copied", "failed.noted", "opening.noted")]


def orders(n: int, rows: int = 20) -> bytes:
    lines = [f"{n:05d}-{i:04d},{i}.{n % 100:02d},paid" for i in range(rows)]
    return ("Order No,Total,State\n" + "\n".join(lines) + "\n").encode()


def command(box: Installation, *words: str, fault: str = "") -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline", "--config", str(box.config), *words],
        env={**os.environ, "PIPELINE_FAULT": fault},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize("point", IMPORT_POINTS)
def test_killed_at_a_named_point_as_by_a_power_cut(installation: Installation, point: str) -> None:  # noqa: F811
    dropped = {f"f{n}.csv": orders(n) for n in range(3)}
    for name, content in dropped.items():
        installation.drop(name, content)
    with command(installation, "once", fault=f"{point}:1:killall") as process:
        _, err = process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL, err.decode()
    if (installation.root / "shop.db").exists() and point != "claim.before":
        assert [v for v in check(installation.root, dropped, settled=False) if v.rule != "I2 one copy"] == []
    result = installation.once()
    assert not result.troubles
    assert check(installation.root, dropped, settled=True) == []


def test_killed_at_random_while_files_are_dropped(installation: Installation) -> None:  # noqa: F811
    chance = random.Random(7)
    dropped: dict[str, bytes] = {}
    for round_ in range(8):
        for n in range(round_ * 10, round_ * 10 + 10):
            dropped[f"f{n}.csv"] = orders(n)
            installation.drop(f"f{n}.csv", dropped[f"f{n}.csv"])
        with command(installation, "run") as process:
            try:
                process.wait(timeout=chance.uniform(0.8, 3.0))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
            process.communicate()
    installation.once()
    assert check(installation.root, dropped, settled=True) == []


def test_a_file_that_kills_its_worker_three_times_is_given_up_and_the_service_lives(
    installation: Installation,  # noqa: F811
) -> None:
    installation.drop("poison.csv", orders(1))
    with command(installation, "once", fault="worker/hash.after:1:abort") as process:
        process.communicate(timeout=90)
        assert process.returncode == 1
    assert installation.names("failed/sales") == ["poison.csv", "poison.csv.why.txt"]


def test_two_services_share_an_inbox(installation: Installation) -> None:  # noqa: F811
    dropped = {f"f{n}.csv": orders(n) for n in range(40)}
    for name, content in dropped.items():
        installation.drop(name, content)
    processes = [command(installation, "once") for _ in range(2)]
    for process in processes:
        process.communicate(timeout=90)
    installation.once()
    assert check(installation.root, dropped, settled=True) == []
