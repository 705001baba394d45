"""The installation as a whole: how it stands, its switch, its mistakes."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pipeline.api.speaking import Endpoint, sent, voice
from pipeline.app import Pipeline
from pipeline.errors import ConfigError, Mistake
from pipeline.server import Refused, caller, changed, site
from pipeline.shapes import Voice, finding_json, status_json
from pipeline.words import message


async def status(request: Request) -> Response:
    """The switch, and each job: next opening, waiting and failed files, what stands in the way."""
    found = await site(request).ask(lambda pipeline: pipeline.status())
    return JSONResponse(status_json(voice(request), found))


async def switch(request: Request) -> Response:
    """Is the automatic function on?"""
    found = await site(request).ask(lambda pipeline: pipeline.settings.active)
    return JSONResponse({"active": found})


async def turn(request: Request) -> Response:
    """Turn the automatic function on or off. What is being imported is finished."""
    given = await sent(request, active=bool)
    if "active" not in given:
        raise Refused(422, message("api.missing", key="active"))
    active: bool = given["active"]

    def set_active(pipeline: Pipeline) -> bool:
        before = pipeline.settings.active
        pipeline.switch(active)
        return before

    before = await site(request).ask(set_active, caller(request).name)
    changed(request, "active", before, active)
    return JSONResponse({"active": active})


async def check(request: Request) -> Response:
    """Every mistake in config.toml and the mappings."""

    def ask(pipeline: Pipeline) -> list[Mistake]:
        try:
            return pipeline.check()
        except ConfigError as error:
            if not error.mistakes:
                raise
            return list(error.mistakes)

    found = await site(request).ask(ask)
    return JSONResponse([_mistake(voice(request), one) for one in found])


def _mistake(speaker: Voice, one: Mistake) -> dict[str, object]:
    where = {"file": one.file, "line": one.line, "path": one.path}
    return {**where, "code": one.said.code, "said": speaker.text(one.said), "near": one.near}


async def doctor(request: Request) -> Response:
    """Whether everything that imports need is there and works, tried out."""
    found = await site(request).ask(lambda pipeline: pipeline.doctor(), long=True)
    return JSONResponse([finding_json(voice(request), one) for one in found])


ROUTES = [
    Endpoint("/status", status, needs="viewer", gives={"active": True, "running": True, "jobs": []}),
    Endpoint("/switch", switch, needs="viewer", gives={"active": True}),
    Endpoint(
        "/switch",
        turn,
        needs="operator",
        method="PUT",
        does="switch",
        asks={"active": False},
        gives={"active": False},
    ),
    Endpoint("/check", check, needs="viewer", gives=[]),
    Endpoint("/doctor", doctor, needs="admin", gives=[]),
]
