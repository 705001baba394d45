"""The names of exported files: a job's template filled in. Pure: the same export, the same name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from string import Formatter

from pipeline.jobs import TEMPORARY, matches_any
from pipeline.words import Message, message

PLACEHOLDERS = ("date", "sequence", "job", "mapping", "station", "period", "revision", "file")
COMPANION = ("name", "stem")
NAME_MAX = 255  # bytes
_NUMBER = re.compile(r"0?[1-9][0-9]?")
_DATE = re.compile(r"(?:%[YymdHMSjVGuB%]|[^%/\x00])*")
_MOMENT = datetime(2026, 12, 31, 23, 59, 58)  # noqa: DTZ001 - stands for the local moment of any export


def template_mistake(template: str, *, companion: bool = False) -> Message | None:
    """What is wrong with the template of a name, or of a companion's name; None: nothing."""
    known = COMPANION if companion else PLACEHOLDERS
    try:
        parsed = list(Formatter().parse(template))
    except ValueError:
        return message("files.template_braces", template=template, example="{sequence:06}")
    for _, name, spec, conversion in parsed:
        if name is None:
            continue
        sound = {"date": _DATE, "sequence": _NUMBER, "revision": _NUMBER}.get(name)
        if name not in known or conversion or (spec and (sound is None or not sound.fullmatch(spec))):
            allowed = ", ".join("{" + p + "}" for p in known)
            shown = "{" + name + (":" + spec if spec else "") + "}"
            return message("files.template_unknown", name=shown, known=allowed)
    if "/" in template or "\\" in template or template.startswith("~"):
        return message("exports.name_climbs", template=template)
    if companion:
        return None if any(name for _, name, _, _ in parsed) else message("exports.companion", value=template)
    values = dict.fromkeys(("job", "mapping", "station", "period", "file"), "x")
    sample = _fill(template, {**values, "sequence": 1, "revision": 1, "date": _MOMENT})
    return name_mistake(sample)


def name_mistake(name: str) -> Message | None:
    """What is wrong with a file name, or None."""
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        return message("exports.name_climbs", template=name)
    if name.startswith(".") or matches_any(name, TEMPORARY):
        return message("exports.name_hidden", name=name)
    if len(name.encode("utf-8", "surrogatepass")) > NAME_MAX:
        return message("exports.name_long", name=name, most=NAME_MAX)
    return None


def file_name(
    template: str, *, local: datetime, sequence: int, revision: int = 0, facts: Mapping[str, str]
) -> str:
    """The name of one file. `local`: the moment of the export in the config's zone; `facts`: the other
    placeholders. What a fact holds of `/` becomes `_`."""
    clean = {key: re.sub(r"[/\x00]", "_", value) for key, value in facts.items()}
    return _fill(template, {**clean, "date": local, "sequence": sequence, "revision": revision})


def companion_name(template: str, name: str) -> str:
    """The name of a companion of this file."""
    stem = name.rpartition(".")[0] or name
    return template.replace("{name}", name).replace("{stem}", stem)


def _fill(template: str, values: Mapping[str, object]) -> str:
    parts = []
    for literal, name, spec, _ in Formatter().parse(template):
        parts.append(literal)
        if name == "date":
            parts.append(format(values[name], spec or "%Y%m%d-%H%M%S"))
        elif name is not None:
            parts.append(format(values[name], spec or ""))
    return "".join(parts)
