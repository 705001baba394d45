"""What the section of an import and that of an export have in common: its name, its mapping, settings with choices."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.mapping.source import Path as At
from pipeline.mapping.source import Source, nearest


def read_mapping(
    source: Source, at: At, table: dict[str, Any], root: Path, keys: Sequence[str], needed: Sequence[str]
) -> str:
    """The mapping that the section names. Its name, its `keys`, and what it cannot do without are held against it."""
    source.known(at, table, keys)
    if not re.fullmatch(r"[\w-]+", at[-1]):
        source.say(at, "config.job_name", name=at[-1])
    for key in needed:
        if not table.get(key):
            source.say((*at, key), "config.missing", key=key, where=f"[{'.'.join(at)}]")
    mapping = source.text_at(at, table, "mapping") or ""
    if mapping and not (root / "mappings" / f"{mapping}.toml").is_file():
        known = [p.stem for p in (root / "mappings").glob("*.toml")]
        source.say((*at, "mapping"), "config.no_mapping", nearest(mapping, known), mapping=mapping)
    return mapping


def read_choices(
    source: Source, at: At, table: dict[str, Any], choices: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """Each setting that has a fixed set of values; "" where it is left out or wrong."""
    found = {}
    for key, known in choices.items():
        value = source.text_at(at, table, key) or ""
        if value and value not in known:
            source.say((*at, key), "mapping.choice", nearest(value, known), key=key, choices=", ".join(known))
            value = ""
        found[key] = value
    return found
