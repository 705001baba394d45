"""Sections as text, so that rows which wait are written one day as they were mapped when they came."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from pipeline.mapping.model import Catalogue, Field, Plan, SavedMapping
from pipeline.mapping.sections.model import Action, FindPlan, SectionPlan, Split, Spread

_NOUNS = {noun.__name__: noun for noun in (Action, Field, FindPlan, SectionPlan, Split, Spread)}


def dumped(sections: Sequence[SectionPlan], unit: str) -> str:
    """What the loading of staged rows needs: what made them from cells is left out, and what needs the whole file."""
    bare = [replace(part, refunds="", total=None, mirror=None) for part in sections]
    return json.dumps({"unit": unit, "sections": [_out(part) for part in bare]})


def loaded(text: str, catalogue: Catalogue) -> Plan | None:
    """The plan again; None when one of its tables is no longer there."""
    found = json.loads(text)
    try:
        sections = tuple(_in(part, catalogue) for part in found["sections"])
    except KeyError:
        return None
    first: Plan = sections[0].plan
    return replace(first, mapping=replace(first.mapping, unit=found["unit"]), sections=sections)


def _out(value: Any) -> Any:
    if isinstance(value, Plan):
        plain = [replace(field, sql=None, values=None) for field in value.mapping.fields]
        return {
            "@": "Plan",
            "table": value.table.name,
            "key": value.key,
            "fields": [_out(one) for one in plain],
        }
    if isinstance(value, tuple):
        return [_out(one) for one in value]
    if type(value).__name__ in _NOUNS:
        return {"@": type(value).__name__} | {f.name: _out(getattr(value, f.name)) for f in fields(value)}
    return value


def _in(value: Any, catalogue: Catalogue) -> Any:
    if isinstance(value, list):
        return tuple(_in(one, catalogue) for one in value)
    if not isinstance(value, dict):
        return value
    inner = {key: _in(one, catalogue) for key, one in value.items() if key != "@"}
    if value["@"] == "Plan":
        table = catalogue[inner["table"]]
        return Plan(SavedMapping("", table.name, (), inner["fields"]), table, inner["key"])
    noun = _NOUNS[value["@"]]
    known = {field.name for field in fields(noun)}
    return noun(**{key: one for key, one in inner.items() if key in known})
