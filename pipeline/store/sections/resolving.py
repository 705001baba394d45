"""Which record each staged row is: references by joins, known ids by key, new ids for the rest. Statements only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.mapping.sections.model import DEED, DELETE, FindPlan, found_name
from pipeline.mapping.sections.modes import BY_MODE
from pipeline.store.sections.deeds import MADE
from pipeline.store.sections.words import Part, Sql, key_cells
from pipeline.store.target import quoted

Range = tuple[int, int]  # first and last document


def clear(part: Part) -> list[str]:
    """Forget what was resolved."""
    finds = range(len(part.plan.finds))
    tables = [part.ids, *(part.found(i) for i in finds), *(part.made(i) for i in finds)]
    return [f"DELETE FROM {table}" for table in tables]


def look_up(part: Part, find: int, sql: Sql, docs: Range) -> str:
    """The ids that a look-up finds in the database."""
    plan = part.plan.finds[find]
    asked = [_alternative(plan, find, j, sql) for j in range(len(plan.by))]
    ident = asked[0] if len(asked) == 1 else f"coalesce({', '.join(asked)})"
    return (
        f"INSERT INTO {part.found(find)} SELECT s._rec, {ident} FROM {part.rows} AS s"
        f" WHERE s._doc BETWEEN {docs[0]} AND {docs[1]}"
    )


def look_up_in_file(part: Part, find: int, other: Part, sql: Sql) -> list[str]:
    """The ids of what it did not find there, from the records that another section, or its own, makes of this file:
    the one record that has these values, by alternatives in order."""
    out, references = [], other.references()
    staged = {name: f"o.{quoted(name)}" for name in other.plan.staged}
    staged |= {name: f"k.{ident}" for name, ident in references.items()}
    for j, one in enumerate(part.plan.finds[find].by):
        if not staged.keys() >= set(one.targets):
            continue
        same = " AND ".join(f"{staged[n]} = s.{quoted(found_name(find, j, n))}" for n in one.targets)
        out.append(
            f"UPDATE {part.found(find)} AS f SET _id = w.id FROM (SELECT s._rec AS rec, {sql.least('k._id')} AS id"
            f" FROM {part.rows} AS s JOIN {other.rows} AS o ON true JOIN {other.ids} AS k ON k._rec = o._rec"
            f" WHERE {same} AND k._win = 1 AND k.{DEED} <> '{DELETE}' AND (k._new = 0 OR k.{DEED} IN {MADE})"
            " GROUP BY s._rec HAVING count(DISTINCT k._id) = 1) AS w WHERE w.rec = f._rec AND f._id IS NULL"
        )
        if len(part.plan.finds[find].by) == 1:  # one in the database and another one in the file are two
            out.append(
                f"UPDATE {part.found(find)} AS f SET _id = NULL FROM {part.rows} AS s, {other.rows} AS o, {other.ids} AS k"
                f" WHERE s._rec = f._rec AND k._rec = o._rec AND {same} AND k._win = 1 AND k._new = 1"
                f" AND k.{DEED} IN {MADE} AND f._id <> k._id"
            )
    return out


def create(part: Part, find: int, sql: Sql, milliseconds: int) -> list[str]:
    """New ids for what a look-up is to create."""
    plan = part.plan.finds[find]
    names = plan.by[0].targets
    cells = [f"s.{quoted(found_name(find, 0, name))}" for name in names]
    whole = " AND ".join(f"{cell} IS NOT NULL" for cell in cells)
    counter = f"(min(s._rec) * 64 + {part.number + 32})"
    made = (
        f"INSERT INTO {part.made(find)} SELECT {sql.ident(counter, milliseconds)}, {', '.join(cells)}"
        f" FROM {part.rows} AS s JOIN {part.found(find)} AS f ON f._rec = s._rec"
        f" WHERE f._id IS NULL AND {whole} GROUP BY {', '.join(cells)}"
    )
    same = " AND ".join(f"m.{quoted(name)} = {cell}" for name, cell in zip(names, cells, strict=True))
    taken = (
        f"UPDATE {part.found(find)} AS f SET _id = (SELECT m._id FROM {part.rows} AS s JOIN {part.made(find)} AS m"
        f" ON {same} WHERE s._rec = f._rec) WHERE f._id IS NULL"
    )
    return [made, taken]


def point(part: Part, find: int) -> str:
    """What a look-up in the section's own table found, to its rows: they are known by now."""
    return (
        f"UPDATE {part.ids} AS k SET q{find} = f._id FROM {part.found(find)} AS f WHERE f._rec = k._rec"
        f" AND k.q{find} IS NULL AND f._id IS NOT NULL"
    )


