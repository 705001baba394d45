"""The door as a thing that runs beside the service."""

from __future__ import annotations

from collections.abc import Callable

from anyio import to_thread
from anyio.abc import TaskStatus
from starlette.requests import Request

from pipeline.jobs import Listen, Settings
from pipeline.server.building import Page, Ways, build
from pipeline.server.callers import Caller
from pipeline.server.serving import opened, serve, url
from pipeline.server.site import Site
from pipeline.words import Message, message


class Door:
    """Given to `Pipeline.run`. `routes`, `problem_page`, `login`: as `build` has them; `told` gets what people
    should read when it opens."""

    def __init__(
        self,
        settings: Settings,
        listen: Listen,
        routes: Ways = (),
        *,
        told: Callable[[Message], None],
        problem_page: Page | None = None,
        login: str = "",
    ) -> None:
        self._listen, self._told = listen, told
        self._site = Site(settings, listen, strangers)
        self.app = build(self._site, routes, problem_page=problem_page, login=login)

    async def __call__(self, *, task_status: TaskStatus[None]) -> None:
        bound = await to_thread.run_sync(opened, self._listen)
        self._told(message("server.open", url=url(self._listen, bound)))
        await serve(self.app, self._site, self._listen, bound, task_status=task_status)


async def strangers(site: Site, request: Request) -> Caller:
    """Nobody is known yet."""
    address = request.client.host if request.client else ""
    return Caller(address=address)
