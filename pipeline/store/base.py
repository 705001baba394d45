"""What is equal on both databases: the schema, and the order of the one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.errors import FileFailed, MappingUnfit, PipelineError
from pipeline.faults import point
from pipeline.mapping.model import Catalogue, Plan
from pipeline.store import triggers
from pipeline.store.afar.memory import SqlAfar
from pipeline.store.arrivals import Arrivals, files, refused_rows
from pipeline.store.browsing import Browser
from pipeline.store.catalogue import all_readable, live_catalogue
from pipeline.store.doctor import Doctor
from pipeline.store.exporting.verbs import SqlExports
from pipeline.store.failures import RowsRefused, judge, translated
from pipeline.store.keeping import Keeping
from pipeline.store.ledger import refused_values, repeat_of
from pipeline.store.live import targets
from pipeline.store.looking import SqlLooker
from pipeline.store.memory import Memory
from pipeline.store.migrate import migrate, state
from pipeline.store.model import LedgerFile, Load, RefusedRow, Staging
from pipeline.store.notices import Notices
from pipeline.store.own import known_targets, own_catalogue, own_fields, widened
from pipeline.store.ownership import Ownership
from pipeline.store.people.verbs import SqlPeople
from pipeline.store.place import Place
from pipeline.store.sections.loading import Written, write_sections
from pipeline.store.sections.staging import Sections
from pipeline.store.session import OURS
from pipeline.store.syncing.opening import SqlSyncing
from pipeline.store.syncing.standing import Standing
from pipeline.store.syncing.tables import SyncSite
from pipeline.store.target import Target, ours
from pipeline.store.versions import Versions
from pipeline.store.waking import Waker, alone, beside, keep, waits_for
from pipeline.words import Message, message, render

_REGISTERED = SyncSite  # its module registers our tables for synchronisation
Counts = tuple[int, int]  # rows that were new, rows that were changed
FIND_AT_MOST = 500  # rows that the database itself refuses, found by halving; more fail the file


@dataclass(frozen=True, slots=True)
class Ready:
    """A table that a load may begin on. `mark`: what the database says of its columns and triggers; while that
    stays the same, so does this. `logged`: has it triggers, from which rows are counted?"""

    target: Target
    logged: bool
    mark: object


@dataclass(frozen=True, slots=True)
class _Seen:
    """The tables, as they were when the database gave this mark."""

    targets: Mapping[str, Target]
    catalogue: Catalogue
    mark: object


class SqlStore(Arrivals, Versions, Memory, Doctor, Ownership, Notices, Keeping):
    """The verbs of `Store` in SQLAlchemy Core. A database adds staging, upsert, locks and *who*."""

    def __init__(self, engine: sa.Engine, place: Place = OURS) -> None:
        super().__init__(engine, place)
        self._tables: dict[str, Ready] = {}
        self._seen: _Seen | None = None

    # what each database does its own way ----------------------------------------------------------------
    def staging(self, plan: Plan) -> Staging:
        raise NotImplementedError

    def _who(self, conn: sa.Connection, who: str | None) -> None:
        raise NotImplementedError

    def _upsert(
        self, conn: sa.Connection, load: Load, target: Target, low: int, high: int, *, count: bool
    ) -> Counts:
        """`count`: say how many rows were new and changed, for no trigger noted them."""
        raise NotImplementedError

    def _begin(self, conn: sa.Connection) -> None:
        """What a transaction that loads must start with."""

    def _mark(self, conn: sa.Connection, table: str = "") -> object:
        """Changes when the table's columns or triggers do; without a table, when those of any table do."""
        raise NotImplementedError

    def _may_log(self, conn: sa.Connection, table: str) -> bool:
        """May triggers be made on this table?"""
        return True

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
            self._refuse_newer(state(self._engine, self._place))
            migrate(self._engine, self._place)

    def require(self) -> None:
        with translated(self._where):
            found = state(self._engine, self._place)
        self._refuse_newer(found)
        if found != "current":
            raise PipelineError(message("store.absent" if found == "absent" else "store.older"))

    def _refuse_newer(self, found: str) -> None:
        if found == "newer":
            raise PipelineError(message("store.newer"))

    def _refuse_absent(self) -> None:
        raise PipelineError(message("store.absent"))

    def catalogue(self) -> Catalogue:
        with self._transaction(write=False) as conn:
            return self._see(conn).catalogue

    def readable(self) -> Catalogue:
        return self.catalogue() if self._place.foreign else all_readable(self.catalogue())

    def afar(self) -> SqlAfar:
        return SqlAfar(self)

    def exports(self) -> SqlExports:
        def targets() -> Mapping[str, Target]:
            with self._transaction(write=False) as conn:
                return {**({} if self._place.foreign else ours()), **self._see(conn).targets}

        return SqlExports(self, self.kind, self.readable, targets)

    def browser(self) -> Browser:
        def targets() -> Mapping[str, Target]:
            with self._transaction(write=False) as conn:
                return self._see(conn).targets

        return Browser(self, targets)

    def people(self) -> SqlPeople:
        return SqlPeople(self)

    def syncing(self, names: Sequence[str] | None = None) -> SqlSyncing:
        """The database as synchronisation opens it. `names`: the tables that take part, None for all that can."""
        return SqlSyncing(self, self._place, names)

    def standing(self) -> Standing:
        return self.syncing().standing()

    def _see(self, conn: sa.Connection) -> _Seen:
        """The tables there are, read again when one of them has changed."""
        own = () if self._place.foreign else own_fields(conn)
        mark = (self._mark(conn), own)
        if self._seen is None or self._seen.mark != mark:
            found = known_targets(conn, self._place, own)
            known = live_catalogue(found) if self._place.foreign else own_catalogue(found, own)
            self._seen = _Seen(found, known, mark)
        return self._seen

    def _target(self, table: str) -> Target:
        """The table as it was last seen; a load looks again."""
        if not self._place.foreign and table in ours():
            return ours()[table]
        with self._transaction(write=False) as conn:
            return _named(self._see(conn).targets, table)

    def _look(self, conn: sa.Connection, table: str) -> Target:
        """The table as it is now."""
        if not self._place.foreign and table in ours():
            return widened(ours()[table], own_fields(conn))
        return _named(targets(conn), table)

    def looker(self, plan: Plan) -> SqlLooker:
        tables = {one.table for one in plan.looks}
        with self._transaction(write=False) as conn:
            known = self._see(conn).targets
            return SqlLooker(self._engine, {name: _named(known, name) for name in tables}, self._where)

    # the ledger -----------------------------------------------------------------------------------------
    def commit(self, loads: Sequence[Load], now: datetime) -> list[LedgerFile]:
        with self._transaction() as conn:
            self._begin(conn)
            written = {name for load in loads for name in load.plan.writes}
            ready = {name: self._ready(conn, name) for name in sorted(written)}
            point("transaction.begun")
            rows = self._take_all(conn, loads, ready, now)
            self._who(conn, None)
            point("commit.before")
        point("commit.after")
        self._tables |= ready  # not before: what a transaction that failed had made is gone
        return rows

    def _ready(self, conn: sa.Connection, table: str) -> Ready:
        """Looked at for every load: a table made anew by another program has lost its triggers, and the counts
        are taken from what they write."""
        mark = self._mark(conn, table)
        known = self._tables.get(table)
        if known is not None and known.mark == mark:
            return known
        target = self._look(conn, table)
        if not triggers.missing(conn, [target]):
            return Ready(target, True, mark)
        if not self._may_log(conn, table):
            return Ready(target, False, mark)
        triggers.install(conn, [target])
        return Ready(target, True, self._mark(conn, table))

    def _take_all(
        self, conn: sa.Connection, loads: Sequence[Load], tables: Mapping[str, Ready], now: datetime
    ) -> list[LedgerFile]:
        """The files of a commit, in order."""
        return [self._take(conn, load, tables, now) for load in loads]

    def _take(
        self, conn: sa.Connection, load: Load, tables: Mapping[str, Ready], now: datetime
    ) -> LedgerFile:
        """One file of a commit."""
        return self._commit_one(conn, load, tables, now)

    def _bundle_may_go(self, conn: sa.Connection, loads: Sequence[Load]) -> bool:
        """May these files go in together, none of them looked at by itself?"""
        beside(conn)
        return not waits_for(conn, loads[0].plan.writes)

    def _commit_one(
        self, conn: sa.Connection, load: Load, tables: Mapping[str, Ready], now: datetime
    ) -> LedgerFile:
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
        if load.plan.sections:
            return self._commit_sections(conn, load, tables, row)
        ready, seq = tables[load.plan.table.name], self._last_change(conn)
        found, (inserted, updated) = self._write(conn, load, ready)
        found = _with_bytes(load, found)
        point("rows.written")
        refused = self._move_refused(conn, load, row.id) + self._add_refused(conn, row.id, found)
        _refuse_too_many(load, refused)
        staged, distinct, _ = self._staged(conn, load)
        if ready.logged:
            inserted, updated = self._changes(conn, ready.target, f"file:{row.id}", seq)
        counts = {
            "inserted": inserted,
            "updated": updated,
            "unchanged": distinct - len(found) - inserted - updated,
            "duplicates": staged - distinct,
            "refused": refused,
        }
        return self._woken(conn, load, self._tallied(conn, row, seq, counts))

    def _woken(self, conn: sa.Connection, load: Load, row: LedgerFile) -> LedgerFile:
        """What waited for rows that this file brought is written with it, and counted with it."""
        beside(conn)
        done = Waker(conn, row.id, load, lambda name: self._ready(conn, name).target, self._where).wake(
            load.plan.writes
        )
        if not (done.inserted or done.updated):
            return self._entry_again(conn, row)
        row = replace(row, inserted=row.inserted + done.inserted, updated=row.updated + done.updated)
        counts = {"inserted": row.inserted, "updated": row.updated}
        conn.execute(files.update().where(files.c.id == row.id).values(**counts))
        return self._entry_again(conn, row)

    def _entry_again(self, conn: sa.Connection, row: LedgerFile) -> LedgerFile:
        """A file may have brought what its own rows waited for."""
        if not row.waiting:
            return row
        asked = sa.select(files.c.waiting, files.c.refused).where(files.c.id == row.id)
        still, refused = conn.execute(asked).one()
        return replace(row, waiting=int(still), refused=int(refused))

    def _tallied(
        self,
        conn: sa.Connection,
        row: LedgerFile,
        seq: int | None,
        counts: Mapping[str, int],
        note: Message | None = None,
    ) -> LedgerFile:
        """What a file did stands in its row: `seq` is the change log's last number before it; `note`: what a person
        should know of it."""
        noted: dict[str, Any] = {**counts, "log_from": seq}
        said = {} if note is None else {"reason": note.to_json()}
        conn.execute(files.update().where(files.c.id == row.id).values(**noted, **said))
        return replace(row, **noted, reason=note)

    def _commit_sections(
        self, conn: sa.Connection, load: Load, tables: Mapping[str, Ready], row: LedgerFile
    ) -> LedgerFile:
        """Several tables: what the sections made, counted together."""
        assert isinstance(load.staging, Sections)
        targets, seq = {name: tables[name].target for name in load.plan.writes}, self._last_change(conn)
        alone(conn, load)
        done: Written = write_sections(conn, load, targets, self._where)
        point("rows.written")
        moved = conn.exec_driver_sql(
            "INSERT INTO pipeline_refused (file, line, column_name, value, said, raw)"
            f" SELECT {row.id}, line, column_name, value, said, raw FROM {load.staging.refusals}"
        )
        refused = moved.rowcount + self._add_refused(conn, row.id, done.refused)
        _refuse_too_many(load, refused)
        self._carry(conn, load, row.id, load.staging, done)
        names = ("inserted", "updated", "unchanged", "duplicates", "deleted", "stale", "absent")
        counts = {name: getattr(done, name) for name in names}
        counts |= {"refused": refused, "waiting": keep(conn, row.id, load, done.waiting)}
        asked = done.question if load.arrival.replay_of is None else None
        return self._woken(conn, load, self._tallied(conn, row, seq, counts, asked or done.note))

    def _carry(self, conn: sa.Connection, load: Load, file: int, staging: Sections, done: Written) -> None:
        """Keep the rest of the documents of which rows were refused: a correction brings them whole, for lines are
        counted within them. Rows that are only appended would be doubled by it."""
        whole = load.plan.mapping.document and all(part.mode != "append" for part in load.plan.sections)
        if not whole or load.raws is None:
            return
        lines = staging.companions(staging.refused | {row.line for row in done.refused})
        if lines:
            own = load.raws(lines)
            rows = [RefusedRow(n, "", "", message("versions.carried"), own.get(n, b"")) for n in lines]
            values = [{**refused_values(file, row), "carried": True} for row in rows]
            conn.execute(refused_rows.insert(), values)

    def _write(self, conn: sa.Connection, load: Load, ready: Ready) -> tuple[list[RefusedRow], Counts]:
        """Upsert all rows; what the database refuses is found by halving, in savepoints."""
        _, distinct, highest = self._staged(conn, load)
        found: list[RefusedRow] = []
        inserted = updated = 0
        if not distinct:
            return found, (0, 0)
        parts = [(0, highest)]
        while parts:
            low, high = parts.pop()
            try:
                with conn.begin_nested():
                    done = self._upsert(conn, load, ready.target, low, high, count=not ready.logged)
                inserted, updated = inserted + done[0], updated + done[1]
            except (sa.exc.DBAPIError, RowsRefused) as error:
                judged = error if isinstance(error, RowsRefused) else judge(error, self._where)
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
        return found, (inserted, updated)

    def _add_refused(self, conn: sa.Connection, file: int, found: Sequence[RefusedRow]) -> int:
        if found:
            conn.execute(refused_rows.insert(), [refused_values(file, row) for row in found])
        return len(found)

    def _last_change(self, conn: sa.Connection) -> int:
        return int(conn.execute(sa.text("SELECT coalesce(max(seq), 0) FROM pipeline_change")).scalar_one())

    def _changes(self, conn: sa.Connection, target: Target, who: str, seq: int) -> Counts:
        """(new, changed) rows that the triggers noted. Another program's trigger may write a row of ours a second
        time: there each row counts once."""
        mine = "FROM pipeline_change WHERE seq > :seq AND who = :who AND table_name = :table"
        if target.ours:
            asked = f"SELECT op, count(*) {mine} GROUP BY op"
        else:
            first = f"SELECT min(op) AS op {mine} AND op IN ('I', 'U') GROUP BY row_id"
            asked = f"SELECT op, count(*) FROM ({first}) AS first GROUP BY op"
        found = conn.execute(sa.text(asked), {"seq": seq, "who": who, "table": target.name})
        counts: dict[str, int] = {row[0]: row[1] for row in found}
        return counts.get("I", 0), counts.get("U", 0)


def _refuse_too_many(load: Load, refused: int) -> None:
    if load.max_refused is not None and refused > load.max_refused:
        facts = {"refused": refused, "rows": load.rows_read, "most": load.max_refused}
        raise FileFailed(message("store.too_many_refused", **facts))


def _named(known: Mapping[str, Target], table: str) -> Target:
    if table not in known:
        why = render(message("store.no_table", table=table))
        raise MappingUnfit(message("store.unfit", why=why))
    return known[table]


def _refused_row(load: Load, line: int, judged: RowsRefused) -> RefusedRow:
    """With the file's column that fills the table's, and the table's by its label."""
    columns = (f.named for f in load.plan.mapping.fields if f.target == judged.column)
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
    told = load.of_member or (lambda _, said: said)
    return [replace(row, raw=raws.get(row.line, b""), said=told(row.line, row.said)) for row in rows]
