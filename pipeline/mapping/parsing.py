"""The text of a mapping → what its writer meant, or every mistake in it at once."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from pipeline.brake import Brake
from pipeline.errors import Mistake
from pipeline.mapping.codes import CHECKS
from pipeline.mapping.expressions import expression
from pipeline.mapping.lists import check_lists, value_list
from pipeline.mapping.lookups import read_lookup
from pipeline.mapping.model import Field, ReadOptions, RecordKind, SavedMapping
from pipeline.mapping.outward.parsing import read_export, read_write
from pipeline.mapping.sections.model import Section, own_names
from pipeline.mapping.sections.parsing import ALONE, alone, only
from pipeline.mapping.sections.parsing import sections as read_sections
from pipeline.mapping.source import Path, Source, nearest, spread

TOP = (
    "version", "table", "key", "unit", "read", "fields", "values", "where", "document", "tables", "brake", "delivery",
    "export", "write", *ALONE,
)  # fmt: skip
UNITS = ("row", "document", "file")
FILE = ("name", "stem", "folder")
READ = (
    "delimiter", "encoding", "quote", "header", "skip", "columns", "decimal", "thousands", "date", "timezone",
    "empty", "format", "sheet", "path", "record", "records", "escape", "ragged", "repairs", "numbers", "order",
    "fill_down",
)  # fmt: skip
FORMATS = ("csv", "fixed", "records", "xlsx", "json", "ndjson", "xml", "html")
OPTIONS = (
    "column", "value", "file", "sql", "default", "format", "decimal", "timezone", "blank", "check", "order",
    "values", "other", "lookup",
)  # fmt: skip
SOURCES = {"column", "value", "file", "sql", "lookup"}
NUMBERS = {
    "fr": (",", "."),
    "en": (".", ","),
    "ch": (".", "'"),
}  # how numbers are written → decimal, thousands
ORDERS = ("dmy", "mdy")
BRAKE = {"rows": 2, "new_keys": 0, "prices": 0, "total_factor": 2, "deletes": 0}  # key → least
RAGGED = ("refuse", "keep")


def parse(name: str, text: str, file: str) -> tuple[SavedMapping | None, list[Mistake]]:
    """Read one mapping. `file` is how mistakes name it. (mapping, []) or (None, all mistakes by line)."""
    saved, mistakes = read(name, text, file)
    return (None if mistakes else saved), mistakes


def read(name: str, text: str, file: str) -> tuple[SavedMapping | None, list[Mistake]]:
    """As `parse`, but also what can be understood of a mapping with mistakes; None when nothing can."""
    source = Source(file, text)
    top = source.read()
    if top is None:
        return None, source.done()
    source.known((), top, TOP)
    if type(top.get("version")) is not int or top["version"] != 1:
        source.say(("version",), "mapping.version")
    table = source.text_at((), top, "table")
    several = "tables" in top
    single = not several and alone(top)
    if not table and "table" not in top and not several and "export" not in top:
        source.say((), "mapping.no_table")
    export = read_export(source, top, _field)
    key = () if single else source.texts_at((), top, "key")
    unit = source.text_at((), top, "unit") or "row"
    if unit not in UNITS:
        source.say(("unit",), "mapping.choice", nearest(unit, UNITS), key="unit", choices=", ".join(UNITS))
    document = source.texts_at((), top, "document")
    for setting in ("document",) if document else ("unit",) if unit == "document" else ():
        if not several:
            source.say((setting,), "sections.only_several", key=setting)
    if several and unit == "document" and not document:
        source.say(("unit",), "sections.no_document")
    options = _read(source, source.sub((), top, "read"))
    fields = () if single else _fields(source, source.sub((), top, "fields"))
    parts = read_sections(source, top, _field) if several else ()
    if single:
        parts = (only(source, top, _field),)
        fields = parts[0].fields  # for those who ask what it says of the file's columns
    named = [name for field in fields for name in field.named]
    named += [n for part in parts for n in own_names(part.each, (n for f in part.fields for n in f.named))]
    options = replace(options, delivery=_delivery(source, top, parts, unit), anchors=tuple(named))
    check_lists(source)
    where = None if single else expression(source, (), top, "where")
    if several and where is not None:
        source.say(("where",), "sections.no_where")
    if not several and ("fields" not in top or top["fields"] == {}) and not (export and export.alone):
        source.say(("fields",), "mapping.no_fields")
    lines = {".".join(path): line for path, line in source.lines.items()}
    saved = SavedMapping(
        name, table or "", key, fields, options, unit, lines, file, where,
        document=document, sections=parts, brake=read_brake(source, (), top), export=export,
        write=read_write(source, top),
    )  # fmt: skip
    return saved, source.done()


def _delivery(source: Source, top: dict[str, Any], parts: tuple[Section, ...], unit: str) -> tuple[str, ...]:
    """The patterns of files that come together; each section says which of them it takes."""
    patterns = source.texts_at((), top, "delivery")
    files = {part.name: part.file for part in parts}
    if not patterns:
        for name in (name for name, file in files.items() if file):
            source.say(("tables", name, "file"), "sections.no_delivery", section=name)
        return ()
    plain = all(one.count("*") <= 1 and not set("?[]/") & set(one) for one in patterns)
    starred = {one.count("*") for one in patterns}
    if len(set(patterns)) != len(patterns) or len(patterns) < 2 or not plain or len(starred) > 1:
        source.say(("delivery",), "sections.delivery")
    if unit == "document":
        source.say(("unit",), "sections.delivery_unit")
    for name, file in files.items():
        if file not in patterns:
            near = nearest(file, patterns) if file else None
            source.say(
                ("tables", name), "sections.which_file", near, section=name, patterns=", ".join(patterns)
            )
    for part in parts:
        for target, other in part.rows:
            if files.get(other, part.file) != part.file:
                at = ("tables", part.name, "fields", target)
                source.say(at, "sections.other_file", section=other, column=target)
    for one in patterns:
        if files and one not in files.values():
            source.say(("delivery",), "sections.no_taker", pattern=one)
    return patterns


def read_brake(source: Source, at: Path, table: dict[str, Any]) -> Brake | None:
    """`[brake]` of a mapping or a job; `brake = false` switches it off. None: nothing is said."""
    value = table.get("brake")
    if value is None:
        return None
    if value is False:
        return Brake(off=True)
    limits = source.sub(at, table, "brake")
    here = (*at, "brake")
    source.known(here, limits, BRAKE)
    rows, new, prices, factor, deletes = (
        source.count_at(here, limits, k, least) for k, least in BRAKE.items()
    )
    return Brake(rows, new, prices, factor, deletes)


def _fields(source: Source, table: dict[str, Any]) -> tuple[Field, ...]:
    out = [_field(source, ("fields", *path), target, value) for path, target, value in spread(table)]
    return tuple(field for field in out if field is not None)


def _field(source: Source, at: Path, target: str, value: Any) -> Field | None:
    options = {"column": value} if isinstance(value, str | list) else value
    if not isinstance(options, dict):
        source.say(at, "mapping.field", target=target)
        return None
    source.known(at, options, OPTIONS)
    if len(SOURCES & options.keys()) != 1:
        source.say(at, "mapping.one_source", target=target)
        return None
    columns = source.texts_at(at, options, "column")
    if "column" in options and (not columns or "" in columns):
        source.say(at, "mapping.empty_column", target=target)
    blank = source.text_at(at, options, "blank") or "clear"
    if blank not in ("clear", "keep"):
        source.say(
            (*at, "blank"),
            "mapping.choice",
            nearest(blank, ("clear", "keep")),
            key="blank",
            choices="clear, keep",
        )
    file = source.text_at(at, options, "file")
    if file is not None and file not in FILE:
        source.say((*at, "file"), "mapping.choice", nearest(file, FILE), key="file", choices=", ".join(FILE))
    decimal = _decimal(source, at, options)
    return Field(
        target, source.line(at), columns, _constant(source, at, options, "value"), file,
        _constant(source, at, options, "default"), source.text_at(at, options, "format"), decimal,
        source.zone_at(at, options), blank, _choice(source, at, options, "check", CHECKS),
        order=_choice(source, at, options, "order", ORDERS), sql=expression(source, at, options, "sql"),
        values=value_list(source, at, options), lookup=read_lookup(source, at, options, _field),
    )  # fmt: skip


def _choice(source: Source, at: Path, options: dict[str, Any], key: str, among: Iterable[str]) -> str | None:
    value = source.text_at(at, options, key)
    if value is not None and value not in among:
        source.say((*at, key), "mapping.choice", nearest(value, among), key=key, choices=", ".join(among))
    return value


def _constant(source: Source, at: Path, options: dict[str, Any], key: str) -> str | None:
    """A constant is text and is converted like a cell; whole numbers and booleans may stand bare."""
    value = options.get(key)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else source.text_at(at, options, key)


def _decimal(source: Source, at: Path, options: dict[str, Any]) -> str | None:
    decimal = source.text_at(at, options, "decimal")
    if decimal is not None and decimal not in (",", "."):
        source.say((*at, "decimal"), "mapping.choice", key="decimal", choices='"," "."')
    return decimal


def _read(source: Source, table: dict[str, Any]) -> ReadOptions:
    at: Path = ("read",)
    source.known(at, table, READ)
    encoding = source.text_at(at, table, "encoding")
    if encoding is not None and not _codec(encoding):
        source.say((*at, "encoding"), "mapping.encoding", encoding=encoding)
    for key in ("delimiter", "quote", "thousands", "escape"):
        value = source.text_at(at, table, key)
        most = 8 if key == "delimiter" else 1
        if value is not None and not (0 < len(value) <= most) and not (key != "delimiter" and value == ""):
            source.say((*at, key), "mapping.one_character", key=key)
    header, skip = table.get("header"), table.get("skip")
    if header is not None and not isinstance(header, bool):
        source.say((*at, "header"), "config.boolean", key="header", value=repr(header))
        header = None
    if skip is not None and (type(skip) is not int or skip < 0):
        source.say((*at, "skip"), "config.count", key="skip", value=repr(skip))
        skip = None
    decimal, thousands = _decimal(source, at, table), table.get("thousands")
    numbers = _choice(source, at, table, "numbers", NUMBERS)
    if numbers in NUMBERS:
        decimal, thousands = decimal or NUMBERS[numbers][0], thousands or NUMBERS[numbers][1]
    repairs = table.get("repairs", True)
    if not isinstance(repairs, bool):
        source.say((*at, "repairs"), "config.boolean", key="repairs", value=repr(repairs))
    ragged = _choice(source, at, table, "ragged", RAGGED) or "refuse"
    if decimal is not None and decimal == thousands:
        source.say((*at, "thousands"), "mapping.same_sign")
    form = source.text_at(at, table, "format")
    if form is not None and form not in FORMATS:
        source.say(
            (*at, "format"),
            "mapping.choice",
            nearest(form, FORMATS),
            key="format",
            choices=", ".join(FORMATS),
        )
    columns, positions = _columns(source, at, table, "columns")
    records = source.sub(at, table, "records")
    kinds = tuple(RecordKind(tag, *_columns(source, (*at, "records"), records, tag)) for tag in records)
    if form in ("fixed", "records") and not positions and not kinds:
        source.say(at, "mapping.no_positions")
    return ReadOptions(
        table.get("delimiter") if isinstance(table.get("delimiter"), str) else None, encoding,
        table.get("quote") if isinstance(table.get("quote"), str) else None, header, skip,
        columns, decimal, thousands if isinstance(thousands, str) else None,
        source.text_at(at, table, "date"), source.zone_at(at, table), source.texts_at(at, table, "empty"),
        form, _sheet(source, at, table), source.text_at(at, table, "path"), source.text_at(at, table, "record"),
        positions, kinds, source.text_at(at, table, "escape"), ragged, repairs is True,
        _choice(source, at, table, "order", ORDERS), source.texts_at(at, table, "fill_down"),
    )  # fmt: skip


def _sheet(source: Source, at: Path, table: dict[str, Any]) -> str | None:
    sheet = table.get("sheet")
    return str(sheet) if type(sheet) is int else source.text_at(at, table, "sheet")


def _columns(
    source: Source, at: Path, table: dict[str, Any], key: str
) -> tuple[tuple[str, ...], tuple[tuple[int, int], ...]]:
    """Names, or names with the places of their first and last character: `code = "1-8"`."""
    if not isinstance(table.get(key), dict):
        return source.texts_at(at, table, key), ()
    positions: list[tuple[int, int]] = []
    for name, place in table[key].items():
        found = re.fullmatch(r"\s*([0-9]{1,6})\s*(?:-\s*([0-9]{1,6}))?\s*", str(place))
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if not 1 <= first <= last:
            source.say((*at, key, name), "mapping.position", column=name, value=str(place))
        positions.append((first, last))
    return tuple(table[key]), tuple(positions)


def _codec(name: str) -> bool:
    try:
        codecs.lookup(name)
    except (LookupError, ValueError):
        return False
    return True
