"""Killed at random while files are dropped, one service and two: nothing lost, nothing doubled."""

from __future__ import annotations

import random
import signal
import subprocess
import threading

import pytest
import sqlalchemy as sa

from pipeline import Pipeline
from tests.faults.check import check, connected
from tests.faults.conftest import command, orders
from tests.flow.conftest import Installation

ROUNDS, FILES = 2, 12


class _Reaper:
    """Counts the events that services tell; each service is killed when its number has come."""

    def __init__(self, numbers: list[int]) -> None:
        self.told, self.up, self._numbers = 0, threading.Event(), numbers
        self._change, self._threads = threading.Lock(), list[threading.Thread]()
        self._left: list[tuple[int, subprocess.Popen[bytes]]] = []

    def watch(self, processes: list[subprocess.Popen[bytes]]) -> None:
        self._left = list(zip(self._numbers, processes, strict=True))
        self._threads = [threading.Thread(target=self._listen, args=(p,)) for p in processes]
        for thread in self._threads:
            thread.start()

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            with self._change:
                self.told += b"event=file." in line
                if b"service.started" in line:
                    self.up.set()
                for number, one in self._left:
                    if self.told >= number:
                        one.send_signal(signal.SIGKILL)

    def join(self) -> None:
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), f"only {self.told} events of {self._numbers}"


@pytest.mark.parametrize("services", [1, 2])
def test_killed_at_random_while_files_are_dropped(box: Installation, services: int) -> None:
    chance = random.Random(7 + services)
    dropped: dict[str, bytes] = {}

    def drop(n: int) -> None:
        dropped[f"f{n}.csv"] = orders(n)
        box.drop(f"f{n}.csv", dropped[f"f{n}.csv"])

    for round_ in range(ROUNDS):
        names = list(range(round_ * FILES, (round_ + 1) * FILES))
        for n in names[: FILES // 3]:
            drop(n)
        reaper = _Reaper([chance.randint(1, FILES * 3) for _ in range(services)])
        processes = [command(box, "run") for _ in range(services)]
        reaper.watch(processes)
        assert reaper.up.wait(60)
        for n in names[FILES // 3 :]:
            drop(n)
        reaper.join()
        for process in processes:
            process.communicate(timeout=60)
            assert process.returncode == -signal.SIGKILL
    assert box.once().exit_code == 0
    assert check(box.root, dropped, settled=True) == []


def test_a_file_that_kills_its_worker_three_times_is_given_up_and_the_service_lives(
    box: Installation,
) -> None:
    box.drop("poison.csv", orders(1))
    with command(box, "once", fault="worker/hash.after:1:abort") as process:
        process.communicate(timeout=90)
        assert process.returncode == 1
    assert box.names("failed/sales") == ["poison.csv", "poison.csv.why.txt"]
    assert check(box.root, {}, settled=True, bad={"poison.csv": orders(1)}) == []


def test_two_services_share_an_inbox(box: Installation) -> None:
    dropped = {f"f{n}.csv": orders(n) for n in range(40)}
    for name, content in dropped.items():
        box.drop(name, content)
    processes = [command(box, "once") for _ in range(2)]
    for process in processes:
        process.communicate(timeout=90)
    box.once()
    assert check(box.root, dropped, settled=True) == []


PAID = """
version = 1
[tables.payment]
[tables.payment.fields]
source = { value = "psp" }
external_id = "Id"
order = { find = "sales_order", by = { number = "Order" }, missing = "wait" }
party = { find = "party", by = { code = "Client" }, missing = "refuse" }
"""


@pytest.mark.parametrize("point", ["commit.before", "commit.after"])
def test_what_waits_survives_a_kill_of_the_file_that_brings_it(box: Installation, point: str) -> None:
    (box.root / "mappings/paid.toml").write_text(PAID)
    config = box.config.read_text().replace('at = "03h00"\n', "")
    first, last = config.rsplit('mapping = "sales"', 1)
    box.config.write_text(first + 'mapping = "paid"' + last)
    box.drop("paid.csv", b"Id,Order,Client\np1,1,\np2,2,NOBODY\n", "nightly")
    assert box.once("nightly").exit_code == 0
    box.drop("orders.csv", b"Order No,Total,State\n1,1.00,paid\n2,2.00,paid\n")
    with command(box, "once", "sales", fault=f"{point}:1:killall") as process:
        process.communicate(timeout=90)
        assert process.returncode == -signal.SIGKILL
    assert box.once().exit_code == 0
    paid = 'SELECT p.external_id, o.number FROM payment p JOIN sales_order o ON o.id = p."order"'
    with connected(box.root) as conn:
        assert conn.execute(sa.text(paid)).all() == [("p1", "1")]
        files = conn.execute(sa.text("SELECT waiting, refused FROM pipeline_file ORDER BY id"))
        assert files.all() == [(0, 1), (0, 0)]
    with Pipeline(box.config) as pipeline:  # the row that was refused in the end is in the correction
        content = pipeline.corrections(1, to=box.root / "mend.csv").read_bytes()
    assert [line[:11] for line in content.splitlines()[1:]] == [b"p2,2,NOBODY"]
