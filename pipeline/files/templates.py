"""Where an imported file is kept: the job's template filled in. Pure: the same ledger row, the same place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from string import Formatter

from pipeline.files.names import NAME_MAX, cut, fit
from pipeline.words import Message, message

PLACEHOLDERS = ("year", "month", "day", "time", "id", "name", "stem", "ext", "job", "folder")
_UNIQUE = {"id", "name", "stem"}


def template_mistake(template: str) -> Message | None:
    """What is wrong with an archive template, or None."""
    try:
        parsed = list(Formatter().parse(template))
    except ValueError:
        return message("files.template_braces", template=template, example="{name}")
    used = [name for _, name, _, _ in parsed if name is not None]
    for _, name, spec, conversion in parsed:
        if name is not None and (name not in PLACEHOLDERS or spec or conversion):
            known = ", ".join("{" + p + "}" for p in PLACEHOLDERS)
            return message("files.template_unknown", name="{" + name + "}", known=known)
    if template.startswith(("/", "~")) or "\\" in template:
        return message("files.template_absolute", template=template)
    if any(part in ("..", ".", "") for part in template.split("/")):
        return message("files.template_parts", template=template)
    if not _UNIQUE.intersection(used):
        return message("files.template_same", template=template, needed="{id}, {name}, {stem}")
    return None


def archive_name(
    template: str, job: str, id: int, at_local: datetime, name: bytes, folder: str
) -> list[bytes]:
    """The folders and the name, below the job's processed folder, of a file that was committed at `at_local`
    (in the job's zone) as ledger number `id`. `folder`: its path below the inbox, "" if none; `{ext}` has its
    dot. Each part fits a folder; a name that is too long keeps its end."""
    stem, ext = os.path.splitext(name)
    values = {
        "year": b"%04d" % at_local.year,
        "month": b"%02d" % at_local.month,
        "day": b"%02d" % at_local.day,
        "time": at_local.strftime("%H%M%S").encode(),
        "id": b"%d" % id,
        "job": os.fsencode(job.replace("/", "_")),
        "ext": ext,
        "name": name,
        "stem": stem,
        "folder": os.fsencode(folder),
    }
    *folders, last = template.split("/")
    parts = [cut(part, NAME_MAX) for text in folders for part in _fill(text, values).split(b"/")]
    end = _fill(last, {**values, "folder": values["folder"].replace(b"/", b"_")})
    return [
        *(p for p in parts if p not in (b"", b".", b"..")),
        b"_" + end if end in (b"", b".", b"..") else end,
    ]


def _fill(template: str, values: Mapping[str, bytes]) -> bytes:
    """One part of the template filled in; the name in it is shortened until it fits."""
    length = len(values["name"])
    while True:
        short = {"name": fit(values["name"], length=length), "stem": cut(values["stem"], length)}
        filled = b"".join(
            literal.encode() + ({**values, **short}[name] if name else b"")
            for literal, name, _, _ in Formatter().parse(template)
        )
        if len(filled) <= NAME_MAX or length <= 1:
            return filled
        length -= max(1, (len(filled) - NAME_MAX) // 4)
