"""The nouns of mappings: catalogue (the database), mapping (what a person wrote), plan (both together)."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from pipeline.brake import Brake
from pipeline.words import Message

if TYPE_CHECKING:
    from pipeline.mapping.outward.model import Export, WriteOptions
    from pipeline.mapping.sections.model import Section, SectionPlan


CUSTOM = "custom."
"""How the name of a field begins that users added: its values stand in the column `custom`."""


class Kind(StrEnum):
    """The type of a table's column as a mapping sees it."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    DATETIME = "datetime"
    BOOLEAN = "boolean"
    REFERENCE = "reference"
    JSON = "json"


def _named(name: str, label: str) -> str:
    return f"{name} ({label})" if label else name


@dataclass(frozen=True, slots=True)
class Column:
    """A column a mapping may write. `required`: NOT NULL and the database has no default for it."""

    name: str
    kind: Kind
    required: bool = False
    scale: int = 0  # decimals after the point, for DECIMAL
    max_length: int | None = None  # characters, for TEXT
    references: str | None = None  # the parent table, for REFERENCE
    label_en: str = ""
    label_fr: str = ""

    @property
    def spoken(self) -> tuple[str, str]:
        """The column as messages name it, in English and in French: `number (Order number)`."""
        return _named(self.name, self.label_en), _named(self.name, self.label_fr)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the catalogue. `keys`: each backed by a unique index, the natural one first. `appended`: its
    rows happened once and are never set again by an older file. `identified`: Pipeline gives its rows their ids, so
    that rows of other tables can be made to point to them."""

    name: str
    columns: Dict[str, Column]
    keys: tuple[tuple[str, ...], ...]
    label_en: str = ""
    label_fr: str = ""
    appended: bool = False
    identified: bool = False
    links: Dict[str, tuple[str, str]] = field(
        default_factory=dict
    )  # column → the table and column it points to
    aliases: Dict[str, str] = field(default_factory=dict)  # names that some columns had before → theirs


Catalogue = Dict[str, Table]


@dataclass(frozen=True, slots=True)
class RecordKind:
    """One kind of line in a file of several: lines that begin with `tag`. `positions`: first and last character
    of each column, from 1; none: the line is delimited and its tag the first cell."""

    tag: str
    columns: tuple[str, ...]
    positions: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a mapping states about the file; None: it is found."""

    delimiter: str | None = None
    encoding: str | None = None
    quote: str | None = None  # "" = no quoting
    header: bool | None = None
    skip: int | None = None  # lines above the header
    columns: tuple[str, ...] = ()  # names, for files without a header
    decimal: str | None = None  # "," or "."
    thousands: str | None = None
    date: str | None = None  # default format of dates, strptime letters
    timezone: str | None = None  # zone of instants without one; default: the config's
    empty: tuple[str, ...] = ()  # further texts that mean blank
    format: str | None = None  # one of parsing.FORMATS
    sheet: str | None = None  # of a workbook: its name, or its number from 1
    path: str | None = None  # to the list of records in JSON, "data.orders"
    record: str | None = None  # the element of XML that is a record
    positions: tuple[tuple[int, int], ...] = ()  # of `columns`, for lines of fixed columns
    records: tuple[RecordKind, ...] = ()
    escape: str | None = None  # "" = a quote inside quotes is doubled
    ragged: str = "refuse"  # or "keep": absent cells are blank, surplus ones stand beside
    repairs: bool = True  # whether a record may be mended at all
    order: str | None = None  # of day, month and year in dates without a format: "dmy", "mdy"
    fill_down: tuple[str, ...] = ()  # columns whose blank cells say what stands above
    delivery: tuple[str, ...] = ()  # patterns of files that come together and go in as one
    anchors: tuple[str, ...] = ()  # the columns that the mapping names: the header is where they stand


@dataclass(frozen=True, slots=True)
class Expression:
    """SQL that stands in a mapping: its text, the file columns and fields it names, the functions it calls."""

    text: str
    cells: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    calls: frozenset[str] = frozenset()
    looks: tuple[Lookup, ...] = ()  # what it looks up in tables; their keys are among `cells`

    @property
    def told(self) -> frozenset[str]:
        """What it takes from the file itself: "name", "stem", "folder", "line"."""
        return frozenset(c.removeprefix("file_") for c in self.calls if c.startswith("file_")) | (
            {"line"} if "line_number" in self.calls else frozenset()
        )


@dataclass(frozen=True, slots=True)
class ValueList:
    """What the texts of a file mean: (the file's, the table's), the file's in small letters. `other`: what becomes
    of a text that is not among them: "refuse", "keep", "empty", or with `otherwise` that text."""

    name: str
    pairs: tuple[tuple[str, str], ...]
    other: str = "refuse"
    otherwise: str | None = None
    written: tuple[tuple[str, str], ...] = ()  # the same pairs, the file's text as it is written

    @property
    def meanings(self) -> tuple[str, ...]:
        """What its texts can become, each once."""
        more = () if self.otherwise is None else (self.otherwise,)
        return tuple(dict.fromkeys([*(value for _, value in self.pairs), *more]))


