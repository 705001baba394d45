"""Which record each row of a section is, and what is done with it; rows of which that cannot be told are cast out."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.mapping.sections.model import DEED, DELETE, OLD
from pipeline.store.sections import deeds, resolving
from pipeline.store.sections.similar import near_keys
from pipeline.store.sections.waiting import hold
from pipeline.store.sections.words import Part
from pipeline.store.sections.work import WHOLE, Found, Work, file_column
from pipeline.words import Message, message


class Identifying(Work):
    """Resolves the sections, parents first."""

    def _prepare(self) -> None:
        """What the plan alone says: which sections leave records or rows out, and how many rows each leaves."""
        self._absent: dict[int, int] = {}
        self._acting: set[str] = set()  # sections whose records may be older, or go
        self._deleting: set[str] = set()  # sections whose records may go
        for part in self._parts:
            plan = part.plan
            goes = plan.mode == "delete" or plan.action is not None
            for own, names in ((goes, self._deleting), (goes or plan.newer_by is not None, self._acting)):
                if own or any(name in names for _, name in plan.rows):
                    names.add(plan.name)

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

    def _identify(self, part: Part, docs: resolving.Range) -> list[Found]:
        plan, own = part.plan, part.own_finds
        for statement in resolving.clear(part):
            self._do(statement)
        found: list[Found] = []
        for i, find in enumerate(plan.finds):
            self._do(resolving.look_up(part, i, self._sql, docs))
            for other in self._parts[: self._parts.index(part)]:
                if other.plan.plan.table.name == find.table:
                    self._look_in_file(part, i, other)
            if i not in own:
                found += self._missing(part, i)
        unique = self._unique(part)
        keys = plan.plan.table.keys
        self._do(resolving.identify(part, self._by_name, keys, unique, self._sql, self._ms, docs))
        if self._sql.postgres:  # else it takes the conditions on these for rare ones
            self._do(f"ANALYZE {part.ids} (_rec, _g, _new, _win, {DEED})")
        self._deeds(part)
        for i in own:
            self._look_in_file(part, i, part)
            found += self._missing(part, i)
            self._do(resolving.point(part, i))
            found += self._circles(part, i)
        found += self._incomplete(part)
        for rec, doc, line, text, said, column in near_keys(part, self._sql, self._ask, self._do):
            found.append(Found(rec, doc, line, said, file_column(plan, column), text))
        if not unique and self._repeated(part):
            found += self._merge(part)
        return found

    def _repeated(self, part: Part) -> bool:
        """Do several rows make one record?"""
        return bool(self._ask(f"SELECT 1 FROM {part.ids} WHERE _g <> _rec LIMIT 1"))

    def _look_in_file(self, part: Part, find: int, other: Part) -> None:
        for statement in resolving.look_up_in_file(part, find, other, self._sql):
            self._do(statement)

    def _missing(self, part: Part, find: int) -> list[Found]:
        """What becomes of rows whose look-up found nothing."""
        missing = part.plan.finds[find].missing
        if missing == "create":
            for statement in resolving.create(part, find, self._sql, self._ms):
                self._do(statement)
        if missing == "wait":
            return self._hold(part, find)
        return self._not_found(part, find) if missing == "refuse" else []

    def _hold(self, part: Part, find: int) -> list[Found]:
        """Documents that name a row which is not there yet: kept as they are staged."""
        held = hold(self._ask, self._parts, part, find)
        new = {doc: one for doc, one in held.items() if (WHOLE, doc) not in self._bad}
        self._waiting |= new
        return [
            Found(doc, doc, one.line, message("sections.needs", line=one.line), waits=True)
            for doc, one in new.items()
        ]

    def _deeds(self, part: Part) -> None:
        """What is done with each record; rows of records that were to be there and are not are left out."""
        plan = part.plan
        if plan.newer_by:
            self._do(deeds.newest(part, plan.newer_by))
        if plan.action is not None:
            self._do(deeds.told(part))
        if plan.newer_by:
            for statement in deeds.older(part, plan.newer_by):
                self._do(statement)
        left = 0
        for column, name in plan.rows:
            parent = self._by_name[name]
            if name in self._acting:
                self._do(deeds.along(part, parent, column))
            needs = any(column in key for key in plan.keys) or plan.plan.table.columns[column].required
            if needs and self._absent.get(parent.number):
                left += self._do(deeds.without_parent(part, parent, column))
        if plan.mode in ("update", "delete") or plan.name in self._acting:
            left += self._do(deeds.absent(part))
        self._absent[part.number] = left

    def _circles(self, part: Part, find: int) -> list[Found]:
        """Rows that come below themselves."""
        below = f"SELECT count(*) FROM {part.ids} WHERE _win = 1 AND q{find} IS NOT NULL"
        if not self._one(below):
            return []
        for statement in resolving.above(part, find):
            self._do(statement)
        rows = self._one(f"SELECT count(*) FROM {part.rounds(find)}")
        for _ in range(rows.bit_length() + 1):
            for statement in resolving.leap(part, find):
                left = self._do(statement)
            if not left:
                return []
        plan = part.plan.finds[find]
        column = next((n for one in plan.by for f in one.mapping.fields for n in f.columns), plan.target)
        said = message("sections.round", column=column)
        found = self._ask(resolving.round_and_round(part, find))
        return [Found(rec, doc, line, said, column) for rec, doc, line in found]

    def _unique(self, part: Part) -> bool:
        """Counted within a document whose record no other document shares: the keys differ by themselves."""
        plan = part.plan
        if not plan.keys or plan.mode == "append":
            return True
        if self._staging.all_different(part):
            return True
        counted = {target for target, within in plan.counts if within == "document"}
        parents = [self._by_name[name] for target, name in plan.rows if target in plan.keys[0]]
        if len(plan.keys) > 1 or not counted.intersection(plan.keys[0]) or len(parents) != 1:
            return False
        return parents[0].plan.per == "document" and not self._repeated(parents[0])

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

    def _incomplete(self, part: Part) -> list[Found]:
        """Rows without a key, with several records, or without a reference that must be there."""
        plan, table = part.plan, part.plan.plan.table
        keyed = ", ".join(dict.fromkeys(name for key in plan.keys for name in key))
        found: list[Found] = []
        wrong: dict[str, Message] = {}
        if plan.optional:
            self._do(f"DELETE FROM {part.ids} WHERE _g IS NULL")
        else:
            wrong["_g IS NULL"] = message("sections.no_key", section=plan.name, columns=keyed)
        said = message("sections.ambiguous", table=table.name, columns=keyed)
        wrong[f"_id = {self._sql.nil()}"] = said
        for name, ident in part.references().items():
            if table.columns[name].required:
                en, fr = table.columns[name].spoken
                said = message("sections.lacks", target=en, target_fr=fr, section=plan.name)
                wrong[f"{ident} IS NULL AND {DEED} NOT IN ('{DELETE}', '{OLD}')"] = said
        if len(plan.keys) > 1:
            wrong["_two = 1"] = message("sections.two_records", section=plan.name, columns=keyed)
        some = " OR ".join(f"({condition})" for condition in wrong)
        if self._ask(f"SELECT 1 FROM {part.ids} WHERE {some} LIMIT 1"):  # hardly ever: one look for all
            for condition, said in wrong.items():
                found += self._where_ids(part, condition, said)
        return found

    def _where_ids(self, part: Part, condition: str, said: Message) -> list[Found]:
        rows = self._ask(f"SELECT _rec, _doc, _line FROM {part.ids} WHERE {condition}")
        return [Found(rec, doc, line, said) for rec, doc, line in rows]

    def _merge(self, part: Part) -> list[Found]:
        """Several rows are one record: what the section says of those."""
        plan = part.plan
        fields = {field.target: field for field in plan.plan.mapping.fields}
        if plan.repeated == "first":
            return []
        if plan.repeated == "last":
            kept = [name for name in plan.staged if name in fields and fields[name].blank == "keep"]
            self._fill(part, kept, latest=True)
            return []
        soft = {name for name, field in fields.items() if field.write != "always"}
        hard = [name for name in plan.staged if name not in soft]
        found = []
        for rec, doc, line, *apart in self._ask(resolving.disagreeing(part, hard)) if hard else []:
            names = ", ".join(name for name, differs in zip(hard, apart, strict=True) if differs)
            said = message("sections.disagree", section=plan.name, columns=names)
            found.append(Found(rec, doc, line, said, file_column(plan, names)))
        if not found:
            self._fill(part, plan.staged, latest=False)
        return found

    def _fill(self, part: Part, columns: Sequence[str], *, latest: bool) -> None:
        """Blank cells of the row that stands for a record, from its other rows."""
        if columns:
            bare, schema = part.ids.removeprefix("temp."), "" if self._sql.postgres else "temp."
            self._do(f"CREATE INDEX IF NOT EXISTS {schema}{bare}_g ON {bare} (_g)")
        for name in columns:
            self._do(resolving.fill(part, name, latest=latest))
