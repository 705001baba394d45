"""`Pipeline`: the one place where everything is put together, and the Python API.

from pipeline import Pipeline

with Pipeline("config.toml") as pipeline:
    result = pipeline.once(now=True)
    for file in result.files:
        print(file.name, file.state, file.inserted)
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import anyio

from pipeline import config as configuration
from pipeline import files as disk
from pipeline.answers import Answers, waiting_row
from pipeline.app.checking import diagnose as diagnose
from pipeline.app.checking import known_to as known_to
from pipeline.app.checking import mistakes as mistakes
from pipeline.app.checking import person as person
from pipeline.app.checking import switch as switch
from pipeline.app.facts import Facts
from pipeline.clock import Clock
from pipeline.config import Follower, Switch
from pipeline.engine import outing, replaying, trying
from pipeline.engine.desk import MappingText, Once, Setup
from pipeline.engine.heart import tell_supervisor
from pipeline.engine.process import WorkerProcess, fork
from pipeline.engine.replaying import closed_for
from pipeline.engine.service import News, Service
from pipeline.engine.signals import hear_signals
from pipeline.errors import ConfigError, PipelineError
from pipeline.events import Event, Listener
from pipeline.exports.periods import Period
from pipeline.jobs import ExportJob, ImportJob, SyncJob
from pipeline.mapping import parse
from pipeline.results import Attempted, FileRow, OnceResult
from pipeline.store import connect
from pipeline.store.model import Pause, Store, Undo
from pipeline.sync.shared import Shared
from pipeline.words import message

if TYPE_CHECKING:
    from pipeline.exports.work import Shown

Beside = Callable[..., Coroutine[Any, Any, None]]
"""What runs beside the service: it takes `task_status` and says by it when it has begun."""

DRAFT = "draft"  # what a mapping is called that has no name yet
LOADED = ("committed", "archived", "duplicate")
"""States of a file by whose mapping a job imported."""


class Pipeline(Facts, Shared):
    """One installation: a `config.toml`, its mappings and its database.

    Raises ConfigError with every mistake when the config cannot be used. `listener` hears each event
    (see `pipeline.events.EVENTS`). `forks`: this process is ours alone, so workers may begin as copies of it, which
    is faster; not for a program that holds connections of its own. Not for use by two threads at once.
    """

    def __init__(
        self,
        config: str | os.PathLike[str] = "config.toml",
        *,
        listener: Listener | None = None,
        forks: bool = False,
    ) -> None:
        try:
            self.settings = configuration.load(Path(config))
        except ConfigError as error:  # say everything in one go, the mappings' mistakes too
            raise ConfigError(error.said, mistakes(config)) from error
        self._listener: Listener = listener or _nobody
        self._clock, self._forks = Clock(), forks
        self.who = ""  # in whose name things are done; "": of the person who runs this program
        self._store: Store | None = None
        self._answers = Answers(self.settings, self.ledger, self._clock)

    def __enter__(self) -> Pipeline:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database. Safe twice."""
        if self._store is not None:
            self._store.close()
            self._store = self._replica = None

    # work -----------------------------------------------------------------------------------------------
    def once(
        self, jobs: Sequence[str] = (), *, now: bool = False, wait: float = 60.0, period: Period | None = None
    ) -> OnceResult:
        """Import everything that is there and due, waiting up to `wait` seconds for what still settles, and make the
        exports that are due.

        `now` passes the time gate of the jobs once. What is still incomplete stays and is named in `waiting`.
        `period`: the days that exports of periods write, in place of the last whole one.
        Must not be called inside a running event loop."""
        for name in jobs:
            self._job(name)
        first = self._first_worker()
        once = Once(tuple(jobs), now, wait, period)
        service = self._service(self._setup(begin=True), lambda: None, once, first)
        self._serve_now(service, None)
        troubles = [trouble.said for trouble in service.troubles().values()]
        held = {} if now and jobs else service.pauses
        paused = tuple(held[name] for name in service.desks if name in held)
        chosen = [j for j in self.settings.imports if (not jobs or j.name in jobs) and j.name not in held]
        waiting = [
            waiting_row(job, w)
            for job in chosen
            for w in service.inboxes.of(job)
            if w.kind == "rejected" or job.name not in service.desks or service.desks[job.name].gate.is_open
        ]
        rows = self._answers.rows(service.done)
        return OnceResult(tuple(rows), tuple(waiting), tuple(troubles), paused)

    def replay(self, id: int, *, mapping: str | None = None, wait: float = 60.0) -> OnceResult:
        """Load a file of the ledger again from its archive, now, also while its job is paused, switched off or
        before its hour. `mapping`: by this one instead of its job's, `NAME`, or `NAME@3` as it was. Tries for up to
        `wait` seconds while the database or a disc is away; then it is in `troubles`, and the next start finishes it.

        Raises PipelineError when there is no such file, when its job is no longer in the config, and when the
        archive no longer has it as it was; ConfigError when a mapping has mistakes."""
        first = self._first_worker()
        setup, store = self._setup(), self.ledger()
        if store is None:
            raise PipelineError(message("cli.no_file", id=id))
        row = store.by_id(id)
        if row is not None and row.kind == "export":
            outing.again(setup, row.id, self._clock, first)
            return OnceResult(tuple(self._answers.rows([row.id])), (), ())
        begun = replaying.begin(setup.settings, store, id, mapping, self._person(), self._clock.now().wall)
        load = partial(replaying.load, setup, *begun, self._listener, self._clock, wait, first)
        done = anyio.run(load)
        rows = self._answers.rows(list(done.ids))
        return OnceResult(tuple(rows), (), (done.trouble,) if done.trouble is not None else ())

    def undo(self, id: int, *, dry_run: bool = False, even_closed: bool = False) -> Undo:
        """Take back what a file of the ledger changed, in one transaction; an undo is undone the same way. Rows
        that were changed since, or that later rows point to, are left and named in `left`. `dry_run`: say what
        it would do, and write nothing; `even_closed`: also what belongs to a closed month.

        Raises PipelineError when there is no such file, it cannot be undone or touches a closed month, Environment when the database
        is away."""
        store, now = self.ledger(), self._clock.now().wall
        if store is None:
            raise PipelineError(message("cli.no_file", id=id))
        closed = closed_for(self.settings, store.by_id(id))
        return store.undo(
            id, disk.new_claim(now), self._person(), now, dry=dry_run, closed=closed, agreed=even_closed
        )

    def approve(self, id: int, *, wait: float = 60.0) -> OnceResult:
        """Import a file that is held all the same, now, from where it is kept. As `replay`; raises PipelineError
        for one that is not held."""
        row = self.show(id)
        if row is not None and row.file.state != "held":
            raise PipelineError(message("states.not_held", id=id))
        return self.replay(id, wait=wait)

    def reject(self, id: int) -> FileRow:
        """Leave a file that is held out of the database. Raises PipelineError for one that is not held."""
        store = self.ledger()
        if store is None:
            raise PipelineError(message("cli.no_file", id=id))
        return self._answers.rows([store.reject(id, self._person(), self._clock.now().wall).id])[0]

    def try_(
        self, file: str | os.PathLike[str], *, job: str | None = None, mapping: str | None = None
    ) -> Attempted:
        """What an import of this file would do: by the job that would take it, by this one, or by a mapping alone.
        A worker loads it in a transaction that is rolled back; the file stays. Makes the database when there is
        none yet.

        Raises ConfigError when no job would take it or several, PipelineError when it cannot be tried."""
        path, first = Path(os.path.abspath(file)), self._first_worker()
        if mapping is not None:
            chosen, because = trying.bare(mapping, path), message("states.taker_mapping", mapping=mapping)
        else:
            chosen, because = trying.taker(self.settings.imports, path, job)
        setup = self._setup((chosen.mapping,))
        if not path.is_file():
            raise PipelineError(message("cli.no_such_file", path=str(path)))
        return anyio.run(trying.attempt, setup, chosen, because, path, self._clock, first)

    def try_draft(self, file: str | os.PathLike[str], text: str) -> Attempted:
        """As `try_`, by a mapping that is not saved yet. Raises ConfigError with every mistake in it."""
        path, first = Path(os.path.abspath(file)), self._first_worker()
        plan, wrong = known_to(self.settings.path).examine(DRAFT, text, DRAFT)
        saved = parse(DRAFT, text, DRAFT)[0]
        if plan is None or saved is None:
            raise ConfigError(message("config.mistakes", file=DRAFT, count=len(wrong)), wrong)
        if not path.is_file():
            raise PipelineError(message("cli.no_such_file", path=str(path)))
        setup = Setup(self.settings, {DRAFT: MappingText(text, saved.read)})
        self._made()
        because = message("states.taker_mapping", mapping=DRAFT)
        return anyio.run(trying.attempt, setup, trying.bare(DRAFT, path), because, path, self._clock, first)

    def try_export(self, name: str) -> list[Shown]:
        """What this export would write: each file's name, rows and first rows; nothing is written. Raises
        ConfigError when there is no such export or its mapping does not fit, Environment."""
        return outing.show(self._setup(), name, self._clock, self._first_worker())

    def export(self, mapping: str, to: str | os.PathLike[str], *, period: Period | None = None) -> int:
        """Write what this mapping says to one file; never over one. Returns the number of rows. Raises PipelineError
        when the file is there already or a value cannot be written, ConfigError, Environment."""
        if not (self.settings.mappings / f"{mapping}.toml").is_file():
            raise ConfigError(message("config.no_mapping", mapping=mapping))
        first = self._first_worker()
        return outing.write(
            self._setup((mapping,)), mapping, Path(os.path.abspath(to)), period, self._clock, first
        )

    def run(self, beside: Beside | None = None) -> None:
        """Serve until SIGTERM or SIGINT; then take nothing more and end when the work in flight has ended, at
        the latest after 25 s; at once on a second signal. What was cut off is done again at the next start.

        Config and mappings are followed as they change, and read again on SIGHUP; with mistakes in them the
        last good ones stay in force. `beside` runs beside it and is cancelled when it ends: the HTTP door."""
        first = self._first_worker()
        follower = Follower(self.settings.path, self.settings.mappings, self._setup)
        self._serve_now(self._service(self._setup(begin=True), follower, None, first), follower, beside)

    def _first_worker(self) -> WorkerProcess | None:
        """A worker that begins as a copy of this process, while nothing is open in it yet."""
        if not self._forks or self._store is not None:
            return None
        try:
            connect(self.settings.database, self.settings.schema).close()  # loads what both will need
        except PipelineError:
            return None  # told where the database is needed
        return fork(self.settings.memory_mb)

    def _serve_now(self, service: Service, follower: Follower | None, beside: Beside | None = None) -> None:
        try:
            anyio.run(self._serve, service, follower, beside)
        except BaseExceptionGroup as group:  # tasks raise in groups; a caller wants the one error
            ours: BaseException | None = group.subgroup(PipelineError)
            while isinstance(ours, BaseExceptionGroup):
                ours = ours.exceptions[0]
            if ours is None:
                raise
            raise ours from group

    async def _serve(self, service: Service, follower: Follower | None, beside: Beside | None) -> None:
        async with anyio.create_task_group() as tasks:
            if threading.current_thread() is threading.main_thread():
                disk.ignore_sigio()
                again = None if follower is None else follower.again
                await tasks.start(partial(hear_signals, service, again, tasks.cancel_scope))
            if beside is not None:
                await tasks.start(beside)
            tasks.start_soon(tell_supervisor, service.heart, self._clock)
            await service.run()
            tasks.cancel_scope.cancel()

    def _service(self, setup: Setup, news: News, once: Once | None, first: WorkerProcess | None) -> Service:
        return Service(
            setup,
            news,
            lambda settings: connect(settings.database, settings.schema),
            Switch(self.settings.path, self.settings.active),
            self._listener,
            self._clock,
            once,
            first,
        )

    def _setup(self, more: Sequence[str] = (), *, begin: bool = False) -> Setup:
        """Config and mappings as they are now, `more` than those of the jobs. Raises ConfigError with every
        mistake; to `begin` with, a table that changed since its job last imported stops that job alone."""
        found = self.check()
        if found and begin:
            left = self._outgrown({mistake.file for mistake in found})
            found = [mistake for mistake in found if mistake.file not in left]
        if found:
            raise ConfigError(message("config.mistakes", file=found[0].file, count=len(found)), found)
        settings = configuration.load(self.settings.path)
        mappings = {}
        used = {*(job.mapping for job in settings.imports), *(job.mapping for job in settings.exports)}
        for name in {*used, *more}:
            text = configuration.mapping_text(self.settings.path, name)
            saved, wrong = parse(name, text, f"mappings/{name}.toml")
            if saved is None:  # saved again since it was checked
                raise ConfigError(message("config.mistakes", file=wrong[0].file, count=len(wrong)), wrong)
            mappings[name] = MappingText(text, saved.read)
        places = [*(job.remote for job in settings.imports), *(job.remote for job in settings.exports)]
        for place in filter(None, places):
            disk.make_folder(place.spool)
        return Setup(settings, mappings)

    def _outgrown(self, files: set[str]) -> set[str]:
        """Those of these mappings by which a job imported before, into tables that are not Pipeline's own."""
        from pipeline.store.known import outgrown

        try:
            settings, store = configuration.load(self.settings.path), self.ledger()
            last = store.last_files() if store is not None else {}
        except PipelineError:
            return set()
        used = {
            job.mapping: configuration.mapping_text(settings.path, job.mapping)
            for job in settings.imports
            if job.name in last and last[job.name].mapping == job.mapping and last[job.name].state in LOADED
        }
        return files & outgrown(used, settings.schema)

    # pauses ---------------------------------------------------------------------------------------------
    def pause(self, job: str, *, why: str = "", until: datetime | None = None) -> Pause:
        """Stop a job until it is resumed, or until this moment (aware). A running service obeys within a second;
        what it is importing is finished. Makes the database when there is none yet."""
        self._job(job)
        return self._made().pause(job, self._person(), why, until, self._clock.now().wall)

    def resume(self, job: str) -> bool:
        """End a job's pause; openings that it missed run once. False: it was not paused."""
        self._job(job)
        now = self._clock.now().wall
        return job in self._made().pauses(now) and self._made().resume(job)

    def _person(self) -> str:
        return self.who or person()

    def now(self) -> datetime:
        """What the clock says, aware UTC."""
        return self._clock.now().wall

    def job(self, name: str) -> ImportJob | ExportJob | SyncJob:
        """A job of the config. Raises ConfigError when there is no such job."""
        return self._job(name)

    def _job(self, name: str) -> ImportJob | ExportJob | SyncJob:
        """Raises ConfigError when there is no such job."""
        jobs: dict[str, ImportJob | ExportJob | SyncJob] = {job.name: job for job in self.settings.imports}
        jobs |= {j.name: j for j in self.settings.exports} | {j.name: j for j in self.settings.syncs}
        if name in jobs:
            return jobs[name]
        raise ConfigError(message("config.no_job", job=name, known=", ".join(jobs)))

    def _made(self) -> Store:
        """The database, made or upgraded when it must be."""
        if self._store is None:
            store = connect(self.settings.database, self.settings.schema)
            try:
                store.migrate()
            except PipelineError:
                store.close()
                raise
            self._store = store
        return self._store

    def store(self) -> Store:
        """The database, made or upgraded when it must be: for tables and fields of the users' own."""
        return self._made()

    def secrets(self) -> frozenset[str]:
        """Texts of the config that no log may show."""
        return configuration.secrets_of(self.settings)

    def switch(self, active: bool) -> None:
        """Turn the master switch; written to config.toml with its comments kept."""
        switch(self.settings.path, active)

    def ledger(self) -> Store | None:
        """The database as it is, only to be read; None while there is none. Raises PipelineError."""
        if self._store is None:
            store = connect(self.settings.database, self.settings.schema)
            try:
                store.require()
            except PipelineError as error:
                store.close()
                if error.said.code == "store.absent":
                    return None
                raise
            self._store = store
        return self._store


def _nobody(event: Event) -> None:
    return None
