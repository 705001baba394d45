"""PostgreSQL: COPY into a temporary table, then one upsert."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timezone
from itertools import count
from typing import TYPE_CHECKING, Any

import psycopg
import sqlalchemy as sa

from pipeline.mapping.model import Column, Kind, Plan
from pipeline.store.attempt import AttemptStore
from pipeline.store.base import Counts
from pipeline.store.failures import translated
from pipeline.store.ledger import refused_values
from pipeline.store.model import Load, RefusedRow, SectionsStaging, Staging
from pipeline.store.place import Place
from pipeline.store.rights import Right, may_log, missing_rights
from pipeline.store.sections.staging import PostgresSections
from pipeline.store.session import OURS
from pipeline.store.target import Target, quoted
from pipeline.store.undo_postgres import PostgresUndo
from pipeline.store.upsert import LINE, staged, upsert

if TYPE_CHECKING:
    import polars as pl

_NUMBERS = count(1)
_MARKED = "\x00"  # a placeholder while a statement is put together
# A table's columns and triggers, and the functions of those, in a line that changes when they do.
_MARK = """
SELECT concat_ws('|', c.oid, has_table_privilege(c.oid, 'TRIGGER'),
  (SELECT string_agg(concat_ws(':', attname, atttypid, atttypmod, attnotnull, atthasdef, attgenerated), ',' ORDER BY attnum)
   FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped),
  (SELECT string_agg(concat_ws(':', t.tgname, t.tgenabled, p.oid, p.xmin), ',' ORDER BY t.tgname)
   FROM pg_trigger AS t JOIN pg_proc AS p ON p.oid = t.tgfoid WHERE t.tgrelid = c.oid AND NOT t.tgisinternal))
FROM pg_class AS c WHERE c.oid = to_regclass(%s)
"""
_TYPES = {
    Kind.TEXT: "text",
    Kind.INTEGER: "bigint",
    Kind.DATE: "date",
    Kind.DATETIME: "timestamptz",
    Kind.BOOLEAN: "boolean",
    Kind.JSON: "text",
}
_MARK_ALL = """
SELECT current_schemas(false)::text, (SELECT sum(hashtext(i::text)::bigint) FROM pg_index AS i WHERE indisunique),
  (SELECT sum(hashtext(relname || relnamespace)::bigint) FROM pg_class WHERE relkind IN ('r', 'p')),
  (SELECT sum(hashtext(concat_ws(':', attrelid, attname, atttypid, atttypmod, attnotnull, atthasdef, attidentity))::bigint)
   FROM pg_attribute WHERE attrelid >= 16384 AND attnum > 0)
"""


def engine(url: sa.URL, place: Place = OURS) -> sa.Engine:
    """An engine that gives up on a dead server within seconds, not minutes. Names without a schema are found in
    the one of `place`; another program's tables then where they were found before."""
    args = {"connect_timeout": 5, "options": "-c synchronous_commit=on -c timezone=UTC"}
    made = sa.create_engine(url, connect_args=args)
    if place.schema:
        path = quoted(place.schema)
        more = " || ', ' || current_setting('search_path')" if place.foreign else ""

        @sa.event.listens_for(made, "connect")
        def look_there(raw: psycopg.Connection[Any], record: Any) -> None:
            record.info["schema"] = place.schema
            raw.execute(f"SELECT set_config('search_path', %s{more}, false)".encode(), (path,))
            raw.commit()

    return made


