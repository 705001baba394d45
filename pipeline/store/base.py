"""What is equal on both databases: the schema, and the order of the one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.errors import FileFailed, PipelineError
from pipeline.faults import point
from pipeline.mapping.model import Catalogue, Plan
from pipeline.store import triggers
from pipeline.store.arrivals import Arrivals, files, refused_rows
from pipeline.store.catalogue import catalogue
from pipeline.store.failures import RowsRefused, judge, translated
from pipeline.store.ledger import refused_values, repeat_of
from pipeline.store.memory import Memory
from pipeline.store.migrate import migrate, state
from pipeline.store.model import LedgerFile, Load, RefusedRow, Staging
from pipeline.store.tables import business_tables
from pipeline.words import Message, message

FIND_AT_MOST = 500  # rows that the database itself refuses, found by halving; more fail the file


class SqlStore(Arrivals, Memory):
    """The verbs of `Store` in SQLAlchemy Core. A database adds staging, upsert, locks and *who*."""

    # what each database does its own way ----------------------------------------------------------------
    def staging(self, plan: Plan) -> Staging:
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
        known = self._known(conn, arrival.claim)
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
        counts: dict[str, Any] = {
            "inserted": inserted,
            "updated": updated,
            "unchanged": distinct - len(found) - inserted - updated,
            "duplicates": staged - distinct,
            "refused": refused,
        }
        conn.execute(files.update().where(files.c.id == row.id).values(**counts))
        return replace(row, **counts)

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
