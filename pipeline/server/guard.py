"""What holds for every request and answer: the names we are called by, and the headers that keep browsers safe."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.jobs import Listen
from pipeline.server.problems import Problem, answer
from pipeline.words import message

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}
"""Set where a route has not set its own."""


class Guard:
    """Refuses names that are not ours, which stops a foreign page that has its name point at us."""

    def __init__(self, app: ASGIApp, listen: Listen) -> None:
        self._app, self._hosts = app, set(listen.hosts)
        self._unix = listen.socket is not None
        self._headers = dict(HEADERS)
        if listen.cert is not None:
            self._headers["strict-transport-security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return

        async def safe(event: Message) -> None:
            if event["type"] == "http.response.start":
                headers = MutableHeaders(scope=event)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(event)

        name = host_name(scope)
        if name not in self._hosts and not (self._unix and not name):
            request = Request(scope, receive)
            refused = answer(request, Problem(421, message("server.unknown_host", host=name)))
            await refused(scope, receive, safe)
            return
        await self._app(scope, receive, safe)


def host_name(scope: Scope) -> str:
    """The name in the Host header without its port, lower case; "" when there is none, or several."""
    given = [value for key, value in scope["headers"] if key == b"host"]
    if len(given) != 1:
        return ""
    host: str = given[0].decode("latin-1").strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].removesuffix(".")
