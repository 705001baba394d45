"""The sections of one file in the one transaction: resolved parents first, then written; no query per row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

import sqlalchemy as sa

from pipeline.errors import FileFailed
from pipeline.mapping.sections.model import SectionPlan
from pipeline.store.failures import RowsRefused, judge
from pipeline.store.model import Load, RefusedRow
from pipeline.store.sections import resolving, writing
from pipeline.store.sections.signs import turn
from pipeline.store.sections.similar import near_keys
from pipeline.store.sections.staging import Sections
from pipeline.store.sections.waiting import Held, hold, with_lines
from pipeline.store.sections.words import Part
from pipeline.store.target import Target, quoted
from pipeline.words import Message, message

FIND_AT_MOST = 500  # documents that the database itself refuses, found by halving; more fail the file
WHOLE = -1  # the `section` of what is cast out with its whole document


@dataclass(slots=True)
class Written:
    """What became of a file's records, and the rows that the commit itself refused."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicates: int = 0
    refused: tuple[RefusedRow, ...] = ()
    waiting: tuple[Held, ...] = ()  # documents that wait
    out: frozenset[int] = frozenset()  # documents that were refused whole

    def add(self, other: Written) -> None:
        self.inserted += other.inserted
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.duplicates += other.duplicates


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


def write_sections(conn: sa.Connection, load: Load, targets: Mapping[str, Target], where: str) -> Written:
    """Write all documents that can be taken. Raises FileFailed when the database itself refuses too many."""
    if all(target.ours for target in targets.values()):
        return Loading(conn, load, targets, where).run()
    from pipeline.store.sections.natural import Natural  # which needs this module

    return Natural(conn, load, targets, where).run()


