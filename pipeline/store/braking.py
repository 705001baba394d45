"""The brake in the transaction: what was written is looked at before the commit, and taken back when it is unusual."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from pipeline.brake import Amounts, Past, needs_amounts, question, watches
from pipeline.errors import PipelineError
from pipeline.mapping.model import Kind
from pipeline.store.arrivals import files
from pipeline.store.base import Ready
from pipeline.store.books import DATED, WITHIN, touched
from pipeline.store.ledger import LOADED, ledger_file
from pipeline.store.model import LedgerFile, Load
from pipeline.store.target import Target, literal, ours, quoted
from pipeline.store.undo import UndoStore
from pipeline.store.undo_rows import UndoSql
from pipeline.words import Message, message

GONE = "states.brake_gone"  # what a load itself asks: more rows than may go are no longer in a full file
LOOK_BACK = 20  # earlier files that say what is usual
SAMPLE = 2000  # changes whose amounts are looked at
_EARLIER = (
    sa.select(files)
    .where(
        files.c.job == sa.bindparam("job"),
        sa.text(LOADED),
        files.c.replay_of.is_(None),
        files.c.correction_of.is_(None),
    )
    .order_by(files.c.id.desc())
    .limit(LOOK_BACK)
)


class _Held(Exception):
    """A person must be asked; what the file wrote is taken back."""

    def __init__(self, row: LedgerFile, said: Message) -> None:
        super().__init__()
        self.row, self.said = row, said


class BrakeStore(UndoStore):
    """`UndoStore` that holds what is unusual."""

    def _take(
        self, conn: sa.Connection, load: Load, tables: Mapping[str, Ready], now: datetime
    ) -> LedgerFile:
        arrival = load.arrival
        self._lock_job(conn, arrival.job)
        if arrival.replay_of is not None and not self._may_touch_closed(conn, load):
            load = replace(load, brake=None)  # a person asked for it, not for that
        elif arrival.replay_of is not None:
            return self._agreed(conn, self._commit_one(conn, load, tables, now))
        earlier = self._earlier_files(conn, arrival.job)
        past = [_past(file) for file in earlier]
        mirrors = any(part.mirror is not None for part in load.plan.sections)
        # A few mended rows are not like the file they come from.
        watched = arrival.correction_of is None and watches(load.brake, past, load.rows_read)
        if not (watched or load.closed or mirrors):
            return self._commit_one(conn, load, tables, now)
        if self._known(conn, arrival.claim) is not None:
            return self._commit_one(conn, load, tables, now)
        try:
            with conn.begin_nested():
                row = self._commit_one(conn, load, tables, now)
                said = self._question(conn, load, row, earlier, targets_of(tables))
                if said is not None:
                    raise _Held(row, said)
                return row
        except _Held as held:
            read = {"rows_read": held.row.rows_read, "dialect": load.dialect}
            return self._insert(conn, arrival, "held", now, held.said, **read)

    def _take_all(
        self, conn: sa.Connection, loads: Sequence[Load], tables: Mapping[str, Ready], now: datetime
    ) -> list[LedgerFile]:
        """Of files that go in together none does when one of them is held."""
        if not loads or loads[0].arrival.delivery is None:
            return super()._take_all(conn, loads, tables, now)
        try:
            with conn.begin_nested():
                rows = super()._take_all(conn, loads, tables, now)
                held = next((row for row in rows if row.state == "held"), None)
                if held is not None and held.reason is not None:
                    raise _Held(held, held.reason)
                return rows
        except _Held as held:
            read = [{"rows_read": load.rows_read, "dialect": load.dialect} for load in loads]
            return [
                self._known(conn, load.arrival.claim)
                or self._insert(conn, load.arrival, "held", now, held.said, **more)
                for load, more in zip(loads, read, strict=True)
            ]

    def _bundle_may_go(self, conn: sa.Connection, loads: Sequence[Load]) -> bool:
        earlier = [_past(file) for file in self._earlier_files(conn, loads[0].arrival.job)]
        watched = any(watches(load.brake, earlier, load.rows_read) for load in loads)
        dated = loads[0].closed is not None and loads[0].plan.table.name in {*DATED, *WITHIN}
        return not watched and not dated and super()._bundle_may_go(conn, loads)

    def _earlier_files(self, conn: sa.Connection, job: str) -> list[LedgerFile]:
        return [ledger_file(row) for row in conn.execute(_EARLIER, {"job": job}).mappings()]

    def _question(
        self,
        conn: sa.Connection,
        load: Load,
        row: LedgerFile,
        earlier: list[LedgerFile],
        targets: Mapping[str, Target],
    ) -> Message | None:
        """What to ask about a file whose rows stand in the transaction; None: nothing."""
        if row.state != "committed":
            return None
        if row.reason is not None and row.reason.code == GONE:
            return row.reason
        if load.closed is not None and not self._may_touch_closed(conn, load):
            sql, closed = self._undo_sql(conn), load.closed
            who, seq = f"file:{row.id}", row.log_from or 0
            said = touched(sql, _with_parents(targets), who, seq, closed.until, closed.zone)
            if said is not None:
                return said
        if load.brake is None or load.arrival.replay_of is not None or load.arrival.correction_of is not None:
            return None
        past = [_past(file) for file in earlier]
        amounts: list[Amounts] = []
        if needs_amounts(load.brake, past):
            sql = self._undo_sql(conn)
            since = min((file.log_from for file in earlier if file.log_from is not None), default=None)
            for plan in [part.plan for part in load.plan.sections] or [load.plan]:
                for name in plan.targets:
                    if plan.column(name).kind is Kind.DECIMAL:
                        amounts += _amounts(sql, targets[plan.table.name], name, row, since)
        return question(load.brake, _past(row), past, amounts)

    def _may_touch_closed(self, conn: sa.Connection, load: Load) -> bool:
        """No month is closed, or a person agreed to this very file: it was held."""
        if load.closed is None:
            return True
        of = load.arrival.replay_of
        return of is not None and self._entry(conn, of).state == "held"

    def _agreed(self, conn: sa.Connection, row: LedgerFile) -> LedgerFile:
        """The file that was held is told to have gone in, in the transaction that loads it."""
        held = files.c.id == row.replay_of, files.c.state == "held"
        if row.state == "committed":
            said = message("states.approved", id=row.id)
            conn.execute(files.update().where(*held).values(state="approved", reason=said.to_json()))
        return row

    def reject(self, id: int, who: str, now: datetime) -> LedgerFile:
        with self._transaction() as conn:
            row = self._entry(conn, id)
            self._lock_job(conn, row.job)
            row = self._entry(conn, id)
            if row.state != "held":
                raise PipelineError(message("states.not_held", id=id))
            said = message("states.rejected_by", who=who)
            mine = files.c.id == id if row.delivery is None else files.c.delivery == row.delivery
            held = mine, files.c.state == "held"
            conn.execute(files.update().where(*held).values(state="rejected", reason=said.to_json()))
        return replace(row, state="rejected", reason=said)


def _with_parents(known: Mapping[str, Target]) -> Mapping[str, Target]:
    """With the documents that lines among them belong to."""
    parents = {parent for name in known for _, parent, _ in WITHIN.get(name, ())}
    return {**known, **{name: ours()[name] for name in parents if name not in known}}


def targets_of(tables: Mapping[str, Ready]) -> dict[str, Target]:
    """The tables that a load writes, by name."""
    return {name: ready.target for name, ready in tables.items()}


def _past(file: LedgerFile) -> Past:
    return Past(file.rows_read, file.inserted, file.updated, file.unchanged, file.deleted)


def _amounts(sql: UndoSql, target: Target, name: str, row: LedgerFile, since: int | None) -> list[Amounts]:
    """The column's amounts now and before: in the rows that changed, and in the new ones beside those of the files
    before."""
    mine = (
        f"c.table_name = {literal(target.name)} AND c.seq > {row.log_from or 0} AND c.who = 'file:{row.id}'"
    )
    column = f"t.{quoted(name)}"

    def sample(where: str, way: str = "ASC") -> str:
        return (
            f"(SELECT c.row_id, c.old{sql.json} AS old FROM pipeline_change AS c WHERE {where}"
            f" ORDER BY c.seq {way} LIMIT {SAMPLE}) AS u JOIN {quoted(target.name)} AS t"
            f" ON {sql.match(target, 't', 'u')}"
        )

    found = []
    updates = sample(f"{mine} AND c.op = 'U'")
    changed = (
        f"SELECT count(*), avg(abs({column})), avg(abs({sql.old(target, name, 'u')}))"
        f" FROM {updates} WHERE {sql.has(target, name, 'u')}"
        f" AND {column} IS NOT NULL AND {sql.old(target, name, 'u')} IS NOT NULL"
    )
    found += _compared(name, *tuple(sql.run(changed).one()))
    if since is not None:
        asked = f"SELECT count(*), avg(abs({column})) FROM {{}} WHERE {column} IS NOT NULL"
        new = tuple(sql.run(asked.format(sample(f"{mine} AND c.op = 'I'"))).one())
        before = f"c.table_name = {literal(target.name)} AND c.seq > {since} AND c.seq <= {row.log_from or 0}"
        old = tuple(sql.run(asked.format(sample(f"{before} AND c.op = 'I'", "DESC"))).one())
        found += _compared(name, min(new[0], old[0]), new[1], old[1])
    return found


def _compared(name: str, count: Any, now: Any, before: Any) -> list[Amounts]:
    if not count or now is None or before is None:
        return []
    return [Amounts(name, int(count), Decimal(str(now)), Decimal(str(before)))]
