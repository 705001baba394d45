"""The text of [export] and [write] → what its writer meant, or every mistake."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable
from typing import Any

from pipeline.mapping.expressions import expression
from pipeline.mapping.model import CUSTOM, Field
from pipeline.mapping.outward.model import Export, FilePart, Place, Total, WriteOptions, Written
from pipeline.mapping.source import Path, Source, nearest

FORMATS = ("csv", "fixed", "xlsx", "json", "ndjson", "xml", "parquet")
WRITE = (
    "format", "delimiter", "quote", "quoting", "line_end", "encoding", "bom", "header", "unencodable",
    "replacement", "decimal", "decimals", "date", "timezone", "truth", "for", "sheet", "path", "record", "columns",
    "preset",
)  # fmt: skip
PART = ("table", "columns", "where", "order", "date", "mark")
SOURCES = ("path", "value", "sql", "sum", "count", "lines")
FORM = ("format", "decimal", "timezone", "values", "other")
LINE_ENDS = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}
CHOICES = {
    "format": FORMATS,
    "quoting": ("necessary", "always"),
    "unencodable": ("refuse", "replace", "transliterate"),
    "for": ("machine", "spreadsheet"),
    "preset": ("fec",),
}
ReadField = Callable[[Source, Path, str, Any], Field | None]


def read_export(source: Source, top: dict[str, Any], field: ReadField) -> Export | None:
    """What stands under [export]; None when nothing does. `field` reads a field of the other direction."""
    if "export" not in top:
        return None
    at: Path = ("export",)
    table = source.sub((), top, "export")
    source.known(at, table, (*PART, "files", "manifest"))
    manifest = source.text_at(at, table, "manifest") or ""
    files = source.sub(at, table, "files")
    if not files:
        return Export((_part(source, at, "", table, field),), manifest)
    for key in PART:
        if key in table:
            source.say((*at, key), "exports.both", key=key)
    parts = []
    for name in files:
        here = (*at, "files", name)
        inner = source.sub((*at, "files"), files, name)
        source.known(here, inner, PART)
        if not isinstance(inner.get("columns"), dict):
            source.say(here, "exports.part_columns", name=name)
        parts.append(_part(source, here, name, inner, field))
    return Export(tuple(parts), manifest)


def _part(source: Source, at: Path, name: str, table: dict[str, Any], read: ReadField) -> FilePart:
    given, columns = table.get("columns"), list[Written]()
    chosen: tuple[str, ...] = ()
    if isinstance(given, dict):
        for column, value in given.items():
            one = _written(source, (*at, "columns", column), column, value, read)
            columns += [one] if one else []
    else:
        chosen = source.texts_at(at, table, "columns")
    order = []
    for text in source.texts_at(at, table, "order"):
        order.append((place(text.removeprefix("-")), text.startswith("-")))
    date = source.text_at(at, table, "date")
    return FilePart(
        name, source.text_at(at, table, "table"), tuple(columns), chosen, expression(source, at, table, "where"),
        tuple(order), place(date) if date else (), source.text_at(at, table, "mark") or "",
    )  # fmt: skip


def place(text: str) -> Place:
    """`order.party.name` → its parts; a field of the users, `party.custom.colour`, is one of them."""
    before, own, name = text.partition(CUSTOM)
    if own and name and (not before or before.endswith(".")):
        return (*before.split(".")[:-1], CUSTOM + name)
    return tuple(text.split("."))


def _written(source: Source, at: Path, name: str, value: Any, read: ReadField) -> Written | None:
    options = {"path": value} if isinstance(value, str) else value
    if not isinstance(options, dict) or len(options.keys() & set(SOURCES)) != 1:
        source.say(at, "exports.one_source", column=name)
        return None
    source.known(at, options, (*SOURCES, "columns", *FORM))
    form = read(source, at, name, {"column": name, **{k: options[k] for k in FORM if k in options}})
    if form is None:
        return None
    path = source.text_at(at, options, "path")
    constant = options.get("value")
    if isinstance(constant, int):
        constant = str(constant).lower() if isinstance(constant, bool) else str(constant)
    elif constant is not None:
        constant = source.text_at(at, options, "value")
    return Written(
        name, form, place(path) if path else (), constant, expression(source, at, options, "sql"),
        _total(source, at, options),
    )  # fmt: skip


def _total(source: Source, at: Path, options: dict[str, Any]) -> Total | None:
    deed = next((key for key in ("sum", "count", "lines") if key in options), None)
    if deed is None:
        return None
    text = source.text_at(at, options, deed) or ""
    if deed == "sum":
        table, _, column = text.partition(".")
        if not column:
            source.say((*at, "sum"), "exports.sum", value=text)
        return Total(deed, table, ((column, column),))
    inner = options.get("columns", [])
    if isinstance(inner, dict):
        found = {name: column for name, column in inner.items() if isinstance(column, str)}
    else:
        found = {name: name for name in source.texts_at(at, options, "columns")}
    if deed == "lines" and not found:
        source.say(at, "exports.lines", table=text)
    return Total(deed, text, tuple(found.items()))


def read_write(source: Source, top: dict[str, Any]) -> WriteOptions | None:
    """What stands under [write]; None when nothing does."""
    if "write" not in top:
        return None
    at: Path = ("write",)
    table = source.sub((), top, "write")
    source.known(at, table, WRITE)
    chosen = {key: _choice(source, at, table, key, among) for key, among in CHOICES.items()}
    flags = {key: _flag(source, at, table, key) for key in ("bom", "header")}
    encoding = source.text_at(at, table, "encoding")
    if encoding is not None and not _known(encoding):
        source.say((*at, "encoding"), "mapping.encoding", encoding=encoding)
        encoding = None
    end = _choice(source, at, table, "line_end", LINE_ENDS) or "lf"
    for key, least, most in (("delimiter", 1, 8), ("quote", 0, 1), ("replacement", 1, 8)):
        value = source.text_at(at, table, key)
        if value is not None and not least <= len(value) <= most:
            source.say((*at, key), "mapping.one_character", key=key)
    decimal = _choice(source, at, table, "decimal", (",", "."))
    zone = source.zone_at(at, table)
    truth = source.texts_at(at, table, "truth") or ("true", "false")
    if len(truth) != 2 or truth[0] == truth[1]:
        source.say((*at, "truth"), "exports.truth")
        truth = ("true", "false")
    columns, positions = _columns(source, at, table)
    sheet = table.get("sheet")
    return WriteOptions(
        format=chosen["format"], delimiter=source.text_at(at, table, "delimiter"),
        quote=source.text_at(at, table, "quote"), quoting=chosen["quoting"] or "necessary",
        line_end=LINE_ENDS[end], encoding=encoding, bom=bool(flags["bom"]), header=flags["header"],
        unencodable=chosen["unencodable"] or "refuse",
        replacement=source.text_at(at, table, "replacement") or "?", decimal=decimal,
        decimals=source.count_at(at, table, "decimals", 0) or 0, date=source.text_at(at, table, "date"),
        timezone=zone, truth=(truth[0], truth[1]), purpose=chosen["for"] or "machine",
        sheet=str(sheet) if isinstance(sheet, int) else source.text_at(at, table, "sheet"),
        path=source.text_at(at, table, "path"), record=source.text_at(at, table, "record"), columns=columns,
        positions=positions, preset=chosen["preset"],
    )  # fmt: skip


def _choice(source: Source, at: Path, table: dict[str, Any], key: str, among: Iterable[str]) -> str | None:
    value = source.text_at(at, table, key)
    if value is not None and value not in among:
        source.say((*at, key), "mapping.choice", nearest(value, among), key=key, choices=", ".join(among))
        return None
    return value


def _flag(source: Source, at: Path, table: dict[str, Any], key: str) -> bool | None:
    value = table.get(key)
    if value is None or isinstance(value, bool):
        return value
    source.say((*at, key), "config.boolean", key=key, value=repr(value))
    return None


def _columns(
    source: Source, at: Path, table: dict[str, Any]
) -> tuple[tuple[str, ...], tuple[tuple[int, int], ...]]:
    """`code = "1-8"`: the place of each column in a line of fixed columns."""
    found = source.sub(at, table, "columns")
    positions = []
    for name, text in found.items():
        shape = re.fullmatch(r"\s*([0-9]{1,6})\s*(?:-\s*([0-9]{1,6}))?\s*", str(text))
        first, last = (int(shape[1]), int(shape[2] or shape[1])) if shape else (0, 0)
        if not 1 <= first <= last:
            source.say((*at, "columns", name), "mapping.position", column=name, value=str(text))
        positions.append((first, last))
    return tuple(found), tuple(positions)


def _known(name: str) -> bool:
    try:
        codecs.lookup(name)
    except (LookupError, ValueError):
        return False
    return True
