"""The HTTP door as the command `run` opens it, with the pages and the API that go through it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.words import message

if TYPE_CHECKING:
    from pipeline.app import Beside, Pipeline
    from pipeline.cli.output import Voice
    from pipeline.events import Listener
    from pipeline.server import Files, Route


def opened(voice: Voice, pipeline: Pipeline, heard: list[Listener]) -> Beside | None:
    """The door of `[server]`, or None where there is no such section. `heard`: who hears the service's events; the
    figures and the pages join them. Raises ConfigError when its packages are not installed."""
    settings = pipeline.settings
    if settings.server is None:
        return None
    try:
        from pipeline.console import News, furnish, problem
        from pipeline.server.door import Door

        door = Door(settings, settings.server, surfaces(), told=voice.say, problem_page=problem)
    except ImportError as error:
        from pipeline.errors import ConfigError

        raise ConfigError(message("server.not_installed")) from error
    news = News()
    heard += [door.metrics.hear, news.hear]
    furnish(door.app, settings.path, news)
    return door


def surfaces() -> list[Route | Files]:
    """All that goes through the door besides what it has by itself."""
    from pipeline import api, console

    return [*api.ROUTES, *console.routes()]
