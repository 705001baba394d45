"""The few words of SQL in which the databases differ, and names of what is staged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from secrets import token_hex

from pipeline.mapping.model import Column, Kind
from pipeline.mapping.sections.model import DEED, SectionPlan, found_name
from pipeline.store.keys import telling
from pipeline.store.target import quoted

NIL = "00000000000000000000000000000000"
"""The id that stands for several rows."""
_POSTGRES = {
    Kind.TEXT: "text", Kind.INTEGER: "bigint", Kind.DATE: "date", Kind.DATETIME: "timestamptz", Kind.BOOLEAN: "boolean",
    Kind.JSON: "text",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sql:
    """One database's words."""

    postgres: bool
    chance: str = field(default_factory=lambda: token_hex(4))
    """Of this load: all its ids end with it, so that the same row has the same id wherever a statement needs it."""

    @property
    def differs(self) -> str:
        return "IS DISTINCT FROM" if self.postgres else "IS NOT"

    @property
    def uuid(self) -> str:
        """The type of an id."""
        return "uuid" if self.postgres else "TEXT"

    def type(self, column: Column) -> str:
        if not self.postgres:
            return ""
        return "numeric" if column.kind is Kind.DECIMAL else _POSTGRES[column.kind]

    def least(self, ident: str) -> str:
        """One id of several."""
        return f"min({ident}::text)::uuid" if self.postgres else f"min({ident})"

    def least_of(self, ident: str, by: str) -> str:
        """The same among the rows that have one value in the column `by`."""
        over = f"OVER (PARTITION BY {by})"
        return f"(min(({ident})::text) {over})::uuid" if self.postgres else f"min({ident}) {over}"

    def id(self, ident: object) -> str:
        """An id that is known, as SQL."""
        return f"'{ident}'::uuid" if self.postgres else f"'{ident}'"

    def nil(self) -> str:
        return f"'{NIL}'::uuid" if self.postgres else f"'{NIL}'"

    def ident(self, counter: str, milliseconds: int) -> str:
        """A new id, UUIDv7: the time, then a counter of 40 bits so that ids ascend, then the chance of this load."""
        if self.postgres:
            return (
                f"('{milliseconds:012x}7' || lpad(to_hex(({counter} >> 28) & 4095), 3, '0') || '8'"
                f" || lpad(to_hex({counter} & 268435455), 7, '0') || '{self.chance}')::uuid"
            )
        counted = f"({counter} >> 28) & 4095, {counter} & 268435455"
        return f"printf('{milliseconds:012x}7%03x8%07x{self.chance}', {counted})"

    def moment(self, text: str) -> str:
        return f"'{text}+00'::timestamptz" if self.postgres else f"'{text}'"


@dataclass(frozen=True, slots=True)
class Part:
    """A section with its temporary tables: `rows` as staged, `ids` with what each row's record is known as, `found`
    with what its look-ups gave. A row's `_rec` is its document, in a section per document, else its line; spread rows are numbered by themselves."""

    number: int
    plan: SectionPlan
    rows: str
    ids: str

    @property
    def rec(self) -> str:
        return "_doc" if self.plan.per == "document" else "_line"

    def at(self, parent: Part) -> str:
        """The column that holds the `_rec` of the row it points to."""
        if parent.plan.per == "document":
            return "_doc"
        return "_line" if self.plan.spread else "_rec"

    def found(self, find: int) -> str:
        return f"{self.ids}_f{find}"

    def made(self, find: int) -> str:
        """The rows of another table that a look-up creates."""
        return f"{self.ids}_m{find}"

    @property
    def kept(self) -> str:
        """Of a section that mirrors its table: what the file has."""
        return f"{self.ids}_k"

    def rounds(self, find: int) -> str:
        """Which row comes below which, of a look-up in the section's own table."""
        return f"{self.ids}_c{find}"

    @property
    def own_finds(self) -> list[int]:
        """The look-ups in the section's own table."""
        return [i for i, find in enumerate(self.plan.finds) if find.table == self.plan.plan.table.name]

    def columns(self) -> list[tuple[str, Column]]:
        """The staged columns in order, those of look-ups last."""
        table = self.plan.plan.table
        own = [(name, table.columns[name]) for name in self.plan.staged]
        finds = [
            (found_name(i, j, name), one.column(name))
            for i, find in enumerate(self.plan.finds)
            for j, one in enumerate(find.by)
            for name in one.targets
        ]
        return own + finds + ([(DEED, Column(DEED, Kind.TEXT))] if self.plan.action else [])

    def references(self) -> dict[str, str]:
        """The columns that point to other rows → the column of `ids` that holds the id."""
        rows = {target: f"p{i}" for i, (target, _) in enumerate(self.plan.rows)}
        return rows | {find.target: f"q{i}" for i, find in enumerate(self.plan.finds)}


