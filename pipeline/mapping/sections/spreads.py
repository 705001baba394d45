"""The text of `each` and `split`: a row of the file that is several rows of a section."""

from __future__ import annotations

from typing import Any

from pipeline.mapping.sections.model import Split, Spread
from pipeline.mapping.source import Path, Source


def each(source: Source, at: Path, table: dict[str, Any]) -> tuple[Spread, ...]:
    """`{ rate = { values = ["20", "5,5"] }, net = ["Net 20%", "Net 5,5%"] }`: a place for each item of the lists."""
    here = (*at, "each")
    found: list[Spread] = []
    for name, value in source.sub(at, table, "each").items():
        constant = isinstance(value, dict)
        items = value.get("values") if constant else value
        if not isinstance(items, list) or not items or (constant and value.keys() != {"values"}):
            source.say(here, "sections.each_list", name=name)
            return ()
        texts = [str(item) if type(item) in (int, str) else None for item in items]
        if any(text is None for text in texts):
            source.say(here, "sections.each_list", name=name)
            return ()
        whole = tuple(text or "" for text in texts)
        columns = () if constant else tuple(text or None for text in whole)
        found.append(Spread(name, columns, whole if constant else ()))
    if found and len({len(one.columns) + len(one.values) for one in found}) > 1:
        source.say(here, "sections.each_length")
        return ()
    if found and not any(column for one in found for column in one.columns):
        source.say(here, "sections.each_columns")
        return ()
    return tuple(found)


def split(source: Source, at: Path, table: dict[str, Any]) -> Split | None:
    """`{ column = "Tags", by = "," }`."""
    here = (*at, "split")
    given = source.sub(at, table, "split")
    source.known(here, given, ("column", "by"))
    if "split" not in table:
        return None
    column, by = source.text_at(here, given, "column"), source.text_at(here, given, "by")
    if not column or not by:
        source.say(here, "sections.split")
        return None
    return Split(column, by)
