"""Routes that say what they need. One that does not say it cannot be made.

    Route("/api/v1/jobs/{job}/pause", pause, needs="operator", methods=["POST"], does="job.pause")

A handler is `async def pause(request: Request) -> Response`. It finds who asks in `caller(request)`, the installation
in `site(request)`, and tells what it changed by `changed(request, subject, before, after)`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import anyio
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.routing import Route as PlainRoute
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

from pipeline.people.callers import NEEDS, Caller, Need
from pipeline.server.entrance import admit
from pipeline.server.problems import Refused
from pipeline.server.site import Site
from pipeline.words import message

Handler = Callable[[Request], Awaitable[Response]]
SMALL = 64 * 1024  # bytes: enough for what people type
SAFE = {"GET", "HEAD", "OPTIONS"}
SILENCE_S = 30  # a peer that sends nothing for so long is given up


class Route(PlainRoute):
    """A path, what it needs, how big its bodies may be, and for methods that change something what is done: the
    word in the audit. `body`: bytes, or None for the size of files that may be dropped."""

    def __init__(
        self,
        path: str,
        handler: Handler,
        *,
        needs: Need,
        methods: Sequence[str] = ("GET",),
        does: str = "",
        body: int | None = SMALL,
        name: str | None = None,
    ) -> None:
        if needs not in NEEDS:
            raise ValueError(f"{path}: no need {needs!r}")
        if set(methods) - SAFE and not does:
            raise ValueError(f"{path}: what does it do?")
        self.needs, self.does, self.body, self.handler = needs, does, body, handler

        async def entered(request: Request) -> Response:
            return await admit(request, needs, does, handler)

        super().__init__(path, entered, methods=list(methods), name=name or handler.__name__)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        most = self.body
        if most is None:
            most = scope["app"].state.site.listen.upload_mb * 1024 * 1024
        await super().handle(scope, _bounded(scope, receive, most), send)
        await scope["app"].state.site.note_used()


class Files(Mount):
    """The files of a folder that comes with the program."""

    def __init__(self, path: str, folder: Path, *, needs: Need = "public") -> None:
        if needs != "public":
            raise ValueError(f"{path}: files are for everybody")
        self.needs = needs
        super().__init__(path, StaticFiles(directory=folder), name=path.strip("/"))


def caller(request: Request) -> Caller:
    """Who asks."""
    found: Caller = request.state.caller
    return found


def site(request: Request) -> Site:
    """The installation."""
    found: Site = request.app.state.site
    return found


def changed(request: Request, subject: str, before: object = None, after: object = None) -> None:
    """Note for the audit what this request changed: plain values, never a secret."""
    request.state.changed = (subject, before, after)


def _bounded(scope: Scope, receive: Receive, most: int) -> Receive:
    """Bodies no bigger than allowed, and no slower."""
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    declared = int(lengths[0]) if lengths and lengths[0].isdigit() else 0
    came, whole = 0, False

    async def bounded() -> Message:
        nonlocal came, whole
        if whole:
            return await receive()  # only the end of the connection comes yet
        if declared > most:
            raise Refused(413, message("server.too_big", most=most), {"connection": "close"})
        try:
            with anyio.fail_after(SILENCE_S):
                part = await receive()
        except TimeoutError:
            raise Refused(
                408, message("server.too_slow", seconds=SILENCE_S), {"connection": "close"}
            ) from None
        whole = not part.get("more_body", False)
        came += len(part.get("body", b""))
        if came > most:
            raise Refused(413, message("server.too_big", most=most), {"connection": "close"})
        return part

    return bounded
