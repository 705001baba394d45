"""What loading sections stands on: the staged tables, what was cast out of them and why, and the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import sqlalchemy as sa

from pipeline.mapping.sections.model import SectionPlan
from pipeline.store.model import Load, RefusedRow
from pipeline.store.sections.staging import Sections
from pipeline.store.sections.waiting import Held
from pipeline.store.sections.words import Part
from pipeline.store.target import Target
from pipeline.words import Message

WHOLE = -1  # the `section` of what is cast out with its whole document


@dataclass(slots=True)
class Written:
    """What became of a file's records, and the rows that the commit itself refused. `stale`: older than what is there;
    `absent`: to be changed or deleted, and not there; `made`: new ones by section. `question`: what to ask a person
    before all this stays; `note`: what a person should know."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicates: int = 0
    deleted: int = 0
    stale: int = 0
    absent: int = 0
    refused: tuple[RefusedRow, ...] = ()
    waiting: tuple[Held, ...] = ()  # documents that wait
    out: frozenset[int] = frozenset()  # documents that were refused whole
    made: Counter[int] = field(default_factory=Counter)
    question: Message | None = None
    note: Message | None = None

    def add(self, other: Written) -> None:
        self.inserted += other.inserted
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.duplicates += other.duplicates
        self.deleted += other.deleted
        self.stale += other.stale
        self.absent += other.absent
        self.made += other.made


@dataclass(frozen=True, slots=True)
class Found:
    """A row that cannot be taken."""

    rec: int
    doc: int
    line: int
    said: Message
    column: str = ""
    value: str = ""
    waits: bool = False


Cast = tuple[Part | None, Found]


class Work:
    """One file's sections on a connection."""

    def __init__(self, conn: sa.Connection, load: Load, targets: Mapping[str, Target], where: str) -> None:
        assert isinstance(load.staging, Sections)
        self._conn, self._load, self._targets, self._where = conn, load, targets, where
        self._staging, self._sql = load.staging, load.staging.sql
        self._parts = self._staging.parts
        self._by_name = {part.plan.name: part for part in self._parts}
        self._whole = load.plan.mapping.unit != "row"
        now = datetime.now(timezone.utc)  # noqa: UP017
        self._ms = int(now.timestamp() * 1000)
        self._moment = self._sql.moment(now.strftime("%Y-%m-%d %H:%M:%S.%f"))
        self._bad: dict[tuple[int, int], tuple[int, int]] = {}  # section, rec → doc, line
        self._said: dict[int, RefusedRow] = {}  # by line
        self._waiting: dict[int, Held] = {}  # by document

    # what is left out -----------------------------------------------------------------------------------
    def _note(self, part: Part | None, rec: int, doc: int, line: int) -> None:
        if self._whole or part is None:
            self._bad.setdefault((WHOLE, doc), (doc, line))
        else:
            self._bad.setdefault((part.number, rec), (doc, line))

    def _cast(self, part: Part | None, found: list[Found]) -> None:
        for one in found:
            if one.waits or one.doc in self._waiting:
                self._bad.setdefault((WHOLE, one.doc), (one.doc, one.line))
                continue
            rec = one.rec if part is None or not part.plan.spread else getattr(one, part.rec[1:])
            self._note(part, rec, one.doc, one.line)
            self._said.setdefault(one.line, RefusedRow(one.line, one.column, one.value, one.said, b""))

    def _leave_out(self) -> None:
        """Take what was cast out off the staged rows."""
        bad = self._staging.bad
        self._do(f"DELETE FROM {bad}")
        if not self._bad:
            return
        rows = [(section, rec, doc, line) for (section, rec), (doc, line) in self._bad.items()]
        mark = "%s" if self._sql.postgres else "?"
        self._conn.exec_driver_sql(f"INSERT INTO {bad} VALUES ({', '.join([mark] * 4)})", rows)
        for part in self._parts:
            own = part.rec if part.plan.spread else "_rec"
            self._do(f"DELETE FROM {part.rows} WHERE _doc IN (SELECT doc FROM {bad} WHERE section = {WHOLE})")
            self._do(
                f"DELETE FROM {part.rows} WHERE {own} IN (SELECT rec FROM {bad} WHERE section = {part.number})"
            )

    # the database ---------------------------------------------------------------------------------------
    def _do(self, statement: str) -> int:
        return int(self._conn.exec_driver_sql(self._escaped(statement)).rowcount)

    def _ask(self, statement: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._conn.exec_driver_sql(self._escaped(statement))]

    def _one(self, statement: str) -> int:
        return int(self._ask(statement)[0][0])

    def _escaped(self, statement: str) -> str:
        """A name or text may hold a percent sign, which PostgreSQL's driver would take for a placeholder."""
        return statement.replace("%", "%%") if self._sql.postgres else statement


def file_column(plan: SectionPlan, target: str) -> str:
    """The file's column that fills the table's, else that one's own name."""
    names = (one.columns for one in plan.plan.mapping.fields if one.target == target)
    return next((found[0] for found in names if found), target)
