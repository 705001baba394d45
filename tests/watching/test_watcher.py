"""Noticing on real folders: renames told from writes, odd names, folders made anew, a lost watch."""

from __future__ import annotations

import errno
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from pipeline.errors import Environment
from pipeline.watching import Watcher, detect, detect_all, scan
from pipeline.watching.detection import refused
from pipeline.watching.hints import WATCHFILES, Hints
from tests.watching.scenes import LONG_S, Ours, drop


@asynccontextmanager
async def watching(
    *folders: Path, network: Callable[[Path], bool] = lambda folder: False
) -> AsyncIterator[Watcher]:
    watcher = Watcher(detect_all(dict.fromkeys(folders, "auto")), network)
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


@pytest.fixture
def control(tmp_path: Path) -> Path:
    folder = tmp_path / "control"
    folder.mkdir()
    (folder / "control.csv").touch()
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


async def told(watcher: Watcher, until: Callable[[], bool]) -> set[Path]:
    """All folders that are marked until something holds."""
    marked: set[Path] = set()
    with anyio.fail_after(LONG_S):
        while not until():
            marked |= await watcher.changed(0.05)
    return marked | await watcher.changed(0)


def test_the_set_of_folders_changes_and_those_that_stay_miss_nothing(tmp_path: Path) -> None:
    stays, goes, comes = folders = [tmp_path / name for name in ("stays", "goes", "comes")]
    for folder in folders:
        folder.mkdir()

    async def story() -> None:
        async with watching(stays, goes) as watcher, anyio.create_task_group() as tasks:
            ours = Ours(watcher)
            tasks.start_soon(ours.run)
            for n in range(200):
                ino = drop(stays, f"{n}.csv")
                watcher.follow([stays, comes] if n % 2 else [stays, goes])
                assert watcher.renamed_in(stays, f"{n}.csv".encode(), ino)
                await anyio.lowlevel.checkpoint()
            await ours.until(lambda: len(ours.names) == 200)
            tasks.cancel_scope.cancel()
            assert watcher.detections().keys() == {stays, comes}
            await watcher.changed(0)
            drop(goes, "gone.csv")
            drop(comes, "come.csv")
            assert comes in await told(
                watcher, lambda: watcher.renamed_in(comes, b"2.csv", drop(comes, "2.csv"))
            )
            assert goes not in await watcher.changed(0)
            assert not watcher.renamed_in(goes, b"g.csv", drop(goes, "g.csv"))

    anyio.run(story)


def test_a_folder_that_is_followed_anew_is_marked(tmp_path: Path) -> None:
    async def story() -> None:
        async with watching() as watcher:
            watcher.follow([tmp_path])
            assert await watcher.changed(LONG_S) == {tmp_path}
            watcher.follow([tmp_path])
            assert watcher.poll_s(tmp_path) == 5.0
            watcher.follow({tmp_path: detect(tmp_path, "poll")})
            assert watcher.poll_s(tmp_path) == 2.0
            assert not watcher.renamed_in(tmp_path, b"a.csv", drop(tmp_path, "a.csv"))
            await watcher.changed(0)
            without = refused(OSError(errno.EMFILE, ""))  # as a second one that tries may find out
            watcher.follow({tmp_path: detect(tmp_path)})
            await until(watcher, tmp_path, lambda: watcher.renamed_in(tmp_path, b"b", drop(tmp_path, "b")))
            watcher.follow({tmp_path: without})
            assert watcher.poll_s(tmp_path) == 5.0
            watcher.follow([])
            assert await watcher.changed(0) == set()

    anyio.run(story)


@pytest.mark.slow
def test_how_a_folder_is_watched_follows_what_lies_there(tmp_path: Path) -> None:
    inbox = tmp_path / "in"
    on_network: set[Path] = set()

    async def story() -> None:
        async with watching(inbox, network=on_network.__contains__) as watcher:

            def now() -> str:
                return watcher.detections()[inbox].said.code

            assert now() == "watching.missing"
            inbox.mkdir()
            await told(watcher, lambda: now() == "watching.native")
            assert watcher.poll_s(inbox) == 5.0
            inbox.rmdir()
            await told(watcher, lambda: now() == "watching.missing")
            on_network.add(inbox)
            inbox.mkdir()
            assert inbox in await told(watcher, lambda: now() == "watching.network")
            assert watcher.poll_s(inbox) == 2.0
            assert not watcher.renamed_in(inbox, b"a.csv", drop(inbox, "a.csv"))

    anyio.run(story)


