"""Two that watch the same folders: `Plain` is watchfiles as its manual shows it, `Ours` looks as the service
does. And what happens to folders in the field.

`python -m tests.watching.scenes NAME INBOX` plays one of the scenes that need a process of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import anyio
from watchfiles import awatch

from pipeline.errors import Environment
from pipeline.watching import Detection, Watcher, scan

LONG_S = 30.0
NEVER_S = 3600.0


class Told:
    """Names that came in, to be waited for."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.ended: BaseException | None = None
        self._news = anyio.Event()

    def tell(self, *names: str, ended: BaseException | None = None) -> None:
        self.names.update(names)
        self.ended = self.ended or ended
        self._news.set()
        self._news = anyio.Event()

    async def until(self, true: Callable[[], bool]) -> None:
        with anyio.fail_after(LONG_S):
            while not true():
                with anyio.move_on_after(1.0):
                    await self._news.wait()


class Plain(Told):
    """`async for changes in awatch(inbox)`. It also watches a control folder: what happened in the inbox
    before a file of the control folder was told is told by then or never."""

    def __init__(self, inbox: Path) -> None:
        super().__init__()
        self.inbox, self.control = inbox, inbox.parent / "control"
        self._files = 0

    async def run(self) -> None:
        try:
            async for changes in awatch(self.inbox, self.control, rust_timeout=200):  # ends so much later
                self.tell(*(Path(path).name for _, path in changes))
        except* (RuntimeError, OSError) as group:
            self.tell(ended=group.exceptions[0])

    async def up(self) -> None:
        """Wait until it tells of files."""
        self.control.mkdir(exist_ok=True)
        with anyio.fail_after(LONG_S):
            while not self.names and not self.ended:
                self._drop()
                with anyio.move_on_after(0.2):
                    await self._news.wait()

    async def has_told(self) -> set[str]:
        """All that it tells of what happened until now; or it has ended."""
        last = self._drop()
        await self.until(lambda: last in self.names or self.ended is not None)
        return self.names

    def _drop(self) -> str:
        self._files += 1
        name = f"control-{self._files}"
        (self.control / name).write_bytes(b"")
        return name


class Ours(Told):
    """Looks at the folders that the watcher marks; at all of them only as often as `look_s` says."""

    def __init__(self, watcher: Watcher, look_s: Callable[[Path], float] = lambda folder: NEVER_S) -> None:
        super().__init__()
        self.watcher, self.look_s = watcher, look_s

    async def run(self) -> None:
        due: dict[Path, float] = {}
        while True:
            now = anyio.current_time()
            for folder in self.watcher.detections():
                if due.get(folder, 0.0) <= now:
                    with suppress(Environment):
                        self.tell(*(ascii_name(seen.name) for seen in scan(folder)))
                    due[folder] = now + self.look_s(folder)
            for folder in await self.watcher.changed(max(0.0, min(due.values(), default=now + 1) - now)):
                due[folder] = 0.0


