"""`[exports.NAME]` as frozen jobs, and the name of the station."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from pipeline.config.remotes import Remotes
from pipeline.config.schedules import KEYS as SCHEDULE
from pipeline.config.schedules import read_schedule
from pipeline.config.section import read_choices, read_mapping
from pipeline.exports.naming import template_mistake
from pipeline.jobs import ExportJob, ImportJob
from pipeline.mapping.source import Path as At
from pipeline.mapping.source import Source

KEYS = (
    "mapping", "to", "name", *SCHEDULE, "what", "empty", "deletions", "ready", "keep", "keep_days",
    "period",
)  # fmt: skip
CHOICES = {
    "what": ("all", "changes", "new", "period"),
    "empty": ("skip", "write"),
    "deletions": ("skip", "mark", "file"),
    "period": ("day", "week", "month", "year"),
}
STATION = re.compile(r"[\w-]+")


def read_station(source: Source, top: dict[str, Any]) -> str:
    """What `[station]` calls this branch; "" when it says nothing."""
    table = source.sub((), top, "station")
    source.known(("station",), table, ("name", "tables"))
    name = source.text_at(("station",), table, "name") or ""
    if name and not STATION.fullmatch(name):
        source.say(("station", "name"), "config.job_name", name=name)
    return name


def read_exports(
    source: Source, top: dict[str, Any], root: Path, zone: str, imports: Sequence[ImportJob], station: str,
    remotes: Remotes,
) -> tuple[ExportJob, ...]:  # fmt: skip
    """All of them; what is wrong with them is told to the source."""
    jobs: list[ExportJob] = []
    taken = {job.name for job in imports}
    for name, table in source.sub((), top, "exports").items():
        at: At = ("exports", name)
        if not isinstance(table, dict):
            source.say(at, "config.section", key=name)
            continue
        if name in taken:
            source.say(at, "exports.same_name", name=name)
        job = _read(source, at, table, root, zone, remotes)
        if "{station}" in job.template and not station:
            source.say((*at, "name"), "exports.no_station", name="{station}")
        twin = next((j for j in jobs if (_where(j), j.template) == (_where(job), job.template)), None)
        if twin is not None and "{job}" not in job.template:
            source.say((*at, "name"), "exports.names_meet", other=twin.name)
        jobs.append(job)
    return tuple(jobs)


def _where(job: ExportJob) -> str:
    return str(job.to) if job.remote is None else job.remote.url


def _read(
    source: Source, at: At, table: dict[str, Any], root: Path, zone: str, remotes: Remotes
) -> ExportJob:
    name = at[-1]
    to = source.text_at(at, table, "to") or f"outbox/{name}"
    remote = remotes.outbox(at, to)
    mapping = read_mapping(source, at, table, root, KEYS, ("mapping", "to", "name"))
    template = source.text_at(at, table, "name") or "{job}-{sequence:06}.csv"
    ready = source.texts_at(at, table, "ready")
    for key, text in (("name", template), *(("ready", one) for one in ready)):
        mistake = template_mistake(text, companion=key == "ready")
        if mistake is not None:
            source.say((*at, key), mistake.code, None, **mistake.args)
    chosen = read_choices(source, at, table, CHOICES)
    if chosen["deletions"] and chosen["what"] != "changes":
        source.say((*at, "deletions"), "exports.only_changes")
    return ExportJob(
        name=name,
        mapping=mapping,
        template=template,
        schedule=read_schedule(source, at, table, zone),
        ready=ready,
        to=Path(os.path.normpath(root / to)) if remote is None else remote.spool,
        kept=Path(os.path.normpath(root / (source.text_at(at, table, "keep") or f"exported/{name}"))),
        keep_days=source.count_at(at, table, "keep_days", 1),
        remote=remote,
        **cast(Any, {key: value for key, value in chosen.items() if value}),
    )
