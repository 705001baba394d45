"""The control group: an engine that breaks a rule on purpose must be caught, else green means nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import pipeline
from tests import nursery

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Mutant:
    """A small change of one file: `old` must be there exactly once. `scene`: the directed test that catches it, ""
    for random play."""

    path: str
    old: str
    new: str
    scene: str = ""
    also: tuple[str, str, str] | None = None

    def make(self, program: Path) -> None:
        for path, old, new in filter(None, ((self.path, self.old, self.new), self.also)):
            file = program / "pipeline" / path
            text = file.read_text("utf-8")
            assert text.count(old) == 1, f"the patch no longer applies to {path}: {old!r}"
            file.write_text(text.replace(old, new), "utf-8")


MUTANTS: dict[str, Mutant] = {
    "what came is sent back": Mutant(
        "sync/applying.py",
        "            self.desk.add_span(came, self.peer)\n",
        "            pass\n",
        also=("sync/merge.py", "        if ours.time < came.time:\n            joined", "        if True:\n            joined"),
    ),
    "the cursor is the sender's": Mutant(
        "sync/local.py",
        "        me = stamp(desk, me)\n        desk.delivered(peer, since)\n",
        "        me = stamp(desk, me)\n        since = max(since, known.load_seen)\n"
        "        desk.set_peer(peer, load_seen=me.mark)\n",
    ),
    "no record when what comes loses": Mutant(
        "sync/merge.py",
        "            if not wins and came.hlc > 0 and _is_new(theirs, name, new):\n",
        "            if False:\n",
    ),
    "the cursor moves before the commit": Mutant(
        "sync/local.py",
        "        with self.syncing.writing(lock=self._writes(batch)) as desk:\n            point(\"sync.begun\")\n",
        "        with self.syncing.writing(lock=False) as desk:\n"
        "            known = desk.peer(batch.site)\n"
        "            early = known is not None and known.since == batch.since\n"
        "            if early:\n"
        "                desk.set_peer(batch.site, since=batch.until, last=batch.id)\n"
        "        batch = replace(batch, since=batch.until) if early else batch\n"
        "        with self.syncing.writing(lock=self._writes(batch)) as desk:\n            point(\"sync.begun\")\n",
    ),
    "no parent lives again": Mutant(
        "sync/joining.py",
        "        if work.alive or state.died is None or not state.values:\n            return []\n",
        "        return []\n",
    ),
    "the wall clock instead of the hybrid one": Mutant(
        "sync/stamping.py",
        "max(self.hlc + 1, entry.at << 8)",
        "entry.at << 8",
    ),
    "deaths are not remembered": Mutant(
        "sync/clocks.py",
        "    return ClockRow(key, dumps(cols), None if even else dumps(marks), died_text(state.died), image, highest)\n",
        "    return ClockRow(key, dumps(cols), None if even else dumps(marks), None, image, highest)\n",
    ),
    "a restored database keeps its life": Mutant(
        "sync/local.py",
        "        if (said.last and desk.sent(said.last) is None) or said.since > me.mark:\n            raise SyncRejoin(message(\"syncing.forgotten\", peer=said.site))\n        if said.since < peer.seen:\n",
        "        if False:\n",
        also=("sync/local.py", "        if since < known.seen:  # who asks", "        if False:  # who asks"),
    ),
    "forgotten before all have it": Mutant(
        "sync/local.py", "desk.forget(min(p.seen for p in peers))", "desk.forget(max(p.seen for p in peers))"
    ),
    "an edit of a dead row goes silently": Mutant(
        "sync/merge.py", "    if came and not now:\n", "    if False:\n"
    ),
    "no tie-break": Mutant(
        "sync/merge.py",
        "        wins = ours.time < came.time\n",
        "        wins = ours.hlc < came.hlc\n",
    ),
    "a first contact is not checked": Mutant(
        "sync/local.py",
        "batch.since != peer.since else None",
        "batch.since != peer.since and peer.last else None",
        "test_a_late_batch_after_a_first_contact_is_refused",
    ),
    "a life that is over is believed": Mutant(
        "sync/local.py",
        "        if peer.incarnation != batch.incarnation or batch.to != me.incarnation:\n            return \"stale\"\n",
        "",
        "test_a_batch_of_a_lost_life_is_refused",
    ),
}  # fmt: skip

PLAY = """
import sys
from tests.sync.sim import campaign
campaign(0, 60)
"""


@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_engine_is_caught(tmp_path: Path, name: str) -> None:
    mutant = MUTANTS[name]
    program = tmp_path / "program"
    shutil.copytree(Path(pipeline.__file__).parent, program / "pipeline")
    mutant.make(program)
    env = {**nursery.environment(), "PYTHONPATH": os.pathsep.join([str(program), str(ROOT)])}
    play = ["-c", PLAY]
    if mutant.scene:
        play = [
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--import-mode=append",
            f"{ROOT}/tests/sync/test_directed.py",
            "-k",
            mutant.scene,
        ]
    done = subprocess.run(
        [sys.executable, "-P", *play],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "AssertionError" in done.stderr + done.stdout
