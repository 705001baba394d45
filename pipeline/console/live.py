"""News for pages that are open: one stream a page, on which a word says that something happened."""

from __future__ import annotations

from collections.abc import AsyncIterator
from time import monotonic

import anyio
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from pipeline.app import Pipeline
from pipeline.errors import PipelineError
from pipeline.events import Event
from pipeline.server.routes import site
from pipeline.store.model import Query

TICK_S = 0.25  # how soon a page hears of what happened
ELSEWHERE_S = 3.0  # and of what another process did
BEAT_S = 15.0  # a word now and then, so that a lost reader is noticed
QUIET = ("file.reading",)


class News:
    """What happened, as a number that grows. `hear` is a listener of the service."""

    def __init__(self) -> None:
        self.count = 0
        self._looked = 0.0
        self._newest: object = None

    def hear(self, event: Event) -> None:
        if event.name not in QUIET:
            self.count += 1

    def tell(self) -> None:
        """Something happened that is no event."""
        self.count += 1

    async def look(self, request: Request) -> None:
        """What other processes did; asked by every stream, looked up by one of them."""
        if monotonic() - self._looked < ELSEWHERE_S:
            return
        self._looked = monotonic()
        try:
            newest = await site(request).ask(_newest)
        except PipelineError:
            return
        if newest != self._newest:
            self._newest = newest
            self.count += 1


def _newest(pipeline: Pipeline) -> object:
    found = pipeline.page(Query(limit=1))
    paused = sorted(pipeline.store().pauses(pipeline.now()))
    return [(row.id, row.state, row.archived_at) for row in found], paused, pipeline.settings.active


async def stream(request: Request) -> Response:
    """GET /live"""
    news: News = request.app.state.news
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(_words(request, news), media_type="text/event-stream", headers=headers)


async def _words(request: Request, news: News) -> AsyncIterator[bytes]:
    seen, beat = news.count, monotonic()
    yield b"retry: 2000\n\n"
    closing = site(request).closing
    while closing is None or not closing.is_set():
        with anyio.move_on_after(TICK_S):
            await (closing.wait() if closing is not None else anyio.sleep(TICK_S))
        await news.look(request)
        if news.count != seen:
            seen, beat = news.count, monotonic()
            yield b"event: news\ndata: %d\n\n" % seen
        elif monotonic() - beat > BEAT_S:
            beat = monotonic()
            yield b": still here\n\n"
