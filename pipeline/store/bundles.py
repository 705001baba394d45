"""Many small files in one transaction, for little more than their rows cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from pipeline.faults import point
from pipeline.store.arrivals import files
from pipeline.store.base import Counts, Ready, SqlStore
from pipeline.store.failures import RowsRefused, judge
from pipeline.store.ledger import repeat_of
from pipeline.store.model import LedgerFile, Load
from pipeline.store.target import Target

_COUNTED = (
    files.update()
    .where(files.c.id == sa.bindparam("of"))
    .values({n: sa.bindparam(n) for n in ("inserted", "updated", "unchanged")})
)


class Spoilt(Exception):
    """A row of the bundle is not wanted by the database, or two of its files have a key in common."""


class BundleStore(SqlStore):
    """`SqlStore` that also commits bundles: loads that share one staging, each with its own lines."""

    def commit_bundle(self, loads: Sequence[Load], now: datetime) -> list[LedgerFile] | None:
        try:
            return self._commit_bundle(loads, now)
        except Spoilt:
            return None

    def _commit_bundle(self, loads: Sequence[Load], now: datetime) -> list[LedgerFile]:
        table = loads[0].plan.table.name
        with self._transaction() as conn:
            self._begin(conn)
            ready = self._ready(conn, table)
            self._lock_job(conn, loads[0].arrival.job)
            point("transaction.begun")
            staged, distinct, _ = self._staged(conn, loads[0])
            if staged != distinct:
                raise Spoilt
            self._expect_parts(conn, loads[0])
            seq = self._last_change(conn)
            rows, counts = self._commit_parts(conn, loads, ready, now)
            self._who(conn, None)
            point("rows.written")
            if ready.logged:
                counts = self._changes_of_all(conn, ready.target, seq)
            done = [_counted(row, load, counts) for row, load in zip(rows, loads, strict=True)]
            noted = [
                {"of": r.id, "inserted": r.inserted, "updated": r.updated, "unchanged": r.unchanged}
                for r in done
                if r.state == "committed"
            ]
            if noted:
                conn.execute(_COUNTED, noted)
            point("commit.before")
        point("commit.after")
        self._tables[table] = ready
        return done

    def _commit_parts(
        self, conn: sa.Connection, loads: Sequence[Load], ready: Ready, now: datetime
    ) -> tuple[list[LedgerFile], dict[int, Counts]]:
        """Ledger row, *who* and upsert of each file in its turn."""
        rows: list[LedgerFile] = []
        counts: dict[int, Counts] = {}
        last: LedgerFile | None = None
        try:
            for load in loads:
                arrival = load.arrival
                again = arrival.repeat == "apply" and last is not None  # the last one loaded is one of these
                earlier = (
                    (last if last and last.fingerprint == arrival.fingerprint else None)
                    if again
                    else self._repeats(conn, arrival)
                )
                if earlier is not None:
                    rows.append(self._insert(conn, arrival, "duplicate", now, repeat_of(earlier)))
                    continue
                about = {"rows_read": load.rows_read, "dialect": load.dialect}
                row = last = self._insert(conn, arrival, "committed", now, None, **about)
                rows.append(row)
                self._who(conn, f"file:{row.id}")
                low, high = load.lines or (0, 0)
                if high >= low:
                    found = self._upsert(conn, load, ready.target, low, high, count=not ready.logged)
                    counts[row.id] = found
        except (sa.exc.DBAPIError, RowsRefused) as error:
            judged = error if isinstance(error, RowsRefused) else judge(error, self._where)
            if isinstance(judged, RowsRefused):
                raise Spoilt from error
            raise
        return rows, counts

    def _changes_of_all(self, conn: sa.Connection, target: Target, seq: int) -> dict[int, Counts]:
        """(new, changed) rows of each file, as the triggers noted them."""
        mine = "FROM pipeline_change WHERE seq > :seq AND who LIKE 'file:%' AND table_name = :table"
        asked = f"SELECT who, op, count(*) {mine} GROUP BY who, op"
        if not target.ours:
            first = f"SELECT who, min(op) AS op {mine} AND op IN ('I', 'U') GROUP BY who, row_id"
            asked = f"SELECT who, op, count(*) FROM ({first}) AS first GROUP BY who, op"
        found: dict[int, Counts] = {}
        for who, op, number in conn.execute(sa.text(asked), {"seq": seq, "table": target.name}):
            new, changed = found.get(int(who[5:]), (0, 0))
            found[int(who[5:])] = (number, changed) if op == "I" else (new, number if op == "U" else changed)
        return found


def _counted(row: LedgerFile, load: Load, counts: Mapping[int, Counts]) -> LedgerFile:
    if row.state != "committed":
        return row
    new, changed = counts.get(row.id, (0, 0))
    return replace(row, inserted=new, updated=changed, unchanged=load.rows_read - new - changed)
