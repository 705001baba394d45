"""Saying what an import of a file would do: which job would take it, and a worker that loads it and takes all back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pipeline import files as disk
from pipeline.clock import Clock
from pipeline.engine.desk import Announcer, Desk, Setup
from pipeline.engine.gates import Gate
from pipeline.engine.pool import Pool, WorkerDied
from pipeline.engine.process import WorkerProcess
from pipeline.engine.workshop import Workshop
from pipeline.errors import ConfigError, Environment, PipelineError
from pipeline.jobs import ImportJob, fits
from pipeline.results import Attempted
from pipeline.store.model import ChangedCell, RefusedRow, WrittenRow
from pipeline.words import Message, message, printable
from pipeline.worker import FileOrder


def taker(jobs: Sequence[ImportJob], path: Path, chosen: str | None) -> tuple[ImportJob, Message]:
    """The job that would take this file, and why. `chosen`: the one that a person named. Raises ConfigError when
    none would, or several."""
    if chosen is not None:
        job = next((j for j in jobs if j.name == chosen), None)
        if job is None:
            known = ", ".join(j.name for j in jobs)
            raise ConfigError(message("config.no_job", job=chosen, known=known))
        return job, message("states.taker_chosen", job=chosen)
    named = [job for job in jobs if fits(path.name, job.patterns)]
    there = [job for job in named if job.inbox == path.parent or job.inbox in path.parents]
    found = there or named
    name = printable(path.name)
    if not found:
        raise ConfigError(message("states.taker_none", name=name))
    if len(found) > 1:
        raise ConfigError(message("states.taker_several", name=name, jobs=", ".join(j.name for j in found)))
    job = found[0]
    patterns = ", ".join(job.patterns)
    if there:
        return job, message("states.taker_inbox", job=job.name, name=name, patterns=patterns)
    return job, message("states.taker_name", job=job.name, name=name, patterns=patterns)


def bare(mapping: str, path: Path) -> ImportJob:
    """A job that only stands for a mapping that a person named."""
    folder = path.parent
    return ImportJob(name="", mapping=mapping, inbox=folder, processed=folder, failed=folder)


async def attempt(
    setup: Setup, job: ImportJob, because: Message, path: Path, clock: Clock, first: WorkerProcess | None
) -> Attempted:
    """Have a worker try this file. Raises PipelineError when the file cannot be opened or kills the worker,
    Environment when the database is away."""
    settings = setup.settings
    workshop = Workshop(setup, Announcer(lambda event: None, clock), lambda: None)
    order = workshop.order(Desk(job, Gate(job)), [], None)
    order["files"], order["attempt"] = [_file(job, path, clock)], True
    pool = Pool(1, settings.memory_mb, settings.deadline_s, first)
    heard: Callable[[dict[str, Any]], None] = lambda frame: None  # noqa: E731
    try:
        outcome = (await pool.work(order, heard))[0]
    except WorkerDied as death:
        if not death.started:
            raise Environment(message("files.no_worker", why=death.reason)) from death
        raise PipelineError(message("files.kills_its_reader", times=1, why=death.reason)) from death
    finally:
        await pool.close()
    said = Message.from_json(outcome["said"]) if outcome["said"] else None
    if outcome["deed"] == "environment" and said is not None:
        raise Environment(said)
    if outcome["deed"] == "paused" and said is not None:
        raise ConfigError(said)
    if outcome["deed"] != "tried":
        return Attempted(job.name, job.mapping, because, "failed", said)
    return _told(job, because, said, outcome["tried"])


def _file(job: ImportJob, path: Path, clock: Clock) -> FileOrder:
    now = clock.now().wall
    inside = job.inbox in path.parents
    folder = path.parent if inside else job.inbox
    below = folder.relative_to(job.inbox).as_posix()
    return FileOrder(
        claim=disk.new_claim(now),
        name=path.name,
        path=str(path),
        seen_at=now.isoformat(),
        folder=str(folder),
        below="" if below == "." else below,
        source_state="",
        companion=None,
        fresh=True,
    )


def _told(job: ImportJob, because: Message, said: Message | None, told: dict[str, Any]) -> Attempted:
    return Attempted(
        job.name,
        job.mapping,
        because,
        told["state"],
        said,
        **told["counts"],
        tables={name: (n[0], n[1], n[2]) for name, n in told["tables"].items()},
        columns={(table, column): number for table, column, number in told["columns"]},
        rows=tuple(WrittenRow(table, values) for table, values in told["rows"]),
        changes=tuple(ChangedCell(*cell) for cell in told["changes"]),
        refused_rows=tuple(
            RefusedRow(line, column, value, Message.from_json(why), bytes.fromhex(raw))
            for line, column, value, why, raw in told["refused"]
        ),
    )
