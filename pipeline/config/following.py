"""Config and mappings as they change on the disc: noticed by their times, read when they have come to rest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipeline.engine.desk import Setup
from pipeline.errors import ConfigError

Mark = tuple[tuple[str, int, int, int], ...]


class Follower:
    """Called again and again it gives None, or what is new: the whole setup, or the error that says every
    mistake in it. A file that changed is read at the next call at which it has not changed again."""

    def __init__(self, config: Path, mappings: Path, load: Callable[[], Setup]) -> None:
        self._config, self._mappings, self._load = config, mappings, load
        self._read = self._seen = self._mark()
        self._asked = False

    def again(self) -> None:
        """Read everything at the next call, changed or not."""
        self._asked = True

    def __call__(self) -> Setup | ConfigError | None:
        mark = self._mark()
        rests, self._seen = mark == self._seen, mark
        if not self._asked and (mark == self._read or not rests):
            return None
        self._asked, self._read = False, mark
        try:
            return self._load()
        except ConfigError as error:
            return error

    def _mark(self) -> Mark:
        marks = []
        for path in (self._config, *sorted(self._mappings.glob("*.toml"))):
            try:
                facts = path.stat()
            except OSError:
                continue
            marks.append((path.name, facts.st_mtime_ns, facts.st_size, facts.st_ino))
        return tuple(marks)
