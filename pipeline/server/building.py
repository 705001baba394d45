"""The door, put together: `build(site, routes)`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from pipeline.errors import PipelineError
from pipeline.jobs import Listen
from pipeline.server import dropping, health, login, metrics, peers
from pipeline.server.guard import Guard
from pipeline.server.problems import Problem, Refused, answer, no_page, problem_of
from pipeline.server.routes import Files, Route
from pipeline.server.site import Site
from pipeline.words import message

Ways = Sequence[Route | Files]
Page = Callable[[Request, Problem], Response]


def build(
    site: Site, routes: Ways = (), *, problem_page: Page | None = None, figures: metrics.Metrics | None = None
) -> Starlette:
    """The application: these routes before the door's own, so that one of the same path takes its place.
    `problem_page` shows a problem to a browser; `figures` hears the service's events.
    Raises TypeError for a route that does not say what it needs."""
    every = [*routes, *own_routes()]
    for route in every:
        if not isinstance(route, Route | Files):
            raise TypeError(f"{route!r} does not say what it needs")
    app = _Guarded(
        routes=every,
        exception_handlers={PipelineError: _ours, HTTPException: _plain, Exception: _bug},
    )
    app.listen = site.listen
    app.state.site, app.state.language = site, site.settings.language
    app.state.problem_page, app.state.metrics = problem_page, figures or metrics.Metrics()
    return app


class _Guarded(Starlette):
    """The guard stands before everything, also before the page of an unexpected error."""

    listen: Listen

    def build_middleware_stack(self) -> ASGIApp:
        return Guard(super().build_middleware_stack(), self.listen)


def own_routes() -> list[Route | Files]:
    """What the door has by itself."""
    return [*health.ROUTES, *peers.ROUTES, *login.ROUTES, *metrics.ROUTES, *dropping.ROUTES]


def walk(app: Starlette) -> Iterator[BaseRoute]:
    """Every route, for those who look at what each needs."""
    yield from app.routes


async def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, PipelineError)
    headers = error.headers if isinstance(error, Refused) else {}
    problem = problem_of(error)
    if problem.status == 503:
        headers = {"retry-after": "10", **headers}
    return answer(request, problem, headers)


async def _plain(request: Request, error: Exception) -> Response:
    """What Starlette refuses by itself."""
    assert isinstance(error, HTTPException)
    problem = Problem(error.status_code, message("server.bad_request", why=error.detail))
    if error.status_code == 404:
        problem = no_page()
    elif error.status_code == 405:
        problem = Problem(405, message("server.method", method=request.method))
    return answer(request, problem, error.headers)


async def _bug(request: Request, error: Exception) -> Response:
    """Not ours: a sentence here; what uvicorn logs of it stands in a file, see `serving`."""
    return answer(request, Problem(500, message("server.failed")))
