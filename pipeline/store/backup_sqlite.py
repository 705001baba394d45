"""SQLite: its own online copy, of one moment, while others read and write."""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import Environment, PipelineError
from pipeline.words import message

if TYPE_CHECKING:
    from pipeline.store.backup import Sums

BUSY_S = 20.0
PAGES = 8192  # copied at once
WIDTH = 16  # bytes of a row's sum


def save(path: Path, to: Path) -> tuple[str, Sums]:
    """Copy a database that may be in use: the version of our tables in it, and the sums, equal in both. Raises
    PipelineError `store.absent`, Environment."""
    if not path.is_file():
        raise PipelineError(message("store.absent"))
    from pipeline.store.backup import same

    with _told(path), closing(_open(path)) as source, closing(_open(to)) as copy:
        source.execute("BEGIN")
        version = _version(source)  # the moment that is copied and summed
        source.backup(copy, pages=PAGES)
        wanted = sums(source)
        same(sums(copy), wanted)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file
    return version, wanted


def keep_before(path: Path, version: str) -> Path:
    """Keep a database as it is before it is upgraded, beside it: `shop.db.before-upgrade-0009`. One that is there
    already is left: it is of the same version, from an upgrade that was cut off."""
    kept = path.with_name(f"{path.name}.before-upgrade-{version}")
    if kept.exists():
        return kept
    hidden = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with _told(path):
            with closing(_open(path)) as source, closing(_open(hidden)) as copy:
                source.backup(copy, pages=PAGES)
                copy.execute("PRAGMA journal_mode=DELETE")
            _last(hidden, kept)
    finally:
        hidden.unlink(missing_ok=True)
    return kept


def put(file: Path, path: Path, wanted: Sums, now: datetime) -> Path | None:
    """Put a copy of the file in the database's place, once it is proven equal to what was saved. Returns where the
    database that was there is kept."""
    from pipeline.store.backup import same

    hidden = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with _told(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, hidden)
            with closing(_open(hidden)) as copy:
                if copy.execute("PRAGMA integrity_check").fetchone() != (b"ok",):
                    raise PipelineError(message("servers.backup_damaged", folder=str(file.parent)))
                same(sums(copy), wanted)
            kept = _aside(path, now) if path.exists() else None
            _last(hidden, path)
    finally:
        hidden.unlink(missing_ok=True)
    return kept


def _aside(path: Path, now: datetime) -> Path:
    """Move a database away with all that belongs to it."""
    with suppress(sqlite3.Error), closing(_open(path)) as old:  # a damaged one is moved as it lies
        old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = path.with_name(f"{path.name}.before-restore-{now:%Y%m%dT%H%M%SZ}")
    for end in ("-wal", "-shm", "-journal"):
        if (more := path.with_name(path.name + end)).exists():
            more.rename(kept.with_name(kept.name + end))
    path.rename(kept)
    return kept


def _last(hidden: Path, path: Path) -> None:
    """Make it last, then give it its name."""
    for place in (hidden, None, path.parent):
        if place is None:
            hidden.replace(path)
            continue
        fd = os.open(place, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def sums(conn: sqlite3.Connection) -> dict[str, tuple[int, str]]:
    """Each table's rows and their sum; text as its bytes."""
    found = {}
    names = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
    for (name,) in conn.execute(names).fetchall():
        rows, total = 0, 0
        table = name.decode().replace('"', '""')
        for row in conn.execute(f'SELECT * FROM "{table}"'):
            rows += 1
            total += int.from_bytes(blake2b(repr(row).encode(), digest_size=WIDTH).digest())
        found[name.decode()] = (rows, f"{total % (1 << 8 * WIDTH):0{2 * WIDTH}x}")
    return found


def _open(path: Path) -> sqlite3.Connection:
    conn = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    conn.text_factory = bytes
    return conn


def _version(conn: sqlite3.Connection) -> str:
    try:
        found = conn.execute("SELECT version_num FROM pipeline_version").fetchone()
    except sqlite3.OperationalError as error:
        raise PipelineError(message("store.absent")) from error
    return str(found[0].decode()) if found else ""


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Inside, an error of SQLite or of the disc is the world's fault."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise Environment(message("store.unreachable", where=str(path), why=why)) from error
