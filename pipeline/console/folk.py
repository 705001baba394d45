"""Who may come in: users and tokens, and what everybody changed. And the page on which one comes in."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from pipeline.app import Pipeline
from pipeline.console.drawing import back, page
from pipeline.people import entering
from pipeline.people.callers import ROLES, SCOPES
from pipeline.server.login import next_of
from pipeline.server.routes import caller, site
from pipeline.store.people.model import By, Change, Token, User

SHOWN = 50


async def login(request: Request) -> Response:
    """GET /login"""
    return page(request, "login.html", "", {"next": next_of(request.query_params.get("next", "/"))})


async def people(request: Request) -> Response:
    """GET /people"""
    return await _shown(request)


async def _shown(request: Request, secret: str = "") -> Response:
    """`secret`: a new token, shown this once."""
    before = request.query_params.get("before", "")

    def look(pipeline: Pipeline) -> tuple[list[User], list[Token], list[Change]]:
        found = pipeline.store().people()
        changes = found.changes(int(before) if before.isdigit() else None, SHOWN + 1)
        return found.users(), found.tokens(), changes

    users, tokens, changes = await site(request).ask(look)
    more = changes[SHOWN - 1].id if len(changes) > SHOWN else 0
    facts = {
        "users": users,
        "tokens": tokens,
        "changes": changes[:SHOWN],
        "more": more,
        "roles": ROLES,
        "scopes": SCOPES,
        "secret": secret,
    }
    return page(request, "people.html", "/people", facts)


def _by(request: Request) -> By:
    who = caller(request)
    return By(who.name, who.address, site(request).clock.now().wall)


def _text(form: FormData, key: str) -> str:
    return str(form.get(key, "")).strip()


async def add_user(request: Request) -> Response:
    """POST /people/users"""
    form, by, passwords = await request.form(), _by(request), site(request).passwords
    name, role, password = _text(form, "name"), _text(form, "role"), str(form.get("password", ""))
    await site(request).ask(
        lambda p: entering.add_user(p.store().people(), passwords, name, role, password, by), by.who
    )
    return back(request, "/people")


async def change_user(request: Request) -> Response:
    """POST /people/users/{name}: another role or password, out everywhere, or gone."""
    name, form, by, passwords = (
        request.path_params["name"],
        await request.form(),
        _by(request),
        site(request).passwords,
    )
    do, role, password = _text(form, "do"), _text(form, "role"), str(form.get("password", ""))

    def change(pipeline: Pipeline) -> None:
        found = pipeline.store().people()
        if do == "remove":
            found.remove_user(name, by)
        elif do == "logout":
            found.end_sessions(name, by)
        elif do == "password":
            entering.set_password(found, passwords, name, password, by)
        else:
            entering.known_role(role)
            found.set_role(name, role, by)

    await site(request).ask(change, by.who)
    return back(request, "/people")


async def add_token(request: Request) -> Response:
    """POST /people/tokens"""
    form, by = await request.form(), _by(request)
    name, scope, job, days = (_text(form, key) for key in ("name", "scope", "job", "days"))
    until = int(days) if days.isdigit() else None
    secret = await site(request).ask(
        lambda p: entering.create_token(p.store().people(), name, scope, by, job=job, days=until), by.who
    )
    return await _shown(request, secret)


async def revoke(request: Request) -> Response:
    """POST /people/tokens/{name}/revoke"""
    name, by = request.path_params["name"], _by(request)
    await site(request).ask(lambda p: p.store().people().revoke(name, by), by.who)
    return back(request, "/people")
