"""Values as SQL text, letter by letter the same on every database: what checksums are made of.

A text carries its length, so that no two rows give the same line; NULL is a character that no other value is. The
rest is as `values` has it; what SQL cannot tell exactly (floats, odd numbers, moments, JSON) is told by Python.
"""

from __future__ import annotations

import re
import sqlite3
import struct
from collections.abc import Sequence
from typing import Any

from pipeline.store.syncing.shapes import Col
from pipeline.store.syncing.values import decimal_text, moment_text, same_text, scale_of
from pipeline.store.target import literal, quoted

NULL = "\x01"
APART = "\x1f"
_EASY = re.compile(r"-?(?:[1-9][0-9]*(?:\.[0-9]+)?|0\.[0-9]*[1-9][0-9]*)").fullmatch
_PLAIN_MOMENT = "'????-??-?? ??:??:??.??????'"


def sqlite_line(cols: Sequence[Col]) -> str:
    """The columns as one text. One call of `printf` costs a third of as many `||`; it takes 127 arguments."""
    some = [cols[n : n + 50] for n in range(0, len(cols), 50)]
    return f" || {literal(APART)} || ".join(_printf(part) for part in some)


def _printf(cols: Sequence[Col]) -> str:
    form = APART.join("%d:%s" if col.kind == "text" else "%s" for col in cols)
    return f"printf({literal(form)}, {', '.join(_sqlite_text(col) for col in cols)})"


def _sqlite_text(col: Col) -> str:
    """The arguments of a column."""
    name = quoted(col.name)
    kind = "scaled" if col.kind.startswith("scaled") else col.kind
    null = literal(NULL)
    if kind == "text":
        return f"coalesce(length({name}), -1), {name}"
    if kind == "blob":
        return f"CASE WHEN {name} IS NULL THEN {null} ELSE hex({name}) END"
    if kind in ("moment", "instant"):
        return (
            f"CASE WHEN {name} IS NULL THEN {null} WHEN {name} GLOB {_PLAIN_MOMENT} THEN {name}"
            f" ELSE pipeline_moment({name}) END"
        )
    if kind == "dec":
        return f"CASE typeof({name}) WHEN 'integer' THEN {name} WHEN 'null' THEN {null} ELSE pipeline_dec({name}) END"
    if kind in ("real", "json"):
        return f"CASE WHEN {name} IS NULL THEN {null} ELSE pipeline_{kind}({name}) END"
    return f"coalesce({name}, {null})"


def with_functions(raw: sqlite3.Connection) -> None:
    """What `sqlite_text` calls."""
    for name, made in (("dec", decimal_of), ("real", real_of), ("moment", moment_of), ("json", json_of)):
        raw.create_function(f"pipeline_{name}", 1, made, deterministic=True)


def decimal_of(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    if _EASY(text):  # most are; the exact way takes five times as long
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(decimal_text(value))


def real_of(value: Any) -> str:
    """The eight bytes of a float, for no two programs print it alike."""
    return struct.pack(">d", value + 0.0).hex() if isinstance(value, int | float) else str(value)


def moment_of(value: Any) -> str:
    return moment_text(str(value))


def json_of(value: Any) -> str:
    return str(same_text("json", value))


def postgres_text(col: Col) -> str:
    """An expression that gives the column as text, never NULL; JSON as it is written."""
    name, kind = quoted(col.name), col.kind
    if kind == "text":
        text = name if not col.type else f"({name}::text)"
        return f"coalesce(length({text}) || ':' || {text}, '-1:')"
    told = {
        "int": f"{name}::text",
        "bool": f"{name}::int::text",
        "uuid": f"replace({name}::text, '-', '')",
        "date": f"to_char({name}, 'YYYY-MM-DD')",
        "dec": f"trim_scale({name})::text",
        "blob": f"upper(encode({name}, 'hex'))",
        "json": f"{name}::text",
        # the shortest text of a short float is what travels
        "real": f"encode(float8send({name + '::text' if col.type == 'real' else name}::float8 + 0), 'hex')",
    }
    if kind.startswith("scaled"):
        text = f"(({name} * 1{'0' * scale_of(kind)})::numeric(40, 0))::text"
    elif kind in ("moment", "instant"):
        utc = f"{name} AT TIME ZONE 'UTC'" if "with time zone" in col.type else name
        text = f"to_char({utc}, 'YYYY-MM-DD HH24:MI:SS.US')"
    else:
        text = told.get(kind, f"{name}::text")
    return f"coalesce({text}, chr(1))"


def json_places(cols: Sequence[Col]) -> list[int]:
    return [n for n, col in enumerate(cols) if col.kind == "json"]
