"""The text of a file that a person wrote."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.words import message


def text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(message("config.unreadable", file=str(path), detail=str(error))) from error
