"""The database: within reach, of this version, with the rights and triggers that the jobs need."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pipeline import config as configuration
from pipeline import files as disk
from pipeline.doctor.probes import nearest, writable
from pipeline.errors import ConfigError, PipelineError
from pipeline.jobs import Settings
from pipeline.results import Finding, Level
from pipeline.store import connect
from pipeline.store.model import DatabaseFacts, Store
from pipeline.words import Message, message

SUBJECT = "database"
STATES: dict[str, tuple[Level, str, str]] = {
    "absent": ("warn", "store.absent", "doctor.start"),
    "older": ("warn", "store.older", "doctor.start"),
    "newer": ("bad", "store.newer", "doctor.install_newer"),
}


def tables_of(settings: Settings) -> list[str]:
    """The tables that the jobs write to, as far as their mappings can be read."""
    found: set[str] = set()
    for name in {job.mapping for job in settings.imports}:
        with contextlib.suppress(ConfigError):
            found.update(configuration.load_mapping(settings, name).tables)
    return sorted(found)


def database(settings: Settings, tables: Sequence[str], now: datetime) -> list[Finding]:
    """Everything about it. A database that is away is one finding, and the rest is left out."""
    try:
        store = connect(settings.database, settings.schema)
    except ConfigError as error:
        return [_finding("bad", error.said, message("doctor.correct"))]
    with closing(store):
        found = _place(settings) if store.kind == "sqlite" else []
        facts = store.facts(tables)
        if facts.trouble is not None and facts.trouble.code == "store.absent":  # no file yet
            return [*found, _finding("warn", facts.trouble, message("doctor.start"))]
        if facts.trouble is not None:
            found.append(_finding("bad", facts.trouble, message("doctor.database_away")))
            with contextlib.suppress(PipelineError):  # it answers, but lets us see nothing
                found += _rights(store, tables) if facts.trouble.code == "store.forbidden" else []
            return found
        found += [_finding("ok", _about(facts)), *_version(facts)]
        with contextlib.suppress(PipelineError):  # what cannot be asked has been said above
            found += _rights(store, tables)
            found += _triggers(settings, store, facts, tables)
            if facts.state == "current":
                found += _pauses(settings, store, now)
    return found


def _finding(level: Level, said: Message, remedy: Message | None = None) -> Finding:
    return Finding(SUBJECT, level, said, remedy)


def _about(facts: DatabaseFacts) -> Message:
    if facts.kind == "sqlite":
        return message("doctor.sqlite", where=facts.where, version=facts.version)
    told = {"where": facts.where, "version": facts.version, "role": facts.role, "schema": facts.schema}
    return message("doctor.postgresql", **told)


def _version(facts: DatabaseFacts) -> list[Finding]:
    if facts.state not in STATES:
        return []
    level, said, remedy = STATES[facts.state]
    return [_finding(level, Message(said), Message(remedy))]


def _place(settings: Settings) -> list[Finding]:
    """An SQLite file and its journal need a folder that can be written, on this computer."""
    folder = nearest(Path(settings.database.removeprefix("sqlite:///")).parent)
    why = writable(folder)
    found = []
    if why is not None:
        said = message("doctor.not_writable", folder=str(folder), why=why)
        found.append(_finding("bad", said, message("doctor.allow", folder=str(folder))))
    if disk.is_network(folder):
        found.append(_finding("bad", message("doctor.sqlite_network"), message("doctor.sqlite_move")))
    return found


def _rights(store: Store, tables: Sequence[str]) -> list[Finding]:
    found = []
    for table, right, sql in store.rights(tables):
        code: Level = "warn" if right == "TRIGGER" else "bad"
        said = message("doctor.right", right=right, table=table or "*")
        remedy = message("doctor.sql", sql=sql) if sql else message("doctor.allow", folder=table)
        found.append(_finding(code, said, remedy))
    return found


def _triggers(settings: Settings, store: Store, facts: DatabaseFacts, tables: Sequence[str]) -> list[Finding]:
    """What records the changes: there, or made by the next import."""
    if settings.schema.partition(":")[0] == "none":
        lines = store.announce(tables, settings.language)
        return [_finding("ok", message("doctor.announce", text=line)) for line in lines]
    if facts.triggers_missing:
        named = ", ".join(facts.triggers_missing[:3])
        said = message("doctor.no_triggers", count=len(facts.triggers_missing), named=named)
        return [_finding("warn", said, message("doctor.no_triggers_remedy"))]
    return []


def _pauses(settings: Settings, store: Store, now: datetime) -> list[Finding]:
    found = []
    for pause in store.pauses(now).values():
        at = pause.since.astimezone(ZoneInfo(settings.timezone)).strftime("%Y-%m-%d %H:%M")
        said = message("doctor.paused", job=pause.job, who=pause.who, since=at, why=pause.why or "–")
        found.append(Finding(pause.job, "warn", said, message("doctor.resume", job=pause.job)))
    return found
