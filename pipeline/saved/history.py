"""What a mapping was before: each version that was used, and what changed from one to the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from difflib import unified_diff

from pipeline.errors import ConfigError, PipelineError
from pipeline.jobs import Settings
from pipeline.saved.shelf import text_of
from pipeline.store import connect
from pipeline.store.model import MappingVersion


@dataclass(frozen=True, slots=True)
class Edition:
    """One version. `number`, `first_used` None: as it is written now, not used yet. `changes`: lines of a unified
    diff against the version before, of the first none."""

    name: str
    number: int | None
    first_used: datetime | None
    text: str
    changes: tuple[str, ...]
    current: bool  # this is how it is written now


def history(settings: Settings, name: str) -> list[Edition]:
    """Every version that was used, oldest first, and last what is written now if it is another. Raises ConfigError
    when there never was a mapping of this name, Environment when the database is away."""
    used = _used(settings, name)
    try:
        now: str | None = text_of(settings.mappings, name)
    except ConfigError:
        if not used:
            raise
        now = None  # gone from its folder, not from here
    told, before = [], None
    for one in used:
        told.append(
            Edition(name, one.number, one.first_used, one.text, _changes(before, one), one.text == now)
        )
        before = one
    if now is not None and not any(one.current for one in told):
        written = MappingVersion(name, 0, now, used[-1].first_used) if used else None
        told.append(Edition(name, None, None, now, _changes(before, written), True))
    return told


def _used(settings: Settings, name: str) -> list[MappingVersion]:
    store = connect(settings.database, settings.schema)
    try:
        store.require()
        return store.mapping_versions(name)
    except PipelineError as error:
        if error.said.code != "store.absent":
            raise
        return []
    finally:
        store.close()


def _changes(before: MappingVersion | None, after: MappingVersion | None) -> tuple[str, ...]:
    if before is None or after is None:
        return ()
    lines = unified_diff(before.text.splitlines(), after.text.splitlines(), lineterm="", n=2)
    return tuple(lines)[2:]  # without the two lines of file names
