"""Sections of config.toml changed by the program: comments stay, and a file with a mistake is never written."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from pipeline.config.loading import load
from pipeline.config.text import text_of
from pipeline.config.writing import draft
from pipeline.errors import ConfigError, Mistake
from pipeline.words import message

Value = str | int | bool | list[str]


def mark(path: Path) -> str:
    """What a file is now, in 64 hex digits: to be given back when it is changed."""
    return sha256(text_of(path).encode()).hexdigest()


def section(path: Path, kind: str, name: str) -> dict[str, Any]:
    """`[kind.name]` as it is written; empty when there is none. Raises ConfigError."""
    found = _parsed(path).get(kind, {}).get(name, {})
    return dict(found.unwrap()) if found else {}


def save_section(path: Path, kind: str, name: str, values: Mapping[str, Value | None], seen: str) -> None:
    """Set these keys of `[kind.name]`, and take out those that are None; other keys and all comments stay. `seen`:
    the `mark` of the file that the person looked at.

    Raises ConfigError: the file changed since, it has mistakes with these values (each with its `path`), or it
    cannot be written."""
    _unchanged(path, seen)
    document = _parsed(path)
    if kind not in document:
        import tomlkit

        document[kind] = tomlkit.table(is_super_table=True)
    group: Any = document[kind]
    if name not in group:
        import tomlkit

        group[name] = tomlkit.table()
    table = group[name]
    for key, value in values.items():
        if value is None:
            table.pop(key, None)
        elif table.get(key) != value:
            table[key] = value
    _save(path, document)


def remove_section(path: Path, kind: str, name: str, seen: str) -> None:
    """Take `[kind.name]` out. Raises ConfigError as `save_section`."""
    _unchanged(path, seen)
    document = _parsed(path)
    group: Any = document.get(kind, {})
    group.pop(name, None)
    if kind in document and not group:
        document.pop(kind)
    _save(path, document)


def _unchanged(path: Path, seen: str) -> None:
    if seen and mark(path) != seen:
        raise ConfigError(message("config.changed_meanwhile", file=path.name))


def _parsed(path: Path) -> Any:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        return tomlkit.parse(text_of(path))
    except TOMLKitError as error:
        raise ConfigError(message("config.toml", detail=str(error))) from error


def _save(path: Path, document: Any) -> None:
    import tomlkit

    path = path.resolve()
    with draft(path, tomlkit.dumps(document)) as temporary:
        try:
            load(temporary)
        except ConfigError as error:
            found = [Mistake(path.name, m.line, m.path, m.said, m.near) for m in error.mistakes]
            raise ConfigError(message("config.not_saved", file=path.name), found) from error
