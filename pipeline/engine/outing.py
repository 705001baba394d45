"""Exports that a person asks for one at a time: shown, written to a file, written again; and what `check` says."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import anyio

from pipeline.clock import Clock
from pipeline.engine.desk import Setup
from pipeline.engine.pool import Pool, WorkerDied
from pipeline.engine.process import WorkerProcess
from pipeline.errors import ConfigError, Environment, PipelineError
from pipeline.exports.orders import ExportOrder, export_order
from pipeline.exports.periods import Period
from pipeline.exports.work import Shown
from pipeline.jobs import ExportJob
from pipeline.words import Message, message


def show(setup: Setup, name: str, clock: Clock, first: WorkerProcess | None) -> list[Shown]:
    """What an export would write. Raises ConfigError, Environment, PipelineError."""
    job = next((j for j in setup.settings.exports if j.name == name), None)
    if job is None:
        known = ", ".join(j.name for j in setup.settings.exports) or "-"
        raise ConfigError(message("exports.no_export", job=name, known=known))
    outcome = _done(setup, export_order(job, setup.settings, setup.mappings[job.mapping].text, "try"), first)
    return [
        Shown(
            one["name"],
            one["rows"],
            tuple(one["columns"]),
            tuple(tuple(row) for row in one["first"]),
            tuple(one["only"]),
        )
        for one in outcome["shown"]
    ]


def write(
    setup: Setup, mapping: str, target: Path, period: Period | None, clock: Clock, first: WorkerProcess | None
) -> int:
    """One file by a mapping alone. Raises as `Pipeline.export`."""
    job = ExportJob("", mapping, target.parent, target.name, target.parent)
    text = setup.mappings[mapping].text
    order = export_order(job, setup.settings, text, "file", period=period, target=str(target))
    return int(_done(setup, order, first)["rows"])


def again(setup: Setup, id: int, clock: Clock, first: WorkerProcess | None) -> None:
    """A file of an earlier export, byte for byte. Raises PipelineError, Environment."""
    job = ExportJob("", "", Path(), "", Path())
    _done(setup, export_order(job, setup.settings, "", "replay", id=id), first)


def _done(setup: Setup, order: ExportOrder, first: WorkerProcess | None) -> dict[str, Any]:
    outcome: dict[str, Any] = anyio.run(partial(_work, setup, order, first))
    said = Message.from_json(outcome["said"]) if outcome["said"] else message("cli.nothing")
    if outcome["deed"] == "environment":
        raise Environment(said)
    if outcome["deed"] == "paused":
        raise PipelineError(said)
    return outcome


async def _work(setup: Setup, order: ExportOrder, first: WorkerProcess | None) -> dict[str, Any]:
    settings = setup.settings
    pool = Pool(1, settings.memory_mb, settings.deadline_s, first)
    try:
        return (await pool.work(order, lambda frame: None))[0]
    except WorkerDied as death:
        raise Environment(message("files.no_worker", why=death.reason)) from death
    finally:
        await pool.close()
