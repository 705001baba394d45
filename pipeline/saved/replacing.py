"""A mapping written by a program that a person works with: whole, without a mistake, and never over another's work."""

from __future__ import annotations

from pipeline.errors import ConfigError
from pipeline.jobs import Settings
from pipeline.saved.editing import put
from pipeline.saved.proposing import write
from pipeline.saved.shelf import NAME, hold, tables, text_of
from pipeline.words import message


def replace(settings: Settings, name: str, text: str, seen: str) -> str:
    """The mapping with this text; `seen`: as the person saw it before. Gives back what it was.

    Raises ConfigError: with every mistake of the new text, when there is no such mapping, or when somebody else
    changed it meanwhile."""
    before = text_of(settings.mappings, name)
    if before.replace("\r\n", "\n") != seen.replace("\r\n", "\n"):
        raise ConfigError(message("config.changed_meanwhile", file=f"mappings/{name}.toml"))
    _sound(settings, name, text)
    put(settings.mappings / f"{name}.toml", text)
    return before


def add(settings: Settings, name: str, text: str) -> None:
    """A new mapping. Raises ConfigError: its name, its mistakes, or one of this name is there."""
    if not NAME.fullmatch(name):
        raise ConfigError(message("guessing.bad_name", name=name))
    _sound(settings, name, text)
    write(settings.mappings / f"{name}.toml", text, name)


def _sound(settings: Settings, name: str, text: str) -> None:
    found = hold(name, text, tables(settings)).mistakes
    if found:
        raise ConfigError(message("config.not_saved", file=f"mappings/{name}.toml"), found)
