"""What the requests of one installation share: its `Pipeline`s, and who may come in."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import anyio
from anyio import CapacityLimiter, Semaphore, to_thread
from starlette.requests import Request

from pipeline.app import Pipeline
from pipeline.clock import UTC, Clock
from pipeline.errors import ConfigError, PipelineError
from pipeline.jobs import Listen, Settings
from pipeline.people.callers import Caller
from pipeline.people.passwords import Passwords
from pipeline.store.people.model import By

T = TypeVar("T")
AT_ONCE = 4  # questions to the database; more wait for their turn
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
NOTED = timedelta(minutes=1)
REMEMBERED = 10_000  # sessions and tokens whose last use is kept here
Mark = tuple[int, int, int]


class Site:
    """One installation as the door sees it. `enter` tells who a request is from."""

    def __init__(
        self, settings: Settings, listen: Listen, enter: Callable[[Site, Request], Awaitable[Caller]]
    ) -> None:
        self.settings, self.listen = settings, listen
        self._enter, self.clock, self.passwords = enter, Clock(), Passwords()
        self.guessing = Semaphore(2)  # passwords that are looked at at the same time: each takes 64 MiB
        self._used: dict[tuple[str, str], tuple[datetime, datetime]] = {}  # when used, and when last noted
        self._lanes = CapacityLimiter(AT_ONCE)
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

    # who is in -------------------------------------------------------------------------------------------
    def used(self, *, session: str = "", token: str = "", last: datetime | None) -> None:
        """Note that a session or token was used; `last`: when the database has it."""
        now = self.clock.now().wall
        if len(self._used) > REMEMBERED:
            self._used.clear()
        kind = ("session", session) if session else ("token", token)
        self._used[kind] = (now, max(self._used.get(kind, (NEVER, NEVER))[1], last or NEVER))

    def last_seen(self, session: str, noted: datetime) -> datetime:
        """When it was used last: the database learns of it only now and then."""
        return max(noted, self._used.get(("session", session), (noted, noted))[0])

    async def note_used(self) -> None:
        """Let the database know, at most once a minute for each. After the answer: an import that is being
        written must keep nobody waiting."""
        now = self.clock.now().wall
        due = [kind for kind, (_, noted) in self._used.items() if now - noted > NOTED]
        if not due:
            return
        for kind in due:
            self._used[kind] = (self._used[kind][0], now)
        sessions, tokens = ([key for kind, key in due if kind == which] for which in ("session", "token"))
        with contextlib.suppress(PipelineError):
            await self.ask(lambda pipeline: pipeline.store().people().seen(sessions, tokens, now))

    async def note(
        self, caller: Caller, what: str, subject: str = "", before: object = None, after: object = None
    ) -> None:
        """A row of the audit. `before`, `after`: plain values."""
        texts = ["" if one is None else json.dumps(one, ensure_ascii=False) for one in (before, after)]
        by = By(caller.name, caller.address, self.clock.now().wall)
        await self.ask(
            lambda pipeline: pipeline.store().people().record(what, subject, texts[0], texts[1], by)
        )

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
