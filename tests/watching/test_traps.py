"""The traps of noticing. Each test shows that plain watchfiles falls into it, and that ours finds everything."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import anyio
import pytest

from pipeline.watching import Watcher
from tests.watching.scenes import LONG_S, Ours, Plain, both, deaf, drop

ROOT = Path(__file__).parent.parent.parent
MANY = 20_000


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    return folder


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where the system has one: many files are made in no time there."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as made:
        yield Path(made)


@cache
def lacks(*unshare: str) -> str | None:
    """Why this machine does not allow a name space of its own, or None."""
    if shutil.which("unshare") is None:
        return "there is no unshare"
    done = subprocess.run(["unshare", *unshare, "true"], capture_output=True, text=True)
    return done.stderr.strip() or "unshare failed" if done.returncode else None


def play(name: str, inbox: Path, *unshare: str) -> dict[str, Any]:
    """Play a scene in a name space of its own."""
    why = lacks(*unshare)
    if why is not None:
        pytest.skip(f"no name space of its own: {why}")
    scene = [sys.executable, "-m", "tests.watching.scenes", name, str(inbox)]
    done = subprocess.run(["unshare", *unshare, *scene], cwd=ROOT, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def start(name: str, inbox: Path) -> subprocess.Popen[bytes]:
    scene = [sys.executable, "-m", "tests.watching.scenes", name, str(inbox)]
    return subprocess.Popen(scene, cwd=ROOT, stdout=subprocess.PIPE)


def says(child: subprocess.Popen[bytes]) -> Any:
    assert child.stdout is not None
    return json.loads(child.stdout.readline())


@pytest.mark.slow
def test_the_queue_runs_over_while_the_process_is_stopped(quick: Path) -> None:
    inbox = quick / str(MANY)
    inbox.mkdir()
    plain, ours = children = start("stopped plain", inbox), start("stopped ours", inbox)
    try:
        for child in children:
            assert says(child) == "up"
            child.send_signal(signal.SIGSTOP)
            os.waitpid(child.pid, os.WUNTRACED)
        for n in range(MANY):
            os.close(os.open(inbox / f"file-{n}.csv", os.O_CREAT | os.O_WRONLY))
        for child in children:
            child.send_signal(signal.SIGCONT)
        assert says(ours) == {"files": MANY}
        end = 0
        while not select.select([plain.stdout], [], [], 0.1)[0]:  # until it hears again
            end += 1
            (inbox / f"end-{end}.csv").touch()
        assert says(plain)["files"] < MANY, "watchfiles loses nothing any more: is our own inotify needed?"
        assert [child.wait(LONG_S) for child in children] == [0, 0]
    finally:
        for child in children:
            child.kill()
            child.communicate()


def test_a_latin_1_name(inbox: Path) -> None:
    async def story() -> None:
        async with both(inbox) as (plain, ours):
            (inbox / os.fsdecode(b"R\xe9glements.csv")).write_bytes(b"x\n")
            await plain.until(lambda: plain.ended is not None)
            assert "Unable to decode path" in str(plain.ended)
            await ours.until(lambda: "R\\xe9glements.csv" in ours.names)
            for n in range(5):
                drop(inbox, f"after-{n}.csv")
                await ours.until(lambda n=n: f"after-{n}.csv" in ours.names)  # type: ignore[misc]

    anyio.run(story)


def made_again(inbox: Path) -> None:
    shutil.rmtree(inbox)
    inbox.mkdir()


def replaced(inbox: Path) -> None:
    inbox.rename(inbox.parent / "aside")
    inbox.mkdir()


def parent_replaced(inbox: Path) -> None:
    inbox.parent.rename(inbox.parent.parent / "aside")
    inbox.mkdir(parents=True)
    (inbox.parent / "control").symlink_to(inbox.parent.parent / "aside" / "control")


def another_put_there(inbox: Path) -> None:
    """One rename puts a new folder in the place of the old one."""
    new = inbox.parent / "new"
    new.mkdir()
    (inbox / "before.csv").unlink()
    new.rename(inbox)


@pytest.mark.slow
@pytest.mark.parametrize("happens", [made_again, replaced, parent_replaced, another_put_there])
def test_the_inbox_is_another_folder(tmp_path: Path, happens: Callable[[Path], None]) -> None:
    inbox = tmp_path / "share" / "in"
    inbox.mkdir(parents=True)
    answer = anyio.run(deaf, inbox, lambda: happens(inbox))
    assert answer == {"plain": False, "plain ended": "None", "ours": answer["ours"]}
    assert {"before.csv", "after.csv"} <= set(answer["ours"])


@pytest.mark.slow
@pytest.mark.parametrize("scene", ["mounted over", "gone and back"])
def test_a_share_is_mounted(inbox: Path, scene: str) -> None:
    options = ("-m",) if os.geteuid() == 0 else ("-U", "-r", "-m")
    answer = play(scene, inbox, *options)
    assert answer == {"plain": False, "plain ended": "None", "ours": answer["ours"]}
    assert {"before.csv", "after.csv"} <= set(answer["ours"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scene", "code"),
    [("no instances", "watching.no_instances"), ("no watches", "watching.no_watches")],
)
def test_the_system_has_nothing_left_to_watch_with(inbox: Path, scene: str, code: str) -> None:
    answer = play(scene, inbox, "-U", "-r")
    assert answer["plain ended"] != "None"
    assert {"before.csv", "after.csv"} <= set(answer["ours"])
    assert answer["then"] == ["poll", code]
    assert answer["now"] == ["native", "watching.native"]


def test_a_watcher_restarted_between_two_files(inbox: Path) -> None:
    """As a loop does that makes a watcher for each batch; ours is made to start again."""

    async def first_of(folder: Path) -> None:
        async with anyio.create_task_group() as tasks:
            plain = Plain(folder)
            tasks.start_soon(plain.run)
            await plain.up()
            drop(folder, "one.csv")
            assert "one.csv" in await plain.has_told()
            tasks.cancel_scope.cancel()

    async def story() -> None:
        watcher = Watcher([inbox])
        ours = Ours(watcher)
        async with anyio.create_task_group() as tasks:
            await tasks.start(watcher.run)
            tasks.start_soon(ours.run)
            await first_of(inbox)
            await ours.until(lambda: "one.csv" in ours.names)
            watcher.follow([inbox, inbox.parent / "control"])
            drop(inbox, "two.csv")
            await ours.until(lambda: "two.csv" in ours.names)
            second = Plain(inbox)
            tasks.start_soon(second.run)
            await second.up()
            assert "two.csv" not in await second.has_told()
            drop(inbox, "three.csv")
            await ours.until(lambda: "three.csv" in ours.names)
            tasks.cancel_scope.cancel()

    anyio.run(story)


def test_files_there_before_the_start(inbox: Path) -> None:
    async def story() -> None:
        drop(inbox, "old.csv")
        async with both(inbox) as (plain, ours):
            assert "old.csv" not in await plain.has_told()
            await ours.until(lambda: "old.csv" in ours.names)

    anyio.run(story)