def above(part: Part, find: int) -> list[str]:
    """Which row comes below which, in this file and in the table."""
    table, column = quoted(part.plan.plan.table.name), quoted(part.plan.finds[find].target)
    known = f"SELECT 1 FROM {part.ids} AS k WHERE k._id = t.id AND k._win = 1"
    return [
        f"DELETE FROM {part.rounds(find)}",
        f"INSERT INTO {part.rounds(find)} (id, up) SELECT _id, q{find} FROM {part.ids} WHERE _win = 1 AND q{find} IS NOT NULL",
        f"INSERT INTO {part.rounds(find)} (id, up) SELECT t.id, t.{column} FROM {table} AS t WHERE t.{column} IS NOT NULL"
        f" AND NOT EXISTS ({known})",
    ]


def leap(part: Part, find: int) -> list[str]:
    """Each row looks twice as far up as before: after enough leaps all that still look at something look at rows that
    come back to themselves, and each of those is looked at."""
    rounds = part.rounds(find)
    return [
        f"UPDATE {rounds} SET next = (SELECT o.up FROM {rounds} AS o WHERE o.id = {rounds}.up)",
        f"UPDATE {rounds} SET up = next WHERE up IS NOT NULL",
    ]


def round_and_round(part: Part, find: int) -> str:
    """The rows that come below themselves: rec, doc, line."""
    return (
        f"SELECT k._rec, k._doc, k._line FROM {part.ids} AS k WHERE k.q{find} IS NOT NULL"
        f" AND k._id IN (SELECT up FROM {part.rounds(find)} WHERE up IS NOT NULL)"
    )


def _alternative(plan: FindPlan, find: int, alternative: int, sql: Sql) -> str:
    """The one row that has these values; two are none."""
    names = plan.by[alternative].targets
    same = " AND ".join(f"t.{quoted(n)} = s.{quoted(found_name(find, alternative, n))}" for n in names)
    return f"(SELECT CASE WHEN count(*) = 1 THEN {sql.least('t.id')} END FROM {quoted(plan.table)} AS t WHERE {same})"


def not_found(part: Part, find: int) -> str:
    """The rows whose look-up asked for something and found nothing: rec, doc, line, then the values asked for."""
    plan = part.plan.finds[find]
    cells = [
        f"s.{quoted(found_name(find, j, name))}" for j, one in enumerate(plan.by) for name in one.targets
    ]
    asked = [
        f"s.{quoted(found_name(find, j, f.target))}"
        for j, one in enumerate(plan.by)
        for f in one.mapping.fields
        if f.columns
    ] or cells
    some = " OR ".join(f"{cell} IS NOT NULL" for cell in asked)
    return (
        f"SELECT s._rec, s._doc, s._line, {', '.join(cells)} FROM {part.rows} AS s JOIN {part.found(find)} AS f"
        f" ON f._rec = s._rec WHERE f._id IS NULL AND ({some})"
    )


