"""What is watched over and told: `[notify]`, `[imports.NAME.expect]`, and the folder of receipts."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from pipeline.config.schedules import read_days
from pipeline.config.secret import resolve
from pipeline.config.turns import UNITS
from pipeline.expecting import Expect
from pipeline.keeping import Keep, days
from pipeline.mapping.source import Path as At
from pipeline.mapping.source import Source
from pipeline.notices import Notify
from pipeline.schedule import parse_at

NOTIFY = ("to", "waiting", "digest", "link")
KEEP = ("archive", "compress", "failed")
EXPECT = ("by", "days", "on", "files", "rows", "holidays")


def read_notify(source: Source, top: dict[str, Any], root: Path) -> Notify:
    """What is wrong with it is told to the source."""
    table, at = source.sub((), top, "notify"), ("notify",)
    source.known(at, table, NOTIFY)
    to = []
    for name, value in source.sub(at, table, "to").items():
        here = (*at, "to", name)
        text = resolve(source, here, value, root) if isinstance(value, str) else ""
        if text == "" or (text is not None and not re.match(r"[\w+-]+://\S", text)):
            source.say(here, "servers.address", name=name)  # never the address: it may be a secret
        elif text is not None:
            to.append((name, text))
    given = {"waiting_s": waiting} if (waiting := _span(source, at, table, "waiting")) is not None else {}
    digest = table.get("digest")
    moment = parse_at(digest) if isinstance(digest, str) else None
    if digest is not None and moment is None:
        source.say((*at, "digest"), "servers.hour", key="digest", value=str(digest))
    link = source.text_at(at, table, "link") or ""
    if link and not re.match(r"https?://\S+$", link):
        source.say((*at, "link"), "servers.link", value=link)
    return Notify(tuple(to), digest=moment, link=link, **given)


def _span(source: Source, at: At, table: dict[str, Any], key: str) -> int | None:
    if key not in table:
        return None
    found = re.fullmatch(r"([0-9]{1,6}) ?(s|sec|min|m|h|d|j)", str(table[key]))
    if found is None:
        source.say((*at, key), "servers.span", key=key, value=str(table[key]))
        return None
    return int(found[1]) * UNITS[found[2]]


def read_receipts(source: Source, at: At, table: dict[str, Any], root: Path) -> Path | None:
    """The folder, below config.toml's; not the inbox itself, whose files are imported."""
    text = source.text_at(at, table, "receipts")
    if not text:
        return None
    folder = Path(os.path.normpath(root / text))
    inbox = Path(os.path.normpath(root / str(table.get("inbox", ""))))
    if folder == inbox:
        source.say((*at, "receipts"), "servers.receipts")
    return folder


def read_expect(source: Source, at: At, table: dict[str, Any], zone: str) -> Expect | None:
    """What the job's files are expected to be; what is wrong with it is told to the source."""
    asked = source.sub(at, table, "expect")
    if not asked:
        return None
    here = (*at, "expect")
    source.known(here, asked, EXPECT)
    by = parse_at(asked["by"]) if isinstance(asked.get("by"), str) else None
    if by is None:
        source.say((*here, "by"), "servers.hour", key="by", value=str(asked.get("by", "")))
        return None
    days = read_days(source, here, asked)
    country = source.text_at(here, asked, "holidays") or ""
    if country and not _known(country):
        source.say((*here, "holidays"), "servers.country", value=country)
        country = ""
    files = source.count_at(here, asked, "files", 1) or 1
    return Expect(by, zone, days, files, _rows(source, here, asked), country)


def _rows(source: Source, at: At, table: dict[str, Any]) -> tuple[int, int] | None:
    value = table.get("rows")
    if value is None:
        return None
    if isinstance(value, list) and len(value) == 2 and all(type(n) is int and n >= 0 for n in value):
        least, most = value
        if least <= most:
            return least, most
    source.say((*at, "rows"), "servers.rows", value=repr(value))
    return None


def _known(country: str) -> bool:
    """Is there such a country, and such a part of it? Loaded only where somebody asks for holidays."""
    from pipeline.freedays import known

    return known(country)


def read_keep(source: Source, at: At, table: dict[str, Any]) -> Keep:
    """For how long the job's files are kept."""
    asked, here = source.sub(at, table, "keep"), (*at, "keep")
    source.known(here, asked, KEEP)
    return Keep(**{key: _days(source, here, asked, key) for key in KEEP})


def read_keep_log(source: Source, top: dict[str, Any]) -> int | None:
    """`[keep] log`: for how many days changes are remembered, and can be taken back."""
    asked = source.sub((), top, "keep")
    source.known(("keep",), asked, ("log",))
    return _days(source, ("keep",), asked, "log")


def _days(source: Source, at: At, table: dict[str, Any], key: str) -> int | None:
    if key not in table:
        return None
    found = days(str(table[key]))
    if found is None:
        source.say((*at, key), "servers.days", key=key, value=str(table[key]))
    return found
