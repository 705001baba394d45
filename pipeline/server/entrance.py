"""The one way in: who asks, may they, did they mean it."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pipeline.errors import Environment
from pipeline.people.callers import Caller, Need
from pipeline.server.problems import Refused
from pipeline.words import message

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
OURS = ("hx-request", "x-pipeline")  # headers that no form and no other site can send without asking first
CSRF = "csrf"
"""The field by which a form brings back the token of its session; also the header `X-CSRF`."""


async def admit(
    request: Request, needs: Need, does: str, handler: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Let the request through to its handler, or say why not. Raises Refused."""
    try:
        who: Caller = await request.app.state.site.enter(request)
    except Environment:  # the database is away: what everybody may see, they see
        if needs != "public":
            raise
        who = Caller()
    request.state.caller = who
    if not who.may(needs):
        return _turned_away(request, who, needs)
    if does and request.method not in ("GET", "HEAD") and who.way != "token":
        _same_site(request)
        if (
            who.way == "session" and needs != "public"
        ):  # coming and going needs nothing of the session there is
            await _meant(request, who)
    answer = await handler(request)
    if does and answer.status_code < 400 and hasattr(request.state, "changed"):
        await request.app.state.site.note(who, does, *request.state.changed)
    return answer


def _turned_away(request: Request, who: Caller, needs: Need) -> Response:
    if who.known:
        raise Refused(403, message("server.may_not", needs=needs))
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?next={quote(asked)}", 303)
    raise Refused(401, message("server.log_in"), {"www-authenticate": "Bearer"})


def _same_site(request: Request) -> None:
    """A page of another site may not act in the name of who is logged in here."""
    said = request.headers.get("sec-fetch-site")
    if said is not None:
        if said in ("same-origin", "none"):
            return
        raise Refused(403, message("server.other_site"))
    origin = urlsplit(request.headers.get("origin", ""))
    if not origin.netloc or origin.netloc.lower() != request.headers.get("host", "").lower():
        raise Refused(403, message("server.other_site"))


async def _meant(request: Request, who: Caller) -> None:
    """And it must come from our own script, or from a form that we gave to this session."""
    if any(name in request.headers for name in OURS):
        return
    token = request.headers.get("x-csrf", "")
    if not token and request.headers.get("content-type", "").split(";")[0].strip().lower() in FORMS:
        given = (await request.form()).get(CSRF, "")
        token = given if isinstance(given, str) else ""
    if not who.csrf or not hmac.compare_digest(token.encode(), who.csrf.encode()):
        raise Refused(403, message("server.other_site"))
