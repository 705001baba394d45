"""Clocks for what was written here: given late, in the order of the change log, just before anything is sent or applied.

Triggers write only the wall clock's time. Changes that were made together (one transaction; on SQLite one statement)
get one time, so that rows deleted together are known to belong together.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from pipeline.store.syncing.model import ClockRow, Desk, Entry, Site
from pipeline.store.syncing.shapes import Table
from pipeline.store.syncing.values import pack
from pipeline.sync.clocks import DIED, dumps

FLUSH = 50_000  # rows held at once


@dataclass(slots=True)
class _Row:
    """What the new changes of one row come to. `cols`: names → time, all of them from `every`; `old`: the values of
    a row that was deleted."""

    deed: str
    step: int = 0  # writes and deletes of one deed, in turns
    every: int = 0
    cols: dict[str, int] | None = None
    died: int = 0
    old: str | None = None


def stamp(desk: Desk, site: Site) -> Site:
    """Give every change since the last stamping its clock. The site afterwards, which is kept too."""
    entries, end = desk.log(site.log_mark)
    stamper = _Stamper(desk, site)
    for entry in entries:
        stamper.take(entry)
    stamper.flush()
    after = replace(site, hlc=stamper.hlc, mark=stamper.mark, log_mark=end)
    if after != site:
        desk.set_site(hlc=after.hlc, mark=after.mark, log_mark=after.log_mark)
    return after


class _Stamper:
    def __init__(self, desk: Desk, site: Site) -> None:
        self._desk, self._site = desk, site
        self.hlc, self.mark = site.hlc, site.mark
        self._deed, self._base, self._high = "", 0, 0
        self._rows: dict[tuple[str, str], _Row] = {}

    def take(self, entry: Entry) -> None:
        if entry.deed != self._deed or not self._base:
            self._next(entry)
        name = (entry.table, entry.row_id)
        row = self._rows.get(name)
        if row is None:
            row = self._rows[name] = _Row(entry.deed)
        elif row.deed != entry.deed:
            row.deed, row.step = entry.deed, 0
        if (entry.op == "D") != bool(row.step % 2):
            row.step += 1
        time = self._base + row.step
        self._high = max(self._high, time)
        if entry.op == "D":
            row.died, row.old = time, entry.old
        elif entry.op == "I":
            row.every, row.cols, row.old = time, None, None
        else:
            row.old = None
            row.cols = row.cols or {}
            for column in json.loads(entry.old or "{}"):
                row.cols[column] = time

    def _next(self, entry: Entry) -> None:
        """Another deed begins: later than all before, and not before its own wall time."""
        self.hlc = max(self.hlc, self._high)
        if len(self._rows) >= FLUSH:
            self.flush()
        self._deed, self._base = entry.deed, max(self.hlc + 1, entry.at << 8)
        self._high = self._base

    def flush(self) -> None:
        self.hlc = max(self.hlc, self._high)
        if not self._rows:
            return
        self.mark = self._site.mark + 1
        desk = self._desk
        tables: dict[str, list[tuple[str, _Row]]] = {}
        for (name, row_id), row in self._rows.items():
            tables.setdefault(name, []).append((row_id, row))
        known = desk.any_clock()
        for name, rows in tables.items():
            table = desk.tables[name]
            keyed = [(desk.key_text(table, row_id), row) for row_id, row in rows]
            before = desk.clocks(name, [key for key, _ in keyed]) if known else {}
            desk.put_clocks(name, [self._clock(table, key, row, before.get(key)) for key, row in keyed])
        self._rows = {}

    def _clock(self, table: Table, key: str, row: _Row, before: ClockRow | None) -> ClockRow:
        site, mark = self._site.site, self.mark
        cols: dict[str, Any] = {} if before is None or row.every else json.loads(before.cols)
        marks: dict[str, int] = {}
        if before is not None:
            old = json.loads(before.marks) if before.marks else {}
            names = [*cols, DIED] if before.died else cols
            marks = {name: old.get(name, before.mark) for name in names}
        if row.every:
            cols[""] = [row.every, site]
            marks[""] = mark
        for column, time in (row.cols or {}).items():
            if column in table.at and column not in table.key:
                cols[column], marks[column] = [time, site], mark
        died = before.died if before is not None else None
        if row.died:
            died, marks[DIED] = dumps([row.died, site]), mark
        image = None
        if row.old is not None:
            key_values = zip(table.key, json.loads(key), strict=True)
            image = pack({**self._desk.logged(table, row.old), **dict(key_values)})
        even = all(m == mark for m in marks.values())
        return ClockRow(key, dumps(cols), None if even else dumps(marks), died, image, mark)
