"""Several tables of another program, or of the users' own: rows are known by the tables' own keys, and get their ids
from the database. Parents go in first; then one join gives their children what points to them."""

from __future__ import annotations

from pipeline.mapping.sections.model import FindPlan, found_name
from pipeline.store.sections import resolving
from pipeline.store.sections.loading import Loading
from pipeline.store.sections.words import Part
from pipeline.store.sections.work import Found, Written
from pipeline.store.target import Target, TargetColumn, quoted
from pipeline.words import message


class Natural(Loading):
    """As `Loading`, which finds and refuses; the keys and the writing are the tables' own."""

    def _index(self) -> None:
        """Another program's tables get no index of ours."""

    # which rows are one record --------------------------------------------------------------------------
    def _identify(self, part: Part, docs: resolving.Range) -> list[Found]:
        plan = part.plan
        for statement in resolving.clear(part):
            self._do(statement)
        found: list[Found] = []
        for i, find in enumerate(plan.finds):
            for statement in self._look_up(part, i, find, docs):
                self._do(statement)
            if find.missing == "refuse":
                found += self._nowhere(part, i, find, docs)
        self._do(self._group(part, docs))
        found += self._lacking(part)
        if self._one(f"SELECT count(*) - count(DISTINCT _g) FROM {part.ids} WHERE _g IS NOT NULL"):
            found += self._merge(part)
        return found

    def _look_up(self, part: Part, i: int, find: FindPlan, docs: resolving.Range) -> list[str]:
        """UPDATE the rows with what points to the one row that has what is asked for, by alternatives in order. Each
        different question once, so that the other table is gone through once also where it has no index."""
        column, low, high = quoted(find.target), *docs
        here = f"s._doc BETWEEN {low} AND {high}"
        pointed = part.plan.plan.table.links[find.target][1]
        taken = f"min({self._told(f't.{quoted(pointed)}', self._kind(part, find.target))})"
        out = [f"UPDATE {part.rows} AS s SET {column} = NULL WHERE {here}"]
        for j, one in enumerate(find.by):
            cells = [quoted(found_name(i, j, name)) for name in one.targets]
            asked = ", ".join(f"s.{cell} AS k{n}" for n, cell in enumerate(cells))
            whole = " AND ".join(f"s.{cell} IS NOT NULL" for cell in cells)
            same = " AND ".join(
                f"{self._told(f't.{quoted(name)}', one.column(name).kind.value)} = d.k{n}"
                for n, name in enumerate(one.targets)
            )
            keys = ", ".join(f"d.k{n}" for n in range(len(cells)))
            found = (
                f"SELECT {keys}, {taken} AS v FROM (SELECT DISTINCT {asked} FROM {part.rows} AS s WHERE {whole} AND {here})"
                f" AS d JOIN {quoted(find.table)} AS t ON {same} GROUP BY {keys} HAVING count(*) = 1"
            )
            mine = " AND ".join(f"s.{cell} = f.k{n}" for n, cell in enumerate(cells))
            out.append(
                f"UPDATE {part.rows} AS s SET {column} = f.v FROM ({found}) AS f WHERE {mine} AND s.{column} IS NULL AND {here}"
            )
        return out

    def _nowhere(self, part: Part, i: int, find: FindPlan, docs: resolving.Range) -> list[Found]:
        """The rows whose look-up asked for something and found nothing."""
        cells = [f"s.{quoted(found_name(i, j, n))}" for j, one in enumerate(find.by) for n in one.targets]
        fields = [field for one in find.by for field in one.mapping.fields]
        names = " / ".join(dict.fromkeys(field.target for field in fields))
        column = next((name for field in fields for name in field.columns), find.target)
        said = message("sections.not_found", table=find.table, columns=names)
        rows = self._ask(
            f"SELECT s._rec, s._doc, s._line, {', '.join(cells)} FROM {part.rows} AS s WHERE s.{quoted(find.target)}"
            f" IS NULL AND ({' OR '.join(f'{cell} IS NOT NULL' for cell in cells)})"
            f" AND s._doc BETWEEN {docs[0]} AND {docs[1]}"
        )
        return [
            Found(rec, doc, line, said, column, next((str(v) for v in values if v is not None), ""))
            for rec, doc, line, *values in rows
        ]

    def _group(self, part: Part, docs: resolving.Range) -> str:
        """Each row with the first of those that have its key: those of a parent are told apart by the parent's."""
        plan = part.plan
        joins, cells = (
            [],
            {name: f"s.{quoted(name)}" for name in [*plan.staged, *(f.target for f in plan.finds)]},
        )
        for i, (target, name) in enumerate(plan.rows):
            joins.append(self._parent(part, name, i))
            cells[target] = f"k{i}._g"
        key = [cells[name] for key in plan.keys[:1] for name in key]
        whole = " AND ".join(f"{cell} IS NOT NULL" for cell in key) or "1 = 1"
        first = f"min(s._rec) OVER (PARTITION BY {', '.join(key)})" if key else "s._rec"
        last = (
            f"max(s._rec) OVER (PARTITION BY {', '.join(key)})" if key and plan.repeated == "last" else first
        )
        return (
            f"INSERT INTO {part.ids} (_rec, _line, _doc, _g, _win) SELECT s._rec, s._line, s._doc,"
            f" CASE WHEN {whole} THEN {first} END, CASE WHEN {whole} AND {last} = s._rec THEN 1 ELSE 0 END"
            f" FROM {part.rows} AS s {' '.join(joins)} WHERE s._doc BETWEEN {docs[0]} AND {docs[1]}"
        )

    def _parent(self, part: Part, name: str, i: int) -> str:
        parent = self._by_name[name]
        at = "_doc" if parent.plan.per == "document" else "_rec"
        return f"LEFT JOIN {parent.ids} AS k{i} ON k{i}._rec = s.{at}"

    def _lacking(self, part: Part) -> list[Found]:
        """Rows without a key, or without a reference that must be there."""
        plan, table, found = part.plan, part.plan.plan.table, list[Found]()
        if plan.optional:
            self._do(f"DELETE FROM {part.ids} WHERE _g IS NULL")
        else:
            columns = ", ".join(name for key in plan.keys for name in key)
            said = message("sections.no_key", section=plan.name, columns=columns)
            found += self._where_ids(part, "_g IS NULL", said)
        rows = f"SELECT s._rec FROM {part.rows} AS s"
        asked = {find.target: f"{rows} WHERE s.{quoted(find.target)} IS NULL" for find in plan.finds}
        for i, (target, name) in enumerate(plan.rows):
            asked[target] = f"{rows} {self._parent(part, name, i)} WHERE k{i}._g IS NULL"
        for target, lacks in asked.items():
            if table.columns[target].required:
                en, fr = table.columns[target].spoken
                said = message("sections.lacks", target=en, target_fr=fr, section=plan.name)
                found += self._where_ids(part, f"_rec IN ({lacks})", said)
        return found

    # writing --------------------------------------------------------------------------------------------
    def _write(self, part: Part) -> Written:
        plan, target = part.plan, self._targets[part.plan.plan.table.name]
        for i, (column, name) in enumerate(plan.rows):
            self._do(self._pointing(part, i, column, name))
        done = Written()
        counted = f"SELECT count(*), coalesce(sum(_win), 0) FROM {part.ids} WHERE _g IS NOT NULL"
        rows, records = map(int, self._ask(counted)[0])
        keyed = plan.keys and plan.mode != "append"
        known = self._one(self._known(part, target)) if keyed and records else 0
        written = self._do(self._upsert(part, target)) if records else 0
        done.inserted = 0 if plan.mode == "update" else records - known
        done.updated = written - done.inserted
        done.unchanged = known - done.updated
        done.duplicates = rows - records if plan.per == "row" else 0
        if plan.lines == "replace":
            done.deleted += self._do(self._surplus(part, target))
        return done

    def _pointing(self, part: Part, i: int, column: str, name: str) -> str:
        """UPDATE the rows with what points to the row that their parent is."""
        parent, link = self._by_name[name], part.plan.plan.table.links[column]
        there = self._targets[parent.plan.plan.table.name]
        at = "_doc" if parent.plan.per == "document" else "_rec"
        same = " AND ".join(
            f"t.{quoted(n)} = {_cast(there.column(n), f'p.{quoted(n)}')}" for n in parent.plan.keys[0]
        )
        taken = self._told(f"t.{quoted(link[1])}", self._kind(part, column))
        return (
            f"UPDATE {part.rows} AS s SET {quoted(column)} = (SELECT {taken} FROM {parent.rows} AS p"
            f" JOIN {quoted(there.name)} AS t ON {same} WHERE p._rec = s.{at})"
            f" WHERE s._rec IN (SELECT _rec FROM {part.ids})"
        )

    def _known(self, part: Part, target: Target) -> str:
        return (
            f"SELECT count(*) FROM {part.rows} AS s JOIN {part.ids} AS k ON k._rec = s._rec"
            f" JOIN {quoted(target.name)} AS t ON {_same(part, target, 't')} WHERE k._win = 1"
        )

    def _upsert(self, part: Part, target: Target) -> str:
        """INSERT … ON CONFLICT, or UPDATE of what is known: what is there is written only where it differs."""
        plan, table, only = part.plan, quoted(target.name), part.plan.mode == "update"
        names = [*plan.staged, *part.references()]
        values = {name: self._value(part, target, name) for name in names}
        sets = self._sets(part, target, "v" if only else "excluded")
        rows = f"{part.rows} AS s JOIN {part.ids} AS k ON k._rec = s._rec WHERE k._win = 1"
        olds = ", ".join(self._compared(target.column(name), f"{table}.{quoted(name)}") for name in sets)
        news = ", ".join(self._compared(target.column(name), value) for name, value in sets.items())
        assigned = ", ".join(f"{quoted(name)} = {value}" for name, value in sets.items())
        differ = f"({olds}) {self._sql.differs} ({news})"
        if only:
            given = ", ".join(f"{value} AS {quoted(name)}" for name, value in values.items())
            same = " AND ".join(f"{table}.{quoted(name)} = v.{quoted(name)}" for name in plan.keys[0])
            if not sets:
                return f"DELETE FROM {part.rows} WHERE 1 = 0"
            return f"UPDATE {table} SET {assigned} FROM (SELECT {given} FROM {rows}) AS v WHERE {same} AND {differ}"
        insert = (
            f"INSERT INTO {table} ({', '.join(map(quoted, names))}) SELECT {', '.join(values.values())} FROM {rows}"
            " ORDER BY k._rec"
        )
        if not plan.keys or plan.mode == "append":
            return insert
        key = ", ".join(map(quoted, plan.keys[0]))
        if plan.mode == "create" or not sets:
            return f"{insert} ON CONFLICT ({key}) DO NOTHING"
        return f"{insert} ON CONFLICT ({key}) DO UPDATE SET {assigned} WHERE {differ}"

    def _value(self, part: Part, target: Target, name: str) -> str:
        """A staged value as the table takes it. A blank in a column that must not be NULL takes the column's default;
        under `blank = "keep"` what the row has already."""
        column, fields = target.column(name), {field.target: field for field in part.plan.plan.mapping.fields}
        value = _cast(column, f"s.{quoted(name)}")
        if column.nullable or column.default is None:
            return value
        there = ""
        if name in fields and fields[name].blank == "keep" and part.plan.keys:
            asked = (
                f"SELECT t.{quoted(name)} FROM {quoted(target.name)} AS t WHERE {_same(part, target, 't')}"
            )
            there = f"({asked}), "
        return f"coalesce({value}, {there}{column.default})"

    def _sets(self, part: Part, target: Target, given: str) -> dict[str, str]:
        """What each column of a known row becomes. `given`: what the statement calls the new row."""
        plan, sets = part.plan, dict[str, str]()
        fields = {field.target: field for field in plan.plan.mapping.fields}
        for name in [*plan.staged, *part.references()]:
            field, old = fields.get(name), f"{quoted(target.name)}.{quoted(name)}"
            write = field.write if field else "always"
            if write == "create" or (plan.keys and name in plan.keys[0]):
                continue
            new = f"{given}.{quoted(name)}"
            new = f"coalesce({new}, {old})" if field is not None and field.blank == "keep" else new
            sets[name] = f"coalesce({old}, {new})" if write == "if-empty" else new
        return sets

    def _surplus(self, part: Part, target: Target) -> str:
        """DELETE the lines that a document no longer has, but never of one of which a line was refused."""
        column, name = next((t, n) for t, n in part.plan.rows if any(t in key for key in part.plan.keys))
        parent, link = self._by_name[name], part.plan.plan.table.links[column]
        there = self._targets[parent.plan.plan.table.name]
        mine = (
            f"SELECT t.{quoted(link[1])} FROM {parent.rows} AS s JOIN {parent.ids} AS k ON k._rec = s._rec"
            f" JOIN {quoted(there.name)} AS t ON {_same(parent, there, 't')} WHERE s._doc NOT IN"
            f" (SELECT doc FROM {self._staging.bad})"
        )
        rows = f"FROM {part.rows} AS s JOIN {part.ids} AS k ON k._rec = s._rec WHERE k._g IS NOT NULL"
        if self._sql.postgres:
            kept = f"EXISTS (SELECT 1 {rows} AND {_same(part, target, quoted(target.name))})"
        else:  # which it would ask for every row of the table
            names = ", ".join(map(quoted, part.plan.keys[0]))
            cells = ", ".join(f"s.{quoted(name)}" for name in part.plan.keys[0])
            kept = f"({names}) IN (SELECT {cells} {rows})"
        return f"DELETE FROM {quoted(target.name)} WHERE {quoted(column)} IN ({mine}) AND NOT {kept}"

    # words ----------------------------------------------------------------------------------------------
    def _kind(self, part: Part, column: str) -> str:
        return part.plan.plan.table.columns[column].kind.value

    def _told(self, value: str, kind: str) -> str:
        """A value of the database as it is staged: what no mapping knows is text there."""
        return f"{value}::text" if self._sql.postgres and kind == "text" else value

    def _compared(self, column: TargetColumn, value: str) -> str:
        """How a value is held against another: letter by letter, also where the column calls more things equal."""
        if not self._sql.postgres:
            return f"{value} COLLATE BINARY"
        return value if column.comparable else f"({value})::text"


def _cast(column: TargetColumn, value: str) -> str:
    return f"{value}::{column.cast}" if column.cast else value


def _same(part: Part, target: Target, row: str) -> str:
    """Has `row` the key of the staged row `s`?"""
    return " AND ".join(
        f"{row}.{quoted(name)} = {_cast(target.column(name), f's.{quoted(name)}')}"
        for name in part.plan.keys[0]
    )
