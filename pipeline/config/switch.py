"""The master switch, read and written by itself: it works also when the rest of the file is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.config.text import text_of
from pipeline.config.writing import draft
from pipeline.errors import ConfigError
from pipeline.words import message


def read_active(path: Path) -> bool | None:
    """The master switch alone; None if it cannot be read."""
    import tomllib

    try:
        active: Mapping[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return None
    value = active.get("active", True)
    return value if isinstance(value, bool) else None


class Switch:
    """Reads `active` again when config.toml changed; a broken file keeps the last answer."""

    def __init__(self, path: Path, active: bool) -> None:
        self._path, self._active, self._mark = path, active, 0

    def __call__(self) -> bool:
        try:
            mark = self._path.stat().st_mtime_ns
        except OSError:
            return self._active
        if mark != self._mark:
            read = read_active(self._path)
            self._active = self._active if read is None else read
            self._mark = mark
        return self._active


def set_active(path: Path, active: bool) -> None:
    """Turn the master switch in the file; comments stay. Atomic: temporary file, fsync, rename, fsync folder."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    path = path.resolve()
    try:
        document = tomlkit.parse(text_of(path))
    except TOMLKitError as error:
        raise ConfigError(message("config.toml", detail=str(error))) from error
    document["active"] = active
    with draft(path, tomlkit.dumps(document)):
        pass
