"""The verb `undo`: one transaction that takes back what one entry of the ledger changed."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.brake import Closed
from pipeline.errors import PipelineError
from pipeline.faults import point
from pipeline.store.arrivals import files
from pipeline.store.base import FIND_AT_MOST
from pipeline.store.books import WITHIN, touched
from pipeline.store.bundles import BundleStore
from pipeline.store.failures import RowsRefused, judge
from pipeline.store.ledger import ledger_file, utc
from pipeline.store.model import Arrival, LedgerFile, LeftRow, RefusedRow, Undo, UndoneTable
from pipeline.store.own import known_targets
from pipeline.store.target import Target, literal, quoted
from pipeline.store.undo_rows import DELETE, RESTORE, SET_BACK, UNDO, UndoRows, UndoSql
from pipeline.store.waking import undone, written_apart
from pipeline.words import Message, message, printable

KEEP_LEFT = 1000  # rows left alone that are kept by name; the others are counted
_CHAINS = sa.select(files.c.id, files.c.undo_of).where(files.c.undo_of.is_not(None))


class _Dry(Exception):
    """Everything is said; the transaction must be rolled back."""

    def __init__(self, done: Undo) -> None:
        super().__init__()
        self.done = done


@dataclass(frozen=True, slots=True)
class _Batch:
    """Rows of one table that one statement takes back: those with numbers from `low` to `high`."""

    table: str
    deed: str
    low: int
    high: int


class UndoStore(BundleStore):
    """`BundleStore` that can take back."""

    def _undo_sql(self, conn: sa.Connection) -> UndoSql:
        raise NotImplementedError

    def _links_unchecked(self) -> AbstractContextManager[None]:
        """While SQLite takes back, it does not look for itself what points where."""
        return nullcontext()

    def undo(
        self,
        id: int,
        claim: str,
        who: str,
        now: datetime,
        *,
        dry: bool = False,
        closed: Closed | None = None,
        agreed: bool = False,
    ) -> Undo:
        with self._links_unchecked():
            try:
                with self._transaction() as conn:
                    parts = self._undo_all(conn, id, claim, who, now)
                    done = _merged(parts, id)
                    if closed is not None and not agreed:
                        asked = (self._closed(conn, part, closed) for part in parts if part.entry is not None)
                        done = replace(done, closed=next(filter(None, asked), None))
                    if dry:
                        raise _Dry(replace(done, entry=None))
                    if done.closed is not None:
                        facts = {**done.closed.args, "id": id}
                        raise PipelineError(Message("states.closed_undo", facts))
                    point("commit.before")
            except _Dry as told:
                return told.done
        point("commit.after")
        return done

    def _undo_all(self, conn: sa.Connection, id: int, claim: str, who: str, now: datetime) -> list[Undo]:
        """The entry, and those that went in together with it: the last first."""
        row = self._entry(conn, id)
        if row.delivery is None:
            return [self._undo(conn, id, claim, who, now)]
        mates = sa.select(files.c.id).where(files.c.delivery == row.delivery, files.c.state != "duplicate")
        ids = conn.execute(mates.order_by(files.c.id.desc())).scalars().all()
        return [
            self._undo(conn, int(each), f"{int(claim, 16) + n:032x}", who, now, claim)
            for n, each in enumerate(ids)
        ]

    def _undo(
        self, conn: sa.Connection, id: int, claim: str, who: str, now: datetime, delivery: str | None = None
    ) -> Undo:
        self._begin(conn)
        found = self._entry(conn, id)
        self._lock_job(conn, found.job)
        known = self._known(conn, claim)
        if known is not None:
            return Undo(found, known, (), (), known.refused)
        file = self._entry(conn, id)
        _may_be_undone(file)
        chains = {int(mine): int(of) for mine, of in conn.execute(_CHAINS)}
        roots = {f"file:{mine}": f"file:{_root(mine, chains)}" for mine in chains}
        apart = written_apart(conn, id)
        rows = UndoRows(self._undo_sql(conn), f"file:{id}", file.log_from or 0, roots, apart)
        point("transaction.begun")
        if rows.collect() < file.inserted + file.updated + file.deleted:
            raise PipelineError(message("store.undo_unrecorded", id=id))
        rows.judge(self._undo_targets(conn, rows, id))
        made = replace(_arrival(file, claim, now), delivery=delivery)
        entry = self._insert(conn, made, "undo", now, None, undo_of=id, earlier=None)
        seq = self._last_change(conn)
        self._who(conn, f"file:{entry.id}")
        done, refused = _Deeds(self, conn, rows).all()
        self._who(conn, None)
        point("rows.written")
        count, left = _left(conn, rows, refused)
        rows.sql.end()
        tables = tuple(UndoneTable(name, *done[name]) for name in sorted(done))
        entry = self._note(conn, entry, file, tables, left, count, seq, who)
        self._flip(conn, file, entry, chains, now)
        root = _root(id, chains)
        undone(conn, root, out=self._entry(conn, root).state == "undone")
        return Undo(file, entry, tables, left, count)

    def _closed(self, conn: sa.Connection, done: Undo, closed: Closed) -> Message | None:
        """The question, when what was taken back belongs to a closed month."""
        assert done.entry is not None
        if self._place.foreign:
            return None
        changed = {one.table for one in done.tables}
        parents = {parent for name in changed for _, parent, _ in WITHIN.get(name, ())}
        there = known_targets(conn, self._place)
        known = {name: there[name] for name in changed | parents if name in there}
        seq = done.entry.log_from or 0
        who = f"file:{done.entry.id}"
        return touched(self._undo_sql(conn), known, who, seq, closed.until, closed.zone)

    def _entry(self, conn: sa.Connection, id: int) -> LedgerFile:
        row = conn.execute(sa.select(files).where(files.c.id == id)).mappings().first()
        if row is None:
            raise PipelineError(message("cli.no_file", id=id))
        return ledger_file(row)

    def _undo_targets(self, conn: sa.Connection, rows: UndoRows, id: int) -> dict[str, Target]:
        """The tables concerned that are still there. Raises PipelineError when what is taken back could not be
        recorded itself."""
        known = known_targets(conn, self._place)
        found = {}
        for name in rows.tables():
            if name in known:
                ready = self._ready(conn, name)
                if not ready.logged:
                    raise PipelineError(message("store.undo_unrecorded", id=id))
                found[name] = ready.target
        return found

    def _note(
        self,
        conn: sa.Connection,
        entry: LedgerFile,
        file: LedgerFile,
        tables: tuple[UndoneTable, ...],
        left: tuple[LeftRow, ...],
        count: int,
        seq: int,
        who: str,
    ) -> LedgerFile:
        """What the undo did, in its own row of the ledger."""
        gone, back = sum(t.deleted for t in tables), sum(t.restored for t in tables)
        set_back = sum(t.updated for t in tables)
        told = {"deleted": gone, "restored": back, "updated": set_back, "left": count}
        name = printable(os.fsdecode(file.name))
        said = message("store.undo_of", id=file.id, name=name, who=who, **told)
        values: dict[str, Any] = {"inserted": back, "updated": set_back, "deleted": gone, "refused": count}
        values |= {
            "rows_read": gone + back + set_back + count,
            "log_from": seq,
            "archived_at": entry.committed_at,
        }
        conn.execute(files.update().where(files.c.id == entry.id).values(**values, reason=said.to_json()))
        self._add_refused(
            conn, entry.id, [RefusedRow(n, r.table, r.row, r.said, b"") for n, r in enumerate(left, 1)]
        )
        return replace(entry, **values, reason=said)

    def _flip(
        self,
        conn: sa.Connection,
        file: LedgerFile,
        entry: LedgerFile,
        chains: Mapping[int, int],
        now: datetime,
    ) -> None:
        """The entry is undone; what it had undone is in effect again; and so on to the first."""
        id: int | None = file.id
        undone = True
        while id is not None:
            row, above = self._entry(conn, id), chains.get(id)
            said = message("store.undone", id=entry.id, when=f"{utc(now):%Y-%m-%dT%H:%M:%SZ}")
            reason = said.to_json() if undone else None
            if above is not None:  # of an undo it says what it took back
                reason = row.reason.to_json() if row.reason else None
            state = "undone" if undone else _in_effect(row)
            conn.execute(files.update().where(files.c.id == id).values(state=state, reason=reason))
            id, undone = above, not undone


def _merged(parts: list[Undo], id: int) -> Undo:
    """What was done about several entries, told of the one that was asked for."""
    asked = next((part for part in parts if part.of.id == id), parts[0])
    if len(parts) == 1:
        return asked
    counts: dict[str, list[int]] = {}
    for one in (table for part in parts for table in part.tables):
        sums = counts.setdefault(one.table, [0, 0, 0])
        for n, number in enumerate((one.deleted, one.restored, one.updated)):
            sums[n] += number
    tables = tuple(UndoneTable(name, *counts[name]) for name in sorted(counts))
    left = tuple(row for part in parts for row in part.left)
    return replace(asked, tables=tables, left=left, left_count=sum(part.left_count for part in parts))


class _Deeds:
    """Takes back what `rows` has to: a statement for each table and deed. What the database refuses is tried again
    when something else was done (a key that was taken may be free by then), and then found by halving."""

    def __init__(self, store: UndoStore, conn: sa.Connection, rows: UndoRows) -> None:
        self._store, self._conn, self._rows = store, conn, rows
        self._columns: dict[tuple[str, str], list[str]] = {}
        self._refused: dict[int, Message] = {}

    def all(self) -> tuple[dict[str, list[int]], dict[int, Message]]:
        """Rows of each table (taken out, brought back, set back); numbers of rows that the database refused."""
        done = {name: [0, 0, 0] for name in self._rows.targets}
        queue, failures = deque(self._batches()), 0
        while queue:
            batch = queue.popleft()
            try:
                with self._conn.begin_nested():
                    number = self._run(batch)
            except sa.exc.DBAPIError as error:
                judged = judge(error, self._store._where)
                if not isinstance(judged, RowsRefused):
                    raise
                failures += 1
                if failures <= len(queue):
                    queue.append(batch)
                    continue
                queue.extendleft(reversed(self._halves(batch, judged)))
            else:
                done[batch.table][(DELETE, RESTORE, SET_BACK).index(batch.deed)] += number
            failures = 0
        return {name: counts for name, counts in done.items() if any(counts)}, self._refused

    def _batches(self) -> Iterator[_Batch]:
        order = _parents_first(self._rows)
        last = int(self._rows.sql.run(f"SELECT coalesce(max(n), 0) FROM {UNDO}").scalar_one())
        for deed, names in ((DELETE, order[::-1]), (RESTORE, order), (SET_BACK, order)):
            for name in names:
                if self._rows.number(name, deed):
                    if deed != DELETE:
                        self._columns[name, deed] = self._rows.sql.columns(self._rows.targets[name], deed)
                    self._help(name, deed)
                    yield _Batch(name, deed, 1, last)

    def _help(self, name: str, deed: str) -> None:
        if deed == DELETE:
            for child, links in self._rows.links.items():
                for link in links:
                    if link.table == name:
                        self._rows.sql.quick(link, child)

    def _run(self, batch: _Batch) -> int:
        sql, target = self._rows.sql, self._rows.targets[batch.table]
        where = (
            f"u.table_name = {literal(batch.table)} AND u.deed = '{batch.deed}' AND u.why IS NULL"
            f" AND u.n BETWEEN {batch.low} AND {batch.high}"
        )
        if batch.deed == DELETE:
            return sql.run(sql.delete(target, where)).rowcount
        columns = self._columns[batch.table, batch.deed]
        if not columns:
            return 0
        made = sql.restore if batch.deed == RESTORE else sql.set_back
        return sql.run(made(target, columns, where)).rowcount

    def _halves(self, batch: _Batch, judged: RowsRefused) -> list[_Batch]:
        if batch.low < batch.high:
            middle = (batch.low + batch.high) // 2
            return [replace(batch, high=middle), replace(batch, low=middle + 1)]
        self._refused[batch.low] = judged.said
        if len(self._refused) > FIND_AT_MOST:
            raise PipelineError(judged.said)
        self._rows.sql.run(f"UPDATE {UNDO} SET why = 'refused' WHERE n = {batch.low}")
        return []


def _parents_first(rows: UndoRows) -> list[str]:
    """The tables so that each comes after those it points to, where that is possible."""
    order: list[str] = []

    def visit(name: str, above: frozenset[str]) -> None:
        if name in order or name in above or name not in rows.targets:
            return
        for link in rows.links.get(name, ()):
            visit(link.table, above | {name})
        order.append(name)

    for name in rows.targets:
        visit(name, frozenset())
    return order


def _left(
    conn: sa.Connection, rows: UndoRows, refused: Mapping[int, Message]
) -> tuple[int, tuple[LeftRow, ...]]:
    """(how many rows were left alone, the first of them)."""
    number = f"SELECT count(*) FROM {UNDO} AS u WHERE u.why <> 'back'"
    count = int(rows.sql.run(number).scalar_one())
    if not count:
        return 0, ()
    asked = (
        f"SELECT u.n, u.table_name, u.row_id, u.why, u.other, c.who, f.name FROM {UNDO} AS u"
        " LEFT JOIN pipeline_change AS c ON c.seq = u.blame"
        " LEFT JOIN pipeline_file AS f ON c.who = 'file:' || f.id"
        f" WHERE u.why <> 'back' ORDER BY u.n DESC LIMIT {KEEP_LEFT}"
    )
    found = rows.sql.run(asked).all()
    named = _named(rows)
    left = []
    for row in found:
        n, table, row_id, why, other, who, file = tuple(row)
        said = refused.get(n) or _why(why, other or "", who, None if file is None else bytes(file))
        left.append(LeftRow(table, named.get(n, row_id), said))
    return count, tuple(left)


def _named(rows: UndoRows) -> dict[int, str]:
    """The natural keys of the rows that were left and are there."""
    found = {}
    for target in rows.targets.values():
        key = next((k for k in target.keys if k != ("id",)), target.identity)
        columns = ", ".join(f"t.{quoted(name)}" for name in key)
        asked = (
            f"SELECT u.n, {columns} FROM {UNDO} AS u JOIN {quoted(target.name)} AS t"
            f" ON {rows.sql.match(target, 't', 'u')}"
            f" WHERE u.table_name = {literal(target.name)} AND u.why <> 'back' ORDER BY u.n DESC LIMIT {KEEP_LEFT}"
        )
        for row in rows.sql.run(asked):
            values: tuple[object, ...] = tuple(row[1:])
            text = ", ".join(str(value) for value in values if value not in (None, ""))
            if text:
                found[int(row[0])] = text
    return found


def _why(why: str, other: str, who: str | None, file: bytes | None) -> Message:
    if why == "changed":
        if who and file is not None:
            name = printable(os.fsdecode(file))
            return message("store.undo_changed_by_file", id=int(who.removeprefix("file:")), name=name)
        return message("store.undo_changed_by_program")
    if why == "referenced":
        return message("store.undo_referenced", table=other)
    if why == "orphan":
        return message("store.undo_orphan", table=other)
    return message("store.undo_there" if why == "there" else "store.undo_gone")


def _may_be_undone(file: LedgerFile) -> None:
    if file.state in ("committed", "archived", "undo") and file.kind != "export":
        return
    code = "store.undo_again" if file.state == "undone" else "store.undo_nothing"
    raise PipelineError(Message(code, {"id": file.id}))


def _in_effect(row: LedgerFile) -> str:
    if row.undo_of is not None:
        return "undo"
    return "committed" if row.archived_at is None else "archived"


def _root(id: int, chains: Mapping[int, int]) -> int:
    while id in chains:
        id = chains[id]
    return id


def _arrival(file: LedgerFile, claim: str, now: datetime) -> Arrival:
    return Arrival(claim, file.job, file.name, file.size, b"", now, now, file.mapping, folder=file.folder)
