"""What is looked at without any folder: config, switch, and the services that run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline import config as configuration
from pipeline.engine.report import Known
from pipeline.errors import Mistake
from pipeline.results import Finding
from pipeline.words import message

NOTICED = ("watching.native", "watching.asked_native")


def config(path: Path, mistakes: Sequence[Mistake]) -> list[Finding]:
    """Every mistake in config.toml and the mappings."""
    if not mistakes:
        return [Finding(path.name, "ok", message("doctor.config"))]
    found = []
    for mistake in mistakes:
        remedy = message("config.near", near=mistake.near) if mistake.near else message("doctor.correct")
        found.append(Finding(f"{mistake.file}:{mistake.line}", "bad", mistake.said, remedy))
    return found


def switch(path: Path) -> list[Finding]:
    """The master switch, when it is off."""
    if configuration.read_active(path) is not False:
        return []
    return [Finding(path.name, "warn", message("doctor.switched_off"), message("states.switch_off_remedy"))]


def services(known: Sequence[Known]) -> list[Finding]:
    """The services that run, and what they wait for."""
    if not known:
        return [Finding("service", "warn", message("states.no_service"), message("doctor.start"))]
    found = []
    for each in known:
        found.append(Finding("service", "ok", message("doctor.service", pid=each.pid)))
        if each.config is not None:
            found.append(Finding("service", "bad", each.config[0], message("states.check_remedy")))
        for job, (said, _) in each.waiting.items():
            found.append(Finding(job or "database", "bad", said, message("doctor.goes_on")))
    return found
