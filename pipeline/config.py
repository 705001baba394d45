"""`config.toml` → frozen jobs: every mistake in one go, with its line and the nearest right word."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Any, cast
from zoneinfo import available_timezones

from pipeline.errors import ConfigError
from pipeline.jobs import ImportJob, Limits, Settings, patterns_overlap
from pipeline.mapping import parse
from pipeline.mapping.model import SavedMapping
from pipeline.mapping.source import Path as At
from pipeline.mapping.source import Source, nearest
from pipeline.schedule import Always, Daily, Every, Schedule
from pipeline.words import Language, message

TOP = ("active", "database", "timezone", "language", "imports", "workers", "memory_mb", "deadline_s")
JOB = ("mapping", "inbox", "processed", "failed", "pattern", "every", "at", "errors")
UNITS = {"": 1, "s": 1, "sec": 1, "min": 60, "m": 60, "h": 3600}


def load(path: Path) -> Settings:
    """The whole config, checked. Raises ConfigError with every Mistake."""
    source = Source(path.name, _text(path))
    root = path.absolute().parent
    top = source.read()
    if top is None:
        raise _error(source)
    source.known((), top, TOP)
    active = top.get("active", True)
    if not isinstance(active, bool):
        source.say(("active",), "config.boolean", key="active", value=repr(active))
    zone = source.text_at((), top, "timezone") or "UTC"
    if zone not in available_timezones():
        source.say(("timezone",), "config.zone", nearest(zone, available_timezones()), zone=zone)
    language = source.text_at((), top, "language") or "en"
    if language not in ("en", "fr"):
        source.say(("language",), "config.language", nearest(language, ("en", "fr")), language=language)
    database = _database(source, top, root)
    numbers = {key: _count(source, (), top, key, 1) for key in ("workers", "memory_mb", "deadline_s")}
    jobs = []
    for name, table in source.sub((), top, "imports").items():
        if isinstance(table, dict):
            jobs.append(_job(source, name, table, root, zone))
        else:
            source.say(("imports", name), "config.section", key=name)
    _folders(source, jobs)
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
        **given,
    )


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(message("config.unreadable", file=str(path), detail=str(error))) from error


def _error(source: Source) -> ConfigError:
    found = source.done()
    return ConfigError(message("config.mistakes", file=source.file, count=len(found)), found)


def _database(source: Source, top: dict[str, Any], root: Path) -> str:
    url = source.text_at((), top, "database")
    if url is None:
        url = "sqlite:///pipeline.db"
    if url.startswith("env:"):
        if not os.environ.get(url[4:]):
            source.say(("database",), "config.no_env", name=url[4:])
        url = os.environ.get(url[4:], "")
    elif url.startswith("file:"):
        try:
            url = (root / url[5:]).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            source.say(("database",), "config.no_secret", name=url[5:])
            return ""
    if url.startswith("sqlite:///") and url != "sqlite:///:memory:":
        return "sqlite:///" + str(root / url.removeprefix("sqlite:///"))
    if url and not re.match(r"(sqlite|postgresql)(\+\w+)?://", url):
        source.say(("database",), "config.database")
    return url


def _count(source: Source, at: At, table: dict[str, Any], key: str, least: int) -> int | None:
    value = table.get(key)
    if value is None or (type(value) is int and value >= least):
        return value
    source.say((*at, key), "config.count", key=key, value=repr(value))
    return None


def _job(source: Source, name: str, table: dict[str, Any], root: Path, zone: str) -> ImportJob:
    at: At = ("imports", name)
    source.known(at, table, JOB)
    if not re.fullmatch(r"[\w-]+", name):
        source.say(at, "config.job_name", name=name)
    for key in ("mapping", "inbox", "processed"):
        if not table.get(key):
            source.say((*at, key), "config.missing", key=key, where=f"[imports.{name}]")
    mapping = source.text_at(at, table, "mapping") or ""
    if mapping and not (root / "mappings" / f"{mapping}.toml").is_file():
        known = [p.stem for p in (root / "mappings").glob("*.toml")]
        source.say((*at, "mapping"), "config.no_mapping", nearest(mapping, known), mapping=mapping)
    folders = [
        Path(os.path.normpath(root / (source.text_at(at, table, key) or default)))
        for key, default in (
            ("inbox", f"inbox/{name}"),
            ("processed", f"processed/{name}"),
            ("failed", f"failed/{name}"),
        )
    ]
    patterns = source.texts_at(at, table, "pattern") or ("*",)
    schedule = _schedule(source, at, table, zone)
    return ImportJob(
        name, mapping, folders[0], folders[1], folders[2], patterns, schedule, _limits(source, at, table)
    )


def _schedule(source: Source, at: At, table: dict[str, Any], zone: str) -> Schedule:
    if "every" in table and "at" in table:
        source.say((*at, "at"), "config.both")
    if "every" in table:
        every = table["every"]
        shape = re.fullmatch(r"([0-9]+) ?(s|sec|min|m|h)?", str(every)) if type(every) in (int, str) else None
        if shape is None or int(shape[1]) < 1:
            source.say((*at, "every"), "config.every", value=repr(every))
            return Always()
        return Every(int(shape[1]) * UNITS[shape[2] or ""])
    if "at" not in table:
        return Always()
    texts = source.texts_at(at, table, "at")
    times = set()
    for text in texts:
        shape = re.fullmatch(r"([0-9]{1,2})(?:[hH]([0-9]{2})?|:([0-9]{2}))", text.strip())
        hour, minute = (int(shape[1]), int(shape[2] or shape[3] or 0)) if shape else (24, 0)
        if hour > 23 or minute > 59:
            source.say((*at, "at"), "config.at", value=text)
        else:
            times.add(time(hour, minute))
    if not texts:
        source.say((*at, "at"), "config.at", value=str(table["at"]))
    return Daily(tuple(sorted(times)), zone)


def _limits(source: Source, at: At, table: dict[str, Any]) -> Limits:
    errors = source.sub(at, table, "errors")
    here = (*at, "errors")
    source.known(here, errors, ("max_rows", "max_percent"))
    percent = errors.get("max_percent")
    if percent is not None and (type(percent) not in (int, float) or not 0 <= percent <= 100):
        source.say(here, "config.percent", value=repr(percent))
        percent = None
    return Limits(_count(source, here, errors, "max_rows", 0), percent)


def _folders(source: Source, jobs: list[ImportJob]) -> None:
    """No folder may lie in another; one inbox may serve several jobs whose patterns take different files."""
    all_of = [(j, key, getattr(j, key)) for j in jobs for key in ("inbox", "processed", "failed")]
    for i, (job, key, folder) in enumerate(all_of):
        for other, other_key, second in all_of[:i]:
            same = folder == second and (key == "inbox") != (other_key == "inbox")
            own = folder == second and job is other
            if same or own or folder in second.parents or second in folder.parents:
                facts = {"folder": str(folder), "other": f"{other.name}.{other_key}"}
                source.say(("imports", job.name, key), "config.nested", **facts)
    for i, job in enumerate(jobs):
        for other in jobs[:i]:
            if job.inbox == other.inbox and any(
                patterns_overlap(a, b) for a in job.patterns for b in other.patterns
            ):
                source.say(("imports", job.name, "pattern"), "config.overlap", other=other.name)


def load_mapping(settings: Settings, name: str) -> SavedMapping:
    """One saved mapping. Raises ConfigError with every Mistake."""
    path = settings.mappings / f"{name}.toml"
    file = f"mappings/{name}.toml"
    saved, mistakes = parse(name, _text(path), file)
    if saved is None:
        raise ConfigError(message("config.mistakes", file=file, count=len(mistakes)), mistakes)
    return saved


def mapping_names(path: Path) -> list[str]:
    """The mappings that the jobs name, also when the config has mistakes; those without a file are left out."""
    try:
        jobs = tomllib.loads(_text(path)).get("imports", {})
    except (ConfigError, tomllib.TOMLDecodeError):
        return []
    names = {job.get("mapping") for job in jobs.values() if isinstance(job, dict)}
    found = sorted(name for name in names if isinstance(name, str))
    return [name for name in found if (path.absolute().parent / "mappings" / f"{name}.toml").is_file()]


def read_active(path: Path) -> bool | None:
    """The master switch alone; None if it cannot be read."""
    import tomllib

    try:
        active: Mapping[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return None
    value = active.get("active", True)
    return value if isinstance(value, bool) else None


def set_active(path: Path, active: bool) -> None:
    """Turn the master switch in the file; comments stay. Atomic: temporary file, fsync, rename, fsync folder."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    path = path.resolve()
    try:
        document = tomlkit.parse(_text(path))
    except TOMLKitError as error:
        raise ConfigError(message("config.toml", detail=str(error))) from error
    document["active"] = active
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8", newline="") as file:
            file.write(tomlkit.dumps(document))
            file.flush()
            os.fchmod(file.fileno(), path.stat().st_mode & 0o7777)
            os.fsync(file.fileno())
        temporary.replace(path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise ConfigError(message("config.unwritable", file=str(path), detail=str(error))) from error
