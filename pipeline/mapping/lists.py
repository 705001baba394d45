"""Value lists: what the texts of a file mean in the database, "Carte bancaire" for card."""

from __future__ import annotations

from typing import Any

from pipeline.mapping.model import ValueList
from pipeline.mapping.source import Path, Source, nearest

OTHER = ("refuse", "keep", "empty")
MOST = 10_000  # entries of a list


def check_lists(source: Source) -> None:
    """Every section [values.NAME] is looked at, also one that no field uses."""
    for name in source.sub((), source.top, "values"):
        _pairs(source, ("values", name), source.top["values"][name], name)


def value_list(source: Source, at: Path, options: dict[str, Any]) -> ValueList | None:
    """The list that a field names or holds; None when it has none (or a wrong one: told)."""
    other = source.text_at(at, options, "other")
    asked = options.get("values")
    if other is not None and other not in OTHER:
        facts = {"key": "other", "choices": ", ".join(OTHER)}
        source.say((*at, "other"), "mapping.choice", nearest(other, OTHER), **facts)
    if asked is None:
        if other is not None:
            source.say((*at, "other"), "mapping.other_alone")
        return None
    known = source.top.get("values")
    known = known if isinstance(known, dict) else {}
    if isinstance(asked, str):
        if asked not in known:
            names = ", ".join(known) or "-"
            source.say((*at, "values"), "mapping.no_list", nearest(asked, known), name=asked, known=names)
            return None
        pairs = _pairs(None, at, known[asked], asked)
    else:
        pairs = _pairs(source, (*at, "values"), asked, "")
    if pairs is None:
        return None
    otherwise = pairs.pop("*", None)
    name = asked if isinstance(asked, str) else ""
    table = known[asked] if isinstance(asked, str) else asked
    written = ((text, pairs.get(text.strip().lower())) for text in table)
    kept = tuple((text, meant) for text, meant in written if meant is not None)
    return ValueList(name, tuple(pairs.items()), other or "refuse", otherwise, kept)


def _pairs(source: Source | None, at: Path, table: object, name: str) -> dict[str, str] | None:
    """The file's text in small letters → the table's; None when it is no list. Without `source` nothing is told."""
    if not isinstance(table, dict) or not table or len(table) > MOST:
        if source is not None:
            source.say(at, "mapping.list", name=name or at[-2], most=MOST)
        return None
    out: dict[str, str] = {}
    for text, value in table.items():
        meant = str(value).lower() if isinstance(value, bool) else str(value)
        if not isinstance(value, str | int):
            if source is not None:
                source.say((*at, text), "mapping.list_value", text=text)
            continue
        key = text.strip().lower()
        if out.setdefault(key, meant) != meant and source is not None:
            source.say((*at, text), "mapping.list_twice", text=text)
    return out
