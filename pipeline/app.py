"""`Pipeline`: the one place where everything is put together, and the Python API.

from pipeline import Pipeline

with Pipeline("config.toml") as pipeline:
    result = pipeline.once(now=True)
    for file in result.files:
        print(file.name, file.state, file.inserted)
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType

import anyio

from pipeline import config as configuration
from pipeline import files as disk
from pipeline.clock import Clock
from pipeline.engine.desk import MappingText, Once
from pipeline.engine.inboxes import Inboxes, Waiting
from pipeline.engine.report import running
from pipeline.engine.service import Service
from pipeline.errors import ConfigError, Environment, Mistake, PipelineError
from pipeline.events import Event, Listener
from pipeline.jobs import ImportJob, fits
from pipeline.mapping import compile_mapping
from pipeline.results import FileRow, FileStory, JobStatus, OnceResult, Status, Why
from pipeline.schedule import describe, next_opening
from pipeline.store import connect
from pipeline.store.catalogue import catalogue
from pipeline.store.model import LedgerFile, Query, Store
from pipeline.words import message, printable


class Pipeline:
    """One installation: a `config.toml`, its mappings and its database.

    Raises ConfigError with every mistake when the config cannot be used. `listener` hears each event
    (see `pipeline.events.EVENTS`). Not for use by two threads at once.
    """

    def __init__(
        self, config: str | os.PathLike[str] = "config.toml", *, listener: Listener | None = None
    ) -> None:
        self.settings = configuration.load(Path(config))
        self._listener: Listener = listener or _nobody
        self._clock = Clock()
        self._store: Store | None = None

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
            self._store = None

    # work -----------------------------------------------------------------------------------------------
    def once(self, jobs: Sequence[str] = (), *, now: bool = False, wait: float = 60.0) -> OnceResult:
        """Import everything that is there and due, waiting up to `wait` seconds for what still settles.

        `now` passes the time gate of the jobs once. What is still incomplete stays and is named in `waiting`.
        Must not be called inside a running event loop."""
        known = [job.name for job in self.settings.imports]
        for name in jobs:
            if name not in known:
                raise ConfigError(message("config.no_job", job=name, known=", ".join(known)))
        service = self._service(Once(tuple(jobs), now, wait))
        anyio.run(self._serve, service)
        troubles = [t.said for t in [service.database, *(d.trouble for d in service.desks.values())] if t]
        chosen = [j for j in self.settings.imports if not jobs or j.name in jobs]
        waiting = [
            _waiting_row(job, w)
            for job in chosen
            for w in service.inboxes.of(job)
            if w.kind == "rejected" or job.name not in service.desks or service.desks[job.name].gate.is_open
        ]
        rows = self._rows(service.done)
        return OnceResult(tuple(rows), tuple(waiting), tuple(troubles))

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT; then take nothing more and end when the work in flight has ended."""
        anyio.run(self._serve, self._service(None))

    async def _serve(self, service: Service) -> None:
        async with anyio.create_task_group() as tasks:
            if threading.current_thread() is threading.main_thread():
                disk.ignore_sigio()
                await tasks.start(partial(_stop_on_signal, service))
            await service.run()
            tasks.cancel_scope.cancel()

    def _service(self, once: Once | None) -> Service:
        mappings = {}
        for name in {job.mapping for job in self.settings.imports}:
            saved = configuration.load_mapping(self.settings, name)
            text = (self.settings.mappings / f"{name}.toml").read_text("utf-8")
            mappings[name] = MappingText(text, saved.read)
        return Service(
            self.settings,
            mappings,
            partial(connect, self.settings.database),
            _Switch(self.settings.path, self.settings.active),
            self._listener,
            self._clock,
            once,
        )

    # facts ----------------------------------------------------------------------------------------------
    def check(self) -> list[Mistake]:
        """Every mistake in the mappings of the jobs, held against the tables they write to."""
        mistakes: list[Mistake] = []
        for name in sorted({job.mapping for job in self.settings.imports}):
            try:
                saved = configuration.load_mapping(self.settings, name)
            except ConfigError as error:
                mistakes.extend(error.mistakes)
                continue
            mistakes.extend(compile_mapping(saved, catalogue())[1])
        return mistakes

    def status(self) -> Status:
        """The switch, and for each job its next opening, waiting and failed files, last result, and what a
        running service waits for."""
        now = self._clock.now().wall
        inboxes = self._look()
        services = running(self.settings.root)
        waits = {job: said for known in services for job, (said, _) in known.waiting.items()}
        trouble, jobs = waits.get(""), []
        for job in self.settings.imports:
            last: FileRow | None = None
            failed, opening = 0, None
            try:
                store = self._open()
                rows = store.files(Query(job=job.name, limit=1))
                last = _row(rows[0]) if rows else None
                failed = store.count(job.name, "failed")
                memory = store.gate(job.name)
                opening = next_opening(job.schedule, memory.last if memory else now, now)
            except PipelineError as error:
                trouble = error.said
            lying, waiting = describe(job.schedule), len(inboxes.of(job)) + _taken(job)
            jobs.append(JobStatus(job.name, lying, opening, waiting, failed, last, waits.get(job.name)))
        active = configuration.read_active(self.settings.path) is not False
        return Status(active, tuple(jobs), trouble, running=bool(services))

    def files(self, job: str | None = None, state: str | None = None) -> list[FileRow]:
        """The ledger, newest first, joined with what lies in the inboxes."""
        inboxes = self._look()
        rows = [
            _waiting_row(j, w) for j in self.settings.imports if job in (None, j.name) for w in inboxes.of(j)
        ]
        rows = [row for row in rows if state in (None, row.state)]
        states = (state,) if state else ()
        return rows + [_row(f) for f in self._open().files(Query(job=job, states=states, limit=100_000))]

    def show(self, id: int) -> FileStory | None:
        """One file's whole story, with its refused rows; None when there is no such file."""
        file = self._open().by_id(id)
        if file is None:
            return None
        return FileStory(_row(file), tuple(self._open().refused(id)), file.dialect)

    def why(self, file: str | os.PathLike[str]) -> Why:
        """In one sentence why this file is, or is not, in the database, and what would change that."""
        path = Path(file)
        name = os.fsencode(path.name)
        shown = printable(path.name)
        if path.exists() and (found := self._why_waiting(path.absolute(), shown)):
            return found
        rows = self._open().files(Query(name=name, limit=1))
        if not rows:
            return Why(False, message("states.unknown", name=shown), message("states.unknown_remedy"), None)
        return _why_known(rows[0], shown)

    def _why_waiting(self, path: Path, shown: str) -> Why | None:
        taker = next((j for j in self.settings.imports if j.inbox == path.parent), None)
        if taker is None:
            return None
        job = next(
            (j for j in self.settings.imports if j.inbox == path.parent and fits(path.name, j.patterns)), None
        )
        if job is None:
            said = message("states.no_pattern", name=shown, patterns=", ".join(taker.patterns))
            return Why(False, said, message("states.no_pattern_remedy"), None)
        row = next((r for r in self.files(job.name) if r.id is None and r.name == shown), None)
        if configuration.read_active(self.settings.path) is False:
            return Why(
                False, message("states.switch_off", name=shown), message("states.switch_off_remedy"), row
            )
        if row is not None and row.state in ("waiting", "rejected") and row.reason is not None:
            return Why(False, row.reason, None, row)
        remedy = message("states.not_yet_remedy", job=job.name)
        try:
            memory = self._open().gate(job.name)
            now = self._clock.now().wall
            opening = next_opening(job.schedule, memory.last if memory else now, now)
        except PipelineError as error:
            return Why(False, error.said, None, row)
        if opening is None:
            return Why(False, message("states.ready", name=shown, job=job.name), remedy, row)
        said = message(
            "states.not_yet", name=shown, job=job.name, opening=_local(opening, self.settings.timezone)
        )
        return Why(False, said, remedy, row)

    def switch(self, active: bool) -> None:
        """Turn the master switch; written to config.toml with its comments kept."""
        configuration.set_active(self.settings.path, active)

    # parts ----------------------------------------------------------------------------------------------
    def _open(self) -> Store:
        if self._store is None:
            store = connect(self.settings.database)
            try:
                store.require()
            except PipelineError:
                store.close()
                raise
            self._store = store
        return self._store

    def _rows(self, ids: Sequence[int]) -> list[FileRow]:
        try:
            found = [self._open().by_id(id) for id in ids]
        except Environment:
            return []
        return [_row(file) for file in found if file is not None]

    def _look(self) -> Inboxes:
        options = {
            job.name: configuration.load_mapping(self.settings, job.mapping).read
            for job in self.settings.imports
        }
        inboxes = Inboxes(self.settings.imports, options, lambda folder, name, ino: False)
        now = self._clock.now()
        for folder in {job.inbox for job in self.settings.imports}:
            try:
                inboxes.look(folder, now)
            except Environment:
                inboxes.found[folder] = {}
        return inboxes


