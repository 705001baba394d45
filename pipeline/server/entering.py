"""Who a request is from: a token in its header, a session in its cookie, or a stranger."""

from __future__ import annotations

from ipaddress import ip_address

from starlette.requests import Request
from starlette.responses import Response

from pipeline.app import Pipeline
from pipeline.jobs import Listen
from pipeline.people.callers import GRANTS, Caller
from pipeline.people.entering import IDLE, LONGEST
from pipeline.people.keys import csrf_of, key_of
from pipeline.server.site import Site
from pipeline.store.people.model import Session, Token

OWNER = "owner"  # who came by the link that lets in once, and has no name


async def enter(site: Site, request: Request) -> Caller:
    """The caller. What cannot be right is a stranger, and the database is not asked for those who bring nothing."""
    stranger = Caller(address=address_of(request), here=_here(site.listen, request))
    given = request.headers.get("authorization", "")
    if given:  # a token that is wrong is not made right by a cookie
        scheme, _, secret = given.partition(" ")
        return await _by_token(site, stranger, secret.strip()) if scheme.lower() == "bearer" else stranger
    secret = request.cookies.get(cookie_name(site.listen), "")
    return await _by_session(site, stranger, secret) if secret else stranger


async def _by_token(site: Site, stranger: Caller, secret: str) -> Caller:
    key, now = key_of(secret), site.clock.now().wall

    def look(pipeline: Pipeline) -> Token | None:
        people = pipeline.people()
        return people.token(key, now) if people else None

    found = await site.ask(look)
    if found is None:
        return stranger
    site.used(token=key, last=found.used_at)
    return Caller(
        f"token {found.name}",
        GRANTS.get(found.scope, ""),
        "token",
        stranger.address,
        stranger.here,
        job=found.job,
    )


async def _by_session(site: Site, stranger: Caller, secret: str) -> Caller:
    key, now = key_of(secret), site.clock.now().wall

    def look(pipeline: Pipeline) -> Session | None:
        people = pipeline.people()
        return people.session(key) if people else None

    found = await site.ask(look)
    if found is None:
        return stranger
    seen = site.last_seen(key, found.seen_at)
    if now - seen > IDLE or now - found.begun_at > LONGEST:
        return stranger
    if not found.user and not _nameless(site.listen):
        return stranger
    site.used(session=key, last=found.seen_at)
    return Caller(
        found.user or OWNER, found.role, "session", stranger.address, stranger.here, csrf_of(secret), key
    )  # fmt: skip


def _nameless(listen: Listen) -> bool:
    """May somebody without a name be in? Where only this machine reaches the door."""
    return listen.local and not listen.proxies


def address_of(request: Request) -> str:
    """From where it comes; "" over a unix socket."""
    return request.client.host if request.client else ""


def _here(listen: Listen, request: Request) -> bool:
    """On this machine, with nobody between. A proxy that we were not told of gives itself away by its header."""
    if listen.proxies or "x-forwarded-for" in request.headers or "forwarded" in request.headers:
        return False
    try:
        return request.client is None or ip_address(request.client.host).is_loopback
    except ValueError:
        return request.client is not None and not request.client.host and listen.socket is not None


def cookie_name(listen: Listen) -> str:
    """A browser gives a `__Host-` cookie only to the host that set it, and only over TLS."""
    return "__Host-pipeline" if listen.secure else "pipeline"


def set_cookie(response: Response, listen: Listen, secret: str) -> None:
    """Give the browser its session; "" takes it away."""
    name = cookie_name(listen)
    rules = {"path": "/", "secure": listen.secure, "httponly": True, "samesite": "strict"}
    if secret:
        response.set_cookie(name, secret, **rules)  # type: ignore[arg-type]
    else:
        response.delete_cookie(name, **rules)  # type: ignore[arg-type]
