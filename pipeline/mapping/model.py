"""The nouns of mappings: catalogue (the database), mapping (what a person wrote), plan (both together)."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from enum import StrEnum

from pipeline.brake import Brake
from pipeline.words import Message


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
    rows happened once and are never set again by an older file."""

    name: str
    columns: Dict[str, Column]
    keys: tuple[tuple[str, ...], ...]
    label_en: str = ""
    label_fr: str = ""
    appended: bool = False


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
    anchors: tuple[str, ...] = ()  # the columns that the mapping names: the header is where they stand


@dataclass(frozen=True, slots=True)
class Field:
    """One line under [fields]. `columns` are file columns, first filled wins; else `value` or `file`."""

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


@dataclass(frozen=True, slots=True)
class SavedMapping:
    """A mapping as a person wrote it, parsed and checked by itself."""

    name: str
    table: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    read: ReadOptions = ReadOptions()
    unit: str = "row"  # what a bad row takes with it: only itself, or the whole "file"
    lines: Dict[str, int] = field(default_factory=dict)  # dotted path → line, for later mistakes
    file: str = ""  # how mistakes name the file
    brake: Brake | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A mapping fitted to the catalogue: every field has its column. `key` is one of the table's keys."""

    mapping: SavedMapping
    table: Table
    key: tuple[str, ...]

    def column(self, target: str) -> Column:
        return self.table.columns[target]

    @property
    def targets(self) -> tuple[str, ...]:
        """The columns written, in the order of the mapping."""
        return tuple(f.target for f in self.mapping.fields)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that cannot be taken: physical line in the file, file column, the cell's text, and why."""

    line: int
    column: str
    value: str
    said: Message
