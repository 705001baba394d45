"""PostgreSQL: COPY into a temporary table, then one upsert."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timezone
from itertools import count
from typing import Any

import polars as pl
import psycopg
import sqlalchemy as sa

from pipeline.mapping.model import Column, Kind, Plan
from pipeline.store.base import SqlStore
from pipeline.store.failures import translated
from pipeline.store.ledger import refused_values
from pipeline.store.model import Load, RefusedRow, Staging
from pipeline.store.upsert import LINE, quoted, upsert

_NUMBERS = count(1)
_TYPES = {
    Kind.TEXT: "text",
    Kind.INTEGER: "bigint",
    Kind.DATE: "date",
    Kind.DATETIME: "timestamptz",
    Kind.BOOLEAN: "boolean",
}


def engine(url: sa.URL) -> sa.Engine:
    """An engine that gives up on a dead server within seconds, not minutes."""
    args = {"connect_timeout": 5, "options": "-c synchronous_commit=on -c timezone=UTC"}
    return sa.create_engine(url, connect_args=args)


class PostgresStore(SqlStore):
    """The seam on PostgreSQL."""

    kind = "postgresql"

    def staging(self, plan: Plan) -> Staging:
        with translated(self._where, psycopg.Error):
            return PostgresStaging(self.connection(), plan, self._where)

    def _broken(self, conn: sa.Connection) -> bool:
        raw: Any = conn.connection.driver_connection
        return raw is None or bool(raw.closed)

    def _expect_parts(self, conn: sa.Connection, load: Load) -> None:
        conn.exec_driver_sql(f"CREATE INDEX ON {_mine(load).table} ({LINE})")

    def _lock_job(self, conn: sa.Connection, job: str) -> None:
        conn.execute(
            sa.text("SELECT pg_advisory_xact_lock(hashtextextended('pipeline:' || :job, 0))"), {"job": job}
        )

    def _who(self, conn: sa.Connection, who: str | None) -> None:
        conn.execute(sa.text("SELECT set_config('pipeline.who', :who, true)"), {"who": who or ""})

    def _staged(self, conn: sa.Connection, load: Load) -> tuple[int, int, int]:
        staging = _mine(load)
        if staging.distinct is None:
            key = ", ".join(quoted(k) for k in load.plan.key)
            found = conn.exec_driver_sql(
                f"SELECT (SELECT count(*) FROM (SELECT DISTINCT {key} FROM {staging.table}) AS k),"
                f" coalesce(max({LINE}), 0) FROM {staging.table}"
            ).one()
            staging.distinct, staging.highest = found[0], found[1]
        return staging.rows, staging.distinct, staging.highest

    def _upsert(self, conn: sa.Connection, load: Load, low: int, high: int) -> None:
        plan, staging = load.plan, _mine(load)
        source = staging.table
        if staging.distinct != staging.rows:  # of equal keys the last row of the file stays
            key = ", ".join(quoted(k) for k in plan.key)
            source = f"(SELECT DISTINCT ON ({key}) * FROM {source} ORDER BY {key}, {LINE} DESC)"
        now = datetime.now(timezone.utc)  # noqa: UP017
        ident = (
            f"('{int(now.timestamp() * 1000):012x}7' || lpad(to_hex(({LINE} >> 28) & 4095), 3, '0') || '8'"
            f" || lpad(to_hex({LINE} & 268435455), 7, '0') || substr(md5(random()::text), 1, 8))::uuid"
        )
        statement = upsert(plan, source, ident, mark="%s", differs="IS DISTINCT FROM")
        conn.exec_driver_sql(statement, (now, now, low, high))

    def _move_refused(self, conn: sa.Connection, load: Load, file: int) -> int:
        done = conn.exec_driver_sql(
            "INSERT INTO pipeline_refused (file, line, column_name, value, said, raw)"
            f" SELECT %s, line, column_name, value, said, raw FROM {_mine(load).table}_refused",
            (file,),
        )
        return done.rowcount


def _mine(load: Load) -> PostgresStaging:
    assert isinstance(load.staging, PostgresStaging)
    return load.staging


class PostgresStaging:
    """Temporary tables of one file, filled by COPY, outside the main transaction."""

    def __init__(self, conn: sa.Connection, plan: Plan, where: str) -> None:
        raw: Any = conn.connection.driver_connection
        self._raw: psycopg.Connection[Any] = raw
        self._plan, self._where = plan, where
        self.table, self.rows = f"staged_{next(_NUMBERS)}", 0
        self.distinct: int | None = None
        self.highest = 0
        columns = ", ".join(f"{quoted(t)} {_type(plan.column(t))}" for t in plan.targets)
        self._do(f"CREATE TEMP TABLE {self.table} ({LINE} bigint, {columns})")
        self._do(
            f"CREATE TEMP TABLE {self.table}_refused"
            " (line bigint, column_name text, value text, said text, raw bytea)"
        )
        self._raw.commit()

    def _do(self, statement: str) -> None:
        self._raw.execute(statement.encode())

    def add(self, frame: pl.DataFrame) -> None:
        if frame.is_empty():
            return
        data = frame.select(LINE, *self._plan.targets).write_csv(include_header=False)
        with translated(self._where, psycopg.Error), self._raw.cursor() as cursor:
            with cursor.copy(f"COPY {self.table} FROM STDIN WITH (FORMAT csv)".encode()) as copy:
                copy.write(data)
            self._raw.commit()
        self.rows += frame.height
        self.distinct = None

    def refuse(self, rows: Sequence[RefusedRow]) -> None:
        values = [tuple(refused_values(0, row).values())[1:] for row in rows]
        with translated(self._where, psycopg.Error), self._raw.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {self.table}_refused VALUES (%s, %s, %s, %s, %s)".encode(), values
            )
            self._raw.commit()

    def close(self) -> None:
        if self.table and not self._raw.closed:
            with suppress(psycopg.OperationalError):  # a lost connection took its temporary tables with it
                self._raw.rollback()
                self._do(f"DROP TABLE IF EXISTS {self.table}, {self.table}_refused")
                self._raw.commit()
        self.table = ""

    def __enter__(self) -> PostgresStaging:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _type(column: Column) -> str:
    if column.kind is Kind.DECIMAL:
        return f"numeric(20,{column.scale})"
    return _TYPES[column.kind]
