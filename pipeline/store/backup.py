"""A copy of the whole database at one moment, and the way back; every table is counted and summed on both sides."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from pipeline.errors import PipelineError
from pipeline.store.migrate import revisions
from pipeline.words import message

MANIFEST = "manifest.json"
FILES = {"sqlite": "database.sqlite", "postgresql": "database.dump"}

Sums = Mapping[str, tuple[int, str]]
"""Table → its rows, and the sum of all of them, whatever their order."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. `version`: of our tables in it; `sha256`: of its one file."""

    kind: str
    version: str
    program: str
    at: str
    sha256: str
    tables: Sums


def backup(database: str, folder: Path, now: datetime, program: str = "") -> Manifest:
    """Write the database into this folder, with a manifest. `program`: the version of Pipeline. Raises PipelineError when it cannot be, Environment."""
    url = sa.make_url(database)
    kind = url.get_backend_name()
    file = folder / FILES[kind]
    if kind == "sqlite":
        from pipeline.store.backup_sqlite import save

        version, tables = save(Path(url.database or ""), file)
    else:
        from pipeline.store import backup_postgres

        version, tables = backup_postgres.save(url, file)
    made = Manifest(kind, version, program, now.isoformat(), sha256(file), tables)
    (folder / MANIFEST).write_text(json.dumps(asdict(made), indent=1) + "\n", "utf-8")
    for name in (file, folder / MANIFEST):
        _sync(name)
    return made


def read(folder: Path) -> Manifest:
    """The manifest of a backup whose file is as it was written. Raises PipelineError for anything else."""
    try:
        facts = json.loads((folder / MANIFEST).read_text("utf-8"))
        tables = {name: (int(rows), str(total)) for name, (rows, total) in facts.pop("tables").items()}
        made = Manifest(**facts, tables=tables)
        whole = sha256(folder / FILES[made.kind]) == made.sha256
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise PipelineError(message("servers.no_backup", folder=str(folder))) from error
    if not whole:
        raise PipelineError(message("servers.backup_damaged", folder=str(folder)))
    return made


def restore(database: str, folder: Path, made: Manifest, now: datetime) -> Path | None:
    """Put a backup in the database's place. Returns where the SQLite database that was there is kept. Raises
    PipelineError, and then the database is as it was."""
    url = sa.make_url(database)
    if made.kind != url.get_backend_name():
        raise PipelineError(message("servers.backup_kind", kind=made.kind))
    if made.version not in revisions():
        raise PipelineError(message("servers.backup_newer", program=made.program))
    file = folder / FILES[made.kind]
    if made.kind == "sqlite":
        from pipeline.store.backup_sqlite import put

        return put(file, Path(url.database or ""), made.tables, now)
    from pipeline.store import backup_postgres

    backup_postgres.put(file, url, made.tables)
    return None


def same(found: Sums, wanted: Sums) -> None:
    """Raises PipelineError naming the first table that differs."""
    wrong = sorted(name for name in {*found, *wanted} if found.get(name) != wanted.get(name))
    if wrong:
        raise PipelineError(message("servers.backup_differs", table=wrong[0], count=len(wrong)))


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
