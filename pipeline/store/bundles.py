"""Many small files in one transaction, for little more than their rows cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from pipeline.faults import point
from pipeline.store.arrivals import EARLIER, files, ledger_values
from pipeline.store.base import Counts, Ready, SqlStore
from pipeline.store.failures import RowsRefused, judge
from pipeline.store.ledger import ledger_file, repeat_of
from pipeline.store.model import Arrival, LedgerFile, Load
from pipeline.store.target import Target

_COUNTED = (
    files.update()
    .where(files.c.id == sa.bindparam("of"))
    .values({n: sa.bindparam(n) for n in ("inserted", "updated", "unchanged")})
)
_NAMED = (
    sa.select(files.c.name)
    .where(files.c.job == sa.bindparam("job"), files.c.name.in_(sa.bindparam("names", expanding=True)))
    .distinct()
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
            if not self._bundle_may_go(conn, loads):
                raise Spoilt
            staged, distinct, _ = self._staged(conn, loads[0])
            if staged != distinct:
                raise Spoilt
            self._expect_parts(conn, loads[0])
            seq = self._last_change(conn)
            rows = self._note_all(conn, loads, now, seq)
            counts = self._write_all(conn, loads, rows, ready)
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

    def _note_all(
        self, conn: sa.Connection, loads: Sequence[Load], now: datetime, seq: int
    ) -> list[LedgerFile]:
        """The ledger rows of all, written at once: which of them are repeats follows from their order."""
        known = self._named_before(conn, loads)
        ids = self._new_ids(conn, len(loads))
        rows: list[LedgerFile] = []
        values = []
        last: LedgerFile | None = None
        for id, load in zip(ids, loads, strict=True):
            arrival = load.arrival
            if arrival.source_state:
                raise Spoilt  # what the original was is noted with each file by itself
            if last is not None and arrival.repeat == "apply":
                again = last if last.fingerprint == arrival.fingerprint else None
            else:
                same = (r for r in rows if r.fingerprint == arrival.fingerprint and r.state == "committed")
                again = self._repeats(conn, arrival) or next(same, None)
            earlier = self._earlier(conn, arrival, rows) if arrival.name in known else None
            known.add(arrival.name)
            said = repeat_of(again) if again else None
            row = ledger_values(arrival, "duplicate" if again else "committed", now, said, earlier)
            read = {"rows_read": load.rows_read, "dialect": load.dialect, "log_from": seq}
            row |= {"id": id} if again else {"id": id, **read}
            values.append(row)
            rows.append(ledger_file(row))
            last = last if again else rows[-1]
        conn.execute(files.insert(), values)
        return rows

    def _named_before(self, conn: sa.Connection, loads: Sequence[Load]) -> set[bytes]:
        """Those of the names that the job has seen before."""
        names = [load.arrival.name for load in loads]
        found = conn.execute(_NAMED, {"job": loads[0].arrival.job, "names": names})
        return {bytes(row[0]) for row in found}

    def _earlier(self, conn: sa.Connection, arrival: Arrival, rows: Sequence[LedgerFile]) -> int | None:
        for row in reversed(rows):
            if (row.name, row.state) == (
                arrival.name,
                "committed",
            ) and row.fingerprint != arrival.fingerprint:
                return row.id
        about = {"job": arrival.job, "name": arrival.name, "fingerprint": arrival.fingerprint}
        found = conn.execute(EARLIER, about).scalar()
        return None if found is None else int(found)

    def _new_ids(self, conn: sa.Connection, number: int) -> list[int]:
        """So many numbers for ledger rows, in order."""
        raise NotImplementedError

    def _write_all(
        self, conn: sa.Connection, loads: Sequence[Load], rows: Sequence[LedgerFile], ready: Ready
    ) -> dict[int, Counts]:
        """*Who*, and upsert, of each file in its turn."""
        counts: dict[int, Counts] = {}
        try:
            for load, row in zip(loads, rows, strict=True):
                low, high = load.lines or (0, 0)
                if row.state == "committed" and high >= low:
                    self._who(conn, f"file:{row.id}")
                    counts[row.id] = self._upsert(conn, load, ready.target, low, high, count=not ready.logged)
        except (sa.exc.DBAPIError, RowsRefused) as error:
            judged = error if isinstance(error, RowsRefused) else judge(error, self._where)
            if isinstance(judged, RowsRefused):
                raise Spoilt from error
            raise
        return counts

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
