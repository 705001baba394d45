"""One `[imports.NAME]` as a frozen job."""

from __future__ import annotations

import os
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

from pipeline.config.remotes import Remotes
from pipeline.config.schedules import KEYS as SCHEDULE
from pipeline.config.schedules import read_schedule
from pipeline.config.section import read_choices, read_mapping
from pipeline.config.turns import read_turns
from pipeline.config.watchfulness import read_expect, read_keep, read_receipts
from pipeline.files import template_mistake
from pipeline.jobs import ARCHIVE, WORK, ImportJob, Limits
from pipeline.mapping.parsing import read_brake
from pipeline.mapping.source import Path as At
from pipeline.mapping.source import Source

KEYS = (
    "mapping", "inbox", "processed", "failed", "pattern", *SCHEDULE, "errors", "repeat", "take", "ready",
    "trailer", "order", "archive", "compress", "watch",
    "brake", "gap", "after", "closed_until", "expect", "receipts", "keep",
)  # fmt: skip
CHOICES = {
    "repeat": ("skip", "apply"),
    "take": ("move", "copy"),
    "compress": ("gzip",),
    "watch": ("auto", "native", "poll"),
}
WILD = re.compile(r"[*?\[]")


def read_job(
    source: Source, name: str, table: dict[str, Any], root: Path, zone: str, remotes: Remotes
) -> ImportJob:
    """The job; what is wrong with it is told to the source."""
    at: At = ("imports", name)
    mapping = read_mapping(source, at, table, root, KEYS, ("mapping", "inbox", "processed"))
    text = source.text_at(at, table, "inbox") or f"inbox/{name}"
    remote = remotes.inbox(at, table, text)
    inbox, below = _inbox(root, text) if remote is None else (remote.spool, ())
    processed, failed = (
        Path(os.path.normpath(root / (source.text_at(at, table, key) or f"{key}/{name}")))
        for key in ("processed", "failed")
    )
    chosen = read_choices(source, at, table, CHOICES)
    return ImportJob(
        name=name,
        mapping=mapping,
        inbox=inbox,
        processed=processed,
        failed=failed,
        below=below,
        patterns=source.texts_at(at, table, "pattern") or ("*",),
        schedule=read_schedule(source, at, table, zone),
        errors=_limits(source, at, table),
        ready=_ready(source, at, table),
        trailer=source.text_at(at, table, "trailer") or "",
        archive=_archive(source, at, table),
        brake=read_brake(source, at, table),
        closed_until=read_day(source, at, table, "closed_until"),
        **read_turns(source, at, table),
        keep=read_keep(source, at, table),
        expect=read_expect(source, at, table, zone),
        receipts=read_receipts(source, at, table, root),
        copies=root / WORK / "copies" / name,
        remote=remote,
        **cast(Any, {key: value for key, value in chosen.items() if value}),
    )


def read_day(source: Source, at: At, table: dict[str, Any], key: str) -> date | None:
    """A date, as TOML has it or as a text, `2026-03-31`."""
    value = table.get(key)
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    try:
        if isinstance(value, str):
            return date.fromisoformat(value.strip())
    except ValueError:
        pass
    source.say((*at, key), "config.day", key=key, value=str(value))
    return None


def _inbox(root: Path, text: str) -> tuple[Path, tuple[str, ...]]:
    """The folder itself, and the patterns of sub-folders below it: `inbox/stations/*` → (`…/stations`, `*`)."""
    parts = Path(os.path.normpath(root / text)).parts
    wild = next((n for n, part in enumerate(parts) if WILD.search(part)), len(parts))
    return Path(*parts[:wild]), parts[wild:]


def _ready(source: Source, at: At, table: dict[str, Any]) -> str:
    """The companion's name made from the file's: `{stem}.ok`, `{name}.sha256`."""
    text = source.text_at(at, table, "ready") or ""
    rest = text.replace("{stem}", "").replace("{name}", "")
    if text and (rest == text or re.search(r"[{}/\0]", rest) or not rest):
        source.say((*at, "ready"), "config.ready", value=text)
        return ""
    return text


def _archive(source: Source, at: At, table: dict[str, Any]) -> str:
    text = source.text_at(at, table, "archive") or ARCHIVE
    mistake = template_mistake(text)
    if mistake is not None:
        source.say((*at, "archive"), mistake.code, None, **mistake.args)
    return text


def _limits(source: Source, at: At, table: dict[str, Any]) -> Limits:
    errors = source.sub(at, table, "errors")
    here = (*at, "errors")
    source.known(here, errors, ("max_rows", "max_percent"))
    percent = errors.get("max_percent")
    if percent is not None and (type(percent) not in (int, float) or not 0 <= percent <= 100):
        source.say(here, "config.percent", value=repr(percent))
        percent = None
    return Limits(source.count_at(here, errors, "max_rows", 0), percent)
