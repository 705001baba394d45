"""Names of columns: made fit for a frame, matched by what a person means."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Sequence

from pipeline.errors import FileFailed
from pipeline.formats.model import LINE
from pipeline.words import message

MAX_COLUMNS = 2000


def unique(names: Sequence[str]) -> tuple[str, ...]:
    """Names for the frame: none empty, none twice, none `_line`; the first of equal ones keeps its name."""
    taken = {LINE, *names}
    seen: set[str] = {LINE}
    result: list[str] = []
    for place, name in enumerate(names, 1):
        new = name if name else f"column_{place}"
        count = 1
        while new in seen or (new != name and new in taken):
            count += 1
            new = f"{name or 'column'} ({count})"
        seen.add(new)
        result.append(new)
    return tuple(result)


def normal(name: str) -> str:
    """A column name without case, accents, marks; one blank for any run of blanks and underscores."""
    plain = name.casefold()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain)
        plain = "".join(c for c in plain if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
    return " ".join(plain.replace("_", " ").split())


def match_column(wanted: str, columns: Sequence[str]) -> str | None:
    """The column meant by a name: the same text, else the first with the same normalised name."""
    if wanted in columns:
        return wanted
    key = normal(wanted)
    return next((column for column in columns if normal(column) == key), None)


def check_columns(
    columns: Sequence[str], required: Iterable[Sequence[str]], named: Iterable[str] = ()
) -> None:
    """Of each group of `required` names one stands in the header; no name in use stands there twice.

    Raises FileFailed with what was expected, what was found, and the nearest."""
    for names in required:
        if all(match_column(name, columns) is None for name in names):
            normals = {normal(column): column for column in columns}
            near = next(filter(None, (_near(name, normals) for name in names)), "")
            shown = ", ".join(columns[:30]) + (", …" if len(columns) > 30 else "")
            facts = {"column": " / ".join(names), "found": shown}
            if near:
                raise FileFailed(message("reading.missing_column_near", near=near, **facts))
            raise FileFailed(message("reading.missing_column", **facts))
    for name in [*(name for names in required for name in names), *named]:
        found = match_column(name, columns)
        same = columns.count(found) if found == name else sum(normal(c) == normal(name) for c in columns)
        if found is not None and same > 1:
            raise FileFailed(message("reading.duplicate_column", column=found))


def _near(name: str, normals: dict[str, str]) -> str | None:
    close = difflib.get_close_matches(normal(name), list(normals), 1, 0.5)
    return normals[close[0]] if close else None
