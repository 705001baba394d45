"""Expressions applied to a batch of cells: computed texts, and the rows that a filter takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from pipeline.mapping.cells import filled
from pipeline.mapping.expressions.compiling import CELL, LINE, THIS, compile_tree
from pipeline.mapping.expressions.program import Fault, Program, Setting, Type
from pipeline.mapping.expressions.reading import read as read_text
from pipeline.mapping.expressions.running import Result, run
from pipeline.mapping.model import Expression, Kind, Lookup, ReadOptions, Table
from pipeline.words import Message

TYPES = {
    Kind.TEXT: Type.TEXT, Kind.INTEGER: Type.NUMBER, Kind.DECIMAL: Type.NUMBER, Kind.DATE: Type.DATE,
    Kind.DATETIME: Type.DATE, Kind.BOOLEAN: Type.TRUTH,
}  # fmt: skip
DTYPES = {Type.TEXT: pl.String(), Type.DATE: pl.Date(), Type.TRUTH: pl.Boolean()}
Told = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Computed:
    """A column of results as texts, and for each row the place of its fault in `faults` (null: none)."""

    text: pl.Series
    fault: pl.Series
    faults: tuple[Fault, ...]


def program_of(
    sql: Expression, read: ReadOptions, table: Table, told: Told
) -> tuple[Program, tuple[Message, ...]]:
    """The program of an expression over the file's cells and this table's fields, or its mistakes."""
    fields = tuple(
        (name, TYPES[column.kind], column.scale if column.kind is Kind.DECIMAL else 0)
        for name in sql.fields
        if (column := table.columns.get(name)) is not None and column.kind in TYPES
    )
    return _program(sql.text, read, fields, told)


@lru_cache(256)
def _program(
    text: str, read: ReadOptions, fields: tuple[tuple[str, Type, int], ...], told: Told
) -> tuple[Program, tuple[Message, ...]]:
    tree, mistakes = read_text(text)
    if tree is None:
        raise ValueError(mistakes)  # parsed mappings hold only what can be read
    known = {name: (kind, scale) for name, kind, scale in fields}
    program, wrong = compile_tree(tree, Setting(read, known, dict(told)))
    return program, tuple(wrong)


@dataclass(frozen=True, slots=True)
class Rows:
    """What expressions look at: the file's cells by the mapping's names, the fields that are typed already.

    `zone`: the IANA zone in which a moment has its day."""

    frame: pl.DataFrame
    columns: Mapping[str, str]
    line: str
    read: ReadOptions
    table: Table
    told: Told
    zone: str

    def run(self, sql: Expression, typed: Mapping[str, pl.Series]) -> tuple[Program, Result]:
        """`typed`: other fields' values."""
        program, mistakes = program_of(sql, self.read, self.table, self.told)
        assert not mistakes  # a plan was fitted
        cells = [filled(pl.col(self.columns[name]), self.read).alias(CELL + name) for name in sql.cells]
        looked = [self._looked(one) for one in sql.looks]
        inputs = self.frame.select(pl.col(self.line).alias(LINE), *cells, *looked)
        return program, run(program, inputs.with_columns([self._field(name, typed) for name in sql.fields]))

    def _looked(self, lookup: Lookup) -> pl.Expr:
        """What was found, a number as the file writes them; nothing where nobody looked."""
        text = pl.col(lookup.name) if lookup.name in self.frame.columns else pl.lit(None, dtype=pl.String)
        if lookup.kind is Kind.DECIMAL and self.read.decimal == ",":
            text = text.str.replace(".", ",", literal=True)
        return text.alias(CELL + lookup.name)

    def _field(self, name: str, typed: Mapping[str, pl.Series]) -> pl.Series:
        column = self.table.columns[name]
        kind = TYPES[column.kind]
        scale = column.scale if column.kind is Kind.DECIMAL else 0
        dtype = pl.Decimal(38, scale) if kind is Type.NUMBER else DTYPES[kind]
        values = typed.get(name)
        if values is None:  # its column is not in this file
            return pl.Series(THIS + name, [None] * self.frame.height, dtype=dtype)
        if column.kind is Kind.DATETIME:
            values = values.dt.convert_time_zone(self.zone).dt.date()
        return values.cast(dtype).alias(THIS + name)

    def compute(self, sql: Expression, typed: Mapping[str, pl.Series]) -> Computed:
        """The results as texts, for cells of their own."""
        program, result = self.run(sql, typed)
        return Computed(as_text(result.value), result.fault, program.faults)


def as_text(values: pl.Series) -> pl.Series:
    """Numbers without needless zeros, days as 2026-03-31, yes and no as true and false."""
    if values.dtype == pl.Boolean:
        return values.replace_strict({True: "true", False: "false"}, return_dtype=pl.String, default=None)
    text = values.cast(pl.String)
    if isinstance(values.dtype, pl.Decimal):
        return text.str.replace(r"(\.[0-9]*?)0+$", "${1}").str.replace(r"\.$", "")
    return text
