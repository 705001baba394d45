"""What the requests of one installation share: its `Pipeline`s, and who may come in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import anyio
from anyio import CapacityLimiter, to_thread
from starlette.requests import Request

from pipeline.app import Pipeline
from pipeline.errors import ConfigError
from pipeline.jobs import Listen, Settings
from pipeline.server.callers import Caller

T = TypeVar("T")
AT_ONCE = 4  # questions to the database; more wait for their turn
Mark = tuple[int, int, int]


class Site:
    """One installation as the door sees it. `enter` tells who a request is from."""

    def __init__(
        self, settings: Settings, listen: Listen, enter: Callable[[Site, Request], Awaitable[Caller]]
    ) -> None:
        self.settings, self.listen = settings, listen
        self._enter = enter
        self._lanes: CapacityLimiter | None = None
        self._idle: list[tuple[Mark, Pipeline]] = []
        self.closing: anyio.Event | None = None  # set when the door closes: streams end then

    @property
    def config(self) -> Path:
        return self.settings.path

    async def enter(self, request: Request) -> Caller:
        """Who asks. Raises Environment when the database cannot be asked."""
        return await self._enter(self, request)

    async def ask(self, question: Callable[[Pipeline], T], who: str = "") -> T:
        """Have a `Pipeline` answer in a thread; it goes by the config as it is now, or as it last was without
        mistakes. `who` does it, as the records will say; "" the person who runs the service."""
        if self._lanes is None:
            self._lanes = CapacityLimiter(AT_ONCE)
        return await to_thread.run_sync(self._answer, question, who, limiter=self._lanes)

    def _answer(self, question: Callable[[Pipeline], T], who: str) -> T:
        mark, pipeline = self._borrow()
        pipeline.who = who
        try:
            return question(pipeline)
        finally:
            pipeline.who = ""
            self._idle.append((mark, pipeline))

    def _borrow(self) -> tuple[Mark, Pipeline]:
        mark = _mark(self.config)
        try:
            before, pipeline = self._idle.pop()
        except IndexError:
            return mark, Pipeline(self.config)
        if before == mark:
            return before, pipeline
        try:
            fresh = Pipeline(self.config)
        except ConfigError:  # the service keeps to the last good one too, and says so
            return mark, pipeline
        pipeline.close()
        self.settings = fresh.settings
        return mark, fresh

    def close(self) -> None:
        """Let go of the database. Safe twice."""
        while self._idle:
            self._idle.pop()[1].close()


def _mark(path: Path) -> Mark:
    try:
        facts = path.stat()
    except OSError:
        return (0, 0, 0)
    return (facts.st_mtime_ns, facts.st_size, facts.st_ino)
