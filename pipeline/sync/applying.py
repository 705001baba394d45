"""A batch goes in: whole, in one transaction with its cursor, its id, the clocks and the records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.faults import point
from pipeline.store.failures import RowsRefused
from pipeline.store.syncing.model import Desk, HeldRow, Record
from pipeline.store.syncing.shapes import Table
from pipeline.sync.clocks import Coming
from pipeline.sync.joining import Joining, Name, Work, held_body, held_rows
from pipeline.words import Message


@dataclass(frozen=True, slots=True)
class Done:
    """What a batch came to. `mark`: the highest that was given."""

    mark: int
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    conflicts: int = 0
    renamed: int = 0
    revived: int = 0
    held: int = 0


@dataclass(slots=True)
class Applying:
    """Rows and records that came, on their way into the database. `mark`: the last that was given."""

    desk: Desk
    peer: str
    mark: int
    now: datetime
    refused: dict[Name, Message] = field(default_factory=dict)
    _kept: dict[str, Record] = field(default_factory=dict)

    def apply(self, rows: Sequence[Coming], records: Sequence[Record]) -> Done:
        held = self.desk.held()
        rows = [*(held_rows(one.body) for one in held), *rows] if held else rows
        start = self.desk.log_top()
        self.desk.who(f"sync:{self.peer}")
        joined = self._join(rows)
        done = self._keep(joined, records)
        self._hold(held, rows)
        self.desk.who(None)
        inserted, updated, deleted = self.desk.deeds(f"sync:{self.peer}", start)
        return Done(
            done, inserted, updated, deleted, len(joined.records), joined.renamed, joined.revived, len(self.refused)
        )  # fmt: skip

    def _join(self, rows: Sequence[Coming]) -> Joining:
        """Merge and write; with more care where the database refuses, and without the rows that must wait."""
        careful = False
        while True:
            waiting = len(self.refused)
            joined = Joining(self.desk, self.mark + 2, self.now.isoformat(), self.refused)
            joined.take(rows)
            joined.keep_whole()
            if careful:
                joined.keep_apart()
                joined.keep_whole()
            if len(self.refused) > waiting:
                careful = True
                self._keep_records(joined)
                continue
            point("sync.merged")
            works = [w for w in joined.works.values() if w.changed]
            try:
                with self.desk.savepoint():
                    self._write(works, careful=careful)
            except RowsRefused as error:
                if careful and not self._culprits(works):
                    raise error
                careful = True
                continue
            joined.records.update(self._kept)
            point("sync.written")
            return joined

    def _keep_records(self, joined: Joining) -> None:
        """Records of rows that wait are kept, though the merge begins anew without those rows."""
        self._kept.update({r.id: r for r in joined.records.values() if r.kind == "number"})

    # writing ---------------------------------------------------------------------------------------------
    def _write(self, works: Sequence[Work], *, careful: bool) -> None:
        """Rows that go free their unique values first; parents before children, and the other way round for those
        that go. With care: nothing goes before all that points elsewhere by now has been written."""
        order = list(self.desk.tables.values())
        gone: dict[str, list[Work]] = defaultdict(list)
        stay: dict[str, list[Work]] = defaultdict(list)
        for work in works:
            if work.alive:
                stay[work.table.name].append(work)
            elif work.there:
                gone[work.table.name].append(work)
        if careful:
            self._park(order, gone, stay)
        else:
            self._delete(order, gone)
        for table in order:
            self._upsert(table, stay[table.name])
        if careful:
            self._delete(order, gone)

    def _delete(self, order: Sequence[Table], gone: dict[str, list[Work]]) -> None:
        for table in reversed(order):
            if gone[table.name]:
                self.desk.delete(table, [w.key for w in gone[table.name]])

    def _upsert(self, table: Table, works: Iterable[Work]) -> None:
        groups: dict[tuple[str, ...] | None, list[Work]] = defaultdict(list)
        for work in works:
            whole = (
                work.write is None or work.there is False
            )  # one that comes back has its old values, and no row
            columns = None if whole else tuple(n for n in table.names if n in (work.write or ()))
            if columns != ():
                groups[columns].append(work)
        for columns, some in groups.items():
            self.desk.upsert(table, columns, [w.row() if w.state else w.values for w in some])  # type: ignore[misc]

    def _park(self, order: Sequence[Table], gone: dict[str, list[Work]], stay: dict[str, list[Work]]) -> None:
        """Rows that give up a unique value which another gets in this round let go of it first."""
        for table in order:
            works = [*gone[table.name], *stay[table.name]]
            for unique in table.uniques if works else ():
                column = table.renamed(unique)
                if column is None:
                    continue
                wanted = {tuple(w.value(n) for n in unique): w.key for w in stay[table.name]}
                wanted = {value: key for value, key in wanted.items() if None not in value}
                mine = {w.key for w in works}
                holders = self.desk.found(table, unique, list(wanted)) if wanted else []
                self.desk.park(table, column, [k for k, v in holders if k in mine and wanted[v] != k])

    def _culprits(self, works: Sequence[Work]) -> bool:
        """Find the rows that the database itself refuses, one by one. Were there any?"""
        before = len(self.refused)
        order = {name: n for n, name in enumerate(self.desk.tables)}
        try:
            with self.desk.savepoint():
                for work in sorted(works, key=lambda w: order[w.table.name]):
                    if not work.alive:
                        continue
                    try:
                        with self.desk.savepoint():
                            self._upsert(work.table, [work])
                    except RowsRefused as error:
                        self.refused[work.table.name, work.key] = error.said
                raise _Undo
        except _Undo:
            return len(self.refused) > before

    # what is kept with the rows ----------------------------------------------------------------------------
    def _keep(self, joined: Joining, records: Sequence[Record]) -> int:
        """Clocks and records. The highest mark that was given."""
        came, own = self.mark + 1, self.mark + 2
        mark = self.mark
        tables: dict[str, list[Work]] = defaultdict(list)
        for work in joined.works.values():
            if work.changed:
                tables[work.table.name].append(work)
        for name, works in tables.items():
            self.desk.put_clocks(name, [w.kept(came) for w in works])
            mark = max(mark, own if any(w.own for w in works) else came)
        if records and self.desk.add_records(records, came):
            mark = max(mark, came)
        for key, why in self.refused.items():
            joined.record("held", *key, "", why.to_json(), None)
        if joined.records and self.desk.add_records(list(joined.records.values()), own):
            mark = own
        if mark > self.mark:
            self.desk.add_span(came, self.peer)
        return mark

    def _hold(self, before: Sequence[HeldRow], rows: Sequence[Coming]) -> None:
        now = [
            HeldRow(row.table, row.key, row.peer, held_body(row), self.refused[row.table, row.key].to_json())
            for row in rows
            if (row.table, row.key) in self.refused
        ]
        latest = {(h.table, h.key, h.peer): h for h in now}
        self.desk.drop_held([h for h in before if (h.table, h.key, h.peer) not in latest])
        changed = [h for h in latest.values() if h not in before]
        if changed:
            self.desk.put_held(changed, self.now)


class _Undo(Exception):
    """Nothing of what was tried shall stay."""
