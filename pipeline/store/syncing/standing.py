"""How synchronisation stands in a database: its rounds, what waits, and the records for a person."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipeline.store.ledger import utc
from pipeline.store.syncing.tables import SyncHeldRow, SyncPeer, SyncRecord, SyncRound, SyncSite

if TYPE_CHECKING:
    from pipeline.store.base import SqlStore

rounds: sa.Table = SyncRound.__table__  # type: ignore[attr-defined]
records: sa.Table = SyncRecord.__table__  # type: ignore[attr-defined]
peers: sa.Table = SyncPeer.__table__  # type: ignore[attr-defined]
held_rows: sa.Table = SyncHeldRow.__table__  # type: ignore[attr-defined]
site_: sa.Table = SyncSite.__table__  # type: ignore[attr-defined]
_WAITING = (
    "SELECT count(*) FROM pipeline_sync_clock WHERE mark > :seen"
    " AND mark NOT IN (SELECT mark FROM pipeline_sync_span WHERE peer = :peer)"
)
_OLDEST = (
    "SELECT coalesce(extract(epoch FROM now() - min(xact_start)), 0)::bigint FROM pg_stat_activity"
    " WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid() AND datname = current_database()"
)


@dataclass(frozen=True, slots=True)
class LastRound:
    """The last whole round of a job. `took_ms`: milliseconds; `conflicts`: new records; `held`: rows that wait."""

    job: str
    peer: str
    at: datetime
    took_ms: int
    pulled: int
    pushed: int
    loaded: int
    conflicts: int
    held: int


@dataclass(frozen=True, slots=True)
class Known:
    """A peer: how far the two know each other, rows that it has not yet, and why nothing is exchanged."""

    peer: str
    stage: str
    waiting: int
    lapsed: bool
    held: str


@dataclass(frozen=True, slots=True)
class Standing:
    """`site`: what this database is called, "" while it never took part; `open`: records that nobody settled;
    `held`: rows that came and wait; `oldest_s`: of the oldest transaction that is still open and has written."""

    site: str
    rounds: tuple[LastRound, ...]
    peers: tuple[Known, ...]
    open: int
    held: int
    oldest_s: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """A record. `lost`, `kept`: values as they travel, as JSON, None for none; clocks as [time, site] in JSON."""

    id: str
    kind: str
    table: str
    key: str
    column: str
    lost: str | None
    kept: str | None
    lost_clock: str | None
    kept_clock: str | None
    found_at: datetime
    state: str
    settled_by: str


def clocked(clock: str | None) -> tuple[str, datetime | None]:
    """Which site wrote it, and when: the clock's time is milliseconds since 1970, times 256."""
    if clock is None:
        return "", None
    time, site = json.loads(clock)
    return str(site), datetime.fromtimestamp((int(time) >> 8) / 1000, timezone.utc)  # noqa: UP017


class Standings:
    """Verbs of `SqlSyncing` that remember and tell."""

    _store: SqlStore

    def note_round(self, last: LastRound) -> None:
        values = {name: getattr(last, name) for name in LastRound.__slots__}
        with self._store._transaction() as conn:
            if conn.execute(rounds.update().where(rounds.c.job == last.job).values(**values)).rowcount == 0:
                conn.execute(rounds.insert().values(**values))

    def standing(self) -> Standing:
        with self._store._transaction(write=False) as conn:
            site = conn.execute(sa.select(site_.c.site)).scalar() or ""
            last = [LastRound(**{**row, "at": utc(row["at"])}) for row in conn.execute(sa.select(rounds).order_by(rounds.c.job)).mappings()]  # fmt: skip
            known = [self._known(conn, row) for row in conn.execute(sa.select(peers).order_by(peers.c.peer)).mappings()]  # fmt: skip
            asked = sa.select(sa.func.count()).select_from(records).where(records.c.state == "open")
            number = int(conn.execute(asked).scalar_one())
            held = int(conn.execute(sa.select(sa.func.count()).select_from(held_rows)).scalar_one())
            oldest = 0 if self._store.kind == "sqlite" else int(conn.exec_driver_sql(_OLDEST).scalar_one())
        return Standing(site, tuple(last), tuple(known), number, held, oldest)

    def _known(self, conn: sa.Connection, row: Any) -> Known:
        waiting = conn.execute(sa.text(_WAITING), {"seen": row["seen"], "peer": row["peer"]}).scalar_one()
        return Known(row["peer"], row["stage"], int(waiting), bool(row["lapsed"]), row["held"])

    def conflicts(self, *, everything: bool = False, limit: int = 1000) -> list[Conflict]:
        """The newest first; only those that are open, or all."""
        asked = sa.select(records).order_by(records.c.found_at.desc(), records.c.id).limit(limit)
        if not everything:
            asked = asked.where(records.c.state == "open")
        return [_conflict(row) for row in self._store._read(asked)]

    def conflict(self, id: str) -> list[Conflict]:
        """Those whose id begins so."""
        asked = sa.select(records).where(records.c.id.startswith(id, autoescape=True)).limit(2)
        return [_conflict(row) for row in self._store._read(asked)]

    def settled(self, conn: sa.Connection, ids: Sequence[str], who: str) -> None:
        """These records need nobody any more; their peers are told."""
        mark = int(conn.execute(sa.select(site_.c.mark)).scalar_one()) + 1
        conn.execute(site_.update().values(mark=mark))
        mine = records.update().where(records.c.id.in_(list(ids)))
        conn.execute(mine.values(state="resolved", settled_by=who, mark=mark))


def _conflict(row: Any) -> Conflict:
    return Conflict(
        row["id"], row["kind"], row["table_name"], row["row_key"], row["column_name"], row["lost"], row["kept"],
        row["lost_clock"], row["kept_clock"], utc(row["found_at"]), row["state"], row["settled_by"],
    )  # fmt: skip
