"""Rows that waited, written in the transaction of the file that brings what they name; and what an undo does to them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import sqlalchemy as sa

from pipeline.mapping.sections.kept import dumped, loaded
from pipeline.store.arrivals import files, refused_rows
from pipeline.store.catalogue import catalogue
from pipeline.store.ledger import STILL, Waiting, WaitingPlan, refused_values
from pipeline.store.model import Load, RefusedRow
from pipeline.store.sections.loading import Written, write_sections
from pipeline.store.sections.waiting import Again, Held, held_values, refused_of
from pipeline.store.sections.words import Sql
from pipeline.store.target import Target, quoted

waiting: sa.Table = Waiting.__table__  # type: ignore[attr-defined]
plans: sa.Table = WaitingPlan.__table__  # type: ignore[attr-defined]
_WANTED = sa.text(f"SELECT DISTINCT wants, by_column FROM pipeline_waiting WHERE {STILL}")


class Ready(Protocol):
    """Gives a table that may be written, with its triggers."""

    def __call__(self, table: str) -> Target: ...


@dataclass(frozen=True, slots=True)
class Waker:
    """The transaction of the file `id`, which is `load`."""

    conn: sa.Connection
    id: int
    load: Load
    ready: Ready
    where: str

    def wake(self, tables: Iterable[str]) -> Written:
        """Write what waited for rows of these tables and finds them now; and what waited for that."""
        done, fresh = Written(), set(tables)
        while fresh and (due := self._due(fresh)):
            fresh = set()
            for file in sorted({file for file, _ in due}):
                fresh |= self._write(file, [id for of, id in due if of == file], done)
        return done

    def _due(self, tables: set[str]) -> list[tuple[int, int]]:
        """(file, id) of those for which there may be a row now."""
        found: list[tuple[int, int]] = []
        for wants, column in self.conn.execute(_WANTED).all():
            if wants not in tables:
                continue
            asked = sa.select(waiting.c.file, waiting.c.id).where(sa.text(STILL), waiting.c.wants == wants)
            asked = asked.where(
                waiting.c.by_column.is_(None) if column is None else waiting.c.by_column == column
            )
            if column is not None:
                there = (
                    f"SELECT 1 FROM {quoted(wants)} AS t WHERE t.{quoted(column)} = pipeline_waiting.by_value"
                )
                asked = asked.where(sa.text(f"EXISTS ({there})"))
            found += [(int(file), int(id)) for file, id in self.conn.execute(asked)]
        return found

    def _write(self, file: int, ids: Sequence[int], done: Written) -> set[str]:
        """Documents of one file. The tables that got rows."""
        text = self.conn.execute(sa.select(plans.c.plan).where(plans.c.file == file)).scalar_one()
        plan = loaded(text, catalogue())
        if plan is None:
            return set()
        columns = waiting.c.id, waiting.c.doc, waiting.c.held, waiting.c.lines
        rows = self.conn.execute(
            sa.select(*columns).where(waiting.c.id.in_(ids)).order_by(waiting.c.doc)
        ).all()
        before = self._seq()
        sql = Sql(postgres=self.conn.dialect.name == "postgresql")
        with Again(self.conn, plan, self.where, sql) as staging:
            for _, doc, held, _ in rows:
                staging.put(doc, json.loads(held))
            targets = {name: self.ready(name) for name in plan.writes}
            made = write_sections(
                self.conn, Load(self.load.arrival, staging, plan, 0, ""), targets, self.where
            )
        still = {one.doc for one in made.waiting}
        gone = [(id, doc, lines) for id, doc, _, lines in rows if doc not in still]
        if not gone:
            return set()
        done.add(made)
        values = {"written_by": self.id, "log_from": before, "log_to": self._seq(), "undone_by": None}
        self.conn.execute(
            waiting.update().where(waiting.c.id.in_([id for id, _, _ in gone])).values(**values)
        )
        self._refuse(file, made, {doc: lines for _, doc, lines in gone})
        recount(self.conn, waiting.c.file == file)
        return set(plan.writes)

    def _refuse(self, file: int, made: Written, docs: Mapping[int, str]) -> None:
        """What could not be taken after all is refused in the file that it came from."""
        said = {row.line: row for row in made.refused}
        found: list[RefusedRow] = []
        for doc, text in docs.items():
            lines = {int(line): bytes.fromhex(raw) for line, raw in json.loads(text).items()}
            if doc in made.out:
                found += refused_of(doc, lines, said)
            else:
                found += [replace(row, raw=lines[line]) for line, row in said.items() if line in lines]
        if found:
            self.conn.execute(refused_rows.insert(), [refused_values(file, row) for row in found])
            more = files.c.refused + len(found)
            self.conn.execute(files.update().where(files.c.id == file).values(refused=more))

    def _seq(self) -> int:
        return int(
            self.conn.execute(sa.text("SELECT coalesce(max(seq), 0) FROM pipeline_change")).scalar_one()
        )


def keep(conn: sa.Connection, file: int, load: Load, held: Sequence[Held]) -> int:
    """Note the documents of a file that wait; how many lines those are."""
    if held:
        plan = dumped(load.plan.sections, load.plan.mapping.unit)
        conn.execute(plans.insert(), {"file": file, "plan": plan})
        conn.execute(waiting.insert(), [held_values(file, one) for one in held])
    return sum(len(one.lines) for one in held)


_LOCK = "hashtextextended('pipeline:waiting', 0)"


def alone(conn: sa.Connection, load: Load) -> None:
    """Before a file looks for rows that it may have to wait for: no other may bring them unseen meanwhile. Two writers are
    possible on PostgreSQL only."""
    waits = any(find.missing == "wait" for part in load.plan.sections for find in part.finds)
    if waits and conn.dialect.name == "postgresql":
        conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")


def beside(conn: sa.Connection) -> None:
    """Before a file looks whether anything waits for its rows: whoever may be about to wait has committed."""
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock_shared({_LOCK})")


def waits_for(conn: sa.Connection, tables: Iterable[str]) -> bool:
    """Does anything wait for rows of these tables?"""
    return bool({row[0] for row in conn.execute(_WANTED)} & set(tables))


def written_apart(conn: sa.Connection, file: int) -> str:
    """The condition on the change log, `c`, for what was written of this file when later ones came; "" for nothing."""
    mine = f"w.file = {file} AND w.written_by IS NOT NULL AND w.written_by <> {file} AND w.dropped_by IS NULL"
    if conn.exec_driver_sql(f"SELECT 1 FROM pipeline_waiting AS w WHERE {mine} LIMIT 1").first() is None:
        return ""
    return (
        f"EXISTS (SELECT 1 FROM pipeline_waiting AS w WHERE {mine} AND c.who = 'file:' || w.written_by"
        " AND c.seq > w.log_from AND c.seq <= w.log_to)"
    )


def undone(conn: sa.Connection, file: int, *, out: bool) -> None:
    """The file is taken back (`out`), or in effect again. Its own rows no longer wait; what it had brought is missing
    again, so the rows that waited for it wait again."""
    c = waiting.c
    others = [c.file != file, c.dropped_by.is_(None)]
    sets: list[tuple[list[Any], dict[str, Any]]]
    if out:
        sets = [
            ([c.file == file, c.dropped_by.is_(None)], {"dropped_by": file}),
            ([c.written_by == file, *others], {"written_by": None, "undone_by": file}),
        ]
    else:
        gone = sa.select(files.c.id).where(files.c.state == "undone")
        sets = [
            ([c.dropped_by == file], {"dropped_by": None}),
            ([c.undone_by == file, c.written_by.is_(None), *others], {"written_by": file, "undone_by": None}),
            ([c.file == file, c.written_by.in_(gone)], {"undone_by": c.written_by, "written_by": None}),
        ]
    for where, values in sets:
        conn.execute(waiting.update().where(*where).values(**values))
    recount(conn, sa.or_(c.file == file, c.written_by == file, c.undone_by == file))


def recount(conn: sa.Connection, which: sa.ColumnElement[bool]) -> None:
    """How many lines of these files still wait."""
    still = sa.select(sa.func.coalesce(sa.func.sum(waiting.c.many), 0))
    still = still.where(waiting.c.file == files.c.id, sa.text(STILL))
    concerned = sa.select(waiting.c.file).where(which)
    conn.execute(files.update().where(files.c.id.in_(concerned)).values(waiting=still.scalar_subquery()))
