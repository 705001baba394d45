"""What is remembered of jobs: their gates, and who paused them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.store.ledger import JobMemory, Paused, Run, utc
from pipeline.store.model import GateMemory, Opening, Pause
from pipeline.store.session import Session

runs: sa.Table = Run.__table__  # type: ignore[attr-defined]
jobs: sa.Table = JobMemory.__table__  # type: ignore[attr-defined]
paused: sa.Table = Paused.__table__  # type: ignore[attr-defined]
_UNFINISHED = sa.select(runs).where(runs.c.closed_at.is_(None)).order_by(runs.c.opening)


class Memory(Session):
    """Gates and pauses."""

    def gate(self, job: str) -> GateMemory | None:
        with self._transaction(write=False) as conn:
            return self._gate(conn, job)

    def gates(self) -> dict[str, GateMemory]:
        with self._transaction(write=False) as conn:
            unfinished = {row["job"]: row for row in conn.execute(_UNFINISHED).mappings()}
            known = conn.execute(sa.select(jobs)).mappings().all()
        return {row["job"]: _gate_memory(row, unfinished.get(row["job"])) for row in known}

    def _gate(self, conn: sa.Connection, job: str) -> GateMemory | None:
        row = conn.execute(sa.select(jobs).where(jobs.c.job == job)).mappings().first()
        if row is None:
            return None
        mine = conn.execute(_UNFINISHED.where(runs.c.job == job)).mappings().all()
        return _gate_memory(row, mine[-1] if mine else None)

    def remember_gate(self, job: str, schedule: str, now: datetime) -> GateMemory:
        with self._transaction() as conn:
            self._lock_job(conn, job)
            known = self._gate(conn, job)
            if known is None:
                conn.execute(jobs.insert().values(job=job, schedule=schedule, last_opening=now))
            elif known.schedule != schedule:
                conn.execute(
                    jobs.update().where(jobs.c.job == job).values(schedule=schedule, last_opening=now)
                )
            memory = self._gate(conn, job)
            assert memory is not None
            return memory

    def open(self, job: str, opening: datetime, now: datetime) -> bool:
        with self._transaction() as conn:
            self._lock_job(conn, job)
            same = sa.select(runs.c.id).where(runs.c.job == job, runs.c.opening == opening)
            if conn.execute(same).first() is not None:
                return False
            conn.execute(runs.insert().values(job=job, opening=opening, opened_at=now, files=0))
            conn.execute(jobs.update().where(jobs.c.job == job).values(last_opening=opening))
            return True

    def close_opening(self, job: str, opening: datetime, now: datetime, files: int) -> None:
        with self._transaction() as conn:
            mine = runs.c.job == job
            conn.execute(
                runs.update().where(mine, runs.c.opening == opening).values(closed_at=now, files=files)
            )
            conn.execute(runs.delete().where(mine, runs.c.opening < opening, runs.c.files == 0))

    def pause(self, job: str, who: str, why: str, until: datetime | None, now: datetime) -> Pause:
        pause = Pause(job, who, why, utc(now), None if until is None else utc(until))
        with self._transaction() as conn:
            self._lock_job(conn, job)
            conn.execute(paused.delete().where(paused.c.job == job))
            conn.execute(
                paused.insert().values(job=job, who=who, why=why, since=pause.since, until=pause.until)
            )
        return pause

    def resume(self, job: str) -> bool:
        with self._transaction() as conn:
            self._lock_job(conn, job)
            return conn.execute(paused.delete().where(paused.c.job == job)).rowcount > 0

    def pauses(self, now: datetime) -> dict[str, Pause]:
        found = {}
        for row in self._read(sa.select(paused)):
            until = None if row["until"] is None else utc(row["until"])
            if until is None or until > now:
                found[row["job"]] = Pause(row["job"], row["who"], row["why"], utc(row["since"]), until)
        return found


def _gate_memory(row: Any, unfinished: Any) -> GateMemory:
    opening = None
    if unfinished is not None:
        opening = Opening(row["job"], utc(unfinished["opening"]), utc(unfinished["opened_at"]), None)
    return GateMemory(row["job"], row["schedule"], utc(row["last_opening"]), opening)