class _Switch:
    """Reads `active` again when config.toml changed; a broken file keeps the last answer."""

    def __init__(self, path: Path, active: bool) -> None:
        self._path, self._active, self._mark = path, active, 0

    def __call__(self) -> bool:
        try:
            mark = self._path.stat().st_mtime_ns
        except OSError:
            return self._active
        if mark != self._mark:
            read = configuration.read_active(self._path)
            self._active = self._active if read is None else read
            self._mark = mark
        return self._active


async def _stop_on_signal(service: Service, *, task_status: anyio.abc.TaskStatus[None]) -> None:
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        task_status.started()
        async for _ in signals:
            service.stop()


def _nobody(event: Event) -> None:
    return None


def _local(moment: object, zone: str) -> str:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    assert isinstance(moment, datetime)
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")


def _row(file: LedgerFile) -> FileRow:
    return FileRow(
        id=file.id,
        job=file.job,
        name=printable(os.fsdecode(file.name)),
        state=file.state,
        reason=file.reason,
        fingerprint=file.fingerprint.hex() or None,
        rows_read=file.rows_read,
        inserted=file.inserted,
        updated=file.updated,
        unchanged=file.unchanged,
        refused=file.refused,
        seen_at=file.seen_at,
        claimed_at=file.claimed_at,
        committed_at=file.committed_at,
        archived_at=file.archived_at,
        archived_as=file.archived_as,
    )


