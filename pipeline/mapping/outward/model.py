"""The nouns of the other direction: what a person wrote under [export] and [write], and the plan made of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.mapping.model import Column, Expression, Field

if TYPE_CHECKING:
    from pipeline.errors import Mistake

Place = tuple[str, ...]
"""A column along references, from the table of the rows: `("order", "party", "name")`."""


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """How a file is written; None: as [read] has it, else the usual."""

    format: str | None = None  # one of parsing.FORMATS; None: as the name ends
    delimiter: str | None = None
    quote: str | None = None  # "" = nothing is quoted, and what would need it is refused
    quoting: str = "necessary"  # or "always"
    line_end: str = "\n"
    encoding: str | None = None
    bom: bool = False
    header: bool | None = None
    unencodable: str = "refuse"  # or "replace", "transliterate"
    replacement: str = "?"  # of a letter that the encoding has not, with "replace"
    decimal: str | None = None
    decimals: int = 0  # at least so many; more are never cut
    date: str | None = None
    timezone: str | None = None
    truth: tuple[str, str] = ("true", "false")
    purpose: str = "machine"  # or "spreadsheet": what a spreadsheet would run as a formula is defused
    sheet: str | None = None
    path: str | None = None  # of the list in JSON; of the root in XML
    record: str | None = None  # the element of XML that is a record
    columns: tuple[str, ...] = ()
    positions: tuple[tuple[int, int], ...] = ()  # of `columns`, for lines of fixed columns
    preset: str | None = None  # rules of a known reader: "fec"


@dataclass(frozen=True, slots=True)
class Total:
    """What is made of the rows of another table that point here. `deed`: "sum", "count" or "lines"."""

    deed: str
    table: str
    columns: tuple[tuple[str, str], ...] = ()  # name in the JSON, the table's column; of a sum the one column


@dataclass(frozen=True, slots=True)
class Written:
    """One column of the file as a person wrote it: exactly one of `path`, `value`, `sql`, `total`. `form`: format,
    decimal sign, value list, as a field has them."""

    name: str
    form: Field
    path: Place = ()
    value: str | None = None
    sql: Expression | None = None
    total: Total | None = None


@dataclass(frozen=True, slots=True)
class FilePart:
    """One file of a delivery as a person wrote it. `name` "": the only one."""

    name: str = ""
    table: str | None = None
    columns: tuple[Written, ...] = ()  # none: those of the mapping
    chosen: tuple[str, ...] = ()  # of the mapping's own columns these, in this order
    where: Expression | None = None
    order: tuple[tuple[Place, bool], ...] = ()  # a column, and whether it descends
    date: Place = ()  # what `what = "period"` goes by
    mark: str = ""  # the column that says a row is gone


@dataclass(frozen=True, slots=True)
class Export:
    """All that stands under [export]."""

    parts: tuple[FilePart, ...]
    manifest: str = ""  # the template of its name

    @property
    def alone(self) -> bool:
        """Does it say every column itself, so that the mapping needs no fields?"""
        return all(part.columns for part in self.parts)


@dataclass(frozen=True, slots=True)
class OutColumn:
    """A column of the file, held against the tables. `column`: what it is there (of a constant: a text)."""

    name: str
    column: Column
    form: Field
    path: Place = ()
    value: str | None = None
    sql: Expression | None = None
    total: Total | None = None
    link: str = ""  # of a total: the other table's column that points here


@dataclass(frozen=True, slots=True)
class OutFile:
    """One file of a delivery. `equal`: only rows whose columns have these values (texts, as a mapping has them);
    `needs`: the columns that `where` and expressions look at."""

    name: str
    table: str
    columns: tuple[OutColumn, ...]
    equal: tuple[tuple[OutColumn, str], ...] = ()
    where: Expression | None = None
    needs: tuple[OutColumn, ...] = ()
    order: tuple[tuple[Place, bool], ...] = ()
    date: Place = ()
    mark: str = ""


@dataclass(frozen=True, slots=True)
class OutPlan:
    """A mapping fitted for writing. `notes`: where what it writes cannot be read back by it without a difference."""

    mapping: str
    files: tuple[OutFile, ...]
    write: WriteOptions
    manifest: str = ""
    notes: tuple[Mistake, ...] = field(default=(), compare=False)
