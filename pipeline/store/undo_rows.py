"""Which rows an undo takes back, and which it leaves: decided in the database, set by set, from the change log.

A row's state before the file is the earliest old value of each column among the file's changes of it. A row is
left when somebody else changed it since. Two changes that cancel each other, an import and its undo, are none:
of each chain (a file, its undo, the undo of that …) an odd number of links means that it is in effect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import sqlalchemy as sa

from pipeline.store.target import Link, Target, literal, quoted

UNDO = "pipeline_undo"
DELETE, RESTORE, SET_BACK = "D", "I", "U"  # the deed that takes a change back


class UndoSql(Protocol):
    """What each database says its own way: see `undo_sqlite` and `undo_postgres`."""

    merged_order: str
    json: str

    def run(self, statement: str) -> sa.CursorResult[Any]: ...
    def make(self) -> None: ...
    def filled(self) -> None: ...
    def end(self) -> None: ...
    def links(self) -> dict[str, list[Link]]: ...
    def joined(self) -> str: ...
    def lock(self, target: Target) -> None: ...
    def quick(self, link: Link, child: str) -> None: ...
    def row_id(self, target: Target, row: str) -> str: ...
    def match(self, target: Target, row: str, undo: str) -> str: ...
    def old(self, target: Target, name: str, undo: str) -> str: ...
    def has(self, target: Target, name: str, undo: str) -> str: ...
    def told(self, name: str, row: str) -> str: ...
    def told_before(self, target: Target, name: str, undo: str) -> str: ...
    def columns(self, target: Target, deed: str) -> list[str]: ...
    def delete(self, target: Target, where: str) -> str: ...
    def restore(self, target: Target, columns: Sequence[str], where: str) -> str: ...
    def set_back(self, target: Target, columns: Sequence[str], where: str) -> str: ...


class UndoRows:
    """The rows of one entry of the ledger, `who`, in the temporary table. `roots`: the first link of the chain
    that an undo belongs to, for each undo there is; `apart`: the condition for changes of it that were logged in the name of
    another."""

    def __init__(
        self, sql: UndoSql, who: str, log_from: int, roots: Mapping[str, str], apart: str = ""
    ) -> None:
        self.sql, self._who, self._from, self._roots, self._apart = sql, who, log_from, roots, apart
        self.targets: dict[str, Target] = {}
        self.links: dict[str, list[Link]] = {}
        self._counts: dict[tuple[str, str], int] | None = None

    def collect(self) -> int:
        """Note each row that the entry changed, with what takes it back. How many changes were logged."""
        own = f"c.who = {literal(self._who)}"
        mine = f"c.seq > {self._from} AND {f'({own} OR {self._apart})' if self._apart else own}"
        self.sql.make()
        self.sql.run(
            f"INSERT INTO {UNDO} (n, table_name, row_id, deed, old, last, many)"
            " SELECT row_number() OVER (ORDER BY m.last DESC), m.table_name, m.row_id, CASE WHEN f.op = 'I'"
            " THEN CASE WHEN l.op = 'D' THEN '' ELSE 'D' END ELSE CASE WHEN l.op = 'D' THEN 'I' ELSE 'U' END END,"
            f" f.old{self.sql.json}, m.last, m.many FROM (SELECT c.table_name, c.row_id, min(c.seq) AS first,"
            f" max(c.seq) AS last, count(*) AS many FROM pipeline_change AS c WHERE {mine}"
            " GROUP BY c.table_name, c.row_id) AS m"
            " JOIN pipeline_change AS f ON f.seq = m.first JOIN pipeline_change AS l ON l.seq = m.last"
        )
        self.sql.filled()
        logged = self._number(f"SELECT coalesce(sum(many), 0) FROM {UNDO}")
        self.sql.run(f"DELETE FROM {UNDO} WHERE deed = ''")
        if self._number(f"SELECT count(*) FROM {UNDO} WHERE many > 1 AND deed <> 'D'"):
            self._merge(mine)
        return logged

    def _merge(self, mine: str) -> None:
        """Of rows that it changed more than once: the earliest value of each column."""
        parts = (
            "SELECT u.n AS n, substr(c.old, 2, length(c.old) - 2) AS part FROM pipeline_change AS c"
            f" JOIN {UNDO} AS u ON u.table_name = c.table_name AND u.row_id = c.row_id"
            f" WHERE {mine} AND u.many > 1 AND length(c.old) > 2 ORDER BY u.n, c.seq {self.sql.merged_order}"
        )
        whole = f"SELECT n, '{{' || {self.sql.joined()} || '}}' AS old FROM ({parts}) AS parts GROUP BY n"
        self.sql.run(
            f"UPDATE {UNDO} SET old = whole.old{self.sql.json} FROM ({whole}) AS whole WHERE whole.n = {UNDO}.n"
        )

    def tables(self) -> list[str]:
        return [str(row[0]) for row in self.sql.run(f"SELECT DISTINCT table_name FROM {UNDO} ORDER BY 1")]

    def judge(self, targets: Mapping[str, Target]) -> None:
        """Mark every row that must be left, and why. `targets`: those of `tables` that are still there."""
        self.targets, self.links = dict(targets), self.sql.links()
        for name in self.tables():
            if name not in targets:
                self._leave("gone", f"table_name = {literal(name)}")
            else:
                self.sql.lock(targets[name])
        self._changed_since()
        for target in targets.values():
            self._not_as_it_was(target)
        while self._pointed_to() + self._would_dangle():
            pass

    def _changed_since(self) -> None:
        later = f"c.seq > (SELECT min(last) FROM {UNDO}) AND (c.who IS NULL OR c.who <> {literal(self._who)})"
        if not self.sql.run(f"SELECT 1 FROM pipeline_change AS c WHERE {later} LIMIT 1").first():
            return
        pairs = ", ".join(f"({literal(who)}, {literal(root)})" for who, root in self._roots.items())
        if pairs:
            self.sql.run(f"INSERT INTO {UNDO}_root VALUES {pairs}")
        own = literal(self._roots.get(self._who, self._who))
        changes = (
            "SELECT u.n, c.who, coalesce(r.root, c.who) AS root, max(c.seq) AS seq FROM pipeline_change AS c"
            f" JOIN {UNDO} AS u ON u.table_name = c.table_name AND u.row_id = c.row_id AND c.seq > u.last"
            f" LEFT JOIN {UNDO}_root AS r ON r.who = c.who WHERE {later} GROUP BY u.n, c.who, r.root"
        )
        odd = "HAVING count(*) % 2 = 1"
        chains = f"SELECT n, root, max(seq) AS seq FROM ({changes}) AS each_ GROUP BY n, root {odd}"
        self.sql.run(
            f"UPDATE {UNDO} SET why = CASE WHEN found.back = 1 THEN 'back' ELSE 'changed' END, blame = found.seq"
            f" FROM (SELECT n, max(CASE WHEN root = {own} THEN 1 ELSE 0 END) AS back, max(seq) AS seq"
            f" FROM ({chains}) AS chains GROUP BY n) AS found WHERE found.n = {UNDO}.n"
        )
        self._counts = None

    def _not_as_it_was(self, target: Target) -> None:
        """What should be there is gone, or what should come back is there: changed past the log."""
        there = f"EXISTS (SELECT 1 FROM {quoted(target.name)} AS t WHERE {self.sql.match(target, 't', UNDO)})"
        mine = f"table_name = {literal(target.name)}"
        if self._any(target.name, DELETE) or self._any(target.name, SET_BACK):
            self._leave("gone", f"{mine} AND deed <> 'I' AND NOT {there}")
        if self._any(target.name, RESTORE):
            self._leave("there", f"{mine} AND deed = 'I' AND {there}")

    def _pointed_to(self) -> int:
        """Rows that would go, but that a row points to which stays."""
        found = 0
        for child, links in self.links.items():
            for link in links:
                if link.table in self.targets and self._any(link.table, DELETE):
                    found += self._leave("referenced", self._still_needed(child, link), child)
        return found

    def _still_needed(self, child: str, link: Link) -> str:
        parent = self.targets[link.table]
        joined = " AND ".join(
            f"t.{quoted(theirs)} = c.{quoted(mine)}"
            for mine, theirs in zip(link.columns, link.others, strict=True)
        )
        stays = ""
        if child in self.targets:
            own = self.targets[child]
            set_back = " OR ".join(self.sql.has(own, name, "d") for name in link.columns)
            stays = (
                f" AND NOT EXISTS (SELECT 1 FROM {UNDO} AS d WHERE d.table_name = {literal(child)}"
                f" AND d.row_id = {self.sql.row_id(own, 'c')} AND d.why IS NULL"
                f" AND (d.deed = 'D' OR d.deed = 'U' AND ({set_back})))"
            )
        return (
            f"n IN (SELECT u.n FROM {quoted(child)} AS c JOIN {quoted(link.table)} AS t ON {joined}"
            f" JOIN {UNDO} AS u ON u.table_name = {literal(link.table)} AND u.row_id = {self.sql.row_id(parent, 't')}"
            f" WHERE u.deed = 'D' AND u.why IS NULL{stays})"
        )

    def _would_dangle(self) -> int:
        """Rows that would come back, or be set back, to point to a row that is no longer there."""
        found = 0
        for name, target in self.targets.items():
            for link in self.links.get(name, ()):
                if self._any(name, RESTORE) or self._any(name, SET_BACK):
                    found += self._leave("orphan", self._points_nowhere(target, link), link.table)
        return found

    def _points_nowhere(self, target: Target, link: Link) -> str:
        pairs = list(zip(link.columns, link.others, strict=True))
        values = {name: self.sql.old(target, name, UNDO) for name in link.columns}
        told = " AND ".join(
            f"{self.sql.has(target, name, UNDO)} AND {values[name]} IS NOT NULL" for name in link.columns
        )
        there = " AND ".join(f"t.{quoted(theirs)} = {values[mine]}" for mine, theirs in pairs)
        back = ""
        if link.table in self.targets and self._any(link.table, RESTORE):
            parent = self.targets[link.table]
            same = " AND ".join(f"{self.sql.old(parent, o, 'r')} = {values[m]}" for m, o in pairs)
            back = (
                f" AND NOT EXISTS (SELECT 1 FROM {UNDO} AS r WHERE r.table_name = {literal(link.table)}"
                f" AND r.deed = 'I' AND r.why IS NULL AND {same})"
            )
        return (
            f"table_name = {literal(target.name)} AND deed <> 'D' AND {told}"
            f" AND NOT EXISTS (SELECT 1 FROM {quoted(link.table)} AS t WHERE {there}){back}"
        )

    def _any(self, table: str, deed: str) -> bool:
        return self.number(table, deed) > 0

    def number(self, table: str, deed: str) -> int:
        """How many rows of a table are still to be taken back by this deed."""
        if self._counts is None:
            asked = (
                f"SELECT table_name, deed, count(*) FROM {UNDO} WHERE why IS NULL GROUP BY table_name, deed"
            )
            found: list[tuple[str, str, int]] = [tuple(row) for row in self.sql.run(asked)]
            self._counts = {(name, deed): int(number) for name, deed, number in found}
        return self._counts.get((table, deed), 0)

    def _leave(self, why: str, where: str, other: str = "") -> int:
        done = self.sql.run(
            f"UPDATE {UNDO} SET why = '{why}', other = {literal(other)} WHERE why IS NULL AND {where}"
        )
        if done.rowcount:
            self._counts = None
        return done.rowcount

    def _number(self, statement: str) -> int:
        return int(self.sql.run(statement).scalar_one())
