"""Over every route that the door has, found by looking: who may, who may not, and that no parameter leads astray."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from anyio.from_thread import BlockingPortal

from pipeline.api import ROUTES
from pipeline.cli.door import surfaces
from pipeline.people.callers import NEEDS, Caller
from pipeline.server import Files, Route
from pipeline.server.building import own_routes
from tests.flow.conftest import Installation
from tests.server.conftest import SAME, door

EVERY = [*surfaces(), *own_routes()]
GRANTS = ("", "viewer", "operator", "admin", "sync", "drop")
SAFE = {"GET", "HEAD", "OPTIONS"}
ASTRAY = (
    "..", "../..", "..%2f..%2fetc%2fpasswd", "/etc/passwd", "\\..\\config.toml", "\x00", "a\x00b", "\n", "\u202e", "config.toml",
    ".", "-1", "0", "9" * 40, "١٢", "<script>alert(1)</script>", "'; DROP TABLE pipeline_file; --", "%", "é" * 300,
)  # fmt: skip


def routes() -> Iterator[tuple[str, str, Route]]:
    for route in EVERY:
        if isinstance(route, Route):
            for method in sorted((route.methods or set()) - {"HEAD"}):
                yield method, route.path, route


def test_every_route_says_what_it_needs_and_does() -> None:
    assert len(EVERY) > 30
    for route in EVERY:
        assert isinstance(route, Route | Files)
        assert route.needs in NEEDS
        if isinstance(route, Route) and (route.methods or set()) - SAFE:
            assert route.does, route.path
    public = {route.path for route in EVERY if route.needs == "public"}
    assert public <= {
        "/healthz",
        "/readyz",
        "/login",
        "/logout",
        "/language",
        "/setup",
        *(r.path for r in EVERY if isinstance(r, Files)),
    }
    assert {route.path for route in EVERY if route.needs == "watch"} <= {"/metrics"}


def test_nothing_is_changed_by_looking() -> None:
    """A GET changes nothing, but for the link that lets in once."""
    for _, path, route in routes():
        if route.does:
            assert not (route.methods or set()) & SAFE, path


def with_values(path: str, value: str) -> str:
    return re.sub(r"{\w+(:\w+)?}", lambda _: quote(value, safe=""), path)


@pytest.mark.parametrize("grant", GRANTS)
def test_the_role_matrix(grant: str, installation: Installation, portal: BlockingPortal) -> None:
    """Every route lets in whom it should: the others get 401 or 403 and nothing is done."""
    caller = Caller("x", grant, "token") if grant else Caller()
    with door(portal, installation, grant, ROUTES) as ask:
        for method, path, route in routes():
            if route not in ROUTES and route.path not in {r.path for r in own_routes()}:
                continue
            if caller.may(route.needs):
                continue  # what it then does is tested where it is at home
            answer = ask(
                method, with_values(path, "x"), headers=SAME, content=b"" if method in SAFE else b"{}"
            )
            assert answer.status_code == (403 if grant else 401), (method, path)
            assert answer.json()["code"] == ("server.may_not" if grant else "server.log_in")


def test_no_parameter_leads_astray(installation: Installation, portal: BlockingPortal) -> None:
    """Each parameter of each path and query, as the most powerful caller: a clear answer, never a bug, nothing read or
    written outside."""
    secret = installation.root / "secret.txt"
    secret.write_text("the secret that nobody sees")
    before = {
        p for p in installation.root.rglob("*") if ".pipeline" not in p.parts and "shop.db" not in p.name
    }
    with door(portal, installation, "admin", ROUTES) as ask:
        for value in ASTRAY:
            for method, path, route in routes():
                if "{" in path and (path.startswith(("/api/", "/drop/"))):
                    _look(
                        ask(
                            method,
                            with_values(path, value),
                            content=b"" if method in SAFE else b"x",
                            headers=SAME,
                        ),
                        path,
                    )
                for name in getattr(route, "query", {}):
                    _look(ask.get(f"{with_values(path, 'x')}?{name}={quote(value, safe='')}"), path)
    after = {
        p for p in installation.root.rglob("*") if ".pipeline" not in p.parts and "shop.db" not in p.name
    }
    assert after <= before | {p for p in after if p.parent.parent.name == "inbox"}
    assert secret.read_text() == "the secret that nobody sees"


def _look(answer: Any, path: str) -> None:
    assert answer.status_code != 500, (path, str(answer.url), answer.text)
    assert "the secret that nobody sees" not in answer.text
    assert "root:" not in answer.text
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert "Traceback" not in answer.text
    assert "<script" not in answer.text or "json" in answer.headers["content-type"]
