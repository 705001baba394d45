"""Coming in and going out: name and password, the link that lets in once, logging out."""

from __future__ import annotations

import re
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from pipeline.app import Pipeline
from pipeline.people import entering as way_in
from pipeline.people.keys import csrf_of
from pipeline.server.entering import OWNER, cookie_name, set_cookie
from pipeline.server.problems import Refused, language_of
from pipeline.server.routes import Route, caller, site
from pipeline.store.people.model import By
from pipeline.words import message, render

_HERE = re.compile(r"/(?![/\\])[^\x00-\x20\\]*")


def next_of(text: str) -> str:
    """Where to go after the login: a path of ours, whatever was asked."""
    return text if _HERE.fullmatch(text) else "/"


async def log_in(request: Request) -> Response:
    """By a form or JSON: name, password, next. Always a new session."""
    given = await _fields(request)
    at, before = site(request), request.cookies.get(cookie_name(site(request).listen), "")
    by, agent = (
        By(given["name"], caller(request).address, at.clock.now().wall),
        request.headers.get("user-agent", ""),
    )

    def enter(pipeline: Pipeline) -> way_in.Login:
        people = pipeline.store().people()
        return way_in.log_in(people, at.passwords, given["name"], given["password"], by, agent, before)

    async with at.guessing:
        done = await at.ask(enter)
    if done.until is not None:
        seconds = max(1, round((done.until - by.at).total_seconds()))
        raise Refused(429, message("people.wait", seconds=seconds), {"retry-after": str(seconds)})
    if not done.secret:
        raise Refused(401, message("people.wrong_login"))
    answer: Response = RedirectResponse(next_of(given["next"]), 303)
    if "json" in request.headers.get("content-type", ""):
        answer = JSONResponse({"name": given["name"], "csrf": csrf_of(done.secret)})
    set_cookie(answer, at.listen, done.secret)
    return answer


async def log_out(request: Request) -> Response:
    """The session ends here, not only in the browser."""
    who, at = caller(request), site(request)
    if who.session:
        await at.ask(lambda pipeline: pipeline.store().people().end_session(who.session))
    answer = RedirectResponse("/", 303)
    set_cookie(answer, at.listen, "")
    answer.headers["clear-site-data"] = '"cache", "storage"'
    return answer


async def setup(request: Request) -> Response:
    """The link that lets in once. It answers with a page, for a browser does not send a strict cookie along when
    it is sent on from elsewhere."""
    at, secret = site(request), request.query_params.get("key", "")
    before = request.cookies.get(cookie_name(at.listen), "")
    by, agent = By(OWNER, caller(request).address, at.clock.now().wall), request.headers.get("user-agent", "")
    used = message("people.link_used")
    if request.method != "GET" or "prefetch" in request.headers.get("sec-purpose", ""):
        raise Refused(403, used)
    if not at.listen.local or at.listen.proxies:
        raise Refused(403, message("people.link_local"))
    made = await at.ask(
        lambda pipeline: way_in.use_link(pipeline.store().people(), secret, by, agent, before)
    )
    if not made:
        raise Refused(403, used)
    language = language_of(request)
    head = '<meta http-equiv="refresh" content="0;url=/">'
    answer = _page(request, head, f'<p><a href="/">{render(message("people.page_in"), language)}</a></p>')
    set_cookie(answer, at.listen, made)
    return answer


async def login_page(request: Request) -> Response:
    """Plain, for those who run the door without the console."""
    language = language_of(request)
    name, password, button = (
        escape(render(message(code), language))
        for code in ("people.page_name", "people.page_password", "people.login")
    )
    after = escape(next_of(request.query_params.get("next", "/")), quote=True)
    form = (
        f'<form method="post" action="/login"><input type="hidden" name="next" value="{after}">'
        f'<p><label>{name} <input name="name" autocomplete="username" required></label></p>'
        f'<p><label>{password} <input name="password" type="password" autocomplete="current-password" required>'
        f"</label></p><p><button>{button}</button></p></form>"
    )
    return _page(request, "", form)


def _page(request: Request, head: str, body: str) -> HTMLResponse:
    language = language_of(request)
    return HTMLResponse(
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>Pipeline</title>'
        f'<meta name="viewport" content="width=device-width">{head}</head><body><main><h1>Pipeline</h1>{body}'
        "</main></body></html>"
    )


async def _fields(request: Request) -> dict[str, str]:
    """name, password and next, as texts. Raises Refused."""
    given: object
    if "json" in request.headers.get("content-type", ""):
        try:
            given = await request.json()
        except ValueError as error:
            raise Refused(400, message("server.bad_request", why="JSON")) from error
    else:
        given = dict(await request.form(max_files=0))
    found = (
        {key: given.get(key, "") for key in ("name", "password", "next")} if isinstance(given, dict) else {}
    )
    texts = {key: value for key, value in found.items() if isinstance(value, str)}
    if len(texts) != 3:
        raise Refused(400, message("server.bad_request", why="name, password"))
    return texts


ROUTES = [
    Route("/login", login_page, needs="public"),
    Route("/login", log_in, needs="public", methods=["POST"], does="session.begin"),
    Route("/logout", log_out, needs="public", methods=["POST"], does="session.end"),
    Route("/setup", setup, needs="public"),
]
