"""Two databases held against each other, table by table and by key: what `plan` and `verify` say. Nothing is written."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from pipeline.errors import PipelineError
from pipeline.store.syncing.sums import BUCKETS
from pipeline.store.syncing.values import unpack
from pipeline.sync.judging import clock, differences
from pipeline.sync.replica import PROTOCOL, SKEW_S, About, Entries, Hello, Shape, Sums
from pipeline.words import Message, message

SHOWN = 20  # rows of a table that are named; all are counted
LEVEL = re.compile(r"(^|_)(stock|balance|on_hand|in_stock|solde)(_|$)|^(qty|quantity|available|reserved)$")
LEVEL_TABLE = re.compile(r"stock|inventory|level|balance|account|product|article|item")
LINE_TABLE = re.compile(
    r"line|movement|entry|item_of|order|invoice|delivery|payment|ticket|shipment|(?<!ac)count"
)


class Comparable(Protocol):
    """The verbs of `Replica` that are needed here."""

    def sums(self, table: str, buckets: int) -> Sums: ...
    def entries(self, table: str, by: Sequence[str], after: str, buckets: Collection[int]) -> Entries: ...


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is not the same on both sides. `where`: "here", "there" or "both"."""

    key: str
    where: str


@dataclass(frozen=True, slots=True)
class Clash:
    """Two rows that both call themselves the same: `key` here, another one there."""

    columns: tuple[str, ...]
    values: str