def parts(sections: Sequence[SectionPlan], prefix: str, temp: str) -> tuple[Part, ...]:
    """`prefix`: of the temporary tables' names; `temp`: how this database calls their schema, with its dot."""
    return tuple(
        Part(number, plan, f"{temp}{prefix}_{number}", f"{temp}{prefix}_{number}_ids")
        for number, plan in enumerate(sections)
    )


def creations(part: Part, sql: Sql) -> list[str]:
    """The statements that make a section's temporary tables."""
    whole = "bigint" if sql.postgres else "INTEGER"
    columns = "".join(f", {quoted(name)} {sql.type(column)}" for name, column in part.columns())
    own = part.plan.plan.table
    if not own.identified:  # what points to other rows stands beside the cells
        columns += "".join(f", {quoted(name)} {sql.type(own.columns[name])}" for name in part.references())
    ids = "".join(f", {name} {sql.uuid}" for name in part.references().values())
    made = [
        f"CREATE TEMP TABLE {_bare(part.rows)} (_rec {whole} PRIMARY KEY, _line {whole}, _doc {whole}{columns})",
        f"CREATE TEMP TABLE {_bare(part.ids)} (_rec {whole} PRIMARY KEY, _line {whole}, _doc {whole}{ids},"
        f" _g {whole}, _id {sql.uuid}, _new {whole} DEFAULT 0, _win {whole} DEFAULT 0, {DEED} text,"
        f" _two {whole} DEFAULT 0)",
    ]
    if part.plan.mirror is not None:
        among = "".join(f", {quoted(name)} {type_of(part, name, sql)}" for name in part.plan.mirror.among)
        made.append(f"CREATE TEMP TABLE {_bare(part.kept)} (_id {sql.uuid}{among})")
    for i in part.own_finds:
        made.append(
            f"CREATE TEMP TABLE {_bare(part.rounds(i))} (id {sql.uuid} PRIMARY KEY, up {sql.uuid}, next {sql.uuid})"
        )
    for i, find in enumerate(part.plan.finds):
        cells = "".join(
            f", {quoted(name)} {sql.type(find.by[0].column(name))}" for name in find.by[0].targets
        )
        made.append(f"CREATE TEMP TABLE {_bare(part.found(i))} (_rec {whole} PRIMARY KEY, _id {sql.uuid})")
        made.append(f"CREATE TEMP TABLE {_bare(part.made(i))} (_id {sql.uuid}{cells})")
    return made


def drops(part: Part) -> list[str]:
    """The names of a section's temporary tables, without their schema."""
    finds = range(len(part.plan.finds))
    names = [part.rows, part.ids, *(part.found(i) for i in finds), *(part.made(i) for i in finds)]
    names += [part.kept] if part.plan.mirror is not None else []
    names += [part.rounds(i) for i in part.own_finds]
    return [_bare(name) for name in names]


def type_of(part: Part, name: str, sql: Sql) -> str:
    """The type in which a column of the section's table is staged."""
    return sql.uuid if name in part.references() else sql.type(part.plan.plan.table.columns[name])


def key_cells(part: Part) -> list[str]:
    """The key columns that stand in the staged rows themselves."""
    references = part.references()
    return list(dict.fromkeys(name for key in part.plan.keys for name in key if name not in references))


def joined(part: Part) -> list[str]:
    """The staged columns by which rows are looked for: the others need no statistics."""
    keys, staged = key_cells(part), part.plan.staged
    names = [name for name, _ in part.columns() if name in keys or name not in staged]
    return ["_rec", "_line", "_doc", *map(quoted, names)]


def own_key(part: Part) -> list[str]:
    """What tells the records apart in the staged rows themselves: the cells of the only key that come from the file."""
    if len(part.plan.keys) != 1:
        return []
    return [name for name in telling(part.plan.keys[0], part.plan.plan) if name in part.plan.staged]


def _bare(name: str) -> str:
    return name.removeprefix("temp.")
