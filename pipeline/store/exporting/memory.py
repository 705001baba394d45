"""What is remembered of exports: numbers, marks, and the rows of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from pipeline.errors import PipelineError
from pipeline.store.arrivals import Arrivals, files
from pipeline.store.exporting.model import ExportFile, ExportState, NewFile
from pipeline.store.exporting.tables import ExportJobRow, ExportRow
from pipeline.store.ledger import ledger_file, utc
from pipeline.store.model import Arrival, LedgerFile
from pipeline.words import message

exports: sa.Table = ExportRow.__table__  # type: ignore[attr-defined]
jobs: sa.Table = ExportJobRow.__table__  # type: ignore[attr-defined]
CUT_OFF = timedelta(minutes=10)  # a beginning by hand that is older does not give its moment to a new one
_OURS = sa.select(exports, *(c for c in files.c if c.name != "job")).join(files, files.c.id == exports.c.file)


class ExportMemory:
    """The verbs of `Exports` that remember."""

    def __init__(self, session: Arrivals) -> None:
        self._session = session

    def state(self, job: str) -> ExportState:
        rows = self._session._read(sa.select(jobs).where(jobs.c.job == job))
        if not rows:
            return ExportState()
        return ExportState(rows[0]["next_sequence"], rows[0]["mark"], rows[0]["place"])

    def begin(self, job: str, opening: datetime | None, place: str, now: datetime) -> datetime:
        with self._session._transaction() as conn:
            self._session._lock_job(conn, job)
            row = conn.execute(sa.select(jobs).where(jobs.c.job == job)).mappings().first()
            begun: dict[str, Any] = {"intent_opening": opening, "intent_at": now, "place": place}
            if row is None:
                conn.execute(jobs.insert().values(job=job, next_sequence=1, mark="", **begun))
                return now
            before = None if row["intent_at"] is None else utc(row["intent_at"])
            its = None if row["intent_opening"] is None else utc(row["intent_opening"])
            if before is not None and its == opening and (opening is not None or abs(now - before) < CUT_OFF):
                return before
            conn.execute(jobs.update().where(jobs.c.job == job).values(**begun))
            return now

    def record(
        self, job: str, mapping: str, new: Sequence[NewFile], sequence: int, opening: datetime | None,
        before: str, mark: str, now: datetime,
    ) -> list[LedgerFile]:  # fmt: skip
        with self._session._transaction() as conn:
            self._session._lock_job(conn, job)
            self._advance(conn, job, sequence, before, mark, sequence + 1)
            rows = []
            for part, one in enumerate(new):
                arrival = Arrival(
                    one.claim, job, one.name, one.size, one.digest, now, now, mapping, folder=one.folder
                )
                more = {"kind": "export", "rows_read": one.rows, "dialect": one.dialect, "earlier": None}
                row = self._session._insert(conn, arrival, "committed", now, None, **more)
                conn.execute(
                    exports.insert().values(
                        file=row.id, job=job, sequence=sequence, part=part, hidden=one.hidden, kept=one.kept,
                        opening=opening, mark_from=before, mark_to=mark, period=one.period,
                        revision=one.revision, added=one.added, gone=one.gone,
                    )
                )  # fmt: skip
                rows.append(row)
        return rows

    def skip(self, job: str, sequence: int, before: str, mark: str) -> None:
        with self._session._transaction() as conn:
            self._session._lock_job(conn, job)
            self._advance(conn, job, sequence, before, mark, sequence)

    def _advance(
        self, conn: sa.Connection, job: str, sequence: int, before: str, mark: str, next: int
    ) -> None:
        """The fence: whoever began from another state writes nothing."""
        here = (jobs.c.job == job, jobs.c.next_sequence == sequence, jobs.c.mark == before)
        moved = (
            jobs.update()
            .where(*here)
            .values(next_sequence=next, mark=mark, intent_at=None, intent_opening=None)
        )
        if conn.execute(moved).rowcount != 1:
            raise PipelineError(message("exports.busy", job=job))

    def unpublished(self, job: str) -> list[ExportFile]:
        asked = _OURS.where(exports.c.job == job, files.c.archived_at.is_(None), files.c.job == job)
        rows = self._session._read(asked.order_by(exports.c.sequence, exports.c.part))
        return [_export(row) for row in rows]

    def published(self, places: Sequence[tuple[int, str]], now: datetime) -> None:
        with self._session._transaction() as conn:
            for id, path in places:
                here = files.update().where(files.c.id == id, files.c.archived_at.is_(None))
                conn.execute(here.values(state="archived", archived_at=now, archived_as=path))

    def of_opening(self, job: str, opening: datetime) -> bool:
        asked = sa.select(exports.c.file).where(exports.c.job == job, exports.c.opening == opening).limit(1)
        return bool(self._session._read(asked))

    def old(self, job: str, before: datetime, most: int) -> list[ExportFile]:
        later = exports.alias()
        newest = sa.select(sa.func.max(later.c.sequence)).where(later.c.job == job)
        newer = sa.select(later.c.file).where(
            later.c.job == job, later.c.period == exports.c.period, later.c.revision > exports.c.revision
        )
        asked = _OURS.where(
            exports.c.job == job, files.c.job == job, exports.c.kept != "", files.c.archived_at < before,
            exports.c.sequence < newest.scalar_subquery(), sa.or_(exports.c.period == "", newer.exists()),
        )  # fmt: skip
        rows = self._session._read(asked.order_by(exports.c.sequence, exports.c.part).limit(most))
        return [_export(row) for row in rows]

    def let_go(self, ids: Sequence[int]) -> None:
        with self._session._transaction() as conn:
            conn.execute(exports.update().where(exports.c.file.in_(ids)).values(kept=""))

    def find(self, id: int) -> ExportFile | None:
        rows = self._session._read(_OURS.where(exports.c.file == id))
        return _export(rows[0]) if rows else None

    def of_period(self, job: str, period: str) -> ExportFile | None:
        asked = _OURS.where(exports.c.job == job, exports.c.period == period, exports.c.part == 0)
        rows = self._session._read(asked.order_by(exports.c.revision.desc()).limit(1))
        return _export(rows[0]) if rows else None


def _export(row: Any) -> ExportFile:
    own = ("sequence", "part", "hidden", "kept", "period", "revision", "added", "gone")
    ledger = {c.name: row[c.name] for c in files.c}
    return ExportFile(ledger_file(ledger), **{name: row[name] for name in own})
