"""The first page: the master switch, what needs a person, and every job."""

from __future__ import annotations

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from pipeline.app import Pipeline
from pipeline.console.desk import Desk
from pipeline.console.drawing import back, page
from pipeline.results import FileRow, Status
from pipeline.server.routes import caller, changed, site
from pipeline.store.model import Query
from pipeline.words import Message, message

ASKED = 20  # files that need a person, on the first page


def desk(request: Request) -> Desk:
    """The work begun on pages."""
    found: Desk = request.app.state.desk
    return found


async def jobs(request: Request) -> Response:
    """GET /"""
    status, asked = await site(request).ask(_facts)
    settings = site(request).settings
    kinds = {job.name: "exports" for job in settings.exports} | {job.name: "sync" for job in settings.syncs}
    facts = {"status": status, "asked": asked, "kinds": kinds, "notes": list(desk(request).notes)}
    return page(request, "jobs.html", "/", facts)


def _facts(pipeline: Pipeline) -> tuple[Status, list[FileRow]]:
    status = pipeline.status()
    return status, asked(pipeline) if status.trouble is None else []


def asked(pipeline: Pipeline) -> list[FileRow]:
    """The newest files that wait for a person's word."""
    return pipeline.page(Query(states=("held",), limit=ASKED))


async def turn(request: Request) -> Response:
    """POST /switch"""
    form = await request.form()
    active = form.get("active") == "on"
    await site(request).ask(lambda pipeline: pipeline.switch(active), caller(request).name)
    changed(request, "switch", not active, active)
    return back(request, "/")


async def run_now(request: Request) -> Response:
    """POST /jobs/{job}/run"""
    name = request.path_params["job"]

    def work(pipeline: Pipeline) -> Message:
        done = pipeline.once([name], now=True)
        trouble = next(iter(done.troubles), None)
        return trouble or message("console.ran", job=name, count=len(done.files))

    await site(request).ask(lambda pipeline: pipeline.job(name))
    desk(request).begin(work, caller(request).name)
    changed(request, name)
    return back(request, "/")


async def pause(request: Request) -> Response:
    """POST /jobs/{job}/pause"""
    name, form = request.path_params["job"], await request.form()
    why, hours = str(form.get("why") or ""), str(form.get("hours") or "")

    def stop(pipeline: Pipeline) -> None:
        until = pipeline.now() + timedelta(hours=int(hours)) if hours.isdigit() else None
        pipeline.pause(name, why=why[:200], until=until)

    await site(request).ask(stop, caller(request).name)
    changed(request, name, None, {"why": why, "hours": hours})
    return back(request, "/")


async def resume(request: Request) -> Response:
    """POST /jobs/{job}/resume"""
    name = request.path_params["job"]
    await site(request).ask(lambda pipeline: pipeline.resume(name), caller(request).name)
    changed(request, name)
    return back(request, "/")