@dataclass(frozen=True, slots=True)
class Field:
    """One line under [fields]. `columns` are file columns, first filled wins; else `value`, `file` or `sql`."""

    target: str
    line: int  # of the mapping file
    columns: tuple[str, ...] = ()
    value: str | None = None  # text; converted like a cell
    file: str | None = None  # "name", "stem", or "folder": the file's own, converted like a cell
    default: str | None = None  # for blank cells; converted like a cell
    format: str | None = None
    decimal: str | None = None
    timezone: str | None = None
    blank: str = "clear"  # or "keep": a blank cell leaves the column as it is
    check: str | None = None  # the check digits that a code must have: one of codes.CHECKS
    thousands: str | None = None  # what the evidence of the whole column decided
    order: str | None = None  # as in ReadOptions; also what the evidence of the whole column decided
    write: str = "always"  # "create": only into a new row; "if-empty": only where the row has nothing yet
    sql: Expression | None = None  # its result, as a text, is converted like a cell
    values: ValueList | None = None
    lookup: Lookup | None = None  # the text that is found is converted like a cell

    @property
    def named(self) -> tuple[str, ...]:
        """Every file column that the field names."""
        looked = self.lookup.columns if self.lookup is not None else ()
        return (*self.columns, *looked, *(self.sql.cells if self.sql is not None else ()))

    @property
    def looks(self) -> tuple[Lookup, ...]:
        """Every look-up in it."""
        own = () if self.lookup is None else (self.lookup,)
        return (*own, *(self.sql.looks if self.sql is not None else ()))


@dataclass(frozen=True, slots=True)
class Lookup:
    """A value of another table: `take` of the one row that has these, by alternatives in order. `plans`, `kind`: once
    fitted, a plan for each alternative, and the kind of what is taken."""

    table: str
    take: str
    by: tuple[tuple[Field, ...], ...]
    plans: tuple[Plan, ...] = ()
    kind: Kind = Kind.TEXT

    @property
    def name(self) -> str:
        """The column of a batch that holds what was found; equal look-ups have one."""
        keys = [", ".join(f"{f.target} = {f.columns or repr(f.value)}" for f in one) for one in self.by]
        return f"lookup {self.table}.{self.take}: {' | '.join(keys)}"

    @property
    def columns(self) -> tuple[str, ...]:
        """The file's columns that it is made by."""
        return tuple(dict.fromkeys(name for one in self.by for field in one for name in field.columns))


@dataclass(frozen=True, slots=True)
class SavedMapping:
    """A mapping as a person wrote it, parsed and checked by itself."""

    name: str
    table: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    read: ReadOptions = ReadOptions()
    unit: str = "row"  # what a bad row takes with it: only itself, its "document", or the whole "file"
    lines: Dict[str, int] = field(default_factory=dict)  # dotted path → line, for later mistakes
    file: str = ""  # how mistakes name the file
    where: Expression | None = None  # the rows that are taken; the others are set aside
    told: tuple[tuple[str, str], ...] = ()  # of the file that is read: its "name", "stem" and "folder"
    brake: Brake | None = None
    document: tuple[
        str, ...
    ] = ()  # the columns whose equal values make rows one document; a record's tag; "$"
    sections: tuple[
        Section, ...
    ] = ()  # of a mapping of several tables: then `table`, `key`, `fields` are blank
    export: Export | None = None  # what it says of the other direction
    write: WriteOptions | None = None  # how its files are written, where not as they are read

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """All that stand in it."""
        found = (self.where, *(field.sql for field in self.fields))
        return tuple(one for one in found if one is not None)

    @property
    def looks(self) -> tuple[Lookup, ...]:
        """Every look-up in it, but for those of its sections."""
        found = [one for field in self.fields for one in field.looks]
        return (*found, *(self.where.looks if self.where is not None else ()))

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables it writes, each once."""
        return tuple(dict.fromkeys(s.table for s in self.sections)) or (self.table,)


@dataclass(frozen=True, slots=True)
class Plan:
    """A mapping fitted to the catalogue: every field has its column. `key` is one of the table's keys.

    Of several tables: each is one of `sections`, parents first, with a plan of its own; `table` is the first."""

    mapping: SavedMapping
    table: Table
    key: tuple[str, ...]
    sections: tuple[SectionPlan, ...] = ()

    def column(self, target: str) -> Column:
        return self.table.columns[target]

    @property
    def targets(self) -> tuple[str, ...]:
        """The columns written, in the order of the mapping; the users' own fields are all in `custom`."""
        names = (f.target if not f.target.startswith(CUSTOM) else CUSTOM[:-1] for f in self.mapping.fields)
        return tuple(dict.fromkeys(names))

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables written, each once."""
        return tuple({s.plan.table.name: s.plan.table for s in self.sections}.values()) or (self.table,)

    @property
    def reads(self) -> tuple[str, ...]:
        """The names of every table that it speaks of."""
        found = [find.table for part in self.sections for find in part.finds]
        return tuple(dict.fromkeys([*self.writes, *found, *(one.table for one in self.looks)]))

    @property
    def looks(self) -> tuple[Lookup, ...]:
        """The look-ups of all its fields and conditions, equal ones once."""
        plans = [part.plan for part in self.sections] or [self]
        return tuple({one.name: one for plan in plans for one in plan.mapping.looks}.values())

    @property
    def writes(self) -> tuple[str, ...]:
        """The names of the tables that a load touches, with those in which a look-up may create a row."""
        finds = [find for part in self.sections for find in part.finds]
        found = [find.table for find in finds if self.table.identified]
        return tuple(dict.fromkeys([*(table.name for table in self.tables), *found]))


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that cannot be taken: physical line in the file, file column, the cell's text, and why."""

    line: int
    column: str
    value: str
    said: Message
