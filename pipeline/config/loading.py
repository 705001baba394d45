"""`config.toml` → frozen settings: every mistake in one go, with its line and the nearest right word."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, cast

from pipeline.config.exports import read_exports, read_station
from pipeline.config.folders import check_folders
from pipeline.config.jobs import read_day, read_job
from pipeline.config.remotes import read_remotes
from pipeline.config.secret import resolve
from pipeline.config.server import read_server
from pipeline.config.syncs import read_syncs
from pipeline.config.text import text_of
from pipeline.config.turns import check_after
from pipeline.config.watchfulness import read_keep_log, read_notify
from pipeline.errors import ConfigError
from pipeline.formats.limits import Limits
from pipeline.jobs import Settings
from pipeline.mapping import parse
from pipeline.mapping.model import SavedMapping
from pipeline.mapping.source import Path as At
from pipeline.mapping.source import Source, nearest
from pipeline.words import Language, message

LIMITS = tuple(limit.name for limit in fields(Limits))
TOP = (
    "active",
    "database",
    "timezone",
    "language",
    "imports",
    "exports",
    "station",
    "remotes",
    "syncs",
    "workers",
    "memory_mb",
    "deadline_s",
    "limits",
    "closed_until",
    "server",
    "notify",
    "keep",
)


def load(path: Path) -> Settings:
    """The whole config, checked. Raises ConfigError with every Mistake."""
    source = Source(path.name, text_of(path))
    root = path.absolute().parent
    top = source.read()
    if top is None:
        raise _error(source)
    source.known((), top, TOP)
    active = top.get("active", True)
    if not isinstance(active, bool):
        source.say(("active",), "config.boolean", key="active", value=repr(active))
    zone = source.zone_at((), top) or "UTC"
    language = source.text_at((), top, "language") or "en"
    if language not in ("en", "fr"):
        source.say(("language",), "config.language", nearest(language, ("en", "fr")), language=language)
    database, schema = _database(source, top, root)
    numbers = {key: source.count_at((), top, key, 1) for key in ("workers", "memory_mb", "deadline_s")}
    asked = source.sub((), top, "limits")
    source.known(("limits",), asked, LIMITS)
    limits = {key: source.count_at(("limits",), asked, key, 1) for key in LIMITS}
    remotes = read_remotes(source, top, root, zone)
    jobs = []
    for name, table in source.sub((), top, "imports").items():
        if isinstance(table, dict):
            jobs.append(read_job(source, name, table, root, zone, remotes))
        else:
            source.say(("imports", name), "config.section", key=name)
    closed = read_day(source, (), top, "closed_until")
    jobs = [replace(job, closed_until=job.closed_until or closed) for job in jobs]
    check_folders(source, jobs)
    check_after(source, jobs)
    station = read_station(source, top)
    server = read_server(source, top, root)
    exports = read_exports(source, top, root, zone, jobs, station, remotes)
    syncs, shared = read_syncs(
        source, top, root, zone, {j.name for j in jobs} | {j.name for j in exports}, station
    )
    notify = read_notify(source, top, root)
    keep_log = read_keep_log(source, top)
    if source.mistakes:
        raise _error(source)
    given = {key: value for key, value in numbers.items() if value is not None}
    return Settings(
        path.absolute(),
        root,
        active,
        database,
        zone,
        cast(Language, language),
        tuple(jobs),
        root / "mappings",
        schema=schema,
        closed_until=closed,
        limits={key: value for key, value in limits.items() if value is not None},
        exports=exports,
        station=station,
        syncs=syncs,
        shared=shared,
        server=server,
        notify=notify,
        keep_log=keep_log,
        **given,
    )


def _error(source: Source) -> ConfigError:
    found = source.done()
    return ConfigError(message("config.mistakes", file=source.file, count=len(found)), found)


def _database(source: Source, top: dict[str, Any], root: Path) -> tuple[str, str]:
    """The address, and whose tables they are: `database = "…"`, or `[database]` with `url` and `schema`."""
    at: At = ("database",)
    if not isinstance(top.get("database"), dict):
        return _url(source, at, source.text_at((), top, "database"), root), ""
    table = top["database"]
    source.known(at, table, ("url", "schema"))
    schema = source.text_at(at, table, "schema") or ""
    if not re.fullmatch(r"(?:none(?::\w+)?|[A-Za-z_]\w*|)", schema):
        source.say((*at, "schema"), "config.schema", value=schema)
    return _url(source, (*at, "url"), source.text_at(at, table, "url"), root), schema


def _url(source: Source, at: At, url: str | None, root: Path) -> str:
    if url is None:
        url = "sqlite:///pipeline.db"
    found = resolve(source, at, url, root)
    if found is None:
        return ""
    url = found
    if url.startswith("sqlite:///") and url != "sqlite:///:memory:":
        return "sqlite:///" + str(root / url.removeprefix("sqlite:///"))
    if url and not re.match(r"(sqlite|postgresql)(\+\w+)?://", url):
        source.say(at, "config.database")
    return url


def load_mapping(settings: Settings, name: str) -> SavedMapping:
    """One saved mapping. Raises ConfigError with every Mistake."""
    path = settings.mappings / f"{name}.toml"
    file = f"mappings/{name}.toml"
    saved, mistakes = parse(name, text_of(path), file)
    if saved is None:
        raise ConfigError(message("config.mistakes", file=file, count=len(mistakes)), mistakes)
    return saved


def mapping_names(path: Path, kinds: Sequence[str] = ("imports",)) -> list[str]:
    """The mappings that the jobs name, also when the config has mistakes; those without a file are left out."""
    try:
        top = tomllib.loads(text_of(path))
    except (ConfigError, tomllib.TOMLDecodeError):
        return []
    jobs = [job for kind in kinds for job in top.get(kind, {}).values() if isinstance(job, dict)]
    names = {job.get("mapping") for job in jobs}
    found = sorted(name for name in names if isinstance(name, str))
    return [name for name in found if (path.absolute().parent / "mappings" / f"{name}.toml").is_file()]


def mapping_text(path: Path, name: str) -> str:
    """The text of one of those mappings, as far as it can be read. Raises ConfigError when it is gone."""
    file = path.absolute().parent / "mappings" / f"{name}.toml"
    try:
        return file.read_text("utf-8", "replace")
    except OSError as error:  # an editor may put the file away before it writes the new one
        raise ConfigError(message("config.unreadable", file=str(file), detail=str(error))) from error
