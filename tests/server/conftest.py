"""The door of a ready installation: asked in this process, or over a real port."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from starlette.applications import Starlette
from starlette.requests import Request

from pipeline import config
from pipeline.jobs import Listen
from pipeline.people.passwords import Passwords
from pipeline.server import Caller, Files, Route, Site, build
from pipeline.server.serving import opened, serve
from tests.flow.conftest import Installation, installation

__all__ = ["Installation", "installation"]
CHEAP = Passwords(8, 1, 1)
HOME = "http://127.0.0.1:8080"
SAME = {"sec-fetch-site": "same-origin"}


@dataclass
class Asking:
    """A browser or program that asks the door; every call waits for its answer."""

    portal: BlockingPortal
    client: httpx.AsyncClient

    def __call__(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self.portal.call(partial(self.client.request, method, path, **more))

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self("POST", path, headers={**SAME, **more.pop("headers", {})}, **more)


@pytest.fixture(scope="session")
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as found:
        yield found


def listening(root: Path, text: str = 'listen = "127.0.0.1:0"\n') -> Listen:
    """What `[server]` with this text says; it is written into the config."""
    path = root / "config.toml"
    path.write_text(path.read_text("utf-8").partition("[server]")[0] + f"[server]\n{text}", "utf-8")
    found = config.load(path).server
    assert found is not None
    return found


def as_role(role: str) -> Any:
    """Whoever comes has this role, by a token."""

    async def enter(site: Site, request: Request) -> Caller:
        address = request.client.host if request.client else ""
        return Caller("tester" if role else "", role, "token" if role else "", address)

    return enter


@contextmanager
def asking(
    portal: BlockingPortal, app: Starlette, home: str = HOME, client: str = "127.0.0.1"
) -> Iterator[Asking]:
    """In this process, without a wire. `client`: the address that it asks from."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(client, 5))
    made = httpx.AsyncClient(transport=transport, base_url=home)
    try:
        yield Asking(portal, made)
    finally:
        portal.call(made.aclose)


@contextmanager
def door(
    portal: BlockingPortal,
    box: Installation,
    role: str = "",
    routes: Sequence[Route | Files] = (),
    **more: Any,
) -> Iterator[Asking]:
    """The door of this installation, as everybody finds it who has this role."""
    listen = more.pop("listen", None) or listening(box.root)
    site = Site(config.load(box.config), listen, more.pop("enter", as_role(role)))
    site.passwords = CHEAP
    site.clock = more.pop("clock", site.clock)
    with asking(portal, build(site, routes, **more.pop("build", {})), **more) as found:
        yield found
    site.close()


@contextmanager
def on_a_port(
    portal: BlockingPortal,
    box: Installation,
    listen: Listen,
    routes: Sequence[Route | Files] = (),
    role: str = "",
) -> Iterator[tuple[str, int]]:
    """Served by uvicorn on a real port: its address."""
    site = Site(replace(config.load(box.config), server=listen), listen, as_role(role))
    bound: socket.socket = opened(listen)
    address = bound.getsockname()

    async def until_told(app: Starlette, *, task_status: anyio.abc.TaskStatus[anyio.CancelScope]) -> None:
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as tasks:
                await tasks.start(partial(serve, app, site, listen, bound))
                task_status.started(scope)

    with portal.wrap_async_context_manager(_Group(until_told, build(site, routes))):
        yield address


class _Group:
    """A task of the portal's loop that is cancelled at the end."""

    def __init__(self, task: Any, app: Starlette) -> None:
        self._task, self._app = task, app

    async def __aenter__(self) -> None:
        self._tasks = anyio.create_task_group()
        await self._tasks.__aenter__()
        self._scope = await self._tasks.start(self._task, self._app)

    async def __aexit__(self, *why: Any) -> None:
        self._scope.cancel()
        await self._tasks.__aexit__(None, None, None)
