"""What people look at: the rows of a table, what happened to one row, and how the days went. Reads only."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

import sqlalchemy as sa

from pipeline.store.ledger import Change, LedgerRow, utc
from pipeline.store.tables import business_tables
from pipeline.store.target import Target
from pipeline.store.types import Exact

files: sa.Table = LedgerRow.__table__  # type: ignore[attr-defined]
log: sa.Table = Change.__table__  # type: ignore[attr-defined]
TOLD = 200  # entries of one row
NEAR = 100_000  # entries of the log within which the first changes of a file stand
Cell = str | None


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a table as texts, and the identity of each, as the change log has it. `more`: there are further ones."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    ids: tuple[str, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """What was done to a row: "I", "U" or "D", by whom; of each changed column the value before and after."""

    seq: int
    op: str
    at: datetime
    who: str
    changed: tuple[tuple[str, Cell, Cell], ...]


@dataclass(frozen=True, slots=True)
class ChangedValue:
    """One value of a row, before and after."""

    table: str
    id: str
    column: str
    old: Cell
    new: Cell


@dataclass(frozen=True, slots=True)
class Stretch:
    """What came within ten minutes of one job and ended in one state."""

    at: datetime
    job: str
    state: str
    files: int
    rows: int
    refused: int
    seconds: float  # between taking and settling, of all together


class Asked(Protocol):
    """Who reads the database."""

    @property
    def kind(self) -> str: ...

    def _read(self, statement: sa.Executable, values: dict[str, Any] | None = None) -> list[Any]: ...


class Browser:
    """The tables of one database, for people. Every verb raises Environment."""

    def __init__(self, session: Asked, targets: Callable[[], Mapping[str, Target]]) -> None:
        self._session, self._targets = session, targets

    def tables(self) -> list[str]:
        """Every table there is but our own `pipeline_` ones."""
        return sorted(self._targets())

    def columns(self, table: str) -> list[str]:
        """The columns of a table; empty for one that is not there."""
        target = self._targets().get(table)
        return [column.name for column in target.columns] if target else []

    def page(self, table: str, column: str = "", text: str = "", skip: int = 0, limit: int = 50) -> Page:
        """Rows of a table, the newest first where its identity says so; `text` within `column`, whatever its case."""
        target = self._targets()[table]
        shown = self._table(target)
        statement = sa.select(shown)
        if text and column in shown.c:
            said = sa.cast(shown.c[column], sa.Text)
            statement = statement.where(said.icontains(text, autoescape=True))
        order = [shown.c[name].desc() for name in target.identity]
        found = self._session._read(statement.order_by(*order).offset(skip).limit(limit + 1))
        rows = [dict(row) for row in found[:limit]]
        names = tuple(column.name for column in shown.columns)
        cells = tuple(tuple(_text(row[name]) for name in names) for row in rows)
        return Page(names, cells, tuple(self._id(target, row) for row in rows), len(found) > limit)

    def row(self, table: str, id: str) -> dict[str, Cell] | None:
        """One row as texts; None when it is not there."""
        target = self._targets()[table]
        shown = self._table(target)
        keys = {"id": id} if target.identity == ("id",) else json.loads(id)
        where = [
            sa.cast(shown.c[name], sa.Text) == self._key(shown, name, keys[name]) for name in target.identity
        ]
        found = self._session._read(sa.select(shown).where(*where).limit(1))
        return {name: _text(value) for name, value in dict(found[0]).items()} if found else None

    def history(self, table: str, id: str) -> list[Entry]:
        """What happened to one row, newest first, at most 200 entries."""
        mine = sa.select(log).where(log.c.table_name == table, log.c.row_id == id)
        found = self._session._read(mine.order_by(log.c.seq.desc()).limit(TOLD))
        after: dict[str, Cell] = self.row(table, id) or {}
        told = []
        for row in found:
            old = self._old(table, row["old"])
            changed = [(name, was, after.get(name)) for name, was in old.items() if name != "updated_at"]
            told.append(Entry(row["seq"], row["op"], utc(row["at"]), row["who"] or "", tuple(changed)))
            after = {} if row["op"] == "I" else {**after, **old}
        return told

    def cells(self, who: str, since: int, limit: int) -> list[ChangedValue]:
        """What somebody changed in rows that were there, after this entry of the log: the first of it, each value
        as it was and as it became."""
        near = sa.select(log).where(
            log.c.seq > since, log.c.seq <= since + NEAR, log.c.who == who, log.c.op == "U"
        )
        first = self._session._read(near.order_by(log.c.seq).limit(limit))
        if not first:
            return []
        rows = {(row["table_name"], row["row_id"]) for row in first}
        later = sa.select(log).where(log.c.seq > first[0]["seq"], log.c.row_id.in_([id for _, id in rows]))
        after: dict[tuple[str, str], list[Any]] = {}
        for row in self._session._read(later.order_by(log.c.seq)):
            after.setdefault((row["table_name"], row["row_id"]), []).append(row)
        now = {key: self.row(*key) or {} for key in rows}
        found = []
        for row in first:
            key = (row["table_name"], row["row_id"])
            for column, was in json.loads(row["old"] or "{}").items():
                if column == "updated_at":
                    continue
                olds = (
                    json.loads(one["old"] or "{}") for one in after.get(key, ()) if one["seq"] > row["seq"]
                )
                then = next((old[column] for old in olds if column in old), now[key].get(column))
                found.append(ChangedValue(*key, column, _text(was), _text(then)))
        return found[:limit]

    def stretches(self, since: datetime, until: datetime) -> list[Stretch]:
        """What came between two moments, in stretches of ten minutes."""
        lite = self._session.kind == "sqlite"
        # Ten minutes fit into the days of every time zone.
        slot = sa.func.substr(files.c.seen_at, 1, 15) if lite else sa.func.date_bin(
            sa.text("interval '10 minutes'"), files.c.seen_at, sa.text("timestamptz '2000-01-01 00:00+00'")
        )  # fmt: skip
        took = (
            sa.func.julianday(files.c.committed_at) - sa.func.julianday(files.c.claimed_at)
            if lite
            else sa.func.extract("epoch", files.c.committed_at - files.c.claimed_at)
        )
        statement = (
            sa.select(
                sa.cast(slot, sa.Text).label("slot"), files.c.job, files.c.state, sa.func.count().label("files"),
                sa.func.sum(files.c.rows_read).label("rows"), sa.func.sum(files.c.refused).label("refused"),
                sa.func.sum(took).label("took"),
            )
            .where(files.c.seen_at >= since, files.c.seen_at < until, files.c.undo_of.is_(None))
            .group_by(slot, files.c.job, files.c.state)
        )  # fmt: skip
        found = self._session._read(statement)
        days = 86400.0 if lite else 1.0
        return [
            Stretch(_slot(row["slot"]), row["job"], row["state"], row["files"], int(row["rows"] or 0),
                    int(row["refused"] or 0), float(row["took"] or 0) * days)
            for row in found
        ]  # fmt: skip

    def _old(self, table: str, text: str | None) -> dict[str, Cell]:
        """The old values of an entry, as the rows themselves show them."""
        target = self._targets().get(table)
        columns: Mapping[str, sa.Column[Any]] = dict(self._table(target).c) if target is not None else {}
        found: dict[str, Cell] = {}
        for name, value in json.loads(text or "{}", parse_float=str).items():
            kind = columns[name].type if name in columns else None
            if isinstance(kind, Exact) and isinstance(value, int) and self._session.kind == "sqlite":
                value = Decimal(value).scaleb(-kind.scale)
            elif isinstance(value, dict) and len(value) == 1 and ("blob" in value or "real" in value):
                value = next(iter(value.values()))
            found[name] = _text(value)
        return found

    def _table(self, target: Target) -> sa.Table:
        """With the types of our own tables, and of others whatever the driver gives."""
        ours = {table.name: table for table in business_tables()} if target.ours else {}
        known = ours.get(target.name)
        if known is not None and {c.name for c in known.columns} == {c.name for c in target.columns}:
            return known
        types = {c.name: c.type for c in known.columns} if known is not None else {}
        names = [column.name for column in target.columns]
        return sa.Table(target.name, sa.MetaData(), *(sa.Column(name, types.get(name)) for name in names))

    def _key(self, shown: sa.Table, name: str, value: object) -> str:
        text = str(value)
        uuid = isinstance(shown.c[name].type, sa.Uuid) and self._session.kind == "sqlite"
        return text.replace("-", "") if uuid else text

    def _id(self, target: Target, row: Mapping[str, Any]) -> str:
        """As the log has it."""
        if target.identity == ("id",):
            value = row["id"]
            return (
                value.hex
                if self._session.kind == "sqlite" and hasattr(value, "hex") and not isinstance(value, float)
                else str(value)
            )
        return json.dumps({name: row[name] for name in target.identity}, default=str, ensure_ascii=False)


def _slot(text: str) -> datetime:
    """`2026-11-25 08:1` of SQLite, `2026-11-25 08:10:00+00` of PostgreSQL."""
    return utc(datetime.fromisoformat(f"{text[:15]}0:00".replace(" ", "T")))


def _text(value: object) -> Cell:
    if value is None:
        return None
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return value.isoformat(" ") if isinstance(value, datetime) else str(value)
