"""Coming in: by token, by name and password, by the link that lets in once; and what keeps others out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pipeline import Pipeline
from pipeline.clock import Now
from pipeline.people import entering
from pipeline.people.entering import IDLE, LONGEST
from pipeline.server import Route, caller, changed
from pipeline.server.entering import enter
from pipeline.server.login import next_of
from pipeline.store.people.model import By, People
from tests.flow.conftest import Installation
from tests.server.conftest import CHEAP, Asking, door, listening

GOOD = "correct horse battery"
BY = By("root@shop", "", datetime(2026, 5, 12, tzinfo=timezone.utc))  # noqa: UP017


class Moving:
    """A clock that a test moves on."""

    def __init__(self) -> None:
        self.at = datetime(2026, 5, 12, 8, tzinfo=timezone.utc)  # noqa: UP017

    def now(self) -> Now:
        return Now(self.at, 0.0)


async def who(request: Request) -> Response:
    found = caller(request)
    return JSONResponse({"name": found.name, "grant": found.grant, "csrf": found.csrf, "job": found.job})


async def turn(request: Request) -> Response:
    changed(request, "x", {"old": 1}, {"new": 2})
    return JSONResponse({})


ROUTES = [
    Route("/who", who, needs="public"),
    Route("/view", who, needs="viewer"),
    Route("/turn", turn, needs="operator", methods=["POST"], does="turned"),
    Route("/figures", who, needs="watch"),
]


def people_of(box: Installation, do: Callable[[People], Any]) -> Any:
    with Pipeline(box.config) as pipeline:
        return do(pipeline.store().people())


@contextmanager
def opened(portal: BlockingPortal, box: Installation, **more: Any) -> Iterator[Asking]:
    with door(portal, box, routes=ROUTES, enter=enter, **more) as ask:
        yield ask


@pytest.fixture
def box(installation: Installation) -> Installation:
    people_of(installation, lambda people: entering.add_user(people, CHEAP, "anna", "operator", GOOD, BY))
    return installation


def test_a_token_comes_in_by_its_header_only(box: Installation, portal: BlockingPortal) -> None:
    made = {
        scope: people_of(box, lambda people, scope=scope: entering.create_token(people, scope, scope, BY))
        for scope in ("read", "operate", "admin", "sync", "drop")
    }
    with opened(portal, box) as ask:
        for scope, grant in {
            "read": "viewer",
            "operate": "operator",
            "admin": "admin",
            "drop": "drop",
        }.items():
            found = ask.get("/who", headers={"authorization": f"Bearer {made[scope]}"}).json()
            assert (found["name"], found["grant"]) == (f"token {scope}", grant)
        header = {"authorization": f"Bearer {made['operate']}"}
        assert ask("POST", "/turn", headers=header).status_code == 200  # no browser sends it by itself
        assert ask.get(f"/view?token={made['read']}&access_token={made['read']}").status_code == 401
        assert ask.get("/view", headers={"cookie": f"pipeline={made['read']}"}).status_code == 401
        for wrong in ("Bearer", "Bearer ", f"Basic {made['read']}", f"Bearer {made['read']}x", "Bearer \xe9"):
            answer = ask.get("/view", headers={"authorization": wrong.encode("latin-1")})  # type: ignore[dict-item]
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        people_of(box, lambda people: people.revoke("read", BY))
        assert ask.get("/view", headers={"authorization": f"Bearer {made['read']}"}).status_code == 401


def test_use_is_noted(box: Installation, portal: BlockingPortal) -> None:
    token, clock = people_of(box, lambda people: entering.create_token(people, "t", "read", BY)), Moving()
    header = {"authorization": f"Bearer {token}"}
    with opened(portal, box, clock=clock) as ask:
        first = clock.at
        ask.get("/who", headers=header)
        assert people_of(box, lambda people: people.tokens())[0].used_at == first
        clock.at += timedelta(seconds=50)
        ask.get("/who", headers=header)
        assert people_of(box, lambda people: people.tokens())[0].used_at == first  # not at every request
        clock.at += timedelta(seconds=50)
        ask.get("/who", headers=header)
        assert people_of(box, lambda people: people.tokens())[0].used_at == clock.at


def test_a_login_gives_a_new_session(box: Installation, portal: BlockingPortal) -> None:
    """What the browser brought before, from whomever it has it, is worth nothing afterwards."""
    with opened(portal, box) as ask:
        ask.client.cookies.set("pipeline", "planted-by-somebody-else", domain="127.0.0.1")
        answer = ask.post("/login", data={"name": "anna", "password": GOOD, "next": "/view"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/view")
        cookie = answer.headers["set-cookie"]
        for rule in ("HttpOnly", "SameSite=strict", "Path=/"):
            assert rule in cookie
        assert "Secure" not in cookie
        assert "planted" not in cookie
        assert "expires" not in cookie.lower()
        first = ask.client.cookies["pipeline"]
        assert ask.get("/view").json()["name"] == "anna"
        assert ask.post("/login", json={"name": "anna", "password": GOOD, "next": ""}).json()["csrf"]
        assert ask.client.cookies["pipeline"] != first
        assert ask.get("/view", headers={"cookie": f"pipeline={first}"}).status_code == 401


def test_over_tls_the_cookie_is_bound_to_the_host(box: Installation, portal: BlockingPortal) -> None:
    listen = listening(box.root, 'listen = "127.0.0.1:0"\nbehind_proxy = true\nhosts = "office.example"\n')
    with opened(portal, box, listen=listen, home="https://office.example") as ask:
        cookie = ask.post("/login", data={"name": "anna", "password": GOOD, "next": "/"}).headers[
            "set-cookie"
        ]
        assert cookie.startswith("__Host-pipeline=")
        assert "Secure" in cookie
        assert "Domain" not in cookie


def test_the_session_ends_when_it_should(box: Installation, portal: BlockingPortal) -> None:
    clock = Moving()
    with opened(portal, box, clock=clock) as ask:

        def log_in() -> None:
            clock.at += timedelta(days=2)
            assert ask.post("/login", data={"name": "anna", "password": GOOD, "next": "/"}).status_code == 303

        log_in()
        for _ in range(3):
            clock.at += IDLE - timedelta(minutes=1)
            assert ask.get("/view").status_code == 200
        clock.at += IDLE + timedelta(seconds=1)
        assert ask.get("/view").status_code == 401
        log_in()
        begun = clock.at
        while clock.at - begun <= LONGEST - timedelta(minutes=20):
            clock.at += timedelta(minutes=20)
            assert ask.get("/view").status_code == 200
        clock.at += timedelta(minutes=20)
        assert ask.get("/view").status_code == 401
        log_in()
        kept = ask.client.cookies["pipeline"]
        gone = ask.post("/logout", headers={"x-pipeline": "1"})
        assert gone.status_code == 303
        assert 'pipeline=""' in gone.headers["set-cookie"]
        assert ask.get("/view", headers={"cookie": f"pipeline={kept}"}).status_code == 401
        log_in()
        people_of(box, lambda people: people.end_sessions("anna", BY))
        assert ask.get("/view").status_code == 401


def test_a_wrong_login_says_nothing_of_what_was_wrong(box: Installation, portal: BlockingPortal) -> None:
    told = []
    for name, password in (("anna", "wrong wrong wrong"), ("nobody", GOOD)):
        with opened(portal, box) as ask:
            answer = ask.post("/login", data={"name": name, "password": password, "next": "/"})
            told.append((answer.status_code, answer.json(), "set-cookie" in answer.headers))
    assert told[0] == told[1]
    assert told[0][0] == 401


def test_a_guesser_waits_also_at_another_door(box: Installation, portal: BlockingPortal) -> None:
    """The second door is as good as the first one started anew: the waits stand in the database."""
    clock, wrong = Moving(), {"name": "anna", "password": "wrong wrong wrong", "next": "/"}
    for _ in range(2):
        with opened(portal, box, clock=clock) as ask:
            assert ask.post("/login", data=wrong).status_code == 401
    with opened(portal, box, clock=clock) as ask:
        held = ask.post("/login", data={**wrong, "password": GOOD})
        assert (held.status_code, held.headers["retry-after"]) == (429, "1")
        assert held.json()["code"] == "people.wait"
        clock.at += timedelta(seconds=1)
        assert ask.post("/login", data={**wrong, "password": GOOD}).status_code == 303


def test_another_site_cannot_log_somebody_in(box: Installation, portal: BlockingPortal) -> None:
    with opened(portal, box) as ask:
        for headers in ({}, {"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
            answer = ask(
                "POST", "/login", headers=headers, data={"name": "anna", "password": GOOD, "next": "/"}
            )
            assert answer.status_code == 403
            assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "where",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/a\r\nx: y",
        "",
        "/ x",
    ],
)
def test_after_the_login_one_stays_here(where: str) -> None:
    assert next_of(where) == "/"
    assert next_of("/files?job=a") == "/files?job=a"


@pytest.mark.parametrize(
    "content", [b"{", b"[]", b'{"name": 1, "password": 2, "next": ""}', b"\xff\xfe", b"null"]
)
def test_a_login_that_is_nonsense(content: bytes, box: Installation, portal: BlockingPortal) -> None:
    with opened(portal, box) as ask:
        answer = ask.post("/login", content=content, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (400, "server.bad_request")


def test_the_link_lets_in_once(installation: Installation, portal: BlockingPortal) -> None:
    clock = Moving()
    link = people_of(installation, lambda people: entering.new_link(people, clock.at))
    with opened(portal, installation, clock=clock) as ask:
        assert ask("HEAD", f"/setup?key={link}").status_code == 403
        assert ask.get(f"/setup?key={link}", headers={"sec-purpose": "prefetch;prerender"}).status_code == 403
        page = ask.get(f"/setup?key={link}", headers={"accept-language": "fr"})
        assert page.status_code == 200
        assert 'http-equiv="refresh"' in page.text
        assert ask.get("/view").json()["grant"] == "admin"
        assert ask.get(f"/setup?key={link}").status_code == 403
        assert ask.get("/setup").status_code == 403
    late = people_of(installation, lambda people: entering.new_link(people, clock.at))
    clock.at += timedelta(minutes=15)
    with opened(portal, installation, clock=clock) as ask:
        assert ask.get(f"/setup?key={late}").status_code == 403


def test_a_link_is_for_this_machine(installation: Installation, portal: BlockingPortal) -> None:
    listen = listening(installation.root, 'listen = "127.0.0.1:0"\nbehind_proxy = true\n')
    clock = Moving()
    link = people_of(installation, lambda people: entering.new_link(people, clock.at))
    with opened(portal, installation, listen=listen, clock=clock) as ask:
        assert ask.get(f"/setup?key={link}").json()["code"] == "people.link_local"
    with opened(portal, installation, clock=clock) as ask:
        assert ask.get(f"/setup?key={link}").status_code == 200
        cookie = {"cookie": f"__Host-pipeline={ask.client.cookies['pipeline']}"}
    with opened(portal, installation, listen=listen, clock=clock) as ask:
        assert ask.get("/view", headers=cookie).status_code == 401


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("192.0.2.7", {}, 401),
        ("127.0.0.1", {"x-forwarded-for": "192.0.2.7"}, 401),
        ("127.0.0.1", {"forwarded": "for=192.0.2.7"}, 401),
    ],
)
def test_figures_are_for_this_machine_or_a_token(
    address: str, headers: dict[str, str], status: int, box: Installation, portal: BlockingPortal
) -> None:
    token = people_of(box, lambda people: entering.create_token(people, "watch", "read", BY))
    with opened(portal, box, client=address) as ask:
        assert ask.get("/figures", headers=headers).status_code == status
        assert ask.get("/figures", headers={**headers, "authorization": f"Bearer {token}"}).status_code == 200


def test_changes_are_recorded_with_who_and_from_where(box: Installation, portal: BlockingPortal) -> None:
    with opened(portal, box, client="192.0.2.9") as ask:
        ask.post("/login", data={"name": "anna", "password": GOOD, "next": "/"})
        csrf = ask.get("/who").json()["csrf"]
        assert ask.post("/turn", data={"csrf": csrf}).status_code == 200
    last = people_of(box, lambda people: people.changes(limit=1))[0]
    assert (last.what, last.subject, last.who, last.address) == ("turned", "x", "anna", "192.0.2.9")
    assert (last.before, last.after) == ('{"old": 1}', '{"new": 2}')


def test_health_does_not_need_the_database(box: Installation, portal: BlockingPortal) -> None:
    (box.root / "shop.db").unlink()
    (box.root / "shop.db").mkdir()
    with opened(portal, box) as ask:
        assert ask.get("/healthz", headers={"cookie": "pipeline=x"}).status_code == 200
        assert ask.get("/view").status_code == 401
        assert ask.get("/view", headers={"cookie": "pipeline=x"}).status_code == 503


def test_the_plain_login_page_is_safe(box: Installation, portal: BlockingPortal) -> None:
    with opened(portal, box) as ask:
        page = ask.get("/login?next=/%22%3E%3Cscript%3E", headers={"accept-language": "fr"})
    assert "<script" not in page.text
    assert "Mot de passe" in page.text