def identify(
    part: Part,
    parents: Mapping[str, Part],
    keys: Sequence[tuple[str, ...]],
    unique: bool,
    sql: Sql,
    ms: int,
    docs: Range,
) -> str:
    """INSERT the section's ids, in one statement: which rows are one record (`_g` is the first of them), its id, is it
    new, which row stands for it (`_win`), do its keys find two records (`_two`). `keys`: the table's own, each with a unique index; `unique`: the rows are known to have
    different keys; `ms`: milliseconds of now."""
    plan, references = part.plan, part.references()
    alternatives = [[references.get(name, quoted(name)) for name in key] for key in plan.keys]
    apart = [[references.get(name, quoted(name)) for name in _differing(part, key)] for key in plan.keys]
    whole = [" AND ".join(f"{cell} IS NOT NULL" for cell in one) for one in alternatives]
    several = len(alternatives) > 1
    rows, looked = _referring(part, parents, keys, sql, docs)
    carried = ["_rec", "_line", "_doc", *references.values(), *(looked if several else [])]
    cells = list(map(quoted, key_cells(part)))

    def pass_(group: str, ident: str, rows: str, *more: str) -> str:
        return f"SELECT {', '.join([*carried, *more])}, {group} AS _g, {ident} AS _id FROM ({rows}) AS x"

    ident = (
        f"coalesce({', '.join(looked)})"
        if several and looked
        else (looked or [f"CAST(NULL AS {sql.uuid})"])[0]
    )
    over = f"OVER (PARTITION BY {', '.join(apart[0])})" if apart else ""
    group = "_rec" if unique or not over else f"min(_rec) {over}"
    latest = plan.repeated == "last" and not (unique and not several)
    last = [f"max(_rec) {over} AS _last"] if latest and not several else []
    rows = pass_(
        f"CASE WHEN {whole[0]} THEN {group} END" if whole else group,
        ident,
        rows,
        *last,
        *(cells if several else ()),
    )
    for n, (told, complete) in enumerate(
        zip(apart[1:], whole[1:], strict=True), 2
    ):  # a later one joins those that have it
        joined = f"min(coalesce(_g, _rec)) OVER (PARTITION BY {', '.join(told)})"
        group = f"CASE WHEN _g IS NULL AND {complete} THEN {joined} ELSE _g END"
        rows = pass_(group, "_id", rows, *(cells if n < len(apart) else ()))
    if several and looked:
        rows = pass_("_g", f"coalesce(_id, {sql.least_of('_id', '_g')})", rows)
        first = "min(_g) OVER (PARTITION BY _id)"
        rows = pass_(f"CASE WHEN _id <> {sql.nil()} THEN {first} ELSE _g END", "_id", rows)
    standing = "_g"
    if latest:
        standing = "max(_rec) OVER (PARTITION BY _g)" if several else "_last"
    new = "_g = _rec" if unique else "_g IS NOT NULL"
    made = sql.ident(f"(_g * 64 + {part.number})", ms)
    names = ", ".join(["_rec", "_line", "_doc", *references.values()])
    others = " OR ".join(f"({one} <> _id AND {one} <> {sql.nil()})" for one in looked)
    two = f"CASE WHEN _id <> {sql.nil()} AND ({others}) THEN 1 ELSE 0 END" if several and looked else "0"
    return (
        f"INSERT INTO {part.ids} ({names}, _g, _id, _new, _win, {DEED}, _two) SELECT {names}, _g,"
        f" coalesce(_id, CASE WHEN {new} THEN {made} END), CASE WHEN _id IS NULL AND {new} THEN 1 ELSE 0 END,"
        f" CASE WHEN _g IS NOT NULL AND {standing} = _rec THEN 1 ELSE 0 END, '{BY_MODE[plan.mode]}', {two}"
        f" FROM ({rows}) AS x"
    )


def _differing(part: Part, key: Sequence[str]) -> list[str]:
    """The columns of a key without those that the mapping sets to one value."""
    constant = {field.target for field in part.plan.plan.mapping.fields if field.value is not None}
    return [name for name in key if name not in constant] or list(key)


