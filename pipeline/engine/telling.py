"""Tells people: looks what is wrong every few seconds, notes it in the database, and sends what is to be sent."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from anyio import to_thread
from anyio.abc import TaskGroup

from pipeline import post
from pipeline.clock import Now
from pipeline.engine import desk
from pipeline.engine.inboxes import Inboxes
from pipeline.errors import Environment, PipelineError
from pipeline.expecting import Came, Verdict, judge, since
from pipeline.freedays import is_free
from pipeline.jobs import ImportJob
from pipeline.notices import GIVE_UP, Known, Letter, Step, Trouble, decide, digest_due
from pipeline.store.model import LedgerFile, Store
from pipeline.store.notices import Due, Notices, Remembered
from pipeline.words import Message, message, printable, render

UTC = timezone.utc  # noqa: UP017
ROUND_S = 5.0
EXPECT_S = 55.0  # what is expected is looked at this often
SETTLED_S = 120.0  # after a start nothing counts as back before this: it may not have been tried yet
ONE_DAY = timedelta(days=1)
Call = Callable[..., Awaitable[Any]]


def verdicts(
    jobs: Sequence[ImportJob], book: Notices, inboxes: Inboxes, begun: datetime, now: datetime
) -> dict[str, Verdict]:
    """How it stands with each job that expects files. Raises Environment."""
    found = {}
    watched = [job for job in jobs if job.expect is not None]
    first = book.first_seen([job.name for job in watched]) if watched else {}
    for job in watched:
        expect = job.expect
        assert expect is not None
        came = book.came(job.name, since(expect, now))
        came += [
            Came(0, printable(os.fsdecode(w.seen.name)), datetime.fromtimestamp(w.seen.ctime_ns / 1e9, UTC))
            for w in inboxes.of(job)
            if w.kind != "rejected"
        ]
        place = expect.holidays
        at = min(begun, first.get(job.name, begun))
        found[job.name] = judge(expect, came, at, now, lambda day, place=place: is_free(place, day))  # type: ignore[misc]
    return found


@dataclass(slots=True)
class Telling:
    """The messages of one service."""

    setup: desk.Setup
    announcer: desk.Announcer
    inboxes: Inboxes
    _due: float = float("-inf")
    _began: float | None = None
    _sending: bool = False
    _stand: dict[str, Verdict] = field(default_factory=dict)
    _stand_due: float = float("-inf")
    _outage: datetime | None = None  # of the database, told

    async def step(
        self,
        now: Now,
        tasks: TaskGroup,
        call: Call,
        store: Store | None,
        troubles: Mapping[str, desk.Trouble],
    ) -> None:
        """One round when it is due. `store` None: the database is away, and only that can be told."""
        settings = self.setup.settings
        if now.mono < self._due or not (settings.notify.to or any(job.expect for job in settings.imports)):
            return
        self._due = now.mono + ROUND_S
        self._began = now.mono if self._began is None else self._began
        if store is None:
            self._tell_outage(now, tasks, troubles.get(""))
            return
        self._tell_back(tasks)
        try:
            await self._round(now, call, store.notices(), troubles)
            if settings.notify.to and not self._sending:
                due: list[Due] = await call(store.notices().due_letters, now.wall)
                if due:
                    self._sending = True
                    tasks.start_soon(self._send, due, call, store.notices())
        except Environment:
            return  # the service sees by itself that its database is away

    async def _round(self, now: Now, call: Call, book: Notices, troubles: Mapping[str, desk.Trouble]) -> None:
        settings = self.setup.settings
        facts: Remembered = await call(book.remembered, now.wall)
        if now.mono >= self._stand_due:
            self._stand = await call(verdicts, settings.imports, book, self.inboxes, facts.begun, now.wall)
            self._stand_due = now.mono + EXPECT_S
        stand = self._stand
        wrong = [_of_file(file) for file in facts.fresh]
        wrong += self._waiting(facts, troubles, now)
        wrong += _expected(stand, now.wall)
        over: set[str] = await call(book.noted, [t.key for t in wrong if t.key not in facts.known])
        wrong = [t for t in wrong if t.key in facts.known or t.key not in over]
        ended = dict(facts.ended) | self._ended(facts, troubles, stand, now)
        step = decide(facts.known, wrong, ended, facts.last, now.wall, settings.notify.link)
        letters, day = list(step.letters), ""
        digest = self._digest(facts, now.wall)
        if digest is not None:
            day = digest.isoformat()
            counts = await call(book.day_counts, now.wall - ONE_DAY, now.wall)
            letters.append(_digest(day, counts, facts.known))
        if not (step or day):
            return
        noted = await call(book.note, step, self._texts(letters), now.wall, facts.up_to, day)
        if noted:
            self._announce(step)

    def _announce(self, step: Step) -> None:
        for trouble in step.begun:
            if trouble.kind == "late":
                self.announcer.tell("job.late", trouble.job, said=trouble.said)
            elif trouble.kind == "unlike":
                name = str(trouble.said.args["name"])
                self.announcer.tell_of("file.unlike", trouble.job, name, trouble.said, None)

    def _waiting(self, facts: Remembered, troubles: Mapping[str, desk.Trouble], now: Now) -> list[Trouble]:
        """Jobs that wait for longer than is set; one is told once, also when the service was started again."""
        told = {k.trouble.job for k in facts.known.values() if k.trouble.kind == "waiting" and k.over is None}
        longest = timedelta(seconds=self.setup.settings.notify.waiting_s)
        late = {j: t for j, t in troubles.items() if j and j not in told and now.wall - t.since >= longest}
        return [
            Trouble(f"waiting:{job}:{t.since.isoformat()}", "waiting", job, self._waits(job, t), t.since)
            for job, t in late.items()
        ]

    def _waits(self, job: str, trouble: desk.Trouble) -> Message:
        settings = self.setup.settings
        since = f"{trouble.since.astimezone(ZoneInfo(settings.timezone)):%Y-%m-%d %H:%M}"
        why = render(trouble.said, settings.language)
        if not job:
            return message("servers.waits_database", since=since, why=why)
        return message("servers.waits", job=job, since=since, why=why)

    def _ended(
        self,
        facts: Remembered,
        troubles: Mapping[str, desk.Trouble],
        stand: Mapping[str, Verdict],
        now: Now,
    ) -> dict[str, Message]:
        assert self._began is not None
        found = {}
        for key, known in facts.known.items():
            trouble = known.trouble
            if known.over is not None:
                continue
            if trouble.kind == "waiting" and trouble.job not in troubles:
                if now.mono - self._began >= SETTLED_S:
                    found[key] = message("servers.ended.waiting")
            elif trouble.kind == "late":
                verdict, day = stand.get(trouble.job), key.rpartition(":")[2]
                if verdict is None or verdict.state == "came":
                    found[key] = message("servers.ended.late", day=day)
            elif trouble.kind == "unlike" and known.told_at is not None:
                found[key] = message("servers.ended.unlike")
        return found

    def _digest(self, facts: Remembered, now: datetime) -> date | None:
        settings = self.setup.settings
        if settings.notify.digest is None or not settings.notify.to:
            return None
        place = ZoneInfo(settings.timezone)
        last = date.fromisoformat(facts.digest) if facts.digest else None
        if last is None and facts.begun.astimezone(place).time() >= settings.notify.digest:
            last = facts.begun.astimezone(place).date()  # its first hour is tomorrow's
        return digest_due(settings.notify.digest, last, now, settings.timezone)

    def _texts(self, letters: Sequence[Letter]) -> list[tuple[str, str, str, str, str]]:
        """Each letter to each address, in the language of the config."""
        settings = self.setup.settings
        return [
            (name, letter.kind, letter.job, *spoken(letter, settings.language))
            for letter in letters
            if letter.kind
            for name, _ in settings.notify.to
        ]

    # sending --------------------------------------------------------------------------------------------
    async def _send(self, due: Sequence[Due], call: Call, book: Notices) -> None:
        """Send letters, outside of every transaction; what cannot be sent is tried again later and later."""
        addresses = dict(self.setup.settings.notify.to)
        try:
            for letter in due:
                now = self.announcer.clock.now().wall
                address = addresses.get(letter.name)
                if address is None or now - letter.made_at > GIVE_UP:
                    await call(book.letter_sent, letter.id, now)
                elif await self._post(letter.name, address, letter.title, letter.body):
                    await call(book.letter_sent, letter.id, now)
                    self.announcer.tell("notice.sent", facts={"to": letter.name})
                else:
                    await call(book.letter_unsent, letter.id, letter.tries, now)
        except Environment:
            return  # its lease runs out, and it is sent then
        finally:
            self._sending = False

    async def _post(self, name: str, address: str, title: str, body: str) -> bool:
        said = message("servers.unsent", name=name)
        try:
            sent = await to_thread.run_sync(post.send, address, title, body)
        except PipelineError as error:
            sent, said = False, error.said
        if not sent:
            self.announcer.tell("notice.failed", said=said, facts={"to": name})
        return sent

    # the database is away -------------------------------------------------------------------------------
    def _tell_outage(self, now: Now, tasks: TaskGroup, trouble: desk.Trouble | None) -> None:
        """Where the database is away nothing can be noted in it: this process remembers by itself."""
        longest = timedelta(seconds=self.setup.settings.notify.waiting_s)
        if trouble is None or self._outage == trouble.since or now.wall - trouble.since < longest:
            return
        self._outage = trouble.since
        title = message("servers.title.waiting", job="config.toml")
        lines = (self._waits("", trouble), message("servers.do.waiting"))
        tasks.start_soon(self._post_all, Letter("waiting", "", title, lines))

    def _tell_back(self, tasks: TaskGroup) -> None:
        if self._outage is not None:
            self._outage = None
            title = message("servers.over.waiting", job="config.toml")
            tasks.start_soon(
                self._post_all, Letter("waiting", "", title, (message("servers.ended.waiting"),))
            )

    async def _post_all(self, letter: Letter) -> None:
        settings = self.setup.settings
        for name, address in settings.notify.to:
            if await self._post(name, address, *spoken(letter, settings.language)):
                self.announcer.tell("notice.sent", facts={"to": name})


def spoken(letter: Letter, language: Any) -> tuple[str, str]:
    """Title and body in this language."""
    return render(letter.title, language), "\n".join(render(line, language) for line in letter.lines)


def _of_file(file: LedgerFile) -> Trouble:
    name = printable(os.fsdecode(file.name))
    kind = "failed" if file.state == "failed" else "held"
    said = _named(name, file.reason or message("cli.nothing"))
    at = file.committed_at or file.claimed_at
    return Trouble(f"{kind}:{file.id}", kind, file.job, said, at, file.id)  # type: ignore[arg-type]


def _named(name: str, reason: Message) -> Message:
    """The reason with the file's name before it, rendered in both languages: it is kept as one sentence."""
    english, french = render(reason, "en"), render(reason, "fr")
    return Message("servers.file", {"name": name, "why": english, "why_fr": french})


def _expected(stand: Mapping[str, Verdict], now: datetime) -> list[Trouble]:
    found = []
    for job, verdict in stand.items():
        if verdict.said is not None and verdict.day is not None:
            found.append(Trouble(f"late:{job}:{verdict.day.isoformat()}", "late", job, verdict.said, now))
        for file, said in verdict.unlike:
            found.append(Trouble(f"unlike:{file.id}", "unlike", job, said, now, file.id, lasting=False))
    return found


def _digest(day: str, counts: Sequence[Any], known: Mapping[str, Known]) -> Letter:
    lines = [
        message(
            "servers.day_job", job=c.job, files=c.files, rows=c.rows, refused=c.refused, failed=c.failed,
            held=c.held,
        )
        for c in counts
    ] or [message("servers.day_nothing")]  # fmt: skip
    for each in known.values():
        if each.over is None and each.trouble.lasting:
            said = each.trouble.said
            english, french = render(said, "en"), render(said, "fr")
            lines.append(Message("servers.day_open", {"said": english, "said_fr": french}))
    return Letter("digest", "", message("servers.title.digest", day=day), tuple(lines))
