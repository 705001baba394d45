"""The nouns of a mapping of several tables: each table is a section, at the grain of a row or of a document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pipeline.mapping.model import Expression, Field, Plan, Refusal

MODES = ("upsert", "create", "update", "append", "delete", "mirror")
SET, NEW, CHANGE, DELETE, OLD = "S", "I", "U", "D", "O"
"""What is done with a record: it is made or changed, only made, only changed, deleted; "O" is older than what is there."""
DEED = "_deed"
"""The staged column that holds what the file itself says of it."""
DEEDS = {"insert": NEW, "update": CHANGE, "upsert": SET, "delete": DELETE}
DOC = "_doc"
"""Name of the column that numbers the documents of a file, from 0 (Int64)."""
REC = "_rec"
"""Name of the column that numbers the records of a section whose rows are spread (Int64)."""


@dataclass(frozen=True, slots=True)
class Find:
    """A field that points to a row of another table. `by`: alternatives in order, each the table's columns with
    where their values come from."""

    target: str
    line: int  # of the mapping file
    table: str
    by: tuple[tuple[Field, ...], ...]
    missing: str = "refuse"  # or "empty", "create", "wait"
    given: tuple[Field, ...] = ()  # constants of a row that is created


@dataclass(frozen=True, slots=True)
class Spread:
    """A name that says another thing at each place of a row: what stands in that place's column (None: in none), or
    a constant."""

    name: str
    columns: tuple[str | None, ...] = ()
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Split:
    """A cell that holds several values: each is a row."""

    column: str
    by: str


@dataclass(frozen=True, slots=True)
class Total:
    """What a document's total must agree with: `terms` are added (1) or taken off (-1), each a section ("" is the one
    that has the total) and a column of its."""

    line: int  # of the mapping file
    column: str
    terms: tuple[tuple[int, str, str], ...]
    tolerance: Decimal


@dataclass(frozen=True, slots=True)
class Mirror:
    """What becomes of rows of the table that a full file no longer has. `gone`: constants that mark such a row; none:
    it is deleted. `within`: constants, and `among`: columns that the file fills, of the part that is compared.
    `at_most`: so many rows, or `percent`, may go without a question; None: a tenth, but some few always."""

    gone: tuple[Field, ...] = ()
    within: tuple[Field, ...] = ()
    among: tuple[str, ...] = ()
    at_most: int | None = None
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """A column of the file that says what to do with the row. `words`: (its text in small letters, the deed)."""

    column: str
    words: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One `[tables.NAME]` as a person wrote it. `root`: where it stands in the mapping, "" for a mapping of one table."""

    name: str
    table: str
    keys: tuple[tuple[str, ...], ...]  # alternatives; none: the table's own
    fields: tuple[Field, ...]  # those that stand in a cell or are constant
    rows: tuple[tuple[str, str], ...] = ()  # column → the section whose row it points to
    counts: tuple[tuple[str, str], ...] = ()  # column → numbered within the "document" or the "file"
    finds: tuple[Find, ...] = ()
    per: str | None = None  # "document" or "row"
    record: str | None = None  # only rows of this kind
    repeated: str | None = None  # rows of one record: "agree", "last", "first"
    optional: bool = False  # no complete key: no record, not a refusal
    mode: str = "upsert"  # or one of `MODES`
    lines: str = ""  # "merge", "replace" or "append"
    amounts: str | None = None  # "HT" or "TTC": what the file's amounts are; the missing ones are derived
    refunds: str | None = None  # how a refund's total is written: "negative" or "positive"
    rounding: str | None = None  # tax by "line", or by the sums of the "document"
    total: Total | None = None
    similar: str | None = None  # a new key nearly the same as a known one: "refuse", "same", "new"
    where: Expression | None = None  # the rows that the section takes
    file: str = ""  # of a delivery: the pattern of the file that it takes
    each: tuple[Spread, ...] = ()  # columns that become rows
    split: Split | None = None
    mirror: Mirror | None = None
    action: Action | None = None
    newer_by: str | None = None  # the column that says how new a row is: an older one is not written
    root: str = ""

    @property
    def spread(self) -> bool:
        """Can a row of the file be several of the section?"""
        return bool(self.each) or self.split is not None


@dataclass(frozen=True, slots=True)
class FindPlan:
    """A reference by look-up. `by`: a plan for each alternative, whose fields are the other table's columns."""

    target: str
    by: tuple[Plan, ...]
    missing: str
    given: Plan

    @property
    def table(self) -> str:
        return self.given.table.name


@dataclass(frozen=True, slots=True)
class SectionPlan:
    """A section fitted to the catalogue. `plan`: its table and the fields that stand in cells; `keys`: what a record
    is known by, the first complete alternative counts; `digest`: the column that is made of others."""

    name: str
    plan: Plan
    keys: tuple[tuple[str, ...], ...]
    per: str
    record: str | None = None
    rows: tuple[tuple[str, str], ...] = ()
    counts: tuple[tuple[str, str], ...] = ()
    finds: tuple[FindPlan, ...] = ()
    repeated: str = "last"
    optional: bool = False
    mode: str = "upsert"
    lines: str = "merge"
    digest: tuple[str, tuple[str, ...]] | None = None
    amounts: str | None = None
    derived: tuple[str, ...] = ()  # the amounts that are derived
    refunds: str = (
        ""  # "negative": a document of negative total is a refund, its amounts are turned; "positive"
    )
    whole: bool = False  # tax is that of the document's sums
    total: Total | None = None
    similar: str = (
        "new"  # or "same", "refuse", "codes": as refuse, but e-mail addresses may be written in any way
    )
    kind: tuple[str, ...] = ()  # the column that says so, when the mapping does not fill it
    each: tuple[Spread, ...] = ()
    split: Split | None = None
    file: str = ""
    mirror: Mirror | None = None
    action: Action | None = None
    newer_by: str | None = None

    @property
    def spread(self) -> bool:
        """Can a row of the file, or a document, be several records?"""
        return bool(self.each) or self.split is not None

    @property
    def staged(self) -> tuple[str, ...]:
        """The columns whose values come from the file, in order: of cells, then counted and made ones."""
        digest = (self.digest[0],) if self.digest else ()
        counted = (target for target, _ in self.counts)
        return (*self.plan.targets, *counted, *digest, *self.derived, *self.kind)


@dataclass(frozen=True, slots=True)
class Outcast:
    """A row that a section cannot take. `section` "": the whole document is at fault; `doc` None: the row belongs
    to no document."""

    section: str
    doc: int | None
    refusal: Refusal


def found_name(find: int, alternative: int, column: str) -> str:
    """The staged column that holds what a look-up is made by."""
    return f"find{find}_{alternative}_{column}"


def own_names(each: Sequence[Spread], names: Iterable[str]) -> list[str]:
    """The file's columns that these names stand for."""
    spread = {one.name: one for one in each}
    own: list[str] = []
    for name in names:
        one = spread.get(name)
        own += [name] if one is None else [column for column in one.columns if column is not None]
    return own
