"""The text of `[tables.NAME]` → sections."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from pipeline.mapping.expressions import expression
from pipeline.mapping.model import Field
from pipeline.mapping.sections.amounts import AMOUNTS, REFUNDS, ROUNDING
from pipeline.mapping.sections.model import DEEDS, MODES, Action, Find, Mirror, Section
from pipeline.mapping.sections.spreads import each, split
from pipeline.mapping.sections.totals import total
from pipeline.mapping.source import Path, Source, nearest, spread

SECTION = (
    "table", "key", "per", "record", "repeated", "optional", "mode", "lines", "amounts", "refunds", "where",
    "fields", "each", "split", "rounding", "total", "similar", "file", "mirror", "action", "newer_by",
)  # fmt: skip
ALONE = (
    "mode",
    "mirror",
    "action",
    "newer_by",
    "repeated",
    "optional",
    "amounts",
    "similar",
    "each",
    "split",
)
"""What a mapping of one table may say as a section does."""
FIELDS = {"write", "find", "count"}  # options of a field that make a mapping of one table a section
PER = ("document", "row")
REPEATED = ("agree", "last", "first")
LINES = ("merge", "replace", "append")
SIMILAR = ("refuse", "same", "new")
WRITE = ("always", "create", "if-empty")
MISSING = ("refuse", "empty", "create", "wait")
FIND = ("find", "by", "missing", "set")

ReadField = Callable[[Source, Path, str, Any], Field | None]


def sections(source: Source, top: dict[str, Any], field: ReadField) -> tuple[Section, ...]:
    """All of them; `field` reads one that stands in a cell or is constant."""
    tables = source.sub((), top, "tables")
    for key in ("table", "key", "fields", *ALONE):
        if key in top:
            source.say((key,), "sections.both", key=key)
    if not tables:
        source.say(("tables",), "sections.none")
    found = []
    for name in tables:
        at: Path = ("tables", name)
        table = source.sub(("tables",), tables, name)
        source.known(at, table, SECTION)
        if not source.sub(at, table, "fields"):
            source.say(at, "sections.no_fields", section=name)
        found.append(_section(source, at, name, table, field))
    return tuple(found)


def alone(top: dict[str, Any]) -> bool:
    """Does a mapping of one table say what only a section can do?"""
    fields = top["fields"].values() if isinstance(top.get("fields"), dict) else ()
    key, read = top.get("key"), top.get("read")
    several = isinstance(key, list) and any(isinstance(one, list) for one in key)
    return (
        several
        or any(k in top for k in ALONE)
        or (isinstance(read, dict) and "fill_down" in read)
        or any(isinstance(f, dict) and FIELDS & f.keys() for f in fields)
    )


def only(source: Source, top: dict[str, Any], field: ReadField) -> Section:
    """A mapping of one table as the one section it is."""
    told = {key: value for key, value in top.items() if key in (*ALONE, "table", "key", "where", "fields")}
    return _section(source, (), source.text_at((), told, "table") or "", told, field)


def _section(source: Source, at: Path, name: str, table: dict[str, Any], read: ReadField) -> Section:
    fields: list[Field] = []
    rows: list[tuple[str, str]] = []
    counts: list[tuple[str, str]] = []
    finds: list[Find] = []
    given = source.sub(at, table, "fields")
    if not given:
        source.say(at, "sections.no_fields", section=name)
    for below, target, value in spread(given):
        path = (*at, "fields", *below)
        options = value if isinstance(value, dict) else {}
        if "row" in options:
            source.known(path, options, ("row",))
            rows.append((target, source.text_at(path, options, "row") or ""))
        elif "count" in options:
            source.known(path, options, ("count",))
            counts.append(
                (target, _choice(source, path, options, "count", ("document", "file")) or "document")
            )
        elif "find" in options:
            found = _find(source, path, target, options, read)
            finds += [found] if found else []
        else:
            one = _plain(source, path, target, value, read)
            fields += [one] if one else []
    lines = _choice(source, at, table, "lines", LINES) or ("merge" if "lines" in table else "")
    optional = table.get("optional", False)
    if not isinstance(optional, bool):
        source.say((*at, "optional"), "config.boolean", key="optional", value=repr(optional))
    return Section(
        name, source.text_at(at, table, "table") or name, _keys(source, at, table), tuple(fields), tuple(rows),
        tuple(counts), tuple(finds), _choice(source, at, table, "per", PER), source.text_at(at, table, "record"),
        _choice(source, at, table, "repeated", REPEATED), optional is True,
        _choice(source, at, table, "mode", MODES) or "upsert", lines,
        _choice(source, at, table, "amounts", AMOUNTS), _choice(source, at, table, "refunds", REFUNDS),
        _choice(source, at, table, "rounding", ROUNDING), total(source, at, table),
        _choice(source, at, table, "similar", SIMILAR),
        expression(source, at, table, "where"), source.text_at(at, table, "file") or "", each(source, at, table), split(source, at, table),
        _mirror(source, at, table, read), _action(source, at, table),
        source.text_at(at, table, "newer_by"), ".".join([*at, ""]),
    )  # fmt: skip


def _mirror(source: Source, at: Path, table: dict[str, Any], read: ReadField) -> Mirror | None:
    if table.get("mode") != "mirror":
        if "mirror" in table:
            source.say((*at, "mirror"), "sections.mirror_mode")
        return None
    options, here = source.sub(at, table, "mirror"), (*at, "mirror")
    source.known(here, options, ("gone", "within", "at_most"))
    gone = options.get("gone", "delete")
    if gone not in ("delete", "inactive") and not (isinstance(gone, dict) and gone):
        source.say((*here, "gone"), "sections.mirror_gone")
    marks = {"active": False} if gone == "inactive" else gone
    within = options.get("within", {})
    among = source.texts_at(here, options, "within") if not isinstance(within, dict) else ()
    most, percent = options.get("at_most"), False
    if isinstance(most, str) and (found := re.fullmatch(r"\s*(\d{1,3})\s*%\s*", most)):
        most, percent = int(found[1]), True
    if most is not None and (isinstance(most, bool) or not isinstance(most, int) or most < 0):
        source.say((*here, "at_most"), "sections.mirror_most", value=str(most))
        most = None
    return Mirror(
        _constants(source, here, marks, read), _constants(source, here, within, read), among, most, percent
    )


def _constants(source: Source, at: Path, values: Any, read: ReadField) -> tuple[Field, ...]:
    """`{ column = value }`."""
    given = values if isinstance(values, dict) else {}
    found = [_plain(source, at, column, {"value": value}, read) for column, value in given.items()]
    return tuple(field for field in found if field)


def _action(source: Source, at: Path, table: dict[str, Any]) -> Action | None:
    if "action" not in table:
        return None
    options, here = source.sub(at, table, "action"), (*at, "action")
    source.known(here, options, ("column", *DEEDS))
    column = source.text_at(here, options, "column")
    said = {deed: source.texts_at(here, options, deed) for deed in DEEDS if deed in options}
    words = [(word.strip().casefold(), DEEDS[deed]) for deed, texts in said.items() for word in texts]
    twice = [word for word, _ in words if sum(word == other for other, _ in words) > 1]
    if not column or not words or twice:
        source.say(here, "sections.action_words")
        return None
    return Action(column, tuple(words))


def _plain(source: Source, at: Path, target: str, value: Any, read: ReadField) -> Field | None:
    write = None
    if isinstance(value, dict):
        write = _choice(source, at, value, "write", WRITE)
        value = {key: option for key, option in value.items() if key != "write"}
    field = read(source, at, target, value)
    return replace(field, write=write or "always") if field else None


def _find(source: Source, at: Path, target: str, options: dict[str, Any], read: ReadField) -> Find | None:
    source.known(at, options, FIND)
    by = options.get("by")
    alternatives = [by] if isinstance(by, dict) else by
    if (
        not isinstance(alternatives, list)
        or not alternatives
        or not all(isinstance(a, dict) and a for a in alternatives)
    ):
        source.say((*at, "by"), "sections.find_by", target=target)
        return None
    found = [
        [_plain(source, at, column, value, read) for column, value in one.items()] for one in alternatives
    ]
    return Find(
        target,
        source.line(at),
        source.text_at(at, options, "find") or "",
        tuple(tuple(field for field in one if field) for one in found),
        _choice(source, at, options, "missing", MISSING) or "refuse",
        _constants(source, at, source.sub(at, options, "set"), read),
    )


def _keys(source: Source, at: Path, table: dict[str, Any]) -> tuple[tuple[str, ...], ...]:
    """Texts are one key; lists are alternatives."""
    value = table.get("key")
    if isinstance(value, list) and value and all(isinstance(one, list) for one in value):
        keys = [source.texts_at(at, {"key": one}, "key") for one in value]
    else:
        keys = [source.texts_at(at, table, "key")]
    return tuple(key for key in keys if key)


def _choice(source: Source, at: Path, options: dict[str, Any], key: str, among: Iterable[str]) -> str | None:
    value = source.text_at(at, options, key)
    if value is not None and value not in among:
        source.say((*at, key), "mapping.choice", nearest(value, among), key=key, choices=", ".join(among))
        return None
    return value
