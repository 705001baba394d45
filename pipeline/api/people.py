"""People and programs: who I am, users, tokens, sessions, and who changed what."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pipeline.api.files import PAGES
from pipeline.api.speaking import Endpoint, page_of, sent
from pipeline.app import Pipeline
from pipeline.people import entering
from pipeline.people.entering import IDLE, LONGEST
from pipeline.server import Refused, caller, site
from pipeline.shapes import moment
from pipeline.store.people.model import By, Change, People, Token, User
from pipeline.words import message


def _by(request: Request) -> By:
    return By(caller(request).name, caller(request).address, site(request).clock.now().wall)


def people(pipeline: Pipeline) -> People:
    return pipeline.store().people()


async def me(request: Request) -> Response:
    """Who asks, what they may, and what the forms of this session must bring back."""
    who = caller(request)
    return JSONResponse({"name": who.name, "role": who.grant, "way": who.way, "csrf": who.csrf or None})


# users ------------------------------------------------------------------------------------------------------
async def users(request: Request) -> Response:
    """Everybody who may log in."""
    found = await site(request).ask(lambda pipeline: people(pipeline).users())
    return JSONResponse([_user(one) for one in found])


def _user(one: User) -> dict[str, object]:
    return {
        "name": one.name,
        "role": one.role,
        "created_at": moment(one.created_at),
        "created_by": one.created_by,
    }


async def add_user(request: Request) -> Response:
    """Let somebody log in."""
    given = await _all(request, name=str, role=str, password=str)
    at, by = site(request), _by(request)

    def do(pipeline: Pipeline) -> User | None:
        every = people(pipeline)
        entering.add_user(every, at.passwords, given["name"], given["role"], given["password"], by)
        return every.user(given["name"])

    async with at.guessing:
        made = await at.ask(do)
    assert made is not None
    return JSONResponse(_user(made), 201)


async def change_user(request: Request) -> Response:
    """Another role, another password, or both."""
    name, given = request.path_params["name"], await sent(request, role=str, password=str)
    at, by = site(request), _by(request)

    def do(pipeline: Pipeline) -> User | None:
        every = people(pipeline)
        if "role" in given:
            entering.known_role(given["role"])
            every.set_role(name, given["role"], by)
        if "password" in given:
            entering.set_password(every, at.passwords, name, given["password"], by)
        return every.user(name)

    async with at.guessing:
        found = await at.ask(do)
    if found is None:
        raise Refused(404, message("people.no_user", name=name))
    return JSONResponse(_user(found))


async def remove_user(request: Request) -> Response:
    """Let somebody log in no more."""
    name, by = request.path_params["name"], _by(request)
    await site(request).ask(lambda pipeline: people(pipeline).remove_user(name, by))
    return Response(status_code=204)


# tokens -----------------------------------------------------------------------------------------------------
async def tokens(request: Request) -> Response:
    """Every token by its name; never the token itself."""
    found = await site(request).ask(lambda pipeline: people(pipeline).tokens())
    return JSONResponse([_token(one) for one in found])


def _token(one: Token) -> dict[str, object]:
    times = {"created_at": one.created_at, "expires_at": one.expires_at, "used_at": one.used_at}
    return {
        "name": one.name,
        "scope": one.scope,
        "job": one.job or None,
        **{k: moment(v) for k, v in times.items()},
    }


async def add_token(request: Request) -> Response:
    """Let a program come in. `token` is shown only in this answer."""
    given = await sent(request, name=str, scope=str, job=str, days=int)
    if "name" not in given:
        raise Refused(422, message("api.missing", key="name"))
    if not 0 < given.get("days", 1) <= 36_500:
        raise Refused(422, message("api.kind", key="days", kind="1-36500"))
    by = _by(request)
    secret = await site(request).ask(
        lambda pipeline: entering.create_token(
            people(pipeline), given["name"], given.get("scope", "read"), by,
            job=given.get("job", ""), days=given.get("days"),
        )
    )  # fmt: skip
    return JSONResponse({"name": given["name"], "token": secret}, 201)


async def revoke(request: Request) -> Response:
    """Make a token worth nothing."""
    name, by = request.path_params["name"], _by(request)
    await site(request).ask(lambda pipeline: people(pipeline).revoke(name, by))
    return Response(status_code=204)


# sessions and audit -----------------------------------------------------------------------------------------
async def sessions(request: Request) -> Response:
    """Who is logged in, from where, since when."""
    now = site(request).clock.now().wall
    found = await site(request).ask(lambda pipeline: people(pipeline).sessions(now, IDLE, LONGEST))
    return JSONResponse([
        {"user": one.user or None, "role": one.role, "begun_at": moment(one.begun_at), "seen_at": moment(one.seen_at),
         "address": one.address, "agent": one.agent} for one in found
    ])  # fmt: skip


async def end_sessions(request: Request) -> Response:
    """End all sessions of a user."""
    name, by = request.path_params["name"], _by(request)
    count = await site(request).ask(lambda pipeline: people(pipeline).end_sessions(name, by))
    return JSONResponse({"ended": count})


async def audit(request: Request) -> Response:
    """Who changed what, newest first: before, after, when, from where."""
    before, limit = page_of(request)
    found = await site(request).ask(lambda pipeline: people(pipeline).changes(before, limit))
    more = found[-1].id if len(found) == limit else None
    return JSONResponse({"changes": [_change(one) for one in found], "next": more})


def _change(one: Change) -> dict[str, object]:
    values = {
        name: json.loads(text) if text else None
        for name, text in (("before", one.before), ("after", one.after))
    }
    where = {"id": one.id, "at": moment(one.at), "who": one.who, "address": one.address}
    return {**where, "what": one.what, "subject": one.subject, **values}


async def _all(request: Request, **kinds: type) -> dict[str, Any]:
    given = await sent(request, **kinds)
    for key in kinds:
        if key not in given:
            raise Refused(422, message("api.missing", key=key))
    return given


USER = {
    "name": "anna",
    "role": "operator",
    "created_at": "2026-05-12T08:00:00+00:00",
    "created_by": "root@shop",
}
TOKEN = {"name": "till", "scope": "drop", "job": "till", "created_at": "2026-05-12T08:00:00+00:00"}
ROUTES = [
    Endpoint("/session", me, needs="viewer", gives={"name": "anna", "role": "operator", "way": "session", "csrf": "…"}),
    Endpoint("/users", users, needs="admin", gives=[USER]),
    Endpoint(
        "/users", add_user, needs="admin", method="POST", does="user.add", gives=USER,
        asks={"name": "anna", "role": "operator", "password": "…"},
    ),
    Endpoint(
        "/users/{name}", change_user, needs="admin", method="PATCH", does="user.change", asks={"role": "viewer"}, gives=USER
    ),
    Endpoint("/users/{name}", remove_user, needs="admin", method="DELETE", does="user.remove"),
    Endpoint("/users/{name}/sessions", end_sessions, needs="admin", method="DELETE", does="session.end", gives={"ended": 2}),
    Endpoint("/tokens", tokens, needs="admin", gives=[TOKEN]),
    Endpoint(
        "/tokens", add_token, needs="admin", method="POST", does="token.create",
        asks={"name": "till", "scope": "drop", "job": "till", "days": 365}, gives={"name": "till", "token": "plt_…"},
    ),
    Endpoint("/tokens/{name}", revoke, needs="admin", method="DELETE", does="token.revoke"),
    Endpoint("/sessions", sessions, needs="admin", gives=[{"user": "anna", "role": "operator", "address": "192.0.2.7"}]),
    Endpoint("/audit", audit, needs="admin", query=PAGES, gives={
        "changes": [{"who": "anna", "what": "switch", "subject": "active", "before": True, "after": False}], "next": None,
    }),
]  # fmt: skip
