"""The door as a thing that runs beside the service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from anyio import to_thread
from anyio.abc import TaskStatus

from pipeline.app import Pipeline
from pipeline.errors import Environment, PipelineError
from pipeline.jobs import Listen, Settings
from pipeline.people.entering import LINK, new_link
from pipeline.server.building import Page, Ways, build
from pipeline.server.entering import enter
from pipeline.server.serving import address, opened, serve
from pipeline.server.site import Site
from pipeline.words import Message, message


class Door:
    """Given to `Pipeline.run`. `routes`, `problem_page`: as `build` has them; `told` gets what people should read
    when it opens."""

    def __init__(
        self,
        settings: Settings,
        listen: Listen,
        routes: Ways = (),
        *,
        told: Callable[[Message], None],
        problem_page: Page | None = None,
    ) -> None:
        self._listen, self._told = listen, told
        self.site = Site(settings, listen, enter)
        self._app = build(self.site, routes, problem_page=problem_page)

    async def __call__(self, *, task_status: TaskStatus[None]) -> None:
        bound = await to_thread.run_sync(opened, self._listen)
        port = 0 if self._listen.socket else bound.getsockname()[1]
        listen = replace(self._listen, port=port)
        try:
            await self._welcome(listen)
        except PipelineError:
            bound.close()
            self.site.close()
            raise
        await serve(self._app, self.site, listen, bound, task_status=task_status)

    async def _welcome(self, listen: Listen) -> None:
        """Say where it is, and on this machine how to come in for the first time. Raises PipelineError when others
        reach it and nobody is known: whoever came first would be as good as anybody."""
        try:
            anybody = await self.site.ask(_anybody)
        except Environment:  # without its database nobody comes in, and the service waits for it
            anybody = True
        if not listen.local and not anybody:
            raise PipelineError(message("server.nobody", listen=address(listen)))
        self._told(message("server.open", url=listen.url))
        if listen.local and not listen.proxies and not anybody:
            now = self.site.clock.now().wall
            secret = await self.site.ask(lambda pipeline: new_link(pipeline.store().people(), now))
            minutes = int(LINK.total_seconds() // 60)
            self._told(message("people.link", url=f"{listen.url}/setup?key={secret}", minutes=minutes))


def _anybody(pipeline: Pipeline) -> bool:
    return pipeline.store().people().anybody()
