"""Both ends of a synchronisation, opened: this database, and the peer's by its URL or behind HTTP(S)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypedDict, cast

from pipeline.errors import Environment, PipelineError
from pipeline.jobs import Settings, SyncJob, foreign
from pipeline.store import connect
from pipeline.store.base import SqlStore
from pipeline.sync.local import LocalReplica
from pipeline.sync.remote import RemoteReplica
from pipeline.sync.replica import Replica, SyncRefused
from pipeline.words import Language, message

Now = Callable[[], datetime]


class SyncOrder(TypedDict):
    """A round as it goes over the pipe to a worker. `sync`: the job's name."""

    sync: str
    database: str
    schema: str
    site: str
    remote: str
    token: str
    ca: str
    pin: str
    tables: list[str] | None
    directions: dict[str, str]
    language: Language


def sync_order(job: SyncJob, settings: Settings) -> SyncOrder:
    """The order for one round of this job."""
    return SyncOrder(
        sync=job.name, database=settings.database, schema=settings.schema, site=settings.station, remote=job.remote,
        token=job.token, ca=str(job.ca or ""), pin=job.pin,
        tables=None if job.tables is None else list(job.tables), directions=dict(job.directions),
        language=settings.language,
    )  # fmt: skip


@dataclass(slots=True)
class Ends:
    """`here` is always a database of this process; `store` its store; `remote` the peer's store, when it is one too."""

    job: str
    store: SqlStore
    here: LocalReplica
    there: Replica
    remote: SqlStore | None = None
    directions: Mapping[str, str] = field(default_factory=dict)


def local(
    store: SqlStore, site: str, tables: list[str] | None, directions: Mapping[str, str], now: Now
) -> LocalReplica:
    """This database as a replica."""
    return LocalReplica(store.syncing(tables), site, None, now, directions)


def served(store: SqlStore, settings: Settings, now: Now) -> LocalReplica:
    """This database as others find it behind the HTTP door. Raises SyncRefused when it has no name."""
    if not settings.station:
        raise SyncRefused(message("peers.nameless"))
    tables = None if settings.shared is None else list(settings.shared)
    return LocalReplica(store.syncing(tables), settings.station, None, now, hub=True)


@contextmanager
def opened(order: SyncOrder, store: SqlStore, now: Now) -> Iterator[Ends]:
    """Both ends. Raises SyncRefused, Environment, ConfigError; nothing is written but what the peer's database needs of
    our own tables."""
    here = local(store, order["site"], order["tables"], order["directions"], now)
    if order["remote"].startswith("http"):
        ca = Path(order["ca"]) if order["ca"] else None
        away = RemoteReplica(order["remote"], secret(order["token"]), ca=ca, pin=order["pin"])
        try:
            yield Ends(order["sync"], store, here, cast(Replica, away), directions=order["directions"])
        finally:
            away.close()
        return
    remote = connect(order["remote"], "none" if foreign(order["schema"]) else "")
    assert isinstance(remote, SqlStore)
    try:
        _make_ready(remote, order)
        syncing = remote.syncing(order["tables"])
        with syncing.reading() as desk:
            known = desk.site()
        there = LocalReplica(syncing, known.site if known else order["sync"], None, now, hub=True)
        yield Ends(order["sync"], store, here, there, remote, order["directions"])
    finally:
        remote.close()


def _make_ready(remote: SqlStore, order: SyncOrder) -> None:
    """Our own tables are made in a database that is empty, or where the business tables are another program's; else
    it must be a database of ours already."""
    path = order["remote"].removeprefix("sqlite:///")
    if order["remote"].startswith("sqlite") and not os.path.isfile(path):
        raise SyncRefused(message("peers.no_database", path=path))
    facts = remote.facts()
    if facts.trouble is not None:
        raise Environment(facts.trouble)
    if facts.state == "absent" and not foreign(order["schema"]) and remote.any_table():
        raise SyncRefused(message("peers.not_ours", where=facts.where))
    remote.migrate()


def secret(reference: str) -> str:
    """What lies there. Raises SyncRefused."""
    if reference.startswith("env:"):
        found = os.environ.get(reference[4:], "")
    else:
        try:
            found = Path(reference.removeprefix("file:")).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SyncRefused(message("peers.no_file", place=reference.removeprefix("file:"))) from error
    found = found.strip()
    if not found or not found.isascii() or not found.isprintable():
        raise SyncRefused(message("peers.no_secret", path=reference.partition(":")[2]))
    return found


def guard(replica: LocalReplica, store: SqlStore) -> list[str]:
    """Every change of what takes part must be recorded: on our own tables that is mended, on those of another program
    a person is asked. The tables that were mended."""
    lacking = replica.syncing.unlogged()
    if not lacking:
        return []
    mine = store.own_tables()
    for name in lacking:
        if name not in mine:
            raise SyncRefused(message("syncing.unlogged", table=name))
    return replica.syncing.install_named(lacking)


def problem(error: PipelineError) -> str:
    """How an outcome calls this error: the world is at fault, or a person is asked."""
    return "environment" if isinstance(error, Environment) else "paused"
