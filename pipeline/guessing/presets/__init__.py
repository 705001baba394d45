"""Ready mappings for known programs: a TOML file each, which says in its head what it was made from, or for.

The head is comments: what it is for, then for imports `# Made from:` which layout of which year and `# Layouts:` the
known layouts (layouts.toml) whose files it takes; for exports, named `to-…`, `# Made for:` which reader. Pure: the
files are read once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal

_HEAD = re.compile(
    r"# (?P<purpose>.+)\n(?:# Made from: (?P<made>.+)\n# Layouts: (?P<layouts>.+)|# Made for: (?P<reader>.+))\n"
)


@dataclass(frozen=True, slots=True)
class Preset:
    """`purpose`: system, export and what it fills; `made_from`: which layout of which year; `layouts`: by their names
    `system.export`, none of one for exports; `text`: the whole mapping with its head."""

    name: str
    purpose: str
    made_from: str
    layouts: tuple[str, ...]
    text: str

    @property
    def way(self) -> Literal["import", "export"]:
        return "import" if self.layouts else "export"


@cache
def presets() -> Mapping[str, Preset]:
    """All of them by name, sorted."""
    here = files("pipeline.guessing.presets")
    found = sorted(one.name for one in here.iterdir() if one.name.endswith(".toml"))
    return MappingProxyType(
        {name[:-5]: _read(name[:-5], here.joinpath(name).read_text("utf-8")) for name in found}
    )


def preset_of(layout: str) -> Preset | None:
    """The ready mapping for a known layout, `system.export`."""
    return next((one for one in presets().values() if layout in one.layouts), None)


def _read(name: str, text: str) -> Preset:
    head = _HEAD.match(text)
    if head is None:
        raise ValueError(f"{name}.toml: no head")
    layouts = tuple(part.strip() for part in (head["layouts"] or "").split(",") if part.strip())
    return Preset(name, head["purpose"], head["made"] or head["reader"], layouts, text)
