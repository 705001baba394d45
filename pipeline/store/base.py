"""What is equal on both databases: ledger, refused rows, gate, and the order of the one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from pipeline.errors import FileFailed, PipelineError
from pipeline.faults import point
from pipeline.mapping.model import Catalogue, Plan
from pipeline.store import triggers
from pipeline.store.catalogue import catalogue
from pipeline.store.failures import RowsRefused, judge, translated
from pipeline.store.ledger import (
    JobMemory,
    LedgerRow,
    Refused,
    Run,
    ledger_file,
    refused_values,
    repeat_of,
    utc,
)
from pipeline.store.migrate import migrate, state
from pipeline.store.model import (
    Arrival,
    GateMemory,
    LedgerFile,
    Load,
    Opening,
    Query,
    RefusedRow,
    Staging,
)
from pipeline.store.tables import business_tables
from pipeline.words import Message, message, printable

files: sa.Table = LedgerRow.__table__  # type: ignore[attr-defined]
refused_rows: sa.Table = Refused.__table__  # type: ignore[attr-defined]
runs: sa.Table = Run.__table__  # type: ignore[attr-defined]
jobs: sa.Table = JobMemory.__table__  # type: ignore[attr-defined]
FIND_AT_MOST = 500  # rows that the database itself refuses, found by halving; more fail the file


class SqlStore:
    """The verbs of `Store` in SQLAlchemy Core. A database adds staging, upsert, locks and *who*."""

    kind: Literal["sqlite", "postgresql"]

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._where = engine.url.render_as_string(hide_password=True)
        self._conn: sa.Connection | None = None

    # what each database does its own way ----------------------------------------------------------------
    def staging(self, plan: Plan) -> Staging:
        raise NotImplementedError

    def _lock_job(self, conn: sa.Connection, job: str) -> None:
        raise NotImplementedError

    def _who(self, conn: sa.Connection, who: str | None) -> None:
        raise NotImplementedError

    def _upsert(self, conn: sa.Connection, load: Load, low: int, high: int) -> None:
        raise NotImplementedError

    def _expect_parts(self, conn: sa.Connection, load: Load) -> None:
        """Parts of the staged rows, by line, will be upserted: make finding them quick."""

    def _move_refused(self, conn: sa.Connection, load: Load, file: int) -> int:
        raise NotImplementedError

    def _staged(self, conn: sa.Connection, load: Load) -> tuple[int, int, int]:
        """(rows staged, distinct keys, highest line)."""
        raise NotImplementedError

    # schema ---------------------------------------------------------------------------------------------
    def migrate(self) -> None:
        with translated(self._where):
            self._refuse_newer(state(self._engine))
            migrate(self._engine)

    def require(self) -> None:
        with translated(self._where):
            found = state(self._engine)
        self._refuse_newer(found)
        if found != "current":
            raise PipelineError(message("store.absent" if found == "absent" else "store.older"))

    def _refuse_newer(self, found: str) -> None:
        if found == "newer":
            raise PipelineError(message("store.newer"))

    def _refuse_absent(self) -> None:
        raise PipelineError(message("store.absent"))

    def catalogue(self) -> Catalogue:
        return catalogue()

    def close(self) -> None:
        self._drop()
        self._engine.dispose()

    # connections ----------------------------------------------------------------------------------------
    def connection(self) -> sa.Connection:
        """The one connection, made when first needed and again after it was lost."""
        if self._conn is not None and not self._conn.closed and self._broken(self._conn):
            self._conn.invalidate()
        if self._conn is None or self._conn.closed or self._conn.invalidated:
            self._drop()
            with translated(self._where):
                self._conn = self._engine.connect()
        return self._conn

    def _broken(self, conn: sa.Connection) -> bool:
        """Does the driver know that the connection is lost, though SQLAlchemy was not told (staging)?"""
        return False

    def _drop(self) -> None:
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    @contextmanager
    def _transaction(self, *, write: bool = True) -> Iterator[sa.Connection]:
        conn = self.connection()
        conn.info["write"] = write  # SQLite takes the write lock at BEGIN, but only when it will be needed
        try:
            with conn.begin():
                yield conn
        except sa.exc.DBAPIError as error:
            if error.connection_invalidated:
                self._drop()
            raise judge(error, self._where) from error

    def _read(self, statement: sa.Executable) -> list[Any]:
        with self._transaction(write=False) as conn:
            return list(conn.execute(statement).mappings())

    # the ledger -----------------------------------------------------------------------------------------
    def commit(self, loads: Sequence[Load], now: datetime) -> list[LedgerFile]:
        with self._transaction() as conn:
            for table in {load.plan.table.name for load in loads}:
                self._ensure_triggers(conn, table)
            point("transaction.begun")
            rows = [self._commit_one(conn, load, now) for load in loads]
            self._who(conn, None)
            point("commit.before")
        point("commit.after")
        return rows

    def _ensure_triggers(self, conn: sa.Connection, name: str) -> None:
        """Looked at for every load: a table made anew by another program has lost them, and the counts are
        taken from what they write."""
        tables = [t for t in business_tables() if t.name == name]
        if triggers.missing(conn, tables):
            triggers.install(conn, tables)

    def _commit_one(self, conn: sa.Connection, load: Load, now: datetime) -> LedgerFile:
        arrival = load.arrival
        self._lock_job(conn, arrival.job)
        known = self._one(conn, files.c.claim == arrival.claim)
        if known is not None:
            return known
        earlier = self._repeats(conn, arrival)
        if earlier is not None:
            return self._insert(conn, arrival, "duplicate", now, repeat_of(earlier))
        row = self._insert(
            conn, arrival, "committed", now, None, rows_read=load.rows_read, dialect=load.dialect
        )
        self._who(conn, f"file:{row.id}")
        seq = self._last_change(conn)
        found = _with_bytes(load, self._write(conn, load))
        point("rows.written")
        refused = self._move_refused(conn, load, row.id) + self._add_refused(conn, row.id, found)
        if load.max_refused is not None and refused > load.max_refused:
            facts = {"refused": refused, "rows": load.rows_read, "most": load.max_refused}
            raise FileFailed(message("store.too_many_refused", **facts))
        staged, distinct, _ = self._staged(conn, load)
        inserted, updated = self._changes(conn, load.plan.table.name, f"file:{row.id}", seq)
        counts = {
            "inserted": inserted,
            "updated": updated,
            "unchanged": distinct - len(found) - inserted - updated,
            "duplicates": staged - distinct,
            "refused": refused,
        }
        conn.execute(files.update().where(files.c.id == row.id).values(**counts))
        done = self._one(conn, files.c.id == row.id)
        assert done is not None
        return done

    def _write(self, conn: sa.Connection, load: Load) -> list[RefusedRow]:
        """Upsert all rows; what the database refuses is found by halving, in savepoints."""
        _, distinct, highest = self._staged(conn, load)
        if not distinct:
            return []
        found: list[RefusedRow] = []
        parts = [(0, highest)]
        while parts:
            low, high = parts.pop()
            try:
                with conn.begin_nested():
                    self._upsert(conn, load, low, high)
            except sa.exc.DBAPIError as error:
                judged = judge(error, self._where)
                if not isinstance(judged, RowsRefused):
                    raise
                if not found and (low, high) == (0, highest):
                    self._expect_parts(conn, load)
                if low == high:
                    found.append(_refused_row(load, low, judged))
                    if len(found) > FIND_AT_MOST:
                        raise FileFailed(judged.said) from error
                else:
                    middle = (low + high) // 2
                    parts += [(middle + 1, high), (low, middle)]
        return found

    def _add_refused(self, conn: sa.Connection, file: int, found: Sequence[RefusedRow]) -> int:
        if found:
            conn.execute(refused_rows.insert(), [refused_values(file, row) for row in found])
        return len(found)

    def _last_change(self, conn: sa.Connection) -> int:
        return int(conn.execute(sa.text("SELECT coalesce(max(seq), 0) FROM pipeline_change")).scalar_one())

    def _changes(self, conn: sa.Connection, table: str, who: str, seq: int) -> tuple[int, int]:
        found = conn.execute(
            sa.text(
                "SELECT op, count(*) FROM pipeline_change"
                " WHERE seq > :seq AND who = :who AND table_name = :table GROUP BY op"
            ),
            {"seq": seq, "who": who, "table": table},
        )
        counts: dict[str, int] = {row[0]: row[1] for row in found}
        return counts.get("I", 0), counts.get("U", 0)

    def _repeats(self, conn: sa.Connection, arrival: Arrival) -> LedgerFile | None:
        """The file that this job committed last, if it has this content."""
        if not arrival.fingerprint:
            return None
        statement = (
            sa.select(files)
            .where(files.c.job == arrival.job, files.c.state.in_(("committed", "archived")))
            .order_by(files.c.id.desc())
            .limit(1)
        )
        last = conn.execute(statement).mappings().first()
        if last is None or bytes(last["fingerprint"]) != arrival.fingerprint:
            return None
        return ledger_file(last)

    def _insert(
        self,
        conn: sa.Connection,
        arrival: Arrival,
        state_: str,
        now: datetime,
        said: Message | None,
        **more: Any,
    ) -> LedgerFile:
        values = {
            "claim": arrival.claim,
            "job": arrival.job,
            "name": arrival.name,
            "size": arrival.size,
            "fingerprint": arrival.fingerprint,
            "state": state_,
            "reason": said.to_json() if said else None,
            "mapping": arrival.mapping,
            "seen_at": arrival.seen_at,
            "claimed_at": arrival.claimed_at,
            "committed_at": now,
            **dict.fromkeys(("rows_read", "inserted", "updated", "unchanged", "refused", "duplicates"), 0),
            "dialect": "",
            "archived_as": "",
            **more,
        }
        conn.execute(files.insert().values(**values))
        row = self._one(conn, files.c.claim == arrival.claim)
        assert row is not None
        return row

    def record_failed(self, arrival: Arrival, said: Message, now: datetime) -> LedgerFile:
        with self._transaction() as conn:
            self._lock_job(conn, arrival.job)
            known = self._one(conn, files.c.claim == arrival.claim)
            return known or self._insert(conn, arrival, "failed", now, said)

    def record_duplicate(self, arrival: Arrival, now: datetime) -> LedgerFile | None:
        with self._transaction(write=False) as conn:
            if self._repeats(conn, arrival) is None:
                return None
        with self._transaction() as conn:
            self._lock_job(conn, arrival.job)
            known = self._one(conn, files.c.claim == arrival.claim)
            if known is not None:
                return known
            earlier = self._repeats(conn, arrival)
            return self._insert(conn, arrival, "duplicate", now, repeat_of(earlier)) if earlier else None

    def mark_archived(self, claim: str, path: str, now: datetime) -> None:
        with self._transaction() as conn:
            mine = files.update().where(files.c.claim == claim)
            conn.execute(mine.values(archived_at=now, archived_as=printable(path)))
            conn.execute(mine.where(files.c.state == "committed").values(state="archived"))

    def by_claim(self, claim: str) -> LedgerFile | None:
        with self._transaction(write=False) as conn:
            return self._one(conn, files.c.claim == claim)

    def by_id(self, id: int) -> LedgerFile | None:
        with self._transaction(write=False) as conn:
            return self._one(conn, files.c.id == id)

    def _one(self, conn: sa.Connection, where: sa.ColumnElement[bool]) -> LedgerFile | None:
        row = conn.execute(sa.select(files).where(where)).mappings().first()
        return ledger_file(row) if row else None

    def files(self, query: Query) -> list[LedgerFile]:
        statement = sa.select(files).order_by(files.c.id.desc()).limit(query.limit)
        for column, value in (("job", query.job), ("name", query.name), ("fingerprint", query.fingerprint)):
            if value is not None:
                statement = statement.where(files.c[column] == value)
        if query.moved is not None:
            at = files.c.archived_at
            statement = statement.where(at.is_not(None) if query.moved else at.is_(None))
        if query.states:
            statement = statement.where(files.c.state.in_(query.states))
        return [ledger_file(row) for row in self._read(statement)]

    def count(self, job: str, state: str) -> int:
        statement = sa.select(sa.func.count()).where(files.c.job == job, files.c.state == state)
        with self._transaction(write=False) as conn:
            return int(conn.execute(statement).scalar_one())

    def refused(self, id: int, limit: int | None = None) -> list[RefusedRow]:
        statement = sa.select(refused_rows).where(refused_rows.c.file == id)
        statement = statement.order_by(refused_rows.c.line, refused_rows.c.id).limit(limit)
        return [
            RefusedRow(r["line"], r["column_name"], r["value"], Message.from_json(r["said"]), bytes(r["raw"]))
            for r in self._read(statement)
        ]

    # the gate -------------------------------------------------------------------------------------------
    def gate(self, job: str) -> GateMemory | None:
        with self._transaction(write=False) as conn:
            return self._gate(conn, job)

    def _gate(self, conn: sa.Connection, job: str) -> GateMemory | None:
        row = conn.execute(sa.select(jobs).where(jobs.c.job == job)).mappings().first()
        if row is None:
            return None
        unfinished = (
            conn.execute(
                sa.select(runs)
                .where(runs.c.job == job, runs.c.closed_at.is_(None))
                .order_by(runs.c.opening.desc())
            )
            .mappings()
            .first()
        )
        opening = unfinished and Opening(job, utc(unfinished["opening"]), utc(unfinished["opened_at"]), None)
        return GateMemory(job, row["schedule"], utc(row["last_opening"]), opening or None)

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


def _refused_row(load: Load, line: int, judged: RowsRefused) -> RefusedRow:
    """With the file's column that fills the table's, and the table's by its label."""
    columns = (f.columns for f in load.plan.mapping.fields if f.target == judged.column)
    name = next((names[0] for names in columns if names), judged.column)
    said, column = judged.said, load.plan.table.columns.get(judged.column)
    if column is not None and "column" in said.args:
        en, fr = column.spoken
        said = Message(said.code, {**said.args, "column": en, "column_fr": fr})
    return RefusedRow(line, name, "", said, b"")


def _with_bytes(load: Load, rows: list[RefusedRow]) -> list[RefusedRow]:
    if not rows or load.raws is None:
        return rows
    raws = load.raws([row.line for row in rows])
    return [replace(row, raw=raws.get(row.line, b"")) for row in rows]
