"""A JSON text as a stream of its records: the elements of its array, or of the one at the stated path."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import BinaryIO

from pipeline.errors import FileFailed
from pipeline.formats.columns import check_columns
from pipeline.formats.encodings import find_encoding
from pipeline.formats.flatten import OWN, Found, Json, Record, table_of, text_of
from pipeline.formats.grid import tabulate
from pipeline.formats.json_text import Broken, JsonText
from pipeline.formats.limits import Limits
from pipeline.formats.model import Account, Damaged
from pipeline.formats.table import Table
from pipeline.formats.text import Encoding
from pipeline.mapping.model import ReadOptions
from pipeline.words import message

DEPTH = 6  # of a path that is looked for


def read(file: BinaryIO, options: ReadOptions, required: Sequence[str], limits: Limits) -> Table:
    """`path` (`data.orders`) leads to the list; without one: the first list of objects, else the object itself."""
    encoding = find_encoding(file, options.encoding)
    if options.path is not None:
        path = tuple(part.removesuffix("[]") for part in options.path.strip("$.").split(".") if part)
    else:
        text = JsonText(file, encoding, limits)
        path = (text.peek() == "{" and _find(text, (), DEPTH)) or ()
        text.release()
    text = JsonText(file, encoding, limits)
    found = _found(text, path, encoding)
    first = next(found, None)
    if first is not None and isinstance(first[1], dict) and isinstance(first[1].get(OWN), list):
        rows = [(number, _cells(value)) for number, value in chain([first], found)]
        width = max(len(cells) for _, cells in rows)
        table = tabulate("json", rows, width, options, required, limits)
    else:
        table = table_of("json", chain([first] if first else [], found), limits, Account())
    text.release()
    table.encoding = encoding.codec
    if text.mended:
        table.account.note(message("reading.bytes_mended"))
    if options.path is None and path:
        table.account.notes.append(message("reading.json_path", path=".".join(path)))
    check_columns(table.columns, [(name,) for name in required])
    return table


def _found(text: JsonText, path: tuple[str, ...], encoding: Encoding) -> Iterator[Found]:
    for number, value in enumerate(_records(text, path), 1):
        if isinstance(value, Broken):
            yield number, Damaged(number, value.text.encode(encoding.name, "replace"), value.said)
        else:
            yield number, value if isinstance(value, dict) else {OWN: value}


def _cells(value: Record | Damaged) -> list[str | None]:
    """An element of a list of lists: a row of a sheet."""
    if isinstance(value, Damaged):
        raise FileFailed(value.said)
    cells = value.get(OWN)
    return (
        [json.dumps(c) if isinstance(c, dict | list) else text_of(c) for c in cells]
        if isinstance(cells, list)
        else []
    )


def _records(text: JsonText, path: tuple[str, ...]) -> Iterator[Json | Broken]:
    for part in path:
        if text.peek() != "{":
            raise FileFailed(message("reading.json_no_path", path=".".join(path)))
        for key in text.members():
            if key == part:
                break
            text.skip()
        else:
            raise FileFailed(message("reading.json_no_path", path=".".join(path)))
    if text.peek() != "[":
        yield text.value()
    else:
        keys: frozenset[str] = frozenset()
        for _ in text.elements():
            value = text.element(keys, len(path))
            if isinstance(value, dict):
                keys = frozenset(value)
            yield value
    if not path and text.peek():
        raise text.damaged("Extra data", text.at)


def _find(text: JsonText, path: tuple[str, ...], depth: int) -> tuple[str, ...] | None:
    """The path to the first list of objects below."""
    for key in text.members():
        sign = text.peek()
        if sign == "[":
            for _ in text.elements():
                if text.peek() == "{":
                    return (*path, key)
                text.skip()
        elif sign == "{" and depth:
            found = _find(text, (*path, key), depth - 1)
            if found is not None:
                return found
        else:
            text.skip()
    return None