@dataclass(frozen=True, slots=True)
class Compared:
    """A table on both sides: rows, and how many are equal, only on one side, or differ. `first`: some of those."""

    table: str
    here: int
    there: int
    equal: int
    only_here: int = 0
    only_there: int = 0
    differ: int = 0
    first: tuple[Row, ...] = ()
    clashes: int = 0
    clashing: tuple[Clash, ...] = ()

    @property
    def same(self) -> bool:
        return not (self.only_here or self.only_there or self.differ)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a synchronisation would meet. `refused`: why nothing can be exchanged; `left`: tables that stay out, and
    why; `warnings`: what a person should know before agreeing."""

    here: str
    there: str
    tables: tuple[Compared, ...]
    refused: tuple[Message, ...]
    left: tuple[Message, ...]
    warnings: tuple[Message, ...]


def plan(
    here: Comparable, there: Comparable, mine: Hello, theirs: Hello, about: About, theirs_about: About
) -> Plan:
    """All of it, in the order of the tables of this side."""
    refused, left, warnings = obstacles(mine, theirs, about, theirs_about)
    known = {shape.name: shape for shape in theirs.tables}
    tables = []
    for shape in mine.tables:
        if shape.name in known and _alike(shape, known[shape.name]):
            uniques = [
                u for u in about.uniques.get(shape.name, ()) if u in theirs_about.uniques.get(shape.name, ())
            ]
            tables.append(compare(here, there, shape, uniques))
    return Plan(mine.site, theirs.site, tuple(tables), refused, left, warnings)


def obstacles(
    mine: Hello, theirs: Hello, about: About, theirs_about: About
) -> tuple[tuple[Message, ...], tuple[Message, ...], tuple[Message, ...]]:
    """(what forbids every exchange, what leaves a table out, what a person should know)."""
    refused = []
    if theirs.protocol != PROTOCOL:
        refused.append(message("syncing.protocol", peer=theirs.site, theirs=theirs.protocol, mine=PROTOCOL))
    if theirs.site == mine.site:
        refused.append(message("syncing.same_site", site=mine.site))
    for said, now in ((theirs, mine.wall), (mine, theirs.wall)):
        try:
            clock(said.site, said.wall, now, SKEW_S)
        except PipelineError as error:
            refused.append(error.said)
    refused += differences(mine, theirs)
    directions = {shape.name: (shape.direction, _other(theirs, shape.name)) for shape in mine.tables}
    refused += forbidden(directions, about, theirs_about)
    both = [*about.refused.values(), *(v for k, v in theirs_about.refused.items() if k not in about.refused)]
    left = [Message.from_json(text) for text in both]
    return tuple(refused), tuple(left), tuple(_warnings(mine, directions, about, theirs_about))


def forbidden(directions: Mapping[str, tuple[str, str]], about: About, theirs: About) -> Iterator[Message]:
    """What would break rows though both tables look alike."""
    for name, ways in directions.items():
        both_write = ways == ("both", "both")
        numbered = name in about.numbered or name in theirs.numbered
        if both_write and numbered and "sqlite" in (about.engine, theirs.engine):
            yield message("syncing.two_counters", table=name)
    for column in sorted({*about.orders, *theirs.orders}):
        if column.partition(".")[0] not in directions:
            continue
        mine, other = about.orders.get(column, "BINARY"), theirs.orders.get(column, "BINARY")
        if mine != other or about.engine != theirs.engine:
            yield message("syncing.other_order", column=column, mine=mine, theirs=other)


def _warnings(
    mine: Hello, directions: Mapping[str, tuple[str, str]], about: About, theirs: About
) -> Iterator[Message]:
    for shape in mine.tables:
        if directions[shape.name] != ("both", "both"):
            continue
        for column, kind in shape.columns:
            if kind != "text" and is_level(shape.name, column):
                yield message("syncing.level", table=shape.name, column=column)
        counted = shape.name in about.numbered and shape.name in theirs.numbered
        if counted and "sqlite" not in (about.engine, theirs.engine):
            yield message("syncing.ranges", table=shape.name)
    for name in sorted({*about.unlogged, *theirs.unlogged}):
        yield message("syncing.unlogged", table=name)


def is_level(table: str, column: str) -> bool:
    """Does this column hold how much there is, which two sites cannot both write?"""
    if not LEVEL.search(column.lower()):
        return False
    if column.lower() in ("qty", "quantity", "available", "reserved"):
        return bool(LEVEL_TABLE.search(table.lower())) and not LINE_TABLE.search(table.lower())
    return not LINE_TABLE.search(table.lower())


def _other(theirs: Hello, table: str) -> str:
    return next((shape.direction for shape in theirs.tables if shape.name == table), "both")


def _alike(one: Shape, other: Shape) -> bool:
    return one.key == other.key and dict(one.columns) == dict(other.columns)


# rows -------------------------------------------------------------------------------------------------------
def compare(
    here: Comparable, there: Comparable, shape: Shape, uniques: Sequence[Sequence[str]] = ()
) -> Compared:
    """One table: checksums first, then only the rows of those buckets that differ."""
    mine, theirs = here.sums(shape.name, BUCKETS), there.sums(shape.name, BUCKETS)
    buckets = [n for n, (a, b) in enumerate(zip(mine.buckets, theirs.buckets, strict=True)) if a != b]
    if not buckets and mine.rows == theirs.rows:
        return Compared(shape.name, mine.rows, theirs.rows, mine.rows)
    some = buckets if len(buckets) < BUCKETS // 2 else []
    kinds = [dict(shape.columns)[name] for name in shape.key]
    counts = {"here": 0, "there": 0, "both": 0}
    first: list[Row] = []
    for key, a, b in _merged(here, there, shape.name, (), some, kinds):
        if a == b:
            continue
        where = "both" if a and b else "here" if a else "there"
        counts[where] += 1
        if len(first) < SHOWN:
            first.append(Row(key, where))
    clashes = 0
    shown: list[Clash] = []
    for unique in uniques:
        number, some_of_them = clashing(here, there, shape, unique)
        clashes += number
        shown += some_of_them
    return Compared(
        shape.name, mine.rows, theirs.rows, mine.rows - counts["here"] - counts["both"], counts["here"],
        counts["there"], counts["both"], tuple(first), clashes, tuple(shown[:SHOWN]),
    )  # fmt: skip


def clashing(
    here: Comparable, there: Comparable, shape: Shape, unique: Sequence[str]
) -> tuple[int, list[Clash]]:
    """How many rows of both sides have the same in a unique key and are not the same row; the first of them."""
    kinds = [dict(shape.columns)[name] for name in unique]
    number = 0
    first: list[Clash] = []
    for key, a, b in _merged(here, there, shape.name, unique, (), kinds):
        if a and b and a != b:
            number += 1
            if len(first) < SHOWN:
                first.append(Clash(tuple(unique), ", ".join(str(value) for value in unpack(key))))
    return number, first


def _merged(
    here: Comparable,
    there: Comparable,
    table: str,
    by: Sequence[str],
    buckets: Collection[int],
    kinds: Sequence[str],
) -> Iterator[tuple[str, str, str]]:
    """Both sides side by side: (key, what this side has of it, what the other has), "" nothing."""
    mine, theirs = _stream(here, table, by, buckets), _stream(there, table, by, buckets)
    a, b = next(mine, None), next(theirs, None)
    while a is not None or b is not None:
        left = None if a is None else _order(a[0], kinds)
        right = None if b is None else _order(b[0], kinds)
        if b is None or (left is not None and right is not None and left < right):
            assert a is not None
            yield a[0], a[1], ""
            a = next(mine, None)
        elif a is None or (left is not None and right is not None and right < left):
            yield b[0], "", b[1]
            b = next(theirs, None)
        else:
            yield a[0], a[1], b[1]
            a, b = next(mine, None), next(theirs, None)


def _stream(
    side: Comparable, table: str, by: Sequence[str], buckets: Collection[int]
) -> Iterator[tuple[str, str]]:
    after = ""
    while True:
        page = side.entries(table, by, after, buckets)
        yield from page.rows
        after = page.last
        if not after:
            return


def _order(key: str, kinds: Sequence[str]) -> tuple[tuple[int, Decimal | str], ...]:
    """As the databases order keys; what is no number where one belongs comes after the numbers, as in SQLite."""
    return tuple(_place(kind, value) for kind, value in zip(kinds, unpack(key), strict=True))


def _place(kind: str, value: str | int) -> tuple[int, Decimal | str]:
    number = kind in ("int", "bool", "dec") or kind.startswith("scaled")
    if number and (isinstance(value, int) or re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value)):
        return 0, Decimal(value)
    return 1, str(value)
