"""The verb `attempt`: a whole load in a transaction that is rolled back, told by what the change log noted of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import cache

import sqlalchemy as sa

from pipeline.store.arrivals import refused_rows
from pipeline.store.braking import BrakeStore, targets_of
from pipeline.store.model import Attempt, ChangedCell, LedgerFile, Load, RefusedRow, WrittenRow
from pipeline.store.tables import business_tables
from pipeline.store.target import Target, literal, quoted
from pipeline.store.types import Exact
from pipeline.store.undo_rows import DELETE, RESTORE, SET_BACK, UNDO, UndoRows, UndoSql
from pipeline.words import Message

ROWS = 10  # first rows of a table that are shown as they would stand
CELLS = 500  # changed cells that are shown
REFUSED = 10_000
QUIET = ("id", "created_at", "updated_at")  # of our tables: set by the load itself


class _Done(Exception):
    """Everything is told; the transaction must be rolled back."""

    def __init__(self, told: Attempt) -> None:
        super().__init__()
        self.told = told


class AttemptStore(BrakeStore):
    """`BrakeStore` that can also try."""

    def attempt(self, load: Load, now: datetime) -> Attempt:
        try:
            with self._transaction() as conn:
                self._begin(conn)
                ready = {name: self._ready(conn, name) for name in sorted(load.plan.writes)}
                earlier = self._earlier_files(conn, load.arrival.job)
                row = self._commit_one(conn, load, ready, now)
                raise _Done(self._told(conn, load, row, earlier, targets_of(ready)))
        except _Done as done:
            return done.told

    def _told(
        self,
        conn: sa.Connection,
        load: Load,
        row: LedgerFile,
        earlier: list[LedgerFile],
        known: Mapping[str, Target],
    ) -> Attempt:
        asked = sa.select(refused_rows).where(refused_rows.c.file == row.id)
        found = conn.execute(asked.order_by(refused_rows.c.line, refused_rows.c.id).limit(REFUSED)).mappings()
        refused = tuple(
            RefusedRow(r["line"], r["column_name"], r["value"], Message.from_json(r["said"]), bytes(r["raw"]))
            for r in found
        )
        file = replace(row, id=0)  # it will have the number that is next when it comes
        if row.state != "committed":
            return Attempt(file, {}, {}, (), (), refused)
        sql = self._undo_sql(conn)
        rows = UndoRows(sql, f"file:{row.id}", row.log_from or 0, {})
        rows.collect()
        tables: dict[str, tuple[int, int, int]] = {}
        columns: dict[tuple[str, str], int] = {}
        written: list[WrittenRow] = []
        cells: list[ChangedCell] = []
        for name in rows.tables():
            counts = tuple(rows.number(name, deed) for deed in (DELETE, SET_BACK, RESTORE))
            tables[name] = (counts[0], counts[1], counts[2])
            if name in known:
                written += _written(sql, known[name])
                changed = [c for c in sql.columns(known[name], SET_BACK) if not _quiet(known[name], c)]
                columns |= _counted(sql, known[name], changed)
                cells += _cells(sql, known[name], changed, CELLS - len(cells))
        said = self._question(conn, load, row, earlier, known)
        if said is not None:
            file = replace(file, state="held", reason=said)
        return Attempt(file, tables, columns, tuple(written), tuple(cells), refused)


def _quiet(target: Target, column: str) -> bool:
    return target.ours and column in QUIET


def _written(sql: UndoSql, target: Target) -> list[WrittenRow]:
    """The first rows that would be new or changed, in the order of the file."""
    names = [c.name for c in target.columns if not _quiet(target, c.name)]
    values = ", ".join(sql.told(name, "t") for name in names)
    asked = (
        f"SELECT {values} FROM {UNDO} AS u JOIN {quoted(target.name)} AS t ON {sql.match(target, 't', 'u')}"
        f" WHERE u.table_name = {literal(target.name)} AND u.deed <> 'I' ORDER BY u.n DESC LIMIT {ROWS}"
    )
    found = []
    for row in sql.run(asked):
        texts = {n: _text(sql, target, n, v) for n, v in zip(names, tuple(row), strict=True)}
        found.append(WrittenRow(target.name, {n: t for n, t in texts.items() if t is not None}))
    return found


def _counted(sql: UndoSql, target: Target, columns: list[str]) -> dict[tuple[str, str], int]:
    """In how many rows each column would change."""
    if not columns:
        return {}
    sums = ", ".join(f"sum(CASE WHEN {sql.has(target, c, 'u')} THEN 1 ELSE 0 END)" for c in columns)
    asked = f"SELECT {sums} FROM {UNDO} AS u WHERE u.table_name = {literal(target.name)} AND u.deed = 'U'"
    row = tuple(sql.run(asked).one())
    return {(target.name, c): int(n) for c, n in zip(columns, row, strict=True) if n}


def _cells(sql: UndoSql, target: Target, columns: list[str], most: int) -> list[ChangedCell]:
    """Old and new values of the first rows that would change."""
    if not columns or most <= 0:
        return []
    key = next((k for k in target.keys if k != ("id",)), target.identity)
    named = [sql.told(name, "t") for name in key]
    each = [
        part
        for c in columns
        for part in (
            f"CASE WHEN {sql.has(target, c, 'u')} THEN 1 ELSE 0 END",
            sql.told_before(target, c, "u"),
            sql.told(c, "t"),
        )
    ]
    asked = (
        f"SELECT {', '.join([*named, *each])} FROM {UNDO} AS u JOIN {quoted(target.name)} AS t"
        f" ON {sql.match(target, 't', 'u')} WHERE u.table_name = {literal(target.name)} AND u.deed = 'U'"
        f" ORDER BY u.n DESC LIMIT {most}"
    )
    found = []
    for row in sql.run(asked):
        values = tuple(row)
        name = ", ".join(str(v) for v in values[: len(key)] if v not in (None, ""))
        for n, column in enumerate(columns):
            has, old, new = values[len(key) + 3 * n : len(key) + 3 * n + 3]
            if has:
                cell = (_text(sql, target, column, old), _text(sql, target, column, new))
                found.append(ChangedCell(target.name, name, column, *cell))
    return found[:most]


def _text(sql: UndoSql, target: Target, column: str, value: object) -> str | None:
    """A value as people read it: amounts of ours are whole numbers in SQLite."""
    if value is None:
        return None
    scale = (_scales().get((target.name, column)) or target.column(column).scale) if target.ours else 0
    if scale and not sql.json and isinstance(value, int):
        return str(Decimal(value).scaleb(-scale))
    return str(value)


@cache
def _scales() -> dict[tuple[str, str], int]:
    return {
        (table.name, column.name): column.type.scale
        for table in business_tables()
        for column in table.columns
        if isinstance(column.type, Exact)
    }
