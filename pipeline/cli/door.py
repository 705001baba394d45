"""The HTTP door as the command `run` opens it, with the pages and the API that go through it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.words import message

if TYPE_CHECKING:
    from pipeline.app import Beside, Pipeline
    from pipeline.cli.output import Voice


def opened(voice: Voice, pipeline: Pipeline) -> Beside | None:
    """The door of `[server]`, or None where there is no such section. Raises ConfigError when its packages are not
    installed."""
    settings = pipeline.settings
    if settings.server is None:
        return None
    try:
        from pipeline.server.door import Door
    except ImportError as error:
        from pipeline.errors import ConfigError

        raise ConfigError(message("server.not_installed")) from error
    return Door(settings, settings.server, told=voice.say)