def test_what_we_take_away_ourselves_is_no_news(tmp_path: Path, inbox: Path, control: Path) -> None:
    """Neither from our own inotify nor from watchfiles, which tells later; what others take away is."""
    files = [inbox / f"{n}.csv" for n in range(500)]
    for file in [*files, inbox / "theirs.csv"]:
        file.touch()

    async def story() -> None:
        async with watching(inbox, control) as watcher:
            await told_by_watchfiles(watcher, control)
            for n, file in enumerate(files):
                watcher.ours(inbox, os.fsencode(file.name))
                file.unlink() if n % 2 else file.rename(tmp_path / file.name)
                await anyio.lowlevel.checkpoint()
            marked = await told(watcher, lambda: not watcher._hints._ours)  # both sources have told of each
            assert inbox not in marked
            (inbox / "theirs.csv").unlink()
            await until(watcher, inbox)
            await until(watcher, inbox)  # of each source

    anyio.run(story)


async def told_by_watchfiles(watcher: Watcher, control: Path) -> set[Path]:
    """All folders that are marked until watchfiles has told all: it alone tells of a change of rights."""
    marked: set[Path] = set()
    with anyio.fail_after(LONG_S):
        while control not in marked:
            (control / "control.csv").chmod(0o600)
            marked |= await watcher.changed(0.2)
    return marked


def test_hidden_names_are_no_news(inbox: Path, control: Path) -> None:
    async def story() -> None:
        async with watching(inbox, control) as watcher:
            await told_by_watchfiles(watcher, control)
            (inbox / ".pipeline").mkdir()
            (inbox / ".upload").write_bytes(b"x\n")
            (inbox / ".upload").unlink()
            assert inbox not in await told_by_watchfiles(watcher, control)
            drop(inbox, "a.csv")
            await until(watcher, inbox)

    anyio.run(story)


def test_ours_is_said_once_for_each_source_and_for_a_while() -> None:
    folder = Path("/in")
    hints = Hints([folder])
    hints.take()
    hints.ours(folder, b"a.csv")
    hints.told(gone=[(folder, b"a.csv"), (folder, b".b"), (folder, b"")], changed=[(folder, b".c")])
    assert hints.take() == {folder}, "the folder itself went"
    hints.ours(folder, b"a.csv")
    hints.told([(folder, b"a.csv")], [])
    assert hints.take() == set()
    hints.told([(folder, b"a.csv")], [])
    assert hints.take() == {folder}, "gone again: it was another file"
    hints.ours(folder, b"a.csv")
    until, sources = hints._ours[folder, b"a.csv"]
    assert sources & WATCHFILES
    hints._ours[folder, b"a.csv"] = (until - 3600, sources)
    hints.told([(folder, b"a.csv")], [])
    assert hints.take() == {folder}, "too long ago to be it"
    hints.ours(folder, b"b.csv")
    assert list(hints._ours) == [(folder, b"b.csv")], "what is too old is forgotten"


def test_after_an_overflow_nothing_counts_as_renamed_in(inbox: Path) -> None:
    async def story() -> None:
        async with watching(inbox) as watcher:
            first = drop(inbox, "first.csv")
            for _ in range(5_000):  # four events each, and nobody reads meanwhile
                os.rename(inbox / "first.csv", inbox / "second.csv")
                os.rename(inbox / "second.csv", inbox / "first.csv")
            assert not watcher.renamed_in(inbox, b"first.csv", first)
            await until(watcher, inbox)
            assert watcher.renamed_in(inbox, b"third.csv", drop(inbox, "third.csv"))

    anyio.run(story)


def test_a_thousand_folders(tmp_path: Path) -> None:
    folders = [tmp_path / str(n) for n in range(1000)]
    for folder in folders:
        folder.mkdir()

    async def story() -> None:
        async with watching(*folders) as watcher:
            for folder in folders[::100]:
                ino = drop(folder, "a.csv")
                await until(watcher, folder)
                assert watcher.renamed_in(folder, b"a.csv", ino)
            watcher.follow(folders[1:])
            assert folders[0] not in watcher.detections()

    anyio.run(story)


def test_two_ways_to_one_folder(tmp_path: Path, inbox: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(inbox)

    async def story() -> None:
        async with watching(inbox, link) as watcher:
            ino = drop(inbox, "a.csv")
            assert watcher.renamed_in(inbox, b"a.csv", ino)
            assert watcher.renamed_in(link, b"a.csv", ino)
            watcher.follow([link])
            ino = drop(inbox, "b.csv")
            assert watcher.renamed_in(link, b"b.csv", ino)

    anyio.run(story)


def test_an_inbox_whose_name_is_not_utf8(tmp_path: Path, inbox: Path) -> None:
    odd = tmp_path / os.fsdecode(b"Caf\xe9")
    odd.mkdir()

    async def story() -> None:
        async with watching(inbox, odd) as watcher:
            for folder in (inbox, odd):
                drop(folder, "a.csv")
                await until(watcher, folder)

    anyio.run(story)
