"""Jobs: how each stands; pause, resume, run now."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pipeline.api.speaking import Endpoint, sent, voice
from pipeline.app import Pipeline
from pipeline.errors import ConfigError, Environment
from pipeline.jobs import ExportJob, ImportJob
from pipeline.moments import moment
from pipeline.results import JobStatus
from pipeline.server import caller, changed, site
from pipeline.shapes import job_json, pause_json
from pipeline.store.model import Pause
from pipeline.words import message

RUN_S = 60  # how long a run waits for what still settles


def known(pipeline: Pipeline, name: str) -> ImportJob | ExportJob:
    """The job of this name. Raises ConfigError."""
    every: list[ImportJob | ExportJob] = [*pipeline.settings.imports, *pipeline.settings.exports]
    for job in every:
        if job.name == name:
            return job
    raise ConfigError(message("config.no_job", job=name, known=", ".join(job.name for job in every)))


async def jobs(request: Request) -> Response:
    """Every job, imports first."""
    found = await site(request).ask(lambda pipeline: pipeline.status().jobs)
    return JSONResponse([job_json(voice(request), job) for job in found])


async def exports(request: Request) -> Response:
    """Every export."""

    def ask(pipeline: Pipeline) -> list[JobStatus]:
        names = {job.name for job in pipeline.settings.exports}
        return [job for job in pipeline.status().jobs if job.name in names]

    found = await site(request).ask(ask)
    return JSONResponse([job_json(voice(request), job) for job in found])


async def job(request: Request) -> Response:
    """One job: how it stands, and what config.toml says of it."""
    name = request.path_params["job"]

    def ask(pipeline: Pipeline) -> tuple[JobStatus, ImportJob | ExportJob]:
        saved = known(pipeline, name)
        return next(one for one in pipeline.status().jobs if one.name == name), saved

    found, saved = await site(request).ask(ask)
    facts = {"mapping": saved.mapping, "kind": "import" if isinstance(saved, ImportJob) else "export"}
    if isinstance(saved, ImportJob):
        folders = {"inbox": str(saved.inbox), "processed": str(saved.processed), "failed": str(saved.failed)}
        facts |= {**folders, "pattern": ", ".join(saved.patterns)}
    else:
        facts |= {"to": str(saved.to), "name_template": saved.template}
    return JSONResponse({**job_json(voice(request), found), **facts})


async def pause(request: Request) -> Response:
    """Stop one job until it is resumed, or until a moment: `2h`, `18h00`, `2026-12-01 08:00`."""
    name, given = request.path_params["job"], await sent(request, why=str, until=str)
    now = site(request).clock.now().wall

    def do(pipeline: Pipeline) -> tuple[Pause | None, Pause]:
        known(pipeline, name)
        until = given.get("until")
        at = None if until is None else moment(until, now, pipeline.settings.timezone)
        before = pipeline.store().pauses(now).get(name)
        return before, pipeline.pause(name, why=given.get("why", ""), until=at)

    before, after = await site(request).ask(do, caller(request).name)
    changed(request, name, pause_json(before) if before else None, pause_json(after))
    return JSONResponse(pause_json(after))


async def resume(request: Request) -> Response:
    """End a job's pause; what it missed runs once."""
    name, now = request.path_params["job"], site(request).clock.now().wall

    def do(pipeline: Pipeline) -> tuple[Pause | None, bool]:
        known(pipeline, name)
        return pipeline.store().pauses(now).get(name), pipeline.resume(name)

    before, was = await site(request).ask(do, caller(request).name)
    changed(request, name, pause_json(before) if before else None)
    return JSONResponse({"job": name, "was_paused": was})


async def run(request: Request) -> Response:
    """Import what is there now, or write the export now, also while the job is paused or before its hour; answers
    when it is done."""
    name = request.path_params["job"]
    await site(request).ask(lambda pipeline: known(pipeline, name))
    changed(request, name)
    words = ["--config", str(site(request).config), "once", name, "--now", "--json", "--wait", str(RUN_S)]
    done = await anyio.run_process([sys.executable, "-P", "-m", "pipeline", *words], check=False)
    try:
        return JSONResponse(json.loads(done.stdout))
    except ValueError:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise Environment(
            message("api.run", job=name, why=said[-1] if said else str(done.returncode))
        ) from None


EXAMPLE = {"name": "till", "schedule": "every 30 s", "waiting": 0, "failed": 0, "paused": None}
PAUSE = asdict(Pause("till", "anna", "stocktaking", None, None))  # type: ignore[arg-type]
ROUTES = [
    Endpoint("/jobs", jobs, needs="viewer", gives=[EXAMPLE]),
    Endpoint("/exports", exports, needs="viewer", gives=[EXAMPLE]),
    Endpoint("/jobs/{job}", job, needs="viewer", gives=EXAMPLE),
    Endpoint(
        "/jobs/{job}/pause", pause, needs="operator", method="POST", does="job.pause",
        asks={"why": "stocktaking", "until": "18h00"}, gives=PAUSE,
    ),
    Endpoint(
        "/jobs/{job}/resume", resume, needs="operator", method="POST", does="job.resume",
        gives={"job": "till", "was_paused": True},
    ),
    Endpoint(
        "/jobs/{job}/run", run, needs="operator", method="POST", does="job.run",
        gives={"files": [], "waiting": [], "troubles": [], "paused": []},
    ),
]  # fmt: skip