class Loading:
    """One load; `natural` has its own way with tables that are not ours."""

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

    def run(self) -> Written:
        for one in self._staging.outcasts:
            if one.doc is not None:
                part = self._by_name.get(one.section)
                rec = one.doc if part is None or part.plan.per == "document" else one.refusal.line
                self._note(part, rec, one.doc, one.refusal.line)
        if self._sql.postgres:
            for part in self._parts:
                self._do(f"ANALYZE {part.rows}")
        self._index()
        for statement in turn(self._parts):
            self._do(statement)
        done = self._halved()
        refused = self._refused()
        out = frozenset(doc for (section, _), (doc, _) in self._bad.items() if section == WHOLE)
        waiting = with_lines(self._staging, self._load, self._waiting.values())
        return replace(done, refused=refused, waiting=waiting, out=out - self._waiting.keys())

    def _halved(self) -> Written:
        """All documents at once; when the database refuses some, they are found by halving, in savepoints."""
        done = Written()
        ranges, found = [(0, max(self._staging.last_doc, 0))], 0
        while ranges:
            low, high = ranges.pop()
            try:
                with self._conn.begin_nested():
                    done.add(self._attempt((low, high)))
            except (sa.exc.DBAPIError, RowsRefused) as error:
                judged = error if isinstance(error, RowsRefused) else judge(error, self._where)
                if not isinstance(judged, RowsRefused):
                    raise
                if low < high:
                    middle = (low + high) // 2
                    ranges += [(middle + 1, high), (low, middle)]
                    continue
                found += 1
                if found > FIND_AT_MOST:
                    raise FileFailed(judged.said) from error
                line = min(self._staging.lines_of({low}), default=0)
                self._cast(None, [Found(low, low, line, judged.said, judged.column)])
        return done

    def _attempt(self, docs: resolving.Range) -> Written:
        while True:
            self._leave_out()
            found = [self._resolve(part, docs) for part in self._parts]
            if not (self._whole and any(found)):
                break
        done = Written()
        for part in self._parts:
            done.add(self._write(part))
        return done

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

    def _leave_out(self, only: Part | None = None) -> None:
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

    def _along(self, part: Part) -> list[Found]:
        """Rows that need a row that was cast out."""
        found = []
        for _, name in part.plan.rows:
            parent = self._by_name[name]
            rows = self._ask(
                f"SELECT s._rec, s._doc, s._line, b.line FROM {part.rows} AS s JOIN {self._staging.bad} AS b"
                f" ON b.section = {parent.number} AND b.rec = s.{part.at(parent)}"
            )
            found += [
                Found(rec, doc, at, message("sections.needs", line=line)) for rec, doc, at, line in rows
            ]
        return found

    # which record is which ------------------------------------------------------------------------------
    def _resolve(self, part: Part, docs: resolving.Range) -> bool:
        """Give each row of the section its record. Were rows cast out? Those of their document may have to go too."""
        if not self._whole and (along := self._along(part)):
            self._cast(part, along)
            self._leave_out()
        any_found = False
        while True:
            found = self._identify(part, docs)
            if not found:
                return any_found
            any_found = True
            self._cast(part, found)
            if self._whole:
                return True
            self._leave_out()

    def _identify(self, part: Part, docs: resolving.Range) -> list[Found]:
        plan = part.plan
        for statement in resolving.clear(part):
            self._do(statement)
        found: list[Found] = []
        for i, find in enumerate(plan.finds):
            for statement in resolving.look_up(part, i, self._sql, self._ms, docs):
                self._do(statement)
            if find.missing == "refuse":
                found += self._not_found(part, i)
            elif find.missing == "wait":
                found += self._hold(part, i)
        unique = self._unique(part)
        keys = plan.plan.table.keys
        for statement in resolving.identify(part, self._by_name, keys, unique, self._sql, self._ms, docs):
            self._do(statement)
        found += self._incomplete(part)
        for rec, doc, line, text, said, column in near_keys(part, self._sql, self._ask, self._do):
            found.append(Found(rec, doc, line, said, _file_column(plan, column), text))
        if not unique and self._one(
            f"SELECT count(*) - count(DISTINCT _g) FROM {part.ids} WHERE _g IS NOT NULL"
        ):
            found += self._merge(part)
        if plan.mode == "update":
            self._do(f"DELETE FROM {part.ids} WHERE _new = 1")
        return found

    def _unique(self, part: Part) -> bool:
        """Counted within a document whose record no other document shares: the keys differ by themselves."""
        plan = part.plan
        if not plan.keys or plan.mode == "append":
            return True
        counted = {target for target, within in plan.counts if within == "document"}
        parents = [self._by_name[name] for target, name in plan.rows if target in plan.keys[0]]
        if len(plan.keys) > 1 or not counted.intersection(plan.keys[0]) or len(parents) != 1:
            return False
        shared = f"SELECT count(*) - count(DISTINCT _g) FROM {parents[0].ids} WHERE _g IS NOT NULL"
        return parents[0].plan.per == "document" and self._one(shared) == 0

    def _not_found(self, part: Part, find: int) -> list[Found]:
        plan = part.plan.finds[find]
        fields = [field for one in plan.by for field in one.mapping.fields]
        names = " / ".join(dict.fromkeys(field.target for field in fields))
        column = next((name for field in fields for name in field.columns), plan.target)
        said = message("sections.not_found", table=plan.table, columns=names)
        rows = self._ask(resolving.not_found(part, find))
        return [
            Found(rec, doc, line, said, column, next((str(v) for v in values if v is not None), ""))
            for rec, doc, line, *values in rows
        ]

    def _hold(self, part: Part, find: int) -> list[Found]:
        """Documents that name a row which is not there yet: kept as they are staged."""
        held = hold(self._ask, self._parts, part, find)
        new = {doc: one for doc, one in held.items() if (WHOLE, doc) not in self._bad}
        self._waiting |= new
        return [
            Found(doc, doc, one.line, message("sections.needs", line=one.line), waits=True)
            for doc, one in new.items()
        ]

    def _incomplete(self, part: Part) -> list[Found]:
        """Rows without a key, with several records, or without a reference that must be there."""
        plan, table = part.plan, part.plan.plan.table
        keyed = ", ".join(dict.fromkeys(name for key in plan.keys for name in key))
        found = []
        if plan.optional:
            self._do(f"DELETE FROM {part.ids} WHERE _g IS NULL")
        else:
            said = message("sections.no_key", section=plan.name, columns=keyed)
            found += self._where_ids(part, "_g IS NULL", said)
        said = message("sections.ambiguous", table=table.name, columns=keyed)
        found += self._where_ids(part, f"_id = {self._sql.nil()}", said)
        for name, ident in part.references().items():
            if table.columns[name].required:
                en, fr = table.columns[name].spoken
                said = message("sections.lacks", target=en, target_fr=fr, section=plan.name)
                found += self._where_ids(part, f"{ident} IS NULL", said)
        return found

    def _where_ids(self, part: Part, condition: str, said: Message) -> list[Found]:
        rows = self._ask(f"SELECT _rec, _doc, _line FROM {part.ids} WHERE {condition}")
        return [Found(rec, doc, line, said) for rec, doc, line in rows]

    def _merge(self, part: Part) -> list[Found]:
        """Several rows are one record: what the section says of those."""
        plan = part.plan
        bare = part.ids.removeprefix("temp.")
        schema = "" if self._sql.postgres else "temp."
        self._do(f"CREATE INDEX IF NOT EXISTS {schema}{bare}_g ON {bare} (_g)")
        fields = {field.target: field for field in plan.plan.mapping.fields}
        if plan.repeated == "first":
            return []
        if plan.repeated == "last":
            for name in plan.staged:
                if name in fields and fields[name].blank == "keep":
                    self._do(resolving.fill(part, name, latest=True))
            return []
        soft = {name for name, field in fields.items() if field.write != "always"}
        hard = [name for name in plan.staged if name not in soft]
        found = []
        for rec, doc, line, *apart in self._ask(resolving.disagreeing(part, hard)) if hard else []:
            names = ", ".join(name for name, differs in zip(hard, apart, strict=True) if differs)
            said = message("sections.disagree", section=plan.name, columns=names)
            found.append(Found(rec, doc, line, said, _file_column(plan, names)))
        if not found:
            for name in plan.staged:
                self._do(resolving.fill(part, name, latest=False))
        return found

    # writing --------------------------------------------------------------------------------------------
    def _write(self, part: Part) -> Written:
        plan, target = part.plan, self._targets[part.plan.plan.table.name]
        done = Written()
        for i, find in enumerate(plan.finds):
            if find.missing == "create":
                done.inserted += self._do(writing.create_found(part, i, self._moment))
        asked = f"SELECT count(*), coalesce(sum(_new * _win), 0), coalesce(sum(_win), 0) FROM {part.ids} WHERE _g IS NOT NULL"
        rows, new, records = map(int, self._ask(asked)[0])
        if new:
            done.inserted += self._do(writing.insert(part, target, self._sql, self._moment))
        known = records - new
        statement = (
            writing.update(part, target, self._sql, self._moment) if known and plan.mode != "create" else None
        )
        changed = self._do(statement) if statement else 0
        done.updated += changed
        done.unchanged += known - changed
        done.duplicates += rows - records if plan.per == "row" else 0
        if plan.lines == "replace":
            column, name = next((t, n) for t, n in plan.rows if any(t in key for key in plan.keys))
            done.updated += self._do(
                writing.surplus(part, self._by_name[name], column, target, self._staging.bad)
            )
        return done

    def _index(self) -> None:
        """What records are known by and no index has yet: without one every row would walk the table."""
        asked = [
            (part.plan.plan.table.name, key, part.plan.plan.mapping.fields)
            for part in self._parts
            for key in part.plan.keys
        ]
        for part in self._parts:
            for find in part.plan.finds:
                asked += [(find.table, one.targets, one.mapping.fields) for one in find.by]
        for table, key, fields in asked:
            known = self._targets[table].keys
            if any(set(own) == set(key) for own in known):
                continue
            constant = {field.target for field in fields if not field.columns}
            best = sorted(key, key=lambda name: name in constant)
            name = f"pipeline_by_{table}_{'_'.join(best)}"[:60]
            self._do(
                f"CREATE INDEX IF NOT EXISTS {quoted(name)} ON {quoted(table)} ({', '.join(map(quoted, best))})"
            )

    # the rows that go back ------------------------------------------------------------------------------
    def _refused(self) -> tuple[RefusedRow, ...]:
        causes = {doc: line for (section, _), (doc, line) in self._bad.items() if section == WHOLE}
        causes = {doc: line for doc, line in causes.items() if doc not in self._waiting}
        for line, doc in self._staging.lines_of(set(causes)).items():
            said = message("sections.with", line=causes[doc])
            self._said.setdefault(line, RefusedRow(line, "", "", said, b""))
        left = [row for line, row in sorted(self._said.items()) if line not in self._staging.refused]
        raws = self._load.raws([row.line for row in left]) if left and self._load.raws else {}
        return tuple(replace(row, raw=raws.get(row.line, b"")) for row in left)

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


def _file_column(plan: SectionPlan, target: str) -> str:
    names = (field.columns for field in plan.plan.mapping.fields if field.target == target)
    return next((found[0] for found in names if found), target)