def _taken(job: ImportJob) -> int:
    try:
        return sum(disk.parse_work_name(name) is not None for name in os.listdir(os.fsencode(job.work)))
    except OSError:
        return 0


def _waiting_row(job: ImportJob, waiting: Waiting) -> FileRow:
    return FileRow(
        id=None,
        job=job.name,
        name=printable(os.fsdecode(waiting.seen.name)),
        state=waiting.kind,
        reason=waiting.said,
        fingerprint=None,
        rows_read=0,
        inserted=0,
        updated=0,
        unchanged=0,
        refused=0,
        seen_at=waiting.history.seen_at,
        claimed_at=None,
        committed_at=None,
        archived_at=None,
        archived_as="",
    )


def _why_known(file: LedgerFile, shown: str) -> Why:
    row = _row(file)
    if file.state in ("committed", "archived"):
        said = message(
            "states.imported",
            name=shown,
            id=file.id,
            rows=file.rows_read,
            inserted=file.inserted,
            updated=file.updated,
            unchanged=file.unchanged,
            refused=file.refused,
            place=file.archived_as or "…",
        )
        return Why(True, said, message("states.refused_remedy", id=file.id) if file.refused else None, row)
    if file.state == "duplicate":
        return Why(True, file.reason or message("states.duplicate", name=shown), None, row)
    remedy = message("states.failed_remedy", place=file.archived_as or "failed")
    return Why(False, file.reason or message("states.failed", name=shown), remedy, row)


Connect = Callable[[], Store]
