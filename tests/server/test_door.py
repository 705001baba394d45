"""What holds at the door for every request: names, roles, bodies, headers, errors, and who comes from elsewhere."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import subprocess
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.from_thread import BlockingPortal
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from pipeline import Pipeline, config
from pipeline.errors import ConfigError, Environment, Mistake, PipelineError
from pipeline.people.callers import ROLES, SCOPES
from pipeline.people.entering import create_token
from pipeline.server import Caller, Route, Site, caller, site
from pipeline.server.door import Door
from pipeline.store.people.model import By
from pipeline.words import Message, message
from tests.flow.conftest import Installation
from tests.flow.running import Running
from tests.server.conftest import SAME, door, listening, on_a_port
from tests.store.test_exam import NOW


async def echo(request: Request) -> Response:
    return JSONResponse({"who": caller(request).name, "size": len(await request.body())})


async def fails(request: Request) -> Response:
    raise {
        "env": Environment(message("store.absent")),
        "config": ConfigError(
            message("config.mistakes", file="config.toml", count=1),
            [Mistake("config.toml", 3, "imports.x", message("config.section", key="x"))],
        ),
        "ours": PipelineError(message("states.not_held", id=1)),
        "bug": RuntimeError("no such thing"),
    }[request.path_params["what"]]


async def fine(request: Request) -> Response:
    return JSONResponse({"who": caller(request).name})


EVERY = [
    Route("/echo", echo, needs="public", methods=["POST"], does="echo", body=10),
    Route("/view", echo, needs="viewer"),
    Route("/do", fine, needs="operator", methods=["POST"], does="do"),
    Route("/rule", echo, needs="admin", methods=["PUT"], does="rule"),
    Route("/sync", echo, needs="sync", methods=["POST"], does="sync"),
    Route("/drop", echo, needs="drop", methods=["PUT"], does="drop"),
    Route("/fails/{what}", fails, needs="public"),
]


def test_a_route_says_what_it_needs(installation: Installation, portal: BlockingPortal) -> None:
    with pytest.raises(TypeError):
        Route("/x", echo)  # type: ignore[call-arg]
    with pytest.raises(ValueError):
        Route("/x", echo, needs="nobody")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="do"):
        Route("/x", echo, needs="admin", methods=["POST"])
    from starlette.routing import Route as Plain

    with pytest.raises(TypeError, match="needs"), door(portal, installation, routes=[Plain("/x", echo)]):  # type: ignore[list-item]
        pass


GRANTED = {
    "": set[str](),
    "viewer": {"/view"},
    "operator": {"/view", "/do", "/drop"},
    "admin": {"/view", "/do", "/drop", "/rule", "/sync"},
    "sync": {"/sync"},
    "drop": {"/drop"},
}


@pytest.mark.parametrize("grant", GRANTED)
def test_each_role_may_what_it_may(grant: str, installation: Installation, portal: BlockingPortal) -> None:
    with door(portal, installation, grant, EVERY) as ask:
        for method, path in (
            ("GET", "/view"),
            ("POST", "/do"),
            ("PUT", "/rule"),
            ("POST", "/sync"),
            ("PUT", "/drop"),
        ):
            expected = 200 if path in GRANTED[grant] else 403 if grant else 401
            assert ask(method, path).status_code == expected, (grant, path)


def test_an_unknown_grant_may_nothing() -> None:
    for grant in ("", "root", *SCOPES[:2]):
        assert not Caller("x", grant, "token").may("viewer")
    assert [Caller("x", role, "token").may("admin") for role in ROLES] == [False, False, True]


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "localhost@evil.example", "[::1"]
)
def test_a_name_that_is_not_ours_is_refused(
    host: str, installation: Installation, portal: BlockingPortal
) -> None:
    """A page of another site that has its name point at 127.0.0.1 gets nothing."""
    with door(portal, installation, "admin", EVERY) as ask:
        answer = ask.get("/view", headers={"host": host})
        assert answer.status_code == (200 if host == "[::1" else 421) or answer.status_code == 421
        assert ask.get("/view", headers={"host": "LOCALHOST:8080"}).status_code == 200
        assert ask.get("/view", headers={"host": "[::1]:8080"}).status_code == 200


def test_every_answer_has_the_headers(installation: Installation, portal: BlockingPortal) -> None:
    with door(portal, installation, "viewer", EVERY) as ask:
        for path in ("/view", "/nowhere", "/rule", "/fails/bug", "/healthz"):
            answer = ask.get(path)
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy, path
            assert "unsafe" not in policy
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert answer.headers["cross-origin-resource-policy"] == "same-origin"
            assert "server" not in answer.headers
            assert "strict-transport-security" not in answer.headers


@pytest.mark.parametrize(("what", "status"), [("env", 503), ("config", 422), ("ours", 409), ("bug", 500)])
def test_errors_are_problems_in_the_language_that_was_asked(
    what: str, status: int, installation: Installation, portal: BlockingPortal
) -> None:
    with door(portal, installation, "", EVERY) as ask:
        english = ask.get(f"/fails/{what}")
        french = ask.get(f"/fails/{what}", headers={"accept-language": "fr-FR,fr;q=0.9,en;q=0.8"})
    for answer in (english, french):
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert "no such thing" not in answer.text
        assert "Traceback" not in answer.text
    assert english.json()["title"] != french.json()["title"]
    assert english.json()["code"] == french.json()["code"]
    if what == "config":
        assert french.json()["mistakes"][0]["line"] == 3


def test_what_is_not_there_is_a_problem_too(installation: Installation, portal: BlockingPortal) -> None:
    with door(portal, installation, "admin", EVERY) as ask:
        assert (ask.get("/nowhere").status_code, ask.get("/nowhere").json()["code"]) == (
            404,
            "server.no_page",
        )
        assert (ask.get("/do").status_code, ask.get("/do").json()["code"]) == (405, "server.method")


def test_bodies_have_a_limit(installation: Installation, portal: BlockingPortal) -> None:
    async def drip() -> Any:
        for _ in range(4):
            yield b"12345"

    with door(portal, installation, "", EVERY) as ask:
        assert ask.post("/echo", content=b"1234567890").json()["size"] == 10
        for content in (b"12345678901", drip()):
            answer = ask.post("/echo", content=content)
            assert (answer.status_code, answer.json()["code"]) == (413, "server.too_big")


def _session(csrf: str) -> Any:
    async def enter(site: Site, request: Request) -> Caller:
        return Caller("anna", "admin", "session", csrf=csrf)

    return enter


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin", "hx-request": "true"}, 200),
        ({"sec-fetch-site": "none", "x-pipeline": "1"}, 200),
        ({"sec-fetch-site": "same-origin", "x-csrf": "secret"}, 200),
        ({"origin": "http://127.0.0.1:8080", "x-csrf": "secret"}, 200),
        ({"sec-fetch-site": "cross-site", "hx-request": "true"}, 403),
        ({"sec-fetch-site": "same-site", "hx-request": "true"}, 403),
        ({"origin": "http://127.0.0.1:9090", "hx-request": "true"}, 403),
        ({"origin": "null", "hx-request": "true"}, 403),
        ({"hx-request": "true"}, 403),
        ({"sec-fetch-site": "same-origin"}, 403),
        ({"sec-fetch-site": "same-origin", "x-csrf": "wrong"}, 403),
        ({"sec-fetch-site": "same-origin", "x-csrf": ""}, 403),
    ],
)
def test_a_session_acts_only_from_its_own_pages(
    headers: dict[str, str], status: int, installation: Installation, portal: BlockingPortal
) -> None:
    with door(portal, installation, routes=EVERY, enter=_session("secret")) as ask:
        answer = ask("POST", "/do", headers=headers)
        assert answer.status_code == status
        assert status == 200 or answer.json()["code"] == "server.other_site"


def test_a_form_brings_its_token_back(installation: Installation, portal: BlockingPortal) -> None:
    with door(portal, installation, routes=EVERY, enter=_session("secret")) as ask:
        assert ask.post("/do", data={"csrf": "secret"}).status_code == 200
        assert ask.post("/do", files={"csrf": (None, "secret"), "more": (None, "x")}).status_code == 200
        assert ask.post("/do", data={"csrf": "wrong"}).status_code == 403
        assert ask.post("/do", data={}).status_code == 403


def test_a_session_without_a_token_cannot_be_guessed_empty(
    installation: Installation, portal: BlockingPortal
) -> None:
    with door(portal, installation, routes=EVERY, enter=_session("")) as ask:
        assert ask.post("/do", data={"csrf": ""}).status_code == 403


def test_browsers_are_sent_to_the_login(installation: Installation, portal: BlockingPortal) -> None:
    html = {"accept": "text/html,*/*"}
    with door(portal, installation, routes=EVERY) as ask:
        answer = ask.get("/view?a=1&b=//evil.example", headers=html)
        assert (answer.status_code, answer.headers["location"]) == (
            303, "/login?next=/view%3Fa%3D1%26b%3D//evil.example",
        )  # fmt: skip
        assert ask.get("/view").status_code == 401
        assert ask("PUT", "/rule", headers={**html, **SAME}).status_code == 401


def test_health_and_readiness(installation: Installation, portal: BlockingPortal) -> None:
    async def here(site: Site, request: Request) -> Caller:
        return Caller(here=True)

    with door(portal, installation) as ask:
        assert ask.get("/healthz").text == "ok\n"
        stranger = ask.get("/readyz")
        assert (stranger.status_code, stranger.json()) == (503, {"ready": False})
    with door(portal, installation, enter=here) as ask:
        told = ask.get("/readyz", headers={"accept-language": "fr"}).json()
        assert [reason["job"] for reason in told["reasons"]] == [""]
    (installation.root / "shop.db").unlink()
    (installation.root / "shop.db").mkdir()
    with door(portal, installation, enter=here) as ask:
        assert ask.get("/readyz").status_code == 503


def test_the_config_as_it_is_now_is_asked(installation: Installation, portal: BlockingPortal) -> None:
    async def names(request: Request) -> Response:
        return JSONResponse(await site(request).ask(lambda p: [job.name for job in p.settings.imports]))

    routes = [Route("/names", names, needs="public")]
    with door(portal, installation, routes=routes) as ask:
        assert ask.get("/names").json() == ["sales", "nightly"]
        good = installation.config.read_text()
        installation.config.write_text(good.replace("[imports.nightly]", "[imports.evening]"))
        assert ask.get("/names").json() == ["sales", "evening"]
        installation.config.write_text(good.replace("timezone", "timezoen"))
        assert ask.get("/names").json() == ["sales", "evening"]


# over a wire -----------------------------------------------------------------------------------------------
def _talk(address: tuple[str, int], text: bytes, seconds: float = 20) -> bytes:
    with socket.create_connection(address, seconds) as wire:
        came = b""
        with contextlib.suppress(ConnectionError):  # it may be closed before all is sent
            wire.sendall(text)
            while part := wire.recv(65536):
                came += part
        return came


def test_over_a_wire(installation: Installation, portal: BlockingPortal) -> None:
    with on_a_port(portal, installation, listening(installation.root), EVERY, "admin") as address:
        host = f"Host: 127.0.0.1:{address[1]}\r\nConnection: close\r\n".encode()
        assert _talk(address, b"GET /view HTTP/1.1\r\n" + host + b"\r\n").startswith(b"HTTP/1.1 200")
        assert b" 421 " in _talk(
            address, b"GET /view HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
        )
        assert b" 421 " in _talk(address, b"GET /view HTTP/1.0\r\n\r\n")
        big = b"POST /echo HTTP/1.1\r\n" + host + b"Content-Length: 99999999\r\n\r\n"
        assert b" 413 " in _talk(address, big)
        chunked = (
            b"POST /echo HTTP/1.1\r\n"
            + host
            + b"Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n9\r\n123456789\r\n"
        )
        assert b" 413 " in _talk(address, chunked)
        smuggled = (
            b"POST /echo HTTP/1.1\r\n"
            + host
            + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x"
        )
        assert b"HTTP/1.1 200" in _talk(address, smuggled) or b" 400 " in _talk(address, smuggled)
        assert b" 200 " not in _talk(
            address, b"GET /view HTTP/1.1\r\n" + host + b"X: " + b"a" * 900_000 + b"\r\n\r\n"
        )
        for path in (b"/../../etc/passwd", b"/%2e%2e/%2e%2e/etc/passwd", b"//etc/passwd", b"/view/../../etc"):
            assert b" 404 " in _talk(address, b"GET " + path + b" HTTP/1.1\r\n" + host + b"\r\n"), path


def test_a_stream_ends_when_the_door_closes(installation: Installation, portal: BlockingPortal) -> None:
    async def stream(request: Request) -> Response:
        closing = site(request).closing
        assert closing is not None

        async def parts() -> Any:
            yield b"data: hello\n\n"
            await closing.wait()
            yield b"data: goodbye\n\n"

        return StreamingResponse(parts(), media_type="text/event-stream")

    routes = [Route("/live", stream, needs="viewer")]
    with on_a_port(portal, installation, listening(installation.root), routes, "viewer") as address:
        wire = socket.create_connection(address, 20)
        wire.sendall(f"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{address[1]}\r\n\r\n".encode())
        came = b""
        while b"hello" not in came:
            came += wire.recv(65536)
    while part := wire.recv(65536):
        came += part
    wire.close()
    assert b"goodbye" in came


def test_a_unix_socket(installation: Installation, portal: BlockingPortal) -> None:
    listen = listening(installation.root, 'listen = "unix:door.sock"\n')
    with on_a_port(portal, installation, listen, EVERY, "viewer"):
        path = installation.root / "door.sock"
        assert path.stat().st_mode & 0o777 == 0o660
        with socket.socket(socket.AF_UNIX) as wire:
            wire.connect(str(path))
            wire.sendall(b"GET /view HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert wire.recv(20).startswith(b"HTTP/1.1 200")
    assert not path.exists()


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", str(key), "-out", str(cert), "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    return cert, key


def test_tls_of_our_own(
    installation: Installation, portal: BlockingPortal, certificate: tuple[Path, Path]
) -> None:
    text = 'listen = "127.0.0.1:0"\ntls = { cert = "cert.pem", key = "key.pem" }\n'
    listen = listening(installation.root, text)
    trust = ssl.create_default_context(cafile=str(certificate[0]))
    with (
        on_a_port(portal, installation, listen, EVERY, "viewer") as address,
        socket.create_connection(address, 20) as plain,
        trust.wrap_socket(plain, server_hostname="localhost") as wire,
    ):
        wire.sendall(b"GET /view HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        came = wire.recv(65536)
        assert came.startswith(b"HTTP/1.1 200")
        assert b"strict-transport-security" in came.lower()


def test_what_cannot_be_opened_is_said_in_words(
    installation: Installation, portal: BlockingPortal, certificate: tuple[Path, Path]
) -> None:
    from pipeline.server.serving import opened

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listen = listening(installation.root, f'listen = "127.0.0.1:{taken.getsockname()[1]}"\n')
        with pytest.raises(PipelineError) as told:
            opened(listen)
        assert told.value.said.code == "server.cannot_listen"
    certificate[1].write_text("no key")
    listen = listening(
        installation.root, 'listen = "127.0.0.1:0"\ntls = { cert = "cert.pem", key = "key.pem" }\n'
    )
    with pytest.raises(PipelineError) as told:
        opened(listen)
    assert told.value.said.code == "server.bad_tls"


def test_others_must_not_find_an_open_house(installation: Installation, portal: BlockingPortal) -> None:
    """What can be reached from elsewhere stays shut until somebody is known."""
    listen = listening(
        installation.root, 'listen = "0.0.0.0:0"\nbehind_proxy = true\nhosts = "office.example"\n'
    )
    told = list[Message]()

    async def opens() -> None:
        door = Door(config.load(installation.config), listen, told=told.append)
        async with anyio.create_task_group() as tasks:
            await tasks.start(door)
            tasks.cancel_scope.cancel()

    with pytest.raises(ExceptionGroup) as refused:
        portal.call(opens)
    error = refused.value.exceptions[0]
    assert isinstance(error, PipelineError)
    assert error.said.code == "server.nobody"
    assert not told
    with Pipeline(installation.config) as pipeline:
        create_token(pipeline.store().people(), "head-office", "sync", By("root", "", NOW))
    portal.call(opens)
    assert [said.code for said in told] == ["server.open"]


def test_the_service_opens_and_closes_the_door(installation: Installation) -> None:
    listening(installation.root)
    service = Running(installation)
    try:
        service.hears("service.started")
        where, link = (line for line in service.said if "http://" in line)
        host, _, port = where.strip().rpartition("http://")[2].partition(":")
        path = link.strip().rpartition(f":{port}")[2]
        setup = _talk((host, int(port)), f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        assert setup.startswith(b"HTTP/1.1 200")
        assert b"HttpOnly" in setup
        answer = _talk(
            (host, int(port)), b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        assert answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 503"))
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["ready"] in (True, False)
        service.end()
        with pytest.raises(OSError):
            socket.create_connection((host, int(port)), 5)
    finally:
        service.kill()
