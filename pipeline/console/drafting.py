"""A mapping changed column by column, as the table on the page says. Comments and everything not asked for stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.mapping import parse
from pipeline.mapping.model import Field, SavedMapping

SEP = "|"
OPTIONS = ("format", "decimal", "default", "write", "blank")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a column goes: the section ("" of a mapping of one table) and the field; of it the options as texts."""

    section: str
    target: str
    options: Mapping[str, str] = field(default_factory=dict)
    sql: str = ""

    @property
    def key(self) -> str:
        """As the page's choice has it; "" for nowhere."""
        return f"{self.section}{SEP}{self.target}" if self.target else ""


NOWHERE = Place("", "")


@dataclass(frozen=True, slots=True)
class Choice:
    """What the page asks for one column: where to, and how it is read."""

    column: str
    place: str
    options: Mapping[str, str] = field(default_factory=dict)
    sql: str = ""


def places(text: str) -> dict[str, list[Place]]:
    """Where each column of the file goes, in the order of the mapping."""
    saved, _ = parse("draft", text, "draft")
    found: dict[str, list[Place]] = {}
    if saved is None:
        return found
    for section, one in _fields(saved):
        for column in one.named:
            found.setdefault(column, []).append(_place(section, one))
    return found


def _fields(saved: SavedMapping) -> list[tuple[str, Field]]:
    several = [(section.name, one) for section in saved.sections for one in section.fields]
    return several or [("", one) for one in saved.fields]


def _place(section: str, one: Field) -> Place:
    told = {key: getattr(one, key) or "" for key in OPTIONS}
    told["write"] = "" if told["write"] == "always" else told["write"]
    told["blank"] = "" if told["blank"] == "clear" else told["blank"]
    return Place(section, one.target, told, one.sql.text if one.sql is not None else "")


def changed(text: str, choices: Sequence[Choice]) -> str:
    """The mapping with these choices; a column that stays where it was keeps what was written of it."""
    import tomlkit

    document = tomlkit.parse(text)
    before = places(text)
    for choice in choices:
        was = next(iter(before.get(choice.column, [])), NOWHERE)
        if choice.place == was.key and _same(choice, was):
            continue
        if was.target and choice.place != was.key:
            _remove(document, was, choice.column)
        if choice.place:
            section, _, target = choice.place.partition(SEP)
            _group(document, section)[target] = _written(choice)
    return tomlkit.dumps(document)


def _same(choice: Choice, was: Place) -> bool:
    kept = all(choice.options.get(key, "") == was.options.get(key, "") for key in OPTIONS)
    return kept and choice.sql == was.sql


def _remove(document: Any, was: Place, column: str) -> None:
    """Of a field of several columns only this one goes."""
    group = _group(document, was.section)
    value = group.get(was.target)
    inner = value.get("column") if isinstance(value, Mapping) else value
    if isinstance(inner, list) and len(inner) > 1:
        inner.remove(column)
    else:
        group.pop(was.target, None)


def _group(document: Any, section: str) -> Any:
    return document["tables"][section]["fields"] if section else document["fields"]


def _written(choice: Choice) -> Any:
    import tomlkit

    options = {key: value for key, value in choice.options.items() if value}
    if not options and not choice.sql:
        return choice.column
    made = tomlkit.inline_table()
    made["sql" if choice.sql else "column"] = choice.sql or choice.column
    for key, value in options.items():
        made[key] = value
    return made


def read_as(text: str, options: Mapping[str, str]) -> str:
    """The mapping with these lines of [read]; "" takes one out, "yes" and "no" are what a header is."""
    import tomlkit

    document: Any = tomlkit.parse(text)
    if not any(options.values()) and "read" not in document:
        return text
    if "read" not in document:
        document["read"] = tomlkit.table()
    for key, value in options.items():
        if value:
            plain = value == "yes" if key == "header" else int(value) if value.isdigit() else value
            document["read"][key] = plain
        else:
            document["read"].pop(key, None)
    if not document["read"]:
        document.pop("read")
    return tomlkit.dumps(document)
