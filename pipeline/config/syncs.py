"""`[syncs.NAME]`: databases that ours becomes equal with."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pipeline.config.schedules import KEYS as SCHEDULE
from pipeline.config.schedules import read_schedule
from pipeline.jobs import SyncJob
from pipeline.mapping.source import Path as At
from pipeline.mapping.source import Source, nearest

KEYS = ("remote", "token", "tables", "direction", "ca", "pin", *SCHEDULE)
DIRECTIONS = ("both", "pull", "push")
Shared = tuple[str, ...] | None


def read_syncs(
    source: Source, top: dict[str, Any], root: Path, zone: str, taken: Collection[str], station: str
) -> tuple[tuple[SyncJob, ...], Shared]:
    """All of them, and the tables that this database shares. One list for all: a table that only some share would
    reach the others by them, or not at all."""
    table = source.sub((), top, "station")
    shared = _tables(source, ("station",), table) if "tables" in table else None
    named = "tables" in table
    jobs: list[SyncJob] = []
    for name, section in source.sub((), top, "syncs").items():
        at: At = ("syncs", name)
        if not isinstance(section, dict):
            source.say(at, "config.section", key=name)
            continue
        source.known(at, section, KEYS)
        if not re.fullmatch(r"[\w-]+", name):
            source.say(at, "config.job_name", name=name)
        if name in taken:
            source.say(at, "peers.same_name", name=name)
        if not station:
            source.say(at, "peers.no_station")
        elif name == station:
            source.say(at, "peers.own_name", name=name)
        own = _tables(source, at, section) if "tables" in section else shared
        if (named or jobs) and own != shared:
            source.say((*at, "tables"), "peers.other_tables")
        shared = own
        jobs.append(_job(source, at, section, root, zone, own))
    return tuple(jobs), shared


def _job(source: Source, at: At, table: dict[str, Any], root: Path, zone: str, tables: Shared) -> SyncJob:
    remote = _remote(source, at, source.text_at(at, table, "remote") or "", root)
    token = _token(source, at, source.text_at(at, table, "token") or "", remote, root)
    ca = source.text_at(at, table, "ca")
    path = None if ca is None else Path(os.path.normpath(root / ca))
    if path is not None and not path.is_file():
        source.say((*at, "ca"), "peers.no_file", place=str(path))
    pin = (source.text_at(at, table, "pin") or "").lower().removeprefix("sha256:").replace(":", "")
    if pin and not re.fullmatch(r"[0-9a-f]{64}", pin):
        source.say((*at, "pin"), "peers.bad_pin")
    job = SyncJob(at[-1], remote, read_schedule(source, at, table, zone), token, tables, ca=path, pin=pin)
    return replace(job, directions=_directions(source, at, table, tables))


def _remote(source: Source, at: At, text: str, root: Path) -> str:
    where: At = (*at, "remote")
    if not text:
        source.say(where, "config.missing", key="remote", where=f"[{'.'.join(at)}]")
        return ""
    if text.startswith("env:"):
        if not os.environ.get(text[4:]):
            source.say(where, "config.no_env", name=text[4:])
        text = os.environ.get(text[4:], "")
    elif text.startswith("file:"):
        try:
            text = (root / text[5:]).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            source.say(where, "config.no_secret", name=text[5:])
            return ""
    if text.startswith("sqlite:///"):
        return "sqlite:///" + str(root / text.removeprefix("sqlite:///"))
    if re.match(r"postgresql(\+\w+)?://", text):
        return text
    try:
        parts = urlsplit(text)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        fits = False
    if not fits or parts.query or parts.fragment or parts.username is not None:
        source.say(where, "peers.bad_remote")
        return ""
    if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        source.say(where, "peers.plain")
    return text.rstrip("/")


def _token(source: Source, at: At, text: str, remote: str, root: Path) -> str:
    """Where it lies; it is read when it is needed."""
    where: At = (*at, "token")
    if not remote.startswith("http"):
        if text:
            source.say(where, "peers.no_token_needed")
        return ""
    if not text:
        source.say(where, "peers.token_missing")
    elif text.startswith("env:"):
        if not os.environ.get(text[4:]):
            source.say(where, "config.no_env", name=text[4:])
    elif text.startswith("file:"):
        path = root / text[5:]
        if not path.is_file():
            source.say(where, "config.no_secret", name=text[5:])
        elif path.stat().st_mode & 0o077:
            source.say(where, "peers.open_secret", place=str(path))
        return f"file:{path}"
    else:
        source.say(where, "peers.plain_token")
    return text


def _tables(source: Source, at: At, table: dict[str, Any]) -> Shared:
    if table.get("tables") == "all":
        return None
    names = source.texts_at(at, table, "tables")
    return tuple(sorted(set(names)))


def _directions(source: Source, at: At, table: dict[str, Any], tables: Shared) -> dict[str, str]:
    where: At = (*at, "direction")
    found: dict[str, str] = {}
    given = source.sub(at, table, "direction")
    for name, way in given.items():
        if way not in DIRECTIONS:
            source.say(
                (*where, name),
                "mapping.choice",
                nearest(str(way), DIRECTIONS),
                key=name,
                choices=", ".join(DIRECTIONS),
            )
        elif tables is not None and name not in tables:
            source.say((*where, name), "peers.not_shared", table=name)
        elif way != "both":
            found[name] = way
    return found
