"""Synchronisation: how each stands, its plan, a round now, and whether both sides are equal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from pipeline.app import Pipeline
from pipeline.console.drawing import back, page
from pipeline.console.overview import desk
from pipeline.errors import PipelineError
from pipeline.results import JobStatus
from pipeline.server.routes import caller, changed, site
from pipeline.store.syncing.standing import Known, LastRound, Standing
from pipeline.words import Message, message

if TYPE_CHECKING:
    from pipeline.sync.peering import Verified

PLACE = "/sync"


@dataclass(frozen=True, slots=True)
class Stand:
    """One synchronisation. `last`: its last whole round, `peer`: what is known of the other side; None before."""

    job: JobStatus
    last: LastRound | None
    peer: Known | None


async def syncs(request: Request) -> Response:
    """GET /sync"""
    stands, standing, trouble = await site(request).ask(_facts)
    facts = {
        "stands": stands, "standing": standing, "trouble": trouble, "notes": list(desk(request).notes),
        "busy": desk(request).at_work,
    }  # fmt: skip
    return page(request, "sync.html", PLACE, facts)


def _facts(pipeline: Pipeline) -> tuple[list[Stand], Standing | None, Message | None]:
    status, names = pipeline.status(), {job.name for job in pipeline.settings.syncs}
    standing = pipeline.peers().standing() if names and status.trouble is None else None
    rounds = {} if standing is None else {one.job: one for one in standing.rounds}
    peers = {} if standing is None else {one.peer: one for one in standing.peers}
    stands = []
    for job in status.jobs:
        if job.name in names:
            last = rounds.get(job.name)
            stands.append(Stand(job, last, peers.get(last.peer) if last else None))
    return stands, standing, status.trouble


async def reached(request: Request) -> Response:
    """GET /sync/reached: each peer asked now; what comes into the page after it."""
    found = await site(request).ask(lambda pipeline: pipeline.peers().reach(), long=True)
    return page(request, "reached.html", PLACE, {"found": found})


async def run(request: Request) -> Response:
    """POST /sync/{job}/run"""
    return await _round(request, accept=False)


async def accept(request: Request) -> Response:
    """POST /sync/{job}/accept: two filled databases become one."""
    return await _round(request, accept=True)


async def _round(request: Request, *, accept: bool) -> Response:
    name = request.path_params["job"]

    def work(pipeline: Pipeline) -> Message:
        done = pipeline.peers().now(name, accept=accept)
        facts = {"pulled": done.pulled.rows, "pushed": done.pushed.rows, "loaded": done.loaded}
        conflicts = done.pulled.conflicts + done.pushed.conflicts
        if conflicts:
            return message("console.sync.round_conflicts", peer=done.there, conflicts=conflicts, **facts)
        return message("peers.round", peer=done.there, **facts)

    await site(request).ask(lambda pipeline: pipeline.peers().job(name))
    desk(request).begin(work, caller(request).name)
    changed(request, name)
    return back(request, PLACE)


async def plan(request: Request) -> Response:
    """GET /sync/{job}/plan: the page at once; both databases are held against each other after it."""
    name = request.path_params["job"]
    await site(request).ask(lambda pipeline: pipeline.peers().job(name))
    return page(request, "plan.html", PLACE, {"name": name})


async def planned(request: Request) -> Response:
    """GET /sync/{job}/planned"""
    name = request.path_params["job"]

    def look(pipeline: Pipeline) -> dict[str, object]:
        peers = pipeline.peers()
        found = peers.plan(name)
        known = {one.peer for one in peers.standing().peers if one.stage == "live"}
        return {"name": name, "plan": found, "first": found.there not in known}

    facts = await site(request).ask(look, long=True)
    return page(request, "planned.html", PLACE, facts)


async def verify(request: Request) -> Response:
    """POST /sync/{job}/verify: every table of both sides is compared; nothing is mended."""
    name, here = request.path_params["job"], desk(request)

    def work(pipeline: Pipeline) -> Message:
        found = pipeline.peers().verify(name)
        here.verified[name] = (pipeline.now(), found)
        facts = {"count": len(found.tables), "rows": sum(one.here for one in found.tables)}
        if found.same:
            return message("peers.equal", peer=found.there, **facts)
        raise PipelineError(message(_unequal(found), peer=found.there))

    await site(request).ask(lambda pipeline: pipeline.peers().job(name))
    here.begin(work, caller(request).name)
    changed(request, name)
    return back(request, f"{PLACE}/{name}/verify")


def _unequal(found: Verified) -> str:
    return "console.sync.drift" if found.drained else "console.sync.behind"


async def verified(request: Request) -> Response:
    """GET /sync/{job}/verify: what was found the last time."""
    name, here = request.path_params["job"], desk(request)
    await site(request).ask(lambda pipeline: pipeline.peers().job(name))
    at, found = here.verified.get(name, (None, None))
    told = "" if found is None else _unequal(found)  # stands on the page anyway
    wrong = [note for note in here.notes if not note.good and note.said.code != told]
    facts = {"name": name, "at": at, "found": found, "told": told, "busy": here.at_work, "wrong": wrong}
    return page(request, "verified.html", PLACE, facts)
