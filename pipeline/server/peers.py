"""What other Pipelines ask of this database: `POST /sync/v1/{verb}`, see docs/sync-protocol.md."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from pipeline.errors import Environment, PipelineError
from pipeline.server.routes import Route, caller, site
from pipeline.sync import wire

BODY = 64 * 1024 * 1024  # bytes: a piece of a batch, or a page of a first load


async def peer(request: Request) -> Response:
    """Do it, and say it, or the error, in the language of peers."""
    verb: str = request.path_params["verb"]
    content = await request.body()
    status = 200
    try:
        if request.headers.get("content-encoding") == "gzip":
            content = _unpacked(content)
        answer = await site(request).ask(
            lambda pipeline: pipeline.answer_peer(verb, content), caller(request).name
        )
    except PipelineError as error:
        answer, status = wire.fault(error), 503 if isinstance(error, Environment) else 409
    gzipped = False
    if "gzip" in request.headers.get("accept-encoding", ""):
        answer, gzipped = wire.packed(answer)
    return Response(answer, status, {"content-encoding": "gzip"} if gzipped else None, wire.MEDIA)


def _unpacked(content: bytes) -> bytes:
    try:
        return wire.unpacked(content)
    except ValueError as error:
        raise wire.nonsense(str(error)) from error


ROUTES = [Route(f"{wire.PATH}{{verb}}", peer, needs="sync", methods=["POST"], does="sync", body=BODY)]
