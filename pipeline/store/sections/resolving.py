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


def two_records(part: Part, keys: Sequence[tuple[str, ...]], sql: Sql) -> list[str]:
    """For each way to know a record, the rows that it finds another one for: rec, doc, line."""
    plan, table, references = part.plan, quoted(part.plan.plan.table.name), part.references()
    out = []
    for key in plan.keys:
        cells = [(name, references.get(name, quoted(name))) for name in key]
        known = _known(table, cells, key in keys, sql).format(row="k")
        out.append(
            f"SELECT k._rec, k._doc, k._line FROM {part.ids} AS k WHERE k._new = 0 AND k._id IS NOT NULL"
            f" AND k._id <> {sql.nil()} AND {known} NOT IN (k._id, {sql.nil()})"
        )
    return out


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
) -> list[str]:
    """Fill the section's ids. `keys`: the table's own, each with a unique index; `unique`: the rows are known to have
    different keys; `ms`: milliseconds of now."""
    plan, table, references = part.plan, quoted(part.plan.plan.table.name), part.references()
    inner = _referring(part, parents, docs)
    alternatives = [[(name, references.get(name, quoted(name))) for name in key] for key in plan.keys]
    over = "" if not alternatives or unique else ", ".join("r." + cell for _, cell in alternatives[0])
    group = f"min(r._rec) OVER (PARTITION BY {over})" if over else "r._rec"
    whole = [" AND ".join(f"{cell} IS NOT NULL" for _, cell in one) for one in alternatives]
    known = [_known(table, one, plan.keys[i] in keys, sql) for i, one in enumerate(alternatives)]
    complete = whole[0] if alternatives else "true"
    looked = (
        known[0].format(row="r") if alternatives and plan.mode != "append" else f"CAST(NULL AS {sql.uuid})"
    )
    latest = plan.repeated == "last" and bool(over)
    win = f"max(r._rec) OVER (PARTITION BY {over})" if latest else group
    marks = f"CASE WHEN {complete} THEN {group} END AS _g, CASE WHEN {complete} THEN {looked} END AS _id, {win} AS _last"
    counter = f"(x._rec * 64 + {part.number})"
    own = "x._g = x._rec"
    several = len(alternatives) > 1
    made = "x._id" if several else f"coalesce(x._id, CASE WHEN {own} THEN {sql.ident(counter, ms)} END)"
    new = "0" if several else f"CASE WHEN x._id IS NULL AND {own} THEN 1 ELSE 0 END"
    wins = "0" if several else "CASE WHEN x._g IS NOT NULL AND x._last = x._rec THEN 1 ELSE 0 END"
    names = ["_rec", "_line", "_doc", *references.values(), *map(quoted, key_cells(part))]
    out = [
        f"INSERT INTO {part.ids} SELECT {', '.join('x.' + name for name in names)}, x._g, {made}, {new}, {wins},"
        f" '{BY_MODE[plan.mode]}'"
        f" FROM (SELECT r.*, {marks} FROM ({inner}) AS r) AS x"
    ]
    if several:
        out += _further(part, alternatives, whole, known, sql, ms)
    if not unique:
        out.append(
            f"UPDATE {part.ids} AS k SET (_id, _new) = (SELECT w._id, w._new FROM {part.ids} AS w WHERE w._rec = k._g)"
            " WHERE _id IS NULL AND _g IS NOT NULL"
        )
    if several and plan.repeated == "last":
        out.append(
            f"UPDATE {part.ids} AS k SET _win = 1 FROM (SELECT max(_rec) AS rec FROM {part.ids} WHERE _g IS NOT NULL"
            " GROUP BY _g) AS w WHERE w.rec = k._rec"
        )
    elif several:
        out.append(f"UPDATE {part.ids} SET _win = 1 WHERE _g = _rec")
    return out


def _referring(part: Part, parents: Mapping[str, Part], docs: Range) -> str:
    """The rows with the ids of what they point to, and their key cells."""
    plan = part.plan
    joins, ids = [], []
    for i, (_, name) in enumerate(plan.rows):
        parent = parents[name]
        joins.append(f"LEFT JOIN {parent.ids} AS k{i} ON k{i}._rec = s.{part.at(parent)}")
        ids.append(f"k{i}._id AS p{i}")
    for i in range(len(plan.finds)):
        joins.append(f"LEFT JOIN {part.found(i)} AS f{i} ON f{i}._rec = s._rec")
        ids.append(f"f{i}._id AS q{i}")
    cells = [f"s.{quoted(name)}" for name in key_cells(part)]
    return (
        f"SELECT {', '.join(['s._rec', 's._line', 's._doc', *ids, *cells])} FROM {part.rows} AS s {' '.join(joins)}"
        f" WHERE s._doc BETWEEN {docs[0]} AND {docs[1]}"
    )


def _further(
    part: Part,
    alternatives: Sequence[Sequence[tuple[str, str]]],
    whole: Sequence[str],
    known: Sequence[str],
    sql: Sql,
    ms: int,
) -> list[str]:
    """The alternatives after the first: a row that knows only a later one joins the rows that have it."""
    out = []
    for one, complete, there in list(zip(alternatives, whole, known, strict=True))[1:]:
        cells = [cell for _, cell in one]
        out.append(
            f"UPDATE {part.ids} AS k SET _g = w.g FROM (SELECT _rec, min(coalesce(_g, _rec)) OVER"
            f" (PARTITION BY {', '.join(cells)}) AS g FROM {part.ids} WHERE {complete}) AS w"
            " WHERE w._rec = k._rec AND k._g IS NULL"
        )
        if part.plan.mode != "append":
            out.append(
                f"UPDATE {part.ids} AS k SET _id = {there.format(row='k')} WHERE _id IS NULL AND {complete}"
            )
    out.append(
        f"UPDATE {part.ids} AS k SET _id = w.id FROM (SELECT _g AS g, {sql.least('_id')} AS id FROM {part.ids}"
        " WHERE _id IS NOT NULL GROUP BY _g) AS w WHERE w.g = k._g AND k._id IS NULL"
    )
    out.append(
        f"UPDATE {part.ids} AS k SET _g = w.g FROM (SELECT _id AS id, min(_g) AS g FROM {part.ids} WHERE _g IS NOT NULL"
        f" AND _id <> {sql.nil()} GROUP BY _id HAVING min(_g) < max(_g)) AS w WHERE w.id = k._id"
    )
    counter = f"(_rec * 64 + {part.number})"
    out.append(
        f"UPDATE {part.ids} SET _id = {sql.ident(counter, ms)}, _new = 1 WHERE _id IS NULL AND _g = _rec"
    )
    return out


def _known(table: str, key: Sequence[tuple[str, str]], unique: bool, sql: Sql) -> str:
    """The id of the row that has this key. Without a unique index there may be several: then the id is nil."""
    same = " AND ".join(f"t.{quoted(name)} = {{row}}.{cell}" for name, cell in key)
    ident = "t.id"
    if not unique:
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
