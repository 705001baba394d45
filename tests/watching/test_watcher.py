"""Noticing on real folders: renames told from writes, odd names, folders made anew, a lost watch."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from pipeline.errors import Environment
from pipeline.watching import Watcher, scan

LONG_S = 20.0


@asynccontextmanager
async def watching(*folders: Path) -> AsyncIterator[Watcher]:
    watcher = Watcher(folders)
    async with anyio.create_task_group() as tasks:
        await tasks.start(watcher.run)
        assert await watcher.changed(0) == set(folders), "at the start every folder is to be looked at"
        yield watcher
        tasks.cancel_scope.cancel()


async def until(watcher: Watcher, folder: Path, true: Callable[[], bool] = lambda: True) -> None:
    """Take what the watcher tells until it names the folder and something holds."""
    with anyio.fail_after(LONG_S):
        while folder not in await watcher.changed(1.0) or not true():
            pass


def move_in(folder: Path, name: str = "a.csv") -> int:
    hidden = folder.parent / "upload"
    hidden.write_bytes(b"x\n")
    hidden.rename(folder / name)
    return (folder / name).stat().st_ino


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    return folder


def test_a_rename_is_told_from_a_write(inbox: Path) -> None:
    async def story() -> None:
        async with watching(inbox) as watcher:
            ino = move_in(inbox)
            assert watcher.renamed_in(inbox, b"a.csv", ino)
            assert not watcher.renamed_in(inbox, b"a.csv", ino + 1)
            await until(watcher, inbox)
            written = inbox / "b.csv"
            written.write_bytes(b"x\n")
            assert not watcher.renamed_in(inbox, b"b.csv", written.stat().st_ino)
            await until(watcher, inbox)

    anyio.run(story)


def test_whatever_happens_after_the_rename_ends_it(inbox: Path) -> None:
    async def story() -> None:
        async with watching(inbox) as watcher:
            ino = move_in(inbox)
            with (inbox / "a.csv").open("ab") as file:
                file.write(b"more")
            assert not watcher.renamed_in(inbox, b"a.csv", ino)
            move_in(inbox, "b.csv")
            (inbox / "b.csv").unlink()
            (inbox / "b.csv").write_bytes(b"")
            assert not watcher.renamed_in(inbox, b"b.csv", (inbox / "b.csv").stat().st_ino)
            ino = move_in(inbox, "c.csv")
            (inbox / "c.csv").rename(inbox.parent / "c.csv")
            assert not watcher.renamed_in(inbox, b"c.csv", ino)

    anyio.run(story)


def test_a_name_that_is_not_utf8_ends_nothing(inbox: Path) -> None:
    async def story() -> None:
        async with watching(inbox) as watcher:
            for _ in range(3):
                (inbox / os.fsdecode(b"caf\xe9.csv")).write_bytes(b"x\n")
                await until(watcher, inbox)
            move_in(inbox)
            await until(watcher, inbox, lambda: True)

    anyio.run(story)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["removed", "moved", "parent moved"])
def test_a_folder_made_anew_is_watched_again(tmp_path: Path, how: str) -> None:
    inbox = tmp_path / "share" / "in"
    inbox.mkdir(parents=True)

    async def story() -> None:
        async with watching(inbox) as watcher:
            if how == "removed":
                inbox.rmdir()
            elif how == "moved":
                inbox.rename(tmp_path / "aside")
            else:
                inbox.parent.rename(tmp_path / "share-aside")
            inbox.mkdir(parents=True)
            aside = {"moved": tmp_path / "aside", "parent moved": tmp_path / "share-aside" / "in"}.get(how)
            with anyio.fail_after(LONG_S):
                while not watcher.renamed_in(inbox, b"a.csv", move_in(inbox)):
                    await watcher.changed(0.5)
            if aside is not None:
                move_in(inbox, "b.csv")
                (inbox / "b.csv").unlink()
                (inbox / "b.csv").write_bytes(b"")
                move_in(aside, "b.csv")
                assert not watcher.renamed_in(inbox, b"b.csv", (inbox / "b.csv").stat().st_ino)

    anyio.run(story)


@pytest.mark.slow
def test_a_folder_that_comes_later_is_told(tmp_path: Path) -> None:
    inbox = tmp_path / "later"

    async def story() -> None:
        async with watching(inbox) as watcher:
            inbox.mkdir()
            await until(watcher, inbox)

    anyio.run(story)


def test_wake_and_timeout(inbox: Path) -> None:
    async def story() -> None:
        async with watching(inbox) as watcher:
            assert await watcher.changed(0.01) in (set(), {inbox})
            watcher.wake()
            with anyio.fail_after(LONG_S):
                await watcher.changed(LONG_S * 2)

    anyio.run(story)


def test_without_a_watcher_running_nothing_was_renamed_in(inbox: Path) -> None:
    assert not Watcher([inbox]).renamed_in(inbox, b"a.csv", 1)


def test_scan_tells_kinds_and_keeps_bytes(inbox: Path) -> None:
    (inbox / os.fsdecode(b"caf\xe9.csv")).write_bytes(b"1234")
    (inbox / "folder.csv").mkdir()
    (inbox / "link.csv").symlink_to("/nowhere")
    os.mkfifo(inbox / "pipe.csv")
    (inbox / ".pipeline").mkdir()
    seen = {s.name: s for s in scan(inbox)}
    assert {name: s.kind for name, s in seen.items()} == {
        b"caf\xe9.csv": "file",
        b"folder.csv": "directory",
        b"link.csv": "link",
        b"pipe.csv": "other",
    }
    facts = os.stat(os.fsencode(inbox) + b"/caf\xe9.csv")
    file = seen[b"caf\xe9.csv"]
    assert (file.dev, file.ino, file.size) == (facts.st_dev, facts.st_ino, 4)
    assert (file.mtime_ns, file.ctime_ns) == (facts.st_mtime_ns, facts.st_ctime_ns)


def test_a_folder_that_cannot_be_read_is_the_worlds_fault(tmp_path: Path) -> None:
    with pytest.raises(Environment) as trouble:
        scan(tmp_path / "none")
    assert trouble.value.said.code == "files.inbox_unreachable"