def ascii_name(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


@asynccontextmanager
async def both(
    inbox: Path, look_s: Callable[[Watcher, Path], float] = lambda watcher, folder: NEVER_S
) -> AsyncIterator[tuple[Plain, Ours]]:
    """Both watch the inbox, and have told so."""
    watcher = Watcher([inbox])
    plain, ours = Plain(inbox), Ours(watcher, lambda folder: look_s(watcher, folder))
    plain.control.mkdir(exist_ok=True)
    async with anyio.create_task_group() as tasks:
        await tasks.start(watcher.run)
        tasks.start_soon(ours.run)
        tasks.start_soon(plain.run)
        await plain.up()
        yield plain, ours
        tasks.cancel_scope.cancel()


async def deaf(inbox: Path, happens: Callable[[], None]) -> dict[str, object]:
    """Something happens to the inbox, and then a file is dropped: who tells of it?"""
    async with both(inbox) as (plain, ours):
        drop(inbox, "before.csv")
        assert "before.csv" in await plain.has_told()
        await ours.until(lambda: "before.csv" in ours.names)
        happens()
        ino = drop(inbox, "after.csv")
        told = await plain.has_told()
        await ours.until(lambda: "after.csv" in ours.names)
        # it not only looked: it watches again
        with anyio.fail_after(LONG_S):
            while not ours.watcher.renamed_in(inbox, b"again.csv", ino):
                (inbox / "again.csv").unlink(missing_ok=True)
                ino = drop(inbox, "again.csv")
                await anyio.lowlevel.checkpoint()
        return {"plain": "after.csv" in told, "plain ended": repr(plain.ended), "ours": sorted(ours.names)}


def drop(folder: Path, name: str) -> int:
    """A file comes in by a rename. Returns its inode number."""
    hidden = folder / f".{name}.upload"
    hidden.write_bytes(b"x\n")
    hidden.rename(folder / name)
    return (folder / name).stat().st_ino


def run(*command: str | Path) -> None:
    subprocess.run(command, check=True)


def mount(folder: Path) -> None:
    run("mount", "-t", "tmpfs", "-o", "size=1m", "none", folder)


async def mounted_over(inbox: Path) -> dict[str, object]:
    return await deaf(inbox, lambda: mount(inbox))


async def gone_and_back(inbox: Path) -> dict[str, object]:
    mount(inbox)

    def happens() -> None:
        run("umount", inbox)
        mount(inbox)

    return await deaf(inbox, happens)


def exhausted(what: str) -> Callable[[Path], Awaitable[dict[str, object]]]:
    """In a user name space of its own, whose limit can be lowered without harm to others."""
    limit = Path(f"/proc/sys/user/max_inotify_{what}")

    async def scene(inbox: Path) -> dict[str, object]:
        limit.write_text("0")
        async with both(inbox, Watcher.poll_s) as (plain, ours):
            drop(inbox, "before.csv")
            await ours.until(lambda: "before.csv" in ours.names)
            then = ours.watcher.detections()[inbox]
            ended = repr(plain.ended)
            limit.write_text("100")
            await ours.until(lambda: ours.watcher.detections()[inbox].mode == "native")
            ours.look_s = lambda folder: NEVER_S
            drop(inbox, "after.csv")
            await ours.until(lambda: "after.csv" in ours.names)
            return {
                "plain ended": ended,
                "ours": sorted(ours.names),
                "then": spoken(then),
                "now": spoken(ours.watcher.detections()[inbox]),
            }

    return scene


def spoken(detection: Detection) -> list[str]:
    return [detection.mode, detection.said.code]


async def stopped_plain(inbox: Path) -> dict[str, object]:
    """Say `up`, and then how many files were told of before one that is called end."""
    plain = Plain(inbox)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(plain.run)
        await plain.up()
        print(json.dumps("up"), flush=True)
        await plain.until(lambda: any(name.startswith("end") for name in plain.names))
        tasks.cancel_scope.cancel()
    return {"files": sum(name.startswith("file") for name in plain.names)}


async def stopped_ours(inbox: Path) -> dict[str, object]:
    """Say `up`, and then how many files were found, when it is as many as the inbox's name says."""
    watcher = Watcher([inbox])
    ours = Ours(watcher)

    def files() -> int:
        return sum(name.startswith("file") for name in ours.names)

    async with anyio.create_task_group() as tasks:
        await tasks.start(watcher.run)
        tasks.start_soon(ours.run)
        drop(inbox, "first.csv")
        await ours.until(lambda: "first.csv" in ours.names)
        print(json.dumps("up"), flush=True)
        await ours.until(lambda: files() >= int(inbox.name))
        tasks.cancel_scope.cancel()
    return {"files": files()}


SCENES: dict[str, Callable[[Path], Awaitable[dict[str, object]]]] = {
    "mounted over": mounted_over,
    "gone and back": gone_and_back,
    "no instances": exhausted("instances"),
    "no watches": exhausted("watches"),
    "stopped plain": stopped_plain,
    "stopped ours": stopped_ours,
}

if __name__ == "__main__":
    print(json.dumps(anyio.run(SCENES[sys.argv[1]], Path(sys.argv[2]))), flush=True)
