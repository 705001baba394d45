"""A TOML file written by a person: its values, the line of each of them, and every mistake found in it."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from pipeline.errors import Mistake
from pipeline.mapping.model import CUSTOM
from pipeline.words import Fact, message

Path = tuple[str, ...]
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'')
_KEY = re.compile(r'\s*((?:"(?:[^"\\]|\\.)*"|\'[^\']*\'|[\w.-]|\s*\.\s*)+?)\s*=(.*)')
_PART = re.compile(r'"((?:[^"\\]|\\.)*)"|\'([^\']*)\'|([\w-]+)')


@cache
def _zones() -> frozenset[str]:
    """The names of all time zones. Python walks through the folders of the time zone database at each question."""
    return frozenset(available_timezones())


def nearest(word: str, among: Iterable[str]) -> str | None:
    """The right word that was probably meant, or None."""
    words = {w.casefold(): w for w in among}
    found = difflib.get_close_matches(word.casefold(), list(words), 1, 0.6)
    return words[found[0]] if found else None


def lines_of(text: str) -> dict[Path, int]:
    """Line (1-based) of every section and key. TOML parsers keep no positions, so the text is walked once."""
    out: dict[Path, int] = {}
    here: Path = ()
    depth, triple = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        if triple:
            if triple in line:
                triple = ""
            continue
        if depth == 0:
            section = re.match(r"\s*\[+(.+?)\]+\s*(#.*)?$", line)
            key = _KEY.match(line)
            if section and not key:
                here = _split(section[1])
                out.setdefault(here, number)
                continue
            if key:
                out.setdefault(here + _split(key[1]), number)
                line = key[2]
        quotes = next((q for q in ('"""', "'''") if line.count(q) == 1), "")
        if quotes:
            triple = quotes
            continue
        bare = _STRING.sub("", line).split("#")[0]
        depth = max(0, depth + sum(map(bare.count, "[{")) - sum(map(bare.count, "]}")))
    return out


def _split(dotted: str) -> Path:
    return tuple(a or b or c for a, b, c in _PART.findall(dotted))


def spread(fields: dict[str, Any]) -> Iterator[tuple[Path, str, Any]]:
    """Each line of fields: its path, its target, what stands there. `custom.NAME` is a line of its own."""
    for target, value in fields.items():
        if target == CUSTOM.rstrip(".") and isinstance(value, dict):
            yield from (((target, name), CUSTOM + name, own) for name, own in value.items())
        else:
            yield (target,), target, value


def given(lines: Iterable[str], root: str = "fields.") -> set[str]:
    """The targets that have a line below `root`; a broken one counts, else one mistake would breed others."""
    found = set()
    for line in lines:
        if line.startswith(root):
            name, _, rest = line.removeprefix(root).partition(".")
            own = f"{name}." == CUSTOM and rest
            found.add(CUSTOM + rest.partition(".")[0] if own else name)
    return found


@dataclass(slots=True)
class Source:
    """One file's text being checked; `mistakes` grows, so that all are told in one go."""

    file: str
    text: str
    mistakes: list[Mistake] = field(default_factory=list)
    lines: dict[Path, int] = field(default_factory=dict)
    top: dict[str, Any] = field(default_factory=dict)  # everything that stands in it

    def read(self) -> dict[str, Any] | None:
        """The values; None with a mistake when the text is not TOML."""
        self.lines = lines_of(self.text)
        try:
            self.top = tomllib.loads(self.text)
            return self.top
        except tomllib.TOMLDecodeError as error:
            where = re.search(r"at line (\d+)", str(error))
            line = int(where[1]) if where else max(1, len(self.text.splitlines()))
            said = message("config.toml", detail=str(error))
            self.mistakes.append(Mistake(self.file, line, "", said))
            return None

    def line(self, path: Path) -> int:
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def say(self, path: Path, code: str, near: str | None = None, **facts: Fact) -> None:
        self.mistakes.append(
            Mistake(self.file, self.line(path), ".".join(path), message(code, **facts), near)
        )

    def known(self, path: Path, table: dict[str, Any], allowed: Iterable[str]) -> None:
        """Every key must be one that is meant here."""
        words = list(allowed)
        for key in table:
            if key in words:
                continue
            if path:
                place = "[" + ".".join(path) + "]"
                self.say((*path, key), "config.unknown", nearest(key, words), key=key, where=place)
            else:
                self.say((key,), "config.unknown_top", nearest(key, words), key=key)

    def text_at(self, path: Path, table: dict[str, Any], key: str) -> str | None:
        """A text, or None when absent (or wrong: told)."""
        value = table.get(key)
        if value is None or isinstance(value, str):
            return value
        self.say((*path, key), "config.text", key=key, value=repr(value))
        return None

    def texts_at(self, path: Path, table: dict[str, Any], key: str) -> tuple[str, ...]:
        """A text or a list of texts."""
        value = table.get(key, [])
        found = [value] if isinstance(value, str) else value
        if isinstance(found, list) and all(isinstance(v, str) for v in found):
            return tuple(found)
        self.say((*path, key), "config.texts", key=key, value=repr(value))
        return ()

    def zone_at(self, path: Path, table: dict[str, Any]) -> str | None:
        """`timezone`, the name of a time zone, or None when absent (or wrong: told)."""
        zone = self.text_at(path, table, "timezone")
        if zone is None or zone in _zones():
            return zone
        self.say((*path, "timezone"), "config.zone", nearest(zone, _zones()), zone=zone)
        return None

    def count_at(self, path: Path, table: dict[str, Any], key: str, least: int) -> int | None:
        """A whole number of at least so much, or None when absent (or wrong: told)."""
        value = table.get(key)
        if value is None or (type(value) is int and value >= least):
            return value
        self.say((*path, key), "config.count", key=key, value=repr(value))
        return None

    def sub(self, path: Path, table: dict[str, Any], key: str) -> dict[str, Any]:
        """A section below; {} when absent (or wrong: told)."""
        value = table.get(key, {})
        if isinstance(value, dict):
            return value
        self.say((*path, key), "config.section", key=key)
        return {}

    def done(self) -> list[Mistake]:
        return sorted(self.mistakes, key=lambda m: m.line)
