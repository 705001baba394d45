"""Broken at every named point, on both databases: killed as by a power cut, a failing disk, a long halt.

The cases of one database run a few at a time, since most of their time is waiting for files to settle; each
has folders and a database of its own, and is judged by itself."""

from __future__ import annotations

import ast
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import pipeline
from pipeline import faults
from tests.faults.check import Violation, check
from tests.faults.conftest import Build, command, orders
from tests.flow.conftest import Installation

AT_ONCE = 4
BAD = b"Number,Total\n1,2\n"


@dataclass(frozen=True)
class Case:
    """A fault, and what it takes to come there."""

    point: str
    deed: str = "killall"
    verb: str = "once"
    bad: bool = False
    mounted: bool = False
    setting: str = ""  # of the job

    @property
    def copied(self) -> bool:
        return "copy" in self.setting

    def __str__(self) -> str:
        return f"{self.point}:{self.deed}"


@dataclass
class Ruin:
    """What a case left, before and after the restart."""

    code: int
    said: str
    then: list[Violation]
    again: int
    lying: list[str]  # in the inbox and its work folder, after the restart
    after: list[Violation] = field(default_factory=list)


SETTINGS = {
    "claim.renamed": 'ready = "{stem}.ok"',
    "copy.copied": 'take = "copy"',
    "compress.written": 'compress = "gzip"',
    "compress.placed": 'compress = "gzip"',
    "opening.noted": "every = 1",
}
KILLS = tuple(
    Case(
        point,
        verb="run" if point == "opening.noted" else "once",
        bad=point == "failed.noted",
        mounted=point == "archive.copied",
        setting=SETTINGS.get(point, ""),
    )
    for point in faults.POINTS
)
OTHERS = (
    *(
        Case(point, "eio")
        for point in ("claim.before", "transaction.begun", "commit.after", "archive.before")
    ),
    Case("rows.written", "enospc"),
    Case("commit.after", "delay"),
)


def _mount(folder: Path) -> bool:
    return (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)], capture_output=True
        ).returncode
    )


def _break(box: Installation, case: Case) -> Ruin | None:
    """None: this machine does not let us."""
    processed = box.root / "processed/sales"
    if case.mounted and not _mount(processed):
        return None
    try:
        box.config.write_text(
            box.config.read_text().replace('pattern = "*.csv"', f'pattern = "*.csv"\n{case.setting}')
        )
        dropped = {f"f{n}.csv": orders(n) for n in range(3)}
        bad = {"bad.csv": BAD} if case.bad else {}
        for name, content in {**dropped, **bad}.items():
            box.drop(name, content)
            if "ready" in case.setting:
                box.drop(name.replace(".csv", ".ok"), b"")
        first = command(box, case.verb, fault=f"{case.point}:1:{case.deed}")
        # a halted service must not stop another one, nor be hurt by it
        second = command(box, "once") if case.deed == "delay" else None
        _, err = first.communicate(timeout=90)
        if second is not None:
            second.communicate(timeout=90)
        then = check(box.root, dropped, settled=False, bad=bad, copied=case.copied)
        last = command(box, "once")
        _, said = last.communicate(timeout=90)
        after = check(box.root, dropped, settled=True, bad=bad, copied=case.copied)
        lying = box.names("inbox/sales")
        return Ruin(first.returncode, (err + b"\n" + said).decode(), then, last.returncode, lying, after)
    finally:
        if case.mounted:
            subprocess.run(["umount", str(processed)], check=True)


@pytest.fixture(scope="module")
def ruins(
    builder: Build, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[dict[Case, Future[Ruin | None]]]:
    """Every case that this run asks for, under way."""
    wanted = {item.callspec.params["case"] for item in request.session.items if "case" in _params(item)}
    root = tmp_path_factory.mktemp("ruins")
    with ThreadPoolExecutor(AT_ONCE) as hands:
        yield {
            case: hands.submit(_break, builder(root / str(case).replace(":", "-")), case)
            for case in (*KILLS, *OTHERS)
            if case in wanted
        }


def _params(item: pytest.Item) -> dict[str, object]:
    return getattr(getattr(item, "callspec", None), "params", {})


def _result(ruins: dict[Case, Future[Ruin | None]], case: Case) -> Ruin:
    ruin = ruins[case].result(timeout=120)
    if ruin is None:
        pytest.skip("processed on another file system needs root and the right to mount a tmpfs")
    return ruin


@pytest.mark.parametrize("case", KILLS, ids=str)
def test_killed_at_a_named_point_as_by_a_power_cut(
    ruins: dict[Case, Future[Ruin | None]], case: Case
) -> None:
    ruin = _result(ruins, case)
    assert ruin.code == -signal.SIGKILL, ruin.said
    placed = case.mounted or case.point == "compress.placed"
    copies = ("I2 one copy",) if placed else ()  # both copies are there until the source goes
    assert [v for v in ruin.then if v.rule not in copies] == []
    assert ruin.after == [], ruin.said
    assert ruin.again == (1 if case.bad else 0), ruin.said
    assert ruin.lying == ([f"f{n}.csv" for n in range(3)] if case.copied else [])


@pytest.mark.parametrize("case", OTHERS, ids=str)
def test_a_failing_disk_or_a_long_halt_at_a_named_point(
    ruins: dict[Case, Future[Ruin | None]], case: Case
) -> None:
    ruin = _result(ruins, case)
    assert ruin.then == []
    assert ruin.after == [], ruin.said
    assert (ruin.code, ruin.again) == (0, 0), ruin.said


def test_every_point_in_the_source_is_listed_and_exercised() -> None:
    found: set[str] = set()
    for path in sorted(Path(pipeline.__file__).parent.rglob("*.py")):
        text = path.read_text("utf-8")
        if not re.search(r"from pipeline\.faults import|import faults", text):
            continue
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if called == "point":
                (name,) = node.args
                assert isinstance(name, ast.Constant), f"{path}:{node.lineno}: a point without a fixed name"
                found.add(name.value)
    # The others are broken at by tests/exports/test_kills.py, tests/remote/test_kills.py and tests/sync.
    known = {*faults.POINTS, *faults.EXPORT_POINTS, *faults.REMOTE_POINTS, *faults.SYNC_POINTS}
    assert found == known
    assert {case.point for case in KILLS} == set(faults.POINTS)
