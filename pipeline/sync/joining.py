"""What a batch comes to here: each row merged with what is known of it, references kept whole, unique keys kept apart.

Rows of which nothing is in flux here are taken as they are, set by set; the rest is merged one by one, but what is
asked of the database is asked for many at once. Nothing is written here: see `applying`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from pipeline.store.syncing.model import ClockRow, Desk, Record
from pipeline.store.syncing.shapes import Table
from pipeline.store.syncing.values import pack, same, unpack
from pipeline.store.target import Link
from pipeline.sync.clocks import (
    Coming,
    clock_row,
    clocks_of,
    coming_state,
    died_text,
    dumps,
    local_state,
)
from pipeline.sync.merge import ALL, BASE, REVIVED, Clock, Loss, State, merge, revive
from pipeline.words import Message, message

Name = tuple[str, str]  # table, key
FRESH = '{"":'  # how the clocks of a row begin that was written whole


@dataclass(slots=True)
class Work:
    """A row of this round. Taken as it is: `values` and its clocks as texts. Merged: `state`. `there`: is it in the
    table now (None: not asked); `write`: which columns change, None for all; `own`: the rules changed it here."""

    table: Table
    key: str
    values: Sequence[Any] | None = None
    cols: str = ""
    died: str | None = None
    state: State | None = None
    there: bool | None = None
    alive: bool = True
    changed: bool = True
    write: set[str] | None = None
    own: bool = False

    def value(self, column: str) -> Any:
        if self.state is not None:
            return (self.state.values or {}).get(column)
        assert self.values is not None
        return self.values[self.table.at[column]]

    def row(self) -> list[Any]:
        if self.state is None:
            return list(self.values or ())
        known = self.state.values or {}
        return [known.get(n) for n in self.table.names]

    def clock(self, column: str) -> Clock:
        if self.state is not None:
            return self.state.at(column)
        clocks = clocks_of(self.cols)
        return clocks.get(column, clocks.get(ALL, BASE))

    def kept(self, mark: int) -> ClockRow:
        if self.state is None:
            return ClockRow(self.key, self.cols, None, self.died, None, mark)
        return clock_row(self.key, self.state, mark)


@dataclass(slots=True)
class Joining:
    """The rows of one round. `own_mark`: of what the rules change here; `refused`: rows that must wait, and why."""

    desk: Desk
    own_mark: int
    found_at: str
    refused: dict[Name, Message]
    works: dict[Name, Work] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    renamed: int = 0
    revived: int = 0

    # rows ------------------------------------------------------------------------------------------------
    def take(self, rows: Sequence[Coming]) -> None:
        """Merge these rows. The same row may come several times, in an order that does not matter."""
        tables: dict[str, list[Coming]] = defaultdict(list)
        for row in rows:
            if (row.table, row.key) not in self.refused:
                tables[row.table].append(row)
        known = self.desk.any_clock()
        for name, some in tables.items():
            self._take(self.desk.tables[name], some, known)

    def _take(self, table: Table, rows: Sequence[Coming], known: bool) -> None:
        clocks = self.desk.clocks(table.name, [r.key for r in rows]) if known else {}
        slow = []
        for row in rows:
            name = (table.name, row.key)
            if row.key in clocks or row.died is not None or row.values is None or name in self.works:
                slow.append(row)
            else:
                write = None if row.cols.startswith(FRESH) else set(clocks_of(row.cols)) - {REVIVED}
                self.works[name] = Work(table, row.key, row.values, row.cols, None, write=write)
        if slow:
            there = self.desk.rows(table, [r.key for r in slow])
            for row in slow:
                self._merge(table, row, clocks.get(row.key), there.get(row.key))

    def _merge(self, table: Table, row: Coming, clock: ClockRow | None, values: Sequence[Any] | None) -> None:
        name = (table.name, row.key)
        work = self.works.get(name)
        if work is None:
            work = Work(table, row.key, state=local_state(table, clock, values), there=values is not None)
            work.changed, work.write, work.alive = False, set(), values is not None
        before = self._merged(work)
        theirs = coming_state(table, row)
        if before.values is None and before.died is None and not theirs.alive:
            return  # a row that was never here is gone: nothing to do
        kinds = {c.name: c.kind for c in table.cols}
        done = merge(
            before, theirs, seen=row.seen, new=row.new, columns=[n for n in table.names if n not in table.key],
            quiet=table.quiet, same=lambda n, one, other: same(kinds[n], one, other),
        )  # fmt: skip
        for loss in done.losses:
            self._lost(table, row.key, loss)
        self.works[name] = work
        if not done.changed:
            return
        work.state, work.alive, work.changed = done.state, done.state.alive, True
        if work.write is not None:
            old, now = before.values or {}, done.state.values or {}
            work.write |= {n for n in table.names if n not in old or old[n] != now.get(n)}

    def _merged(self, work: Work) -> State:
        """Its state, also when it was to be taken as it is."""
        if work.state is None:
            row = Coming(work.table.name, work.key, work.values, work.cols, work.died, None, 0, "")
            work.state = coming_state(work.table, row)
        return work.state

    def known(self, table: Table, key: str) -> Work:
        """A row that did not come, as it is here."""
        name = (table.name, key)
        if name not in self.works:
            clock = self.desk.clocks(table.name, [key]).get(key)
            values = self.desk.rows(table, [key]).get(key)
            state = local_state(table, clock, values)
            self.works[name] = Work(
                table, key, state=state, there=values is not None, alive=values is not None, changed=False, write=set(),
            )  # fmt: skip
        return self.works[name]

    def _lost(self, table: Table, key: str, loss: Loss) -> None:
        self.record(
            loss.kind, table.name, key, loss.column, loss.lost, loss.kept, loss.lost_clock, loss.kept_clock
        )

    def record(
        self, kind: str, table: str, key: str, column: str, lost: Any, kept: Any,
        lost_clock: Clock | None = None, kept_clock: Clock | None = None,
    ) -> None:  # fmt: skip
        """Note something for a person, under an id that is the same wherever it is found."""
        told = (
            kind, table, key, column, None if lost is None else pack(lost), None if kept is None else pack(kept),
            died_text(lost_clock), died_text(kept_clock),
        )  # fmt: skip
        id = blake2b(dumps(told).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        self.records[id] = Record(id, *told, self.found_at)

    # references ------------------------------------------------------------------------------------------
    def keep_whole(self) -> None:
        """No living row may point at a dead one: the dead one lives again, and what was deleted with it."""
        todo = [w for w in self.works.values() if w.alive and w.changed]
        while todo or (todo := self._orphaned()):
            todo = self._parents(todo)

    def _links(self, child: Table) -> Iterable[tuple[Link, Table]]:
        for link in child.links:
            if link.table in self.desk.tables:
                yield link, self.desk.tables[link.table]

    def _parents(self, works: Iterable[Work]) -> list[Work]:
        """Look for the rows that these point at; those that had to live again."""
        back: list[Work] = []
        by_table: dict[str, list[Work]] = defaultdict(list)
        for work in works:
            by_table[work.table.name].append(work)
        for name, some in by_table.items():
            for link, parent in self._links(self.desk.tables[name]):
                wanted: dict[tuple[Any, ...], list[Work]] = defaultdict(list)
                for work in some:
                    value = tuple(work.value(n) for n in link.columns)
                    if None not in value:
                        wanted[value].append(work)
                if wanted:
                    back += self._wanted(link, parent, wanted)
        return back

    def _wanted(self, link: Link, parent: Table, wanted: dict[tuple[Any, ...], list[Work]]) -> list[Work]:
        back, ask = [], []
        direct = link.others == parent.key
        here = {} if direct else self._by(parent, link.others)
        for value in wanted:
            work = self.works.get((parent.name, pack(list(value)))) if direct else here.get(value)
            if work is None:
                ask.append(value)
            elif not work.alive:
                back += self._revive(work)
                if not work.alive:
                    self._astray(link, wanted[value])
        there = {value for _, value in self.desk.found(parent, link.others, ask)} if ask else set()
        for value in ask:
            if value in there:
                continue
            work = self.known(parent, pack(list(value))) if direct else None
            if work is not None and work.state is not None and work.state.values and work.state.died:
                back += self._revive(work)
            else:
                self._astray(link, wanted[value])
        return back

    def _astray(self, link: Link, children: Iterable[Work]) -> None:
        """What they point at is not here: they wait for it."""
        for child in children:
            said = message("syncing.no_parent", table=link.table)
            self.refused.setdefault((child.table.name, child.key), said)

    def _by(self, table: Table, columns: Sequence[str]) -> dict[tuple[Any, ...], Work]:
        return {
            tuple(w.value(n) for n in columns): w for w in self.works.values() if w.table is table and (w.state is None or w.state.values)
        }  # fmt: skip

    def _orphaned(self) -> list[Work]:
        """Dead rows at which one points that lives here and did not come: they live again."""
        back: list[Work] = []
        dead: dict[str, list[Work]] = defaultdict(list)
        for work in self.works.values():
            if not work.alive and work.changed and work.there:
                dead[work.table.name].append(work)
        for name, some in dead.items():
            for child in self.desk.tables.values():
                for link, parent in self._links(child):
                    if parent.name == name:
                        back += self._pointed_at(child, link, some)
        return back

    def _pointed_at(self, child: Table, link: Link, dead: Sequence[Work]) -> list[Work]:
        by_value = {tuple(w.value(n) for n in link.others): w for w in dead}
        back = []
        for key, value in self.desk.found(child, link.columns, list(by_value)):
            one = self.works.get((child.name, key))
            points = one is None or (one.alive and tuple(one.value(n) for n in link.columns) == value)
            parent = by_value[value]
            if points and not parent.alive:
                back += self._revive(parent)
        return back

    def _revive(self, work: Work) -> list[Work]:
        """This row lives again, and the rows below it that were deleted together with it."""
        state = self._merged(work)
        if work.alive or state.died is None or not state.values:
            return []
        died = state.died
        revive(state)
        state.clocks[REVIVED] = state.clocks[REVIVED]._replace(mark=self.own_mark)
        work.alive = work.changed = work.own = True
        if not work.there:
            work.write = None
        self.revived += 1
        self.record("revived", work.table.name, work.key, "", None, None, died)
        back = [work]
        for one in self._died_with(died):
            if not one.alive and self._below(one, work):
                back += self._revive(one)
        return back

    def _died_with(self, died: Clock) -> list[Work]:
        text = died_text(died)
        assert text is not None
        for table, clock in self.desk.died_like(text):
            if table in self.desk.tables:
                self.known(self.desk.tables[table], clock.key)
        return [
            w
            for w in self.works.values()
            if w.state is not None and w.state.died and w.state.died.time == died.time
        ]

    def _below(self, child: Work, parent: Work) -> bool:
        if child.state is None or not child.state.values:
            return False
        for link, table in self._links(child.table):
            if table is parent.table:
                points = tuple(child.value(n) for n in link.columns)
                if points == tuple(parent.value(n) for n in link.others):
                    return True
        return False

    # unique keys -----------------------------------------------------------------------------------------
    def keep_apart(self) -> None:
        """Two rows with one value of a unique key: the one registered later gets another, the same everywhere; where
        that may not be, what comes waits."""
        again = True
        while again:
            again = False
            for table in self.desk.tables.values():
                for unique in table.uniques:
                    again |= self._apart(table, unique)

    def _apart(self, table: Table, unique: tuple[str, ...]) -> bool:
        groups: dict[tuple[Any, ...], set[str]] = defaultdict(set)
        for work in self.works.values():
            if work.table is table and work.alive and (work.changed or work.state is not None):
                value = tuple(work.value(n) for n in unique)
                if None not in value:
                    groups[value].add(work.key)
        changed = False
        for key, value in self.desk.found(table, unique, list(groups)) if groups else ():
            work = self.works.get((table.name, key))
            if work is None or (work.alive and tuple(work.value(n) for n in unique) == value):
                groups[value].add(key)
        for keys in groups.values():
            if len(keys) > 1:
                changed |= self._clash(table, unique, [self.known(table, key) for key in sorted(keys)])
        return changed

    def _clash(self, table: Table, unique: tuple[str, ...], works: list[Work]) -> bool:
        """Did one of them change?"""
        column = table.renamed(unique)
        order = sorted(works, key=lambda w: (max(w.clock(n).time for n in unique), w.key))
        if column is None:
            self._wait(table, unique, order)
            return False
        for work in order[1:]:
            state = self._merged(work)
            assert state.values is not None
            old, clock = work.value(column), work.clock(column)
            new = other_text(str(old), work.key, table.col(column).max_length)
            state.values[column] = new
            state.clocks[column] = clock.after()._replace(mark=self.own_mark)
            work.changed = work.own = True
            if work.write is not None:
                work.write.add(column)
            self.renamed += 1
            self.record("unique", table.name, work.key, column, old, new, clock, state.clocks[column])
        return True

    def _wait(self, table: Table, unique: tuple[str, ...], order: list[Work]) -> None:
        """A number that nobody may change: the row that comes waits until a person gives one of them another."""
        coming = [w for w in order if w.changed]
        for work in (coming if coming and order[0] not in coming else coming[1:] or coming)[:]:
            others = ", ".join(unique)
            said = message("syncing.same_number", table=table.name, column=others)
            self.refused.setdefault((table.name, work.key), said)
            first = next(w for w in order if w is not work)
            value = [work.value(n) for n in unique]
            pair = sorted((work.key, first.key))
            self.record("number", table.name, pair[0], others, value, pair[1])


def other_text(old: str, key: str, most: int | None) -> str:
    """`C100` → `C100~b7f3a1`: by the row's own key, so that every side makes the same."""
    tail = "~" + blake2b(key.encode("utf-8", "surrogatepass"), digest_size=3).hexdigest()
    return (old if most is None else old[: max(most - len(tail), 0)]) + tail


def held_rows(body: str) -> Coming:
    """A row that waited, as it came."""
    return Coming(*unpack(body))


def held_body(row: Coming) -> str:
    return pack(list(row))
