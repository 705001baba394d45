"""`doctor`: whether everything that imports need is there and works, tried out. Nothing is changed: what it writes
to try something is hidden from services and gone when it returns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.clock import Clock
from pipeline.doctor.database import database, tables_of
from pipeline.doctor.folders import Round
from pipeline.doctor.remotes import remotes
from pipeline.doctor.service import config, services, switch
from pipeline.engine.inboxes import Inboxes
from pipeline.engine.report import running
from pipeline.errors import Mistake
from pipeline.jobs import Settings
from pipeline.results import Finding

__all__ = ["diagnose"]


def diagnose(
    path: Path, settings: Settings | None, mistakes: Sequence[Mistake], clock: Clock
) -> list[Finding]:
    """Everything found out about the installation whose config lies at `path`: config, service, database, then
    each folder. `settings` None: the config cannot be used, and only what does not need it is looked at."""
    known = running(path.absolute().parent)
    found = [*config(path, mistakes), *switch(path), *services(known)]
    if settings is None:
        return found
    found += database(settings, tables_of(settings), clock.now().wall)
    inboxes = Inboxes(settings.imports, {}, lambda folder, name, ino: False)
    return found + Round(settings, inboxes, known).all() + list(remotes(settings))