class PostgresStore(AttemptStore):
    """The seam on PostgreSQL."""

    kind = "postgresql"

    def staging(self, plan: Plan) -> Staging:
        target = self._target(plan.table.name)
        with translated(self._where, psycopg.Error):
            return PostgresStaging(self.connection(), plan, self._where, _keys(plan, target))

    def sections(self, plan: Plan) -> SectionsStaging:
        with translated(self._where, psycopg.Error):
            return PostgresSections(self.connection(), plan, self._where)

    def _about(self, conn: sa.Connection) -> tuple[str, str, str]:
        asked = "SELECT current_setting('server_version'), current_user, coalesce(current_schema(), '')"
        version, role, schema = conn.exec_driver_sql(asked).one()
        return version, role, self._place.schema or schema

    def _rights(self, conn: sa.Connection, tables: Sequence[str]) -> list[Right]:
        return missing_rights(conn, self._place, tables)

    def _begin(self, conn: sa.Connection) -> None:
        """A rule that is checked at COMMIT only would fail all rows there, and name none."""
        if self._place.foreign:
            conn.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")

    def _mark(self, conn: sa.Connection, table: str = "") -> object:
        if not table:
            return tuple(conn.exec_driver_sql(_MARK_ALL).one())
        return conn.exec_driver_sql(_MARK, (quoted(table),)).scalar()

    def _may_log(self, conn: sa.Connection, table: str) -> bool:
        return may_log(conn, table)

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

    def _undo_sql(self, conn: sa.Connection) -> PostgresUndo:
        return PostgresUndo(conn)

    def _new_ids(self, conn: sa.Connection, number: int) -> list[int]:
        asked = "SELECT nextval(pg_get_serial_sequence('pipeline_file', 'id')) FROM generate_series(1, %s)"
        return sorted(int(row[0]) for row in conn.exec_driver_sql(asked, (number,)))

    def _staged(self, conn: sa.Connection, load: Load) -> tuple[int, int, int]:
        staging = _mine(load)
        if staging.distinct is None:
            key = staging.key
            found = conn.exec_driver_sql(
                f"SELECT (SELECT count(*) FROM (SELECT DISTINCT {key} FROM {staging.table}) AS k),"
                f" coalesce(max({LINE}), 0) FROM {staging.table}"
            ).one()
            staging.distinct, staging.highest = found[0], found[1]
        return staging.rows, staging.distinct, staging.highest

    def _upsert(
        self, conn: sa.Connection, load: Load, target: Target, low: int, high: int, *, count: bool
    ) -> Counts:
        plan, staging = load.plan, _mine(load)
        source = staging.table
        if staging.distinct != staging.rows:  # of equal keys the last row of the file stays
            source = (
                f"(SELECT DISTINCT ON ({staging.key}) * FROM {source} ORDER BY {staging.key}, {LINE} DESC)"
            )
        now = datetime.now(timezone.utc)  # noqa: UP017
        ident = (
            f"('{int(now.timestamp() * 1000):012x}7' || lpad(to_hex(({LINE} >> 28) & 4095), 3, '0') || '8'"
            f" || lpad(to_hex({LINE} & 268435455), 7, '0') || substr(md5(random()::text), 1, 8))::uuid"
        )
        values = (now, now, low, high) if target.ours else (low, high)
        statement = upsert(plan, target, source, ident, mark=_MARKED, differs="IS DISTINCT FROM")
        if count and target.partitioned:
            return self._counted(conn, plan, target, source, statement, values)
        if count:
            statement = (
                f"WITH done AS ({statement} RETURNING (xmax = 0) AS new)"
                " SELECT count(*) FILTER (WHERE new), count(*) FILTER (WHERE NOT new) FROM done"
            )
        done = conn.exec_driver_sql(_escaped(statement), values)
        return tuple(done.one()) if count else (0, 0)

    def _counted(
        self, conn: sa.Connection, plan: Plan, target: Target, source: str, statement: str, values: Any
    ) -> Counts:
        """A partitioned table does not say which rows were there: they are counted before, and nobody else may
        write meanwhile."""
        table, (low, high) = quoted(target.name), values[-2:]
        same = " AND ".join(f"old.{quoted(k)} = {staged(target.column(k))}" for k in plan.key)
        conn.exec_driver_sql(_escaped(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"))
        asked = (
            f"SELECT count(*) FILTER (WHERE NOT EXISTS (SELECT 1 FROM {table} AS old WHERE {same}))"
            f" FROM {source} AS staged WHERE {LINE} BETWEEN {_MARKED} AND {_MARKED}"
        )
        new = int(conn.exec_driver_sql(_escaped(asked), (low, high)).scalar_one())
        written = conn.exec_driver_sql(_escaped(statement), values).rowcount
        return new, written - new

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

    def __init__(self, conn: sa.Connection, plan: Plan, where: str, key: str) -> None:
        raw: Any = conn.connection.driver_connection
        self._raw: psycopg.Connection[Any] = raw
        self._plan, self._where, self.key = plan, where, key
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
    return "numeric" if column.kind is Kind.DECIMAL else _TYPES[column.kind]


def _keys(plan: Plan, target: Target) -> str:
    """The key's columns in the staged rows, as the table's own types compare them."""
    columns = (target.column(k) for k in plan.key if not target.ours)
    casts = {c.name: f"{quoted(c.name)}::{c.cast}" for c in columns if c.cast}
    return _escaped(", ".join(casts.get(k, quoted(k)) for k in plan.key))


def _escaped(statement: str) -> str:
    """A name may hold a percent sign, which the driver would take for a placeholder."""
    return statement.replace("%", "%%").replace(_MARKED, "%s")
