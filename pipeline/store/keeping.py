"""What may be let go of: archived files by their age, and the old part of the change log."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from pipeline.store.arrivals import files
from pipeline.store.ledger import Change, ledger_file, utc
from pipeline.store.model import LedgerFile
from pipeline.store.session import Session

KEPT_STATES = ("archived", "duplicate", "undone", "approved", "rejected")
"""Of files in the archive; not `held`, which wait for a person."""
SYNC = "pipeline_sync_peer"  # while there are others that this database is synchronised with, nothing of the log goes

changes: sa.Table = Change.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class OldFile:
    """A file that lies in its last place, and the numbers of all that lie there: it and its replays."""

    file: LedgerFile
    ids: tuple[int, ...]


class Keeping(Session):
    """The verbs for what grows old."""

    def keeping(self) -> Keeping:
        return self

    def old_files(
        self, job: str, states: Sequence[str], before: datetime, most: int, *, unpacked: bool = False
    ) -> list[OldFile]:
        """Files that were moved to their last place before this moment and lie there, oldest first; none that a
        later replay rests on. `unpacked`: only those that are not packed yet, whatever rests on them."""
        mine = sa.select(files).where(
            files.c.job == job, files.c.state.in_(states), files.c.archived_at < before,
            files.c.archived_as != "", files.c.kind == "import",
        )  # fmt: skip
        if unpacked:
            mine = mine.where(files.c.archived_as.not_like("%.gz"))
        found: dict[str, LedgerFile] = {}
        for row in self._read(mine.order_by(files.c.id).limit(most)):
            found.setdefault(row["archived_as"], ledger_file(row))
        if not found:
            return []
        shared = sa.select(files.c.id, files.c.archived_as, files.c.archived_at, files.c.state)
        ids: dict[str, list[int]] = {}
        for row in self._read(shared.where(files.c.job == job, files.c.archived_as.in_(found))):
            ids.setdefault(row["archived_as"], []).append(row["id"])
            young = row["archived_at"] is None or utc(row["archived_at"]) >= before
            if not unpacked and (young or row["state"] not in states):
                found.pop(row["archived_as"], None)
        return [OldFile(file, tuple(ids[place])) for place, file in found.items()]

    def refused_before(self, job: str, before: datetime, most: int) -> list[LedgerFile]:
        """Files with refused rows, imported before this moment."""
        mine = sa.select(files).where(files.c.job == job, files.c.refused > 0, files.c.committed_at < before)
        return [ledger_file(row) for row in self._read(mine.order_by(files.c.id.desc()).limit(most))]

    def replaced(self, old: OldFile, place: str) -> None:
        """It lies there now; "": nowhere."""
        with self._transaction() as conn:
            conn.execute(files.update().where(files.c.id.in_(old.ids)).values(archived_as=place))

    def prune_log(self, before: datetime, exports: Sequence[str], most: int) -> int:
        """Take the oldest entries out of the change log: from its beginning, those older than this moment, and none
        that one of these exports has not written yet, or any synchronisation could need. An undo of what lost its
        entries is refused. Returns how many went."""
        with self._transaction() as conn:
            self._lock_job(conn, "keeping")
            if self._synchronised(conn):
                return 0
            young = sa.select(sa.func.min(changes.c.seq)).where(changes.c.at >= before)
            floor = conn.execute(young).scalar() or self._newest(conn)
            floor = min([int(floor), *self._needed(conn, exports)])
            first = conn.execute(sa.select(sa.func.min(changes.c.seq))).scalar()
            if first is None:
                return 0
            gone = changes.delete().where(changes.c.seq < min(floor, int(first) + most))
            return conn.execute(gone).rowcount

    def _newest(self, conn: sa.Connection) -> int:
        """It stays, whatever its age: marks of exports are taken from it."""
        return int(conn.execute(sa.select(sa.func.max(changes.c.seq))).scalar() or 0)

    def _needed(self, conn: sa.Connection, exports: Sequence[str]) -> list[int]:
        """From which entry on each export still has something to write."""
        from pipeline.store.exporting.tables import ExportJobRow

        jobs: sa.Table = ExportJobRow.__table__  # type: ignore[attr-defined]
        marks = conn.execute(sa.select(jobs.c.mark).where(jobs.c.job.in_(exports), jobs.c.mark != ""))
        return [_first_after(mark) for (mark,) in marks]

    def _synchronised(self, conn: sa.Connection) -> bool:
        schema = self._place.schema or None
        if not sa.inspect(conn).has_table(SYNC, schema=schema):
            return False
        peers = sa.select(sa.literal(1)).select_from(sa.table(SYNC, schema=schema)).limit(1)
        return conn.execute(peers).first() is not None


def _first_after(mark: str) -> int:
    """The number after which an export with this mark looks: a number, or on PostgreSQL a floor beside it."""
    found = json.loads(mark)
    if isinstance(found, dict):
        return min(int(found["f"]), int(found["t"][1]))
    return int(found)
