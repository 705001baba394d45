"""`/healthz`: is the service alive. `/readyz`: can it do its work, and why not."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from pipeline.errors import PipelineError
from pipeline.results import Status
from pipeline.server.problems import language_of
from pipeline.server.routes import Route, caller, site
from pipeline.words import Language, Message, message, render


async def healthz(request: Request) -> Response:
    """The loop that looks after everything turns: it answers."""
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> Response:
    """200 when files can be imported now, else 503. The reasons only to those who may see them."""
    try:
        status = await site(request).ask(lambda pipeline: pipeline.status())
        ready, reasons = judge(status)
    except PipelineError as error:
        ready, reasons = False, {"": error.said}
    language: Language = language_of(request)
    told: dict[str, object] = {"ready": ready}
    if caller(request).may("watch"):
        told["reasons"] = [{"job": job, "said": render(said, language)} for job, said in reasons.items()]
    return JSONResponse(told, 200 if ready else 503)


def judge(status: Status) -> tuple[bool, dict[str, Message]]:
    """Can the service do its work, and what stands in the way: "" of all jobs, else by job. A job that waits
    does not keep the others from theirs."""
    reasons = {job.name: job.trouble for job in status.jobs if job.trouble is not None}
    whole: Message | None = status.trouble
    if whole is None and not status.running:
        whole = message("cli.no_service")
    told: dict[str, Message] = {"": whole} if whole is not None else {}
    for service in status.services:
        if service.config is not None:
            told["config.toml"] = service.config
    return whole is None, told | reasons


ROUTES = [
    Route("/healthz", healthz, needs="public"),
    Route("/readyz", readyz, needs="public"),
]