def _referring(
    part: Part, parents: Mapping[str, Part], keys: Sequence[tuple[str, ...]], sql: Sql, docs: Range
) -> tuple[str, list[str]]:
    """(the rows with the ids of what they point to and their key cells; where stands what each way to know a record
    finds in the table)."""
    plan, table = part.plan, quoted(part.plan.plan.table.name)
    cells = {name: f"s.{quoted(name)}" for name in key_cells(part)}
    shown = [f"{cell} AS {quoted(name)}" for name, cell in cells.items()]
    joins = []
    for i, (target, name) in enumerate(plan.rows):
        parent = parents[name]
        joins.append(f"LEFT JOIN {parent.ids} AS k{i} ON k{i}._rec = s.{part.at(parent)}")
        cells[target] = f"k{i}._id"
        shown.append(f"k{i}._id AS p{i}")
    for i, find in enumerate(plan.finds):
        joins.append(f"LEFT JOIN {part.found(i)} AS f{i} ON f{i}._rec = s._rec")
        cells[find.target] = f"f{i}._id"
        shown.append(f"f{i}._id AS q{i}")
    looked = []
    for i, key in enumerate(plan.keys if plan.mode != "append" else ()):
        known = [(name, cells[name]) for name in key]
        if key in keys:
            same = " AND ".join(f"t{i}.{quoted(name)} = {cell}" for name, cell in known)
            joins.append(f"LEFT JOIN {table} AS t{i} ON {same}")
            shown.append(f"t{i}.id AS _id{i}")
        else:
            shown.append(f"{_known(table, known, sql)} AS _id{i}")
        looked.append(f"_id{i}")
    rows = f"SELECT s._rec, s._line, s._doc, {', '.join(shown)} FROM {part.rows} AS s {' '.join(joins)}"
    return f"{rows} WHERE s._doc BETWEEN {docs[0]} AND {docs[1]}", looked


def _known(table: str, key: Sequence[tuple[str, str]], sql: Sql) -> str:
    """The id of the row that has this key. Without a unique index there may be several: then the id is nil."""
    same = " AND ".join(f"t.{quoted(name)} = {cell}" for name, cell in key)
    ident = f"CASE count(*) WHEN 0 THEN NULL WHEN 1 THEN {sql.least('t.id')} ELSE {sql.nil()} END"
    return f"(SELECT {ident} FROM {table} AS t WHERE {same})"


def fill(part: Part, column: str, latest: bool) -> str:
    """A blank cell of the row that stands for its record, from the other rows: the first filled, or the latest."""
    name = quoted(column)
    return (
        f"UPDATE {part.rows} AS s SET {name} = (SELECT o.{name} FROM {part.ids} AS k JOIN {part.ids} AS b ON b._g = k._g"
        f" JOIN {part.rows} AS o ON o._rec = b._rec WHERE k._rec = s._rec AND o.{name} IS NOT NULL"
        f" ORDER BY o._rec {'DESC' if latest else ''} LIMIT 1) WHERE s.{name} IS NULL AND s._rec IN (SELECT _rec FROM"
        f" {part.ids} WHERE _win = 1 AND _g IN (SELECT _g FROM {part.ids} GROUP BY _g HAVING count(*) > 1))"
    )


def disagreeing(part: Part, columns: Sequence[str]) -> str:
    """The rows of records of which two rows say different things: rec, doc, line, then for each column whether
    it is one of those."""
    apart = [f"(count(DISTINCT s.{quoted(name)}) > 1)" for name in columns]
    marks = ", ".join(f"{one} AS d{i}" for i, one in enumerate(apart))
    return (
        f"SELECT k._rec, k._doc, k._line, {', '.join(f'w.d{i}' for i in range(len(apart)))} FROM {part.ids} AS k JOIN"
        f" (SELECT k._g AS g, {marks} FROM {part.ids} AS k JOIN {part.rows} AS s ON s._rec = k._rec"
        f" GROUP BY k._g HAVING count(*) > 1 AND ({' OR '.join(apart)})) AS w ON w.g = k._g ORDER BY k._rec"
    )
