"""The control group: a program that breaks a promise on purpose must be caught, else green means nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import pipeline
from tests.faults.check import Violation, check
from tests.faults.conftest import build, command, orders
from tests.flow.conftest import Installation

Scene = Callable[[Installation, Path], list[Violation]]


@dataclass(frozen=True)
class Mutant:
    """A small change of one file: `old` must be there exactly once."""

    path: str
    old: str
    new: str

    def make(self, program: Path) -> None:
        file = program / "pipeline" / self.path
        text = file.read_text("utf-8")
        assert text.count(self.old) == 1, f"the patch no longer applies to {self.path}: {self.old!r}"
        file.write_text(text.replace(self.old, self.new), "utf-8")


def cut_before_the_transaction(box: Installation, program: Path) -> list[Violation]:
    dropped = {"a.csv": orders(1)}
    box.drop("a.csv", dropped["a.csv"])
    command(box, "once", fault="transaction.begun:1:killall", program=program).communicate(timeout=60)
    return check(box.root, dropped, settled=False)


def cut_after_the_commit(box: Installation, program: Path) -> list[Violation]:
    dropped = {"a.csv": orders(1)}
    box.drop("a.csv", dropped["a.csv"])
    command(box, "once", fault="commit.after:1:killall", program=program).communicate(timeout=60)
    return check(box.root, dropped, settled=False)


def slow_writer(box: Installation, program: Path) -> list[Violation]:
    """The first half ends at a line end; the writer goes on when the service has had its look."""
    whole = orders(1, rows=40)
    half = whole.index(b"\n", len(whole) // 2) + 1
    with (box.root / "inbox/sales/a.csv").open("wb", buffering=0) as upload:
        upload.write(whole[:half])
        command(box, "once", "--wait", "4", program=program).communicate(timeout=60)
        upload.write(whole[half:])
    return check(box.root, {"a.csv": whole}, settled=False)


MUTANTS: dict[str, tuple[Mutant, Scene, str]] = {  # the change, what happens, the promise it breaks
    "archive before commit": (
        Mutant(
            "imports/importing.py",
            "            done = self._store.commit(",
            "            for one in ready:\n"
            "                disk.archive(one.taken.path, work.job.processed, one.taken.name)\n"
            "            done = self._store.commit(",
        ),
        cut_before_the_transaction,
        "I4 order",
    ),
    "no ledger row": (
        Mutant(
            "store/base.py",
            "        return replace(row, **noted, reason=note)\n",
            "        conn.execute(files.delete().where(files.c.id == row.id))\n"
            "        return replace(row, **noted, reason=note)\n",
        ),
        cut_after_the_commit,
        "I3 all or nothing",
    ),
    "hash while it is written": (
        Mutant("files/places.py", '        return "busy"\n', '        return "free"\n'),
        slow_writer,
        "I4 order",
    ),
}


def copy_of_the_program(folder: Path) -> Path:
    shutil.copytree(Path(pipeline.__file__).parent, folder / "pipeline")
    return folder


@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_program_is_caught(tmp_path: Path, name: str) -> None:
    mutant, scene, rule = MUTANTS[name]
    program = copy_of_the_program(tmp_path / "program")
    mutant.make(program)
    assert rule in {violation.rule for violation in scene(build(tmp_path / "box"), program)}


@pytest.mark.parametrize("name", MUTANTS)
def test_the_sound_program_passes_the_same_scene(tmp_path: Path, name: str) -> None:
    _, scene, _ = MUTANTS[name]
    assert scene(build(tmp_path / "box"), copy_of_the_program(tmp_path / "program")) == []
