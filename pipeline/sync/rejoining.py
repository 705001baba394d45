"""A database that forgot what its peer has of it joins again; so do two filled ones that never met.

The peer's rows are taken whole, then the own changes since the last batch that both remember are made again, by a
look at three things: what the change log says was there before, what is here, and what the peer has. Where the peer
still has what was there before, the own change is made again; where both changed, the peer's stays and the own value
is kept in a record. All of it is one transaction here.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b
from typing import Any

from pipeline.faults import point
from pipeline.store.failures import RowsRefused
from pipeline.store.syncing.model import Desk, Entry, Record, Values
from pipeline.store.syncing.shapes import Table
from pipeline.store.syncing.values import pack, same
from pipeline.sync.clocks import dumps
from pipeline.sync.joining import other_text
from pipeline.sync.loading import records_of, rows_of
from pipeline.sync.local import LocalReplica
from pipeline.sync.replica import RECORDS, Hello, Memory, Page, Replica

Name = tuple[str, str]


@dataclass(slots=True)
class Rejoined:
    """What a rejoin did, or would do. By table: `taken` (new, changed, gone) as the peer has it; `again`: own
    changes that were made again; `records`: values that were not, kept for a person to see."""

    taken: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    again: int = 0
    records: int = 0


class _Tried(Exception):
    """It was only tried: nothing stays."""


def rejoin(here: LocalReplica, there: Replica, *, only_try: bool = False) -> Rejoined:
    """Join `here` to `there` again. `only_try`: say what would be done, and do nothing."""
    theirs = there.hello(here.hello(None))
    memory = there.memory(here.site)
    names = [*(t.name for t in theirs.tables), RECORDS]
    pages = {name: _pages(there, here.site, name) for name in names}
    done = Rejoined()
    try:
        with here.syncing.writing(lock=True) as desk:
            joined = _Rejoin(desk, here, theirs, memory, pages, done)
            mark = joined.run()
            if only_try:
                raise _Tried
    except _Tried:
        return done
    point("sync.rejoined")
    there.settle(replace(here.hello(None), site=here.site), mark, memory.mark)
    return done


def _pages(there: Replica, site: str, table: str) -> list[Page]:
    pages, after = [], ""
    while True:
        pages.append(there.page(site, table, after))
        after = pages[-1].last
        if not after:
            return pages


@dataclass(slots=True)
class _Mine:
    """A row that was changed here since: its first deed, and the first old value of each column."""

    first: str
    old: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Rejoin:
    desk: Desk
    here: LocalReplica
    theirs: Hello
    memory: Memory
    pages: dict[str, list[Page]]
    done: Rejoined
    first: bool = False
    mine: dict[Name, _Mine] = field(default_factory=dict)
    local: dict[Name, Values] = field(default_factory=dict)
    hub: dict[Name, Values] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)

    def run(self) -> int:
        """My mark: up to it nothing of mine needs to be sent."""
        desk, peer = self.desk, self.theirs.site
        me = self.here.me(desk)
        known = desk.peer(peer)
        self.first = known is None or known.stage != "live"
        self._collect()
        desk.who(f"sync:{peer}")
        self._take_over()
        desk.who("rejoin")
        desk.forget_clocks()
        desk.drop_held(desk.held())
        desk.drop_incoming()
        log_mark = desk.log_end()
        self._again()
        desk.who(None)
        mark = me.mark + 1
        self._records(mark)
        desk.set_site(
            incarnation=f"{me.site}.{secrets.token_hex(6)}", hlc=max(me.hlc, self.memory.hlc), held="",
            mark=mark + 1, log_mark=log_mark,
        )  # fmt: skip
        desk.set_peer(
            peer, incarnation=self.memory.incarnation, since=self.memory.mark, seen=mark, last="", stage="live",
            held="", load_table="", load_after="", lapsed=False, accepted=False, at=self.here.now(),
        )  # fmt: skip
        return mark

    def _records(self, mark: int) -> None:
        """The peer's records are taken; those that it has not are sent once more."""
        desk, there = self.desk, []
        for page in self.pages[RECORDS]:
            there += records_of(page, self.theirs.site)
        mine = [record.id for record, _ in desk.records_since(-1)]
        known = {record.id for record in there}
        desk.add_records(there, mark)
        desk.mark_records([id for id in mine if id not in known], mark + 1)
        self.done.records = desk.add_records(self.records, mark + 1)

    # what was changed here -------------------------------------------------------------------------------
    def _collect(self) -> None:
        desk = self.desk
        if self.first:
            for table in desk.tables.values():
                for key, values in _all(desk, table):
                    self.mine[table.name, key], self.local[table.name, key] = _Mine("I"), values
            return
        common = desk.common(self.memory.batches)
        entries, _ = desk.log(common[1] if common else "")
        for entry in entries:
            self._note(entry)
        for table in desk.tables.values():
            keys = [key for name, key in self.mine if name == table.name]
            self.local |= {(table.name, key): values for key, values in desk.rows(table, keys).items()}

    def _note(self, entry: Entry) -> None:
        table = self.desk.tables[entry.table]
        name = (entry.table, self.desk.key_text(table, entry.row_id))
        mine = self.mine.setdefault(name, _Mine(entry.op))
        for column, value in (self.desk.logged(table, entry.old) if entry.old else {}).items():
            mine.old.setdefault(column, value)

    # the peer's rows ---------------------------------------------------------------------------------------
    def _take_over(self) -> None:
        """Make the tables what the peer's are."""
        changes: list[tuple[Table, list[Values], list[str], tuple[int, int]]] = []
        for table in self.desk.tables.values():
            changes.append(self._differences(table))
        try:
            with self.desk.savepoint():
                self._write(changes, careful=False)
        except RowsRefused:
            self._write(changes, careful=True)
        for table, _, gone, (new, changed) in changes:
            if new or changed or gone:
                self.done.taken[table.name] = (new, changed, len(gone))

    def _differences(self, table: Table) -> tuple[Table, list[Values], list[str], tuple[int, int]]:
        write, there, new = [], set(), 0
        at = [table.at[n] for n in table.key]
        for page in self.pages[table.name]:
            rows = {pack([row[n] for n in at]): row for row in rows_of(table, page, self.theirs.site)}
            local = self.desk.rows(table, list(rows))
            there.update(rows)
            for key, row in rows.items():
                if (table.name, key) in self.mine:
                    self.hub[table.name, key] = row
                mine = local.get(key)
                if mine is None or not _alike(table, mine, row):
                    write.append(row)
                    new += mine is None
        gone = [key for key, _ in _all(self.desk, table) if key not in there]
        return table, write, gone, (new, len(write) - new)

    def _write(
        self, changes: Sequence[tuple[Table, list[Values], list[str], tuple[int, int]]], *, careful: bool
    ) -> None:
        if careful:
            for table, write, gone, _ in changes:
                at = [table.at[n] for n in table.key]
                keys = [pack([row[n] for n in at]) for row in write]
                for unique in table.uniques:
                    if column := table.renamed(unique):
                        self.desk.park(table, column, [*keys, *gone])
        else:
            self._delete(changes)
        for table, write, _, _ in changes:
            if write:
                self.desk.upsert(table, None, write)
        if careful:
            self._delete(changes)

    def _delete(self, changes: Iterable[tuple[Table, list[Values], list[str], tuple[int, int]]]) -> None:
        for table, _, gone, _ in reversed([*changes]):
            if gone:
                self.desk.delete(table, gone)

    # the own changes again -----------------------------------------------------------------------------------
    def _again(self) -> None:
        for table in self.desk.tables.values():
            for (name, key), mine in self.mine.items():
                if name == table.name and (name, key) in self.local:
                    self._row(table, key, mine)
        for table in reversed(list(self.desk.tables.values())):
            for (name, key), mine in self.mine.items():
                if name == table.name and (name, key) not in self.local and (name, key) in self.hub:
                    self._gone(table, key, mine)

    def _row(self, table: Table, key: str, mine: _Mine) -> None:
        values, hub = self.local[table.name, key], self.hub.get((table.name, key))
        if hub is None:
            if mine.first != "I":
                self._note_all("rejoin-deleted", table, key, values, None)
            else:
                self._insert(table, key, values)
            return
        linked = {n for link in table.links for n in link.columns}
        for n, col in enumerate(table.cols):
            if col.name in table.key or same(col.kind, values[n], hub[n]):
                continue
            if mine.first != "I" and col.name not in mine.old:
                continue  # not changed here
            still = mine.first != "I" and same(col.kind, mine.old.get(col.name), hub[n])
            if still and col.name not in linked and not self._taken(table, key, col.name, values):
                now = self.desk.rows(table, [key])[key]
                now[n] = values[n]
                if self._try(table, [col.name], now):
                    continue
            if col.name not in table.quiet:
                self._record("rejoin-both", table.name, key, col.name, values[n], hub[n])

    def _taken(self, table: Table, key: str, column: str, values: Values) -> bool:
        """Has another row a unique value that this one would get?"""
        for unique in table.uniques:
            if column in unique:
                value = tuple(values[table.at[n]] for n in unique)
                if None not in value and any(k != key for k, _ in self.desk.found(table, unique, [value])):
                    return True
        return False

    def _insert(self, table: Table, key: str, values: Values) -> None:
        values = list(values)
        for link in table.links:
            value = tuple(values[table.at[n]] for n in link.columns)
            if None in value or link.table not in self.desk.tables:
                continue
            if not self.desk.found(self.desk.tables[link.table], link.others, [value]):
                self._note_all("rejoin-parent-gone", table, key, values, None)
                return
        for unique in table.uniques:
            value = tuple(values[table.at[n]] for n in unique)
            if None in value or not self.desk.found(table, unique, [value]):
                continue
            column = table.renamed(unique)
            if column is None:
                self._note_all("rejoin-number", table, key, values, None)
                return
            new = other_text(str(values[table.at[column]]), key, table.col(column).max_length)
            self._record("unique", table.name, key, column, values[table.at[column]], new)
            values[table.at[column]] = new
        if not self._try(table, None, values):
            self._note_all("rejoin-refused", table, key, values, None)

    def _gone(self, table: Table, key: str, mine: _Mine) -> None:
        """Deleted here: gone there too when nobody changed it since, and nothing points at it."""
        hub = self.hub[table.name, key]
        if mine.first == "I":
            return
        now = self.desk.rows(table, [key]).get(key)
        if now is None:
            return
        as_it_was = all(
            same(c.kind, mine.old.get(c.name), hub[n])
            for n, c in enumerate(table.cols)
            if c.name not in table.key
        )
        if as_it_was and not self._needed(table, hub):
            self.desk.delete(table, [key])
            self.done.again += 1
        else:
            self._record("rejoin-kept", table.name, key, "", None, None)

    def _needed(self, table: Table, values: Values) -> bool:
        for child in self.desk.tables.values():
            for link in child.links:
                if link.table == table.name:
                    value = tuple(values[table.at[n]] for n in link.others)
                    if self.desk.found(child, link.columns, [value]):
                        return True
        return False

    def _try(self, table: Table, columns: Sequence[str] | None, values: Values) -> bool:
        try:
            with self.desk.savepoint():
                self.desk.upsert(table, columns, [values])
        except RowsRefused:
            return False
        self.done.again += 1
        return True

    def _note_all(self, kind: str, table: Table, key: str, values: Values, kept: Any) -> None:
        for n, col in enumerate(table.cols):
            if col.name not in table.key and col.name not in table.quiet and values[n] is not None:
                self._record(kind, table.name, key, col.name, values[n], kept)

    def _record(self, kind: str, table: str, key: str, column: str, lost: Any, kept: Any) -> None:
        told = (kind, table, key, column, pack(lost), pack(kept), None, None)
        id = blake2b(dumps(told).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        now: datetime = self.here.now()
        self.records.append(Record(id, *told, now.isoformat()))


def _alike(table: Table, one: Values, other: Values) -> bool:
    return all(same(c.kind, a, b) for c, a, b in zip(table.cols, one, other, strict=True))


def _all(desk: Desk, table: Table) -> Iterable[tuple[str, Values]]:
    after = ""
    while found := desk.page(table, after, 5_000):
        yield from found
        after = found[-1][0]
