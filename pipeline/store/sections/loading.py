"""The sections of one file in the one transaction: resolved parents first, then written; no query per row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import sqlalchemy as sa

from pipeline.errors import FileFailed
from pipeline.store.failures import RowsRefused, judge
from pipeline.store.model import Load, RefusedRow
from pipeline.store.sections import deeds, mirror, resolving, writing
from pipeline.store.sections.identifying import Identifying
from pipeline.store.sections.signs import turn
from pipeline.store.sections.waiting import with_lines
from pipeline.store.sections.words import Part, joined
from pipeline.store.sections.work import WHOLE, Cast, Found, Written, file_column
from pipeline.store.tables import business_tables
from pipeline.store.target import Target, quoted
from pipeline.words import Message, message

ROOM = ("work_mem = '64MB'", "default_statistics_target = 10")
"""What PostgreSQL may use for a load: rows are sorted and joined in memory, and temporary tables are looked at in passing."""
FIND_AT_MOST = 500  # documents that the database itself refuses, found by halving; more fail the file

__all__ = ["Written", "write_sections"]


def write_sections(conn: sa.Connection, load: Load, targets: Mapping[str, Target], where: str) -> Written:
    """Write all documents that can be taken. Raises FileFailed when the database itself refuses too many."""
    if all(target.ours for target in targets.values()):
        return Loading(conn, load, targets, where).run()
    from pipeline.store.sections.natural import Natural  # which needs this module

    return Natural(conn, load, targets, where).run()


class _Again(Exception):
    """Rows were cast out of what is being written: it begins anew."""


class _Tried(Exception):
    """What was tried went well; it is taken back."""


class Loading(Identifying):
    """One load; `natural` has its own way with tables that are not ours."""

    def run(self) -> Written:
        self._prepare()
        self._at: Part | None = None  # the section that is being written
        for one in self._staging.outcasts:
            if one.doc is not None:
                part = self._by_name.get(one.section)
                rec = one.doc if part is None or part.plan.per == "document" else one.refusal.line
                self._note(part, rec, one.doc, one.refusal.line)
        if self._sql.postgres:
            for setting in ROOM:
                self._do(f"SET LOCAL {setting}")
            for part in self._parts:
                self._do(f"ANALYZE {part.rows} ({', '.join(joined(part))})")
        self._index()
        for statement in turn(self._parts):
            self._do(statement)
        done = self._written()
        for part in self._parts:
            if part.plan.mirror is not None:
                self._mirror(part, done)
        refused = self._refused()
        out = frozenset(doc for (section, _), (doc, _) in self._bad.items() if section == WHOLE)
        waiting = with_lines(self._staging, self._load, self._waiting.values())
        return replace(done, refused=refused, waiting=waiting, out=out - self._waiting.keys())

    def _written(self) -> Written:
        """All documents; what the database itself refuses is found by halving. Where rows look for each other in this
        file, the others are then written once more: in halves they could not find what stands in the other half."""
        delivers = {part.plan.plan.table.name for part in self._parts}
        looks = any(find.table in delivers for part in self._parts for find in part.plan.finds)
        while True:
            before = dict(self._bad), dict(self._said), dict(self._waiting)
            outer = self._conn.begin_nested()
            done, culprits = self._halved()
            if not culprits or not looks:
                outer.commit()
                return done
            outer.rollback()
            self._bad, self._said, self._waiting = before
            for part, found in culprits:
                self._cast(part, [found])
            if len(self._bad) > len(before[0]) + FIND_AT_MOST:
                raise FileFailed(culprits[0][1].said)

    def _halved(self) -> tuple[Written, list[Cast]]:
        """All documents at once; when the database refuses some, they are found by halving, in savepoints."""
        done = Written()
        ranges, culprits = [(0, max(self._staging.last_doc, 0))], list[Cast]()
        while ranges:
            low, high = ranges.pop()
            try:
                with self._conn.begin_nested():
                    done.add(self._attempt((low, high)))
            except _Again:
                ranges.append((low, high))
            except (sa.exc.DBAPIError, RowsRefused) as error:
                judged = error if isinstance(error, RowsRefused) else judge(error, self._where)
                if not isinstance(judged, RowsRefused):
                    raise
                if low < high:
                    middle = (low + high) // 2
                    ranges += [(middle + 1, high), (low, middle)]
                    continue
                culprits.append(self._culprit(low, judged))
                if len(culprits) > FIND_AT_MOST:
                    raise FileFailed(judged.said) from error
                self._cast(culprits[-1][0], [culprits[-1][1]])
                if not self._whole:
                    ranges.append((low, high))  # its other rows
        return done, culprits

    def _attempt(self, docs: resolving.Range) -> Written:
        while True:
            self._leave_out()
            found = [self._resolve(part, docs) for part in self._parts]
            if not (self._whole and any(found)):
                break
        done = Written()
        for part in self._parts:
            self._at = part
            done.add(self._write(part))
        for part in reversed(self._parts):
            self._at = part
            done.deleted += self._delete(part)
        for part in self._parts:
            if part.plan.mirror is not None:
                self._do(mirror.keep(part))
        return done

    # what the database itself refuses -------------------------------------------------------------------
    def _culprit(self, doc: int, judged: RowsRefused) -> Cast:
        """What is cast out of a document that the database refuses: all of it, or by row the one row."""
        part = self._at
        line = min(self._staging.lines_of({doc}), default=0)
        if self._whole or part is None:
            return None, Found(doc, doc, line, judged.said, judged.column)
        rows = self._ask(f"SELECT _rec, _line FROM {part.rows} WHERE _doc = {doc} ORDER BY _rec")
        while len(rows) > 1:
            half = rows[: len(rows) // 2]
            rows = half if self._fails(part, doc, [rec for rec, _ in half]) else rows[len(half) :]
        rec, line = rows[0] if rows else (doc, line)
        column, said = file_column(part.plan, judged.column), judged.said
        known = part.plan.plan.table.columns.get(judged.column)
        if known is not None and "column" in said.args:
            en, fr = known.spoken
            said = Message(said.code, {**said.args, "column": en, "column_fr": fr})
        return part, Found(rec, doc, line, said, column)

    def _fails(self, part: Part, doc: int, only: list[int]) -> bool:
        """Does the database refuse the document when it has only these rows of the section?"""
        before = dict(self._bad), dict(self._said), dict(self._waiting)
        try:
            with self._conn.begin_nested():
                kept = ", ".join(map(str, only))
                self._do(f"DELETE FROM {part.rows} WHERE _doc = {doc} AND _rec NOT IN ({kept})")
                self._attempt((doc, doc))
                raise _Tried
        except (_Tried, _Again):
            return False
        except (sa.exc.DBAPIError, RowsRefused):
            return self._at is part
        finally:
            self._bad, self._said, self._waiting = before
            self._at = part

    # writing --------------------------------------------------------------------------------------------
    def _write(self, part: Part) -> Written:
        plan, target = part.plan, self._targets[part.plan.plan.table.name]
        done = Written(absent=self._absent.get(part.number, 0))
        for i, find in enumerate(plan.finds):
            if find.missing == "create":
                done.inserted += self._do(writing.create_found(part, i, self._moment, self._sql))
        rows, records, new, known, gone, older = map(int, self._ask(deeds.counts(part))[0])
        if new:
            done.made[part.number] = self._do(writing.insert(part, target, self._sql, self._moment))
            done.inserted += done.made[part.number]
        statement = writing.update(part, target, self._sql, self._moment) if known else None
        changed = self._do(statement) if statement else 0
        done.updated += changed
        done.unchanged += records - new - gone - older - changed
        done.stale += older
        done.duplicates += rows - records if plan.per == "row" else 0
        if plan.lines == "replace":
            column, name = next((t, n) for t, n in plan.rows if any(t in key for key in plan.keys))
            done.deleted += self._do(
                writing.surplus(part, self._by_name[name], column, target, self._staging.bad)
            )
        return done

    def _delete(self, part: Part) -> int:
        """Delete the records that are to go, but none that others still point to: those rows are cast out."""
        if part.plan.name not in self._deleting:
            return 0
        found = []
        for table, column in pointing(part):
            said = message("sections.in_use", table=table)
            rows = self._ask(deeds.in_use(part, table, column))
            found += [Found(rec, doc, line, said) for rec, doc, line in rows]
        if found:
            self._cast(part, found)
            raise _Again
        return self._do(deeds.delete(part))

    def _mirror(self, part: Part, done: Written) -> None:
        """Remove or mark what this full file no longer has; the correction of a file is none."""
        if self._load.arrival.correction_of is not None:
            return
        if self._bad or self._said or self._staging.refused or self._staging.outcasts:
            done.note = message("sections.mirror_refused", table=part.plan.plan.table.name)
            return
        if not self._one(f"SELECT count(*) FROM {part.kept}"):
            done.note = message("sections.mirror_empty", table=part.plan.plan.table.name)
            return
        self._do(mirror.quick(part))
        links = pointing(part)
        lost = self._one(mirror.count(part, mirror.gone(part, self._sql)))
        if not lost:
            return
        before = self._one(mirror.count(part, mirror.compared(part, self._sql))) - done.made[part.number]
        done.question = done.question or mirror.question(part, before, lost)
        removed = self._do(mirror.remove(part, self._sql, links, self._moment))
        if part.plan.mirror is not None and part.plan.mirror.gone:
            done.updated += removed
            return
        done.deleted += removed
        if removed < lost:
            done.note = message("sections.mirror_used", count=lost - removed, table=part.plan.plan.table.name)

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
            mirrored = part.plan.mirror is not None and not part.plan.mirror.gone
            deletes = part.plan.name in self._deleting or mirrored
            asked += [(table, (column,), ()) for table, column in pointing(part)] if deletes else []
        for table, key, fields in asked:
            known = self._targets[table].keys if table in self._targets else ()
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


def pointing(part: Part) -> list[tuple[str, str]]:
    """The tables and columns that point to the section's rows."""
    own = part.plan.plan.table.name
    return [
        (table.name, key.parent.name)
        for table in business_tables()
        for key in table.foreign_keys
        if key.column.table.name == own
    ]
