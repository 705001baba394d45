"""Exports: how each stands, what it would write, and what it wrote."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from pipeline.app import Pipeline
from pipeline.console.drawing import back, page
from pipeline.console.overview import desk
from pipeline.results import FileRow, JobStatus
from pipeline.server.routes import caller, changed, site
from pipeline.store.model import Query
from pipeline.words import Message, message

SHOWN = 30


async def exports(request: Request) -> Response:
    """GET /exports"""
    jobs, files = await site(request).ask(_facts)
    kept = {job.name: job for job in site(request).settings.exports}
    facts = {"jobs": jobs, "files": files, "kept": kept, "notes": list(desk(request).notes)}
    return page(request, "exports.html", "/exports", facts)


def _facts(pipeline: Pipeline) -> tuple[list[JobStatus], list[FileRow]]:
    names = {job.name for job in pipeline.settings.exports}
    status = pipeline.status()
    known = status.trouble is None  # job by job: each runs along an index
    files = [file for name in names if known for file in pipeline.page(Query(job=name, limit=SHOWN))]
    files = sorted(files, key=lambda file: file.id or 0, reverse=True)[:SHOWN]
    return [job for job in status.jobs if job.name in names], files


async def try_(request: Request) -> Response:
    """GET /exports/{job}/try: the first rows of what it would write."""
    name = request.path_params["job"]
    shown = await site(request).ask(lambda pipeline: pipeline.try_export(name))
    return page(request, "export.html", "/exports", {"name": name, "shown": shown})


async def run(request: Request) -> Response:
    """POST /exports/{job}/run"""
    name = request.path_params["job"]

    def work(pipeline: Pipeline) -> Message:
        done = pipeline.once([name], now=True)
        trouble = next(iter(done.troubles), None)
        return trouble or message("console.ran", job=name, count=len(done.files))

    await site(request).ask(lambda pipeline: pipeline.job(name))
    desk(request).begin(work, caller(request).name)
    changed(request, name)
    return back(request, "/exports")
