"""What each column of a file holds, from all its values: names and types for a table made of it. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from pipeline.guessing.drafting import DAYS, HOURS
from pipeline.guessing.values import FITS, likeness
from pipeline.mapping.cells import convert, filled
from pipeline.mapping.evidence import Evidence
from pipeline.mapping.model import Column, Field, Kind, Plan, ReadOptions, SavedMapping, Table
from pipeline.words import Message

WORDS = ("true", "false", "yes", "no", "oui", "non", "vrai", "faux")  # 0 and 1 are numbers
CODE = r"^[+-]?0[0-9]|^[^.,]*[0-9]{10}"  # leading zeros, or too long to be counted with: nobody adds those up
SCALE = 10  # decimals that are looked for
MONEY = 2  # decimals that a number with any has at least
_READ = ReadOptions()


def identifier(text: str, taken: Sequence[str] = (), *, otherwise: str = "column") -> str:
    """A name for the database: `Prix d'achat (€)` → `prix_d_achat`; never one that is taken."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:45].rstrip("_")
    if not name[:1].isalpha():
        name = f"{otherwise}_{name}".rstrip("_")
    found, n = name, 1
    while found in taken:
        n += 1
        found = f"{name}_{n}"
    return found


@dataclass(slots=True)
class Found:
    """One column of the file. `kind` and `field`: of the column that can hold all of it, and how it is read;
    `different`: is each value there, and there once?"""

    name: str
    ways: list[tuple[Kind, Field]] = field(default_factory=list)
    code: bool = False
    some: bool = False
    decimals: int = 0
    different: bool = True
    hashes: list[pl.Series] = field(default_factory=list)
    numbers: Evidence | None = None
    dates: Evidence | None = None
    question: Message | None = None

    @property
    def way(self) -> tuple[Kind, Field]:
        plain = (Kind.TEXT, Field(self.name, 0, (self.name,)))
        return self.ways[0] if self.ways and self.some else plain

    @property
    def asked(self) -> Message | None:
        """The question of a column of dates that nobody can decide."""
        kind, way = self.way
        dates = kind in (Kind.DATE, Kind.DATETIME) and (way.format is None or "/%Y" in way.format)
        return self.question if dates else None

    def column(self, name: str) -> Column:
        kind = self.way[0]
        return Column(name, kind, scale=max(self.decimals, MONEY) if kind is Kind.DECIMAL else 0)


class Kinds:
    """Fed with the whole file twice: `look` decides how numbers and dates are written, `weigh` what fits."""

    def __init__(self, columns: Sequence[str], zone: str) -> None:
        self.columns = [Found(name) for name in columns]
        self._zone = zone
        for one in self.columns:
            one.numbers, one.dates = (_evidence(one.name, kind) for kind in (Kind.DECIMAL, Kind.DATE))

    def look(self, frame: pl.DataFrame) -> None:
        for one in self.columns:
            for evidence in (one.numbers, one.dates):
                if evidence is not None and not evidence.decided:
                    evidence.add(frame)
            if not one.some:
                self._begin(one, frame)

    def _begin(self, one: Found, frame: pl.DataFrame) -> None:
        """The ways in which the first values of a column may be read."""
        values = frame.select(filled(pl.col(one.name), _READ)).to_series().drop_nulls().head(100).to_list()
        if not values:
            return
        one.some = True
        plain = Field(one.name, 0, (one.name,))
        one.ways = [(kind, plain) for kind in (Kind.BOOLEAN, Kind.INTEGER, Kind.DECIMAL)]
        if likeness(Column("day", Kind.DATE), values) == FITS:
            one.ways += [(Kind.DATE, plain), *((Kind.DATE, replace(plain, format=day)) for day in DAYS)]
            one.ways.append((Kind.DATETIME, plain))
            hours = [
                day + hour for day in (*DAYS, "%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d") for hour in HOURS if hour
            ]
            one.ways += [(Kind.DATETIME, replace(plain, format=form)) for form in hours]

    def settle(self) -> None:
        """Between the two: what was found of signs and orders goes into the ways."""
        for one in self.columns:
            assert one.numbers is not None
            assert one.dates is not None
            number = one.numbers.settle()[0].mapping.fields[0]
            day, questions = one.dates.settle()
            one.question = questions[0] if questions else None
            order = day.mapping.fields[0].order or ("dmy" if questions else None)  # that either fits, or none
            one.ways = [
                (kind, replace(way, decimal=number.decimal, thousands=number.thousands))
                if kind in (Kind.DECIMAL, Kind.INTEGER)
                else (
                    kind,
                    replace(way, order=order) if way.format is None and kind is not Kind.BOOLEAN else way,
                )
                for kind, way in one.ways
            ]

    def weigh(self, frame: pl.DataFrame) -> None:
        for one in self.columns:
            cells = frame.select(filled(pl.col(one.name), _READ).alias("t"))
            for part in (cells.head(50), cells):
                one.ways = [way for way in one.ways if self._fits(part, *way)]
            one.code = one.code or bool(cells["t"].str.contains(CODE).any())
            if one.code:
                one.ways = [way for way in one.ways if way[0] not in (Kind.INTEGER, Kind.DECIMAL)]
            number = next((way for kind, way in one.ways if kind is Kind.DECIMAL), None)
            if number is not None:
                one.decimals = max(one.decimals, self._decimals(cells, number))
            if one.different:
                one.hashes.append(cells["t"].hash())
                one.different = cells["t"].null_count() == 0 and cells["t"].n_unique() == cells.height

    def _fits(self, cells: pl.DataFrame, kind: Kind, way: Field) -> bool:
        if kind is Kind.BOOLEAN:
            return bool(cells["t"].drop_nulls().str.strip_chars().str.to_lowercase().is_in(WORDS).all())
        column = Column(way.target, kind, scale=SCALE if kind is Kind.DECIMAL else 0)
        value = cells.select(convert(pl.col("t"), column, way, _READ, self._zone)).to_series()
        return value.null_count() == cells["t"].null_count()

    def _decimals(self, cells: pl.DataFrame, way: Field) -> int:
        column = Column(way.target, Kind.DECIMAL, scale=SCALE)
        text = cells.select(convert(pl.col("t"), column, way, _READ, self._zone).cast(pl.String)).to_series()
        found = text.str.extract(r"\.([0-9]*?)0*$").str.len_chars().max()
        return found if isinstance(found, int) else 0

    def keys(self) -> list[str]:
        """The columns in which every row has a value of its own, those that nobody counts with first."""
        sure = [
            one
            for one in self.columns
            if one.different and one.hashes and pl.concat(one.hashes).n_unique() == sum(map(len, one.hashes))
        ]
        fit = [one for one in sure if one.way[0] in (Kind.TEXT, Kind.INTEGER)]
        return [one.name for one in fit]


def _evidence(name: str, kind: Kind) -> Evidence:
    column = Column(name, kind, scale=SCALE if kind is Kind.DECIMAL else 0)
    table = Table("", {name: column}, ())
    saved = SavedMapping("", "", (), (Field(name, 0, (name,)),))
    return Evidence(Plan(saved, table, ()), {name: name})
