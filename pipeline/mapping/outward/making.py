"""Rows of the tables → rows of a file: rows are chosen, values computed, and texts made of them where texts are wanted.

A frame comes from the store with columns "0", "1", …: first what each column of the file asks for (constants and
expressions ask for nothing), then what conditions look at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import polars as pl

from pipeline.mapping.cells import FALSE, TRUE, convert, has_time
from pipeline.mapping.expressions.computing import Rows
from pipeline.mapping.model import Column, Expression, Field, Kind, ReadOptions, Table, ValueList
from pipeline.mapping.outward.model import OutColumn, OutFile, WriteOptions
from pipeline.mapping.rows import LINE, dtype
from pipeline.words import Message, message

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a text begins that a spreadsheet would run
CELLS = ReadOptions(decimal=".")
MOMENT = "%Y-%m-%dT%H:%M:%S%.fZ"


class Unwritable(Exception):
    """A value that this file cannot hold."""

    def __init__(self, said: Message) -> None:
        super().__init__(said.code)
        self.said = said


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes the rows of one file. `texts`: are its values written as texts? `told`: what `{station}` and the like
    in constants mean; `zone`: of moments whose format names none."""

    file: OutFile
    write: WriteOptions
    texts: bool
    zone: str
    told: Mapping[str, str]

    def asked(self) -> tuple[OutColumn, ...]:
        """What the store is asked for, in order."""
        return (*(c for c in self.file.columns if c.path or c.total), *self.file.needs)

    def make(self, frame: pl.DataFrame, *, gone: bool = False) -> pl.DataFrame:
        """The file's rows under its own names. `gone`: these are rows that are there no longer. Raises
        Unwritable."""
        if self.file.where is not None:
            frame = self._chosen(frame)
        found: list[pl.Series] = []
        n = 0
        for column in self.file.columns:
            if column.path or column.total:
                series, n = frame[str(n)], n + 1
            elif column.sql is not None:
                series = self._computed(frame, column)
            else:
                series = pl.Series([_told(column.value or "", self.told)], dtype=pl.String)
                series = series.new_from_index(0, frame.height)
            found.append(self._written(series, column).alias(column.name))
        if self.file.mark:
            text = self.write.truth[0 if gone else 1]
            found.append(pl.Series(self.file.mark, [text], dtype=pl.String).new_from_index(0, frame.height))
        return pl.DataFrame(found)

    def _written(self, series: pl.Series, column: OutColumn) -> pl.Series:
        if column.form.values is not None:
            made = _listed(series, column.form.values, column)
        elif not self.texts and not self._has_form(series.dtype, column.form):
            return series
        else:
            made = as_text(series, column.form, self.write, self.zone)
        bad = (made.is_null() & series.is_not_null()).arg_true()
        if len(bad):
            raise Unwritable(fault(column.name, series[bad[0]], "exports.why_list"))
        return _defused(made) if self._risky(series.dtype) else made

    def _has_form(self, kind: pl.DataType, form: Field) -> bool:
        """Does the mapping say how such a value looks, so that it must be a text to be read back?"""
        if kind.is_temporal():
            return bool(form.format or self.write.date)
        return isinstance(kind, pl.Decimal) and (form.decimal or self.write.decimal or ".") != "."

    def _risky(self, kind: pl.DataType) -> bool:
        """Could a spreadsheet run it as a formula? A number or a day it cannot."""
        return self.texts and self.write.purpose == "spreadsheet" and kind == pl.String

    # expressions ----------------------------------------------------------------------------------------
    def _cells(self, frame: pl.DataFrame) -> Rows:
        """The columns that expressions look at, as texts by their paths."""
        first = len(self.asked()) - len(self.file.needs)
        texts = [
            as_text(frame[str(first + n)], Field("", 0), WriteOptions(), "UTC").alias(one.name)
            for n, one in enumerate(self.file.needs)
        ]
        line = pl.Series(LINE, range(frame.height), dtype=pl.Int64)
        names = {one.name: one.name for one in self.file.needs}
        return Rows(pl.DataFrame([line, *texts]), names, LINE, CELLS, Table("", {}, ()), (), self.zone)

    def _run(self, frame: pl.DataFrame, sql: Expression, name: str) -> pl.Series:
        rows = self._cells(frame)
        _, result = rows.run(sql, {})
        bad = result.fault.is_not_null().arg_true()
        if len(bad):
            value = rows.frame[sql.cells[0]][bad[0]] if sql.cells else ""
            raise Unwritable(fault(name, value, "exports.why_computed"))
        return result.value

    def _chosen(self, frame: pl.DataFrame) -> pl.DataFrame:
        assert self.file.where is not None
        if not frame.height:
            return frame
        return frame.filter(self._run(frame, self.file.where, "where").cast(pl.Boolean).fill_null(False))

    def _computed(self, frame: pl.DataFrame, column: OutColumn) -> pl.Series:
        assert column.sql is not None
        return self._run(frame, column.sql, column.name)


def fault(column: str, value: Any, why: str, **facts: str | int) -> Message:
    """Why nothing was written: the column, its value, the reason (English and French)."""
    from pipeline.words import render

    said = message(why, **facts)
    shown = str(value)[:80]
    return Message("exports.cell", {
        "column": column, "value": shown, "why": render(said, "en"), "why_fr": render(said, "fr"),
    })  # fmt: skip


def as_text(series: pl.Series, form: Field, write: WriteOptions, zone: str) -> pl.Series:
    """Values as the importing direction reads them: exact, nothing rounded, no float on the way."""
    kind = series.dtype
    if kind == pl.String:
        return series
    if isinstance(kind, pl.Decimal):
        return _number(series.cast(pl.String), form, write)
    if kind == pl.Boolean:
        yes, no = write.truth
        return pl.select(pl.when(series).then(pl.lit(yes)).when(~series).then(pl.lit(no))).to_series()
    if kind == pl.Date:
        return series.dt.to_string(_native(form.format or write.date or "%Y-%m-%d"))
    if isinstance(kind, pl.Datetime):
        return _moment(series, form, write, zone)
    return series.cast(pl.String)


def _number(text: pl.Series, form: Field, write: WriteOptions) -> pl.Series:
    """At least `decimals` after the point, and no needless zeros beyond."""
    scale = 0
    if text.len() - text.null_count():
        first = str(text.drop_nulls()[0])
        scale = len(first.partition(".")[2])  # the same in all of a column
    least = write.decimals
    if scale and not least:
        text = text.str.strip_chars_end("0").str.strip_suffix(".")
    elif least < scale:
        head, tail = pl.lit(text).str.head(least - scale), pl.lit(text).str.tail(scale - least)
        text = pl.select((head + tail.str.strip_chars_end("0")).str.strip_suffix(".")).to_series()
    elif least > scale:
        text = text + (("." if not scale else "") + "0" * (least - scale))
    sign = form.decimal or write.decimal
    return text.str.replace(".", sign, literal=True) if sign and sign != "." else text


def _moment(series: pl.Series, form: Field, write: WriteOptions, zone: str) -> pl.Series:
    if form.format is None and write.date is None:
        return series.dt.to_string(MOMENT)
    chosen = form.format or write.date or ""
    if form.format is None and not has_time(chosen):
        chosen += " %H:%M:%S"
    local = series.dt.convert_time_zone(form.timezone or write.timezone or zone)
    return local.dt.to_string(_native(chosen))


def _native(form: str) -> str:
    """A format in the letters of the library."""
    return form.replace("%f", "%6f")


def _defused(texts: pl.Series) -> pl.Series:
    """A text that a spreadsheet would run gets a mark before it that makes it a text."""
    risky = pl.any_horizontal([pl.lit(texts).str.starts_with(sign) for sign in FORMULA])
    return pl.select(pl.when(risky).then(pl.lit("'") + pl.lit(texts)).otherwise(pl.lit(texts))).to_series()


def _told(text: str, told: Mapping[str, str]) -> str:
    for name, value in told.items():
        text = text.replace("{" + name + "}", value)
    return text


def _listed(series: pl.Series, values: ValueList, column: OutColumn) -> pl.Series:
    """The file's text for each of the table's: the first that means it."""
    plain = as_text(series, Field("", 0), WriteOptions(), "UTC")
    meant: dict[str, str] = {}
    for text, value in values.written or values.pairs:
        meant.setdefault(_canonical(value, column.column), text)
    default = None if values.other == "refuse" and values.otherwise is None else plain
    return plain.replace_strict(list(meant), list(meant.values()), default=default, return_dtype=pl.String)


def _canonical(text: str, column: Column) -> str:
    """A value of a list as the table's values are told here."""
    bare = text.strip()
    if column.kind is Kind.BOOLEAN:
        return "true" if bare.lower() in TRUE else "false" if bare.lower() in FALSE else bare
    if column.kind in (Kind.DECIMAL, Kind.INTEGER):
        try:
            number = format(Decimal(bare.replace(",", ".")), "f")
        except InvalidOperation:
            return bare
        return number.rstrip("0").rstrip(".") if "." in number else number
    return text


def constant(column: OutColumn, text: str, zone: str) -> str | None:
    """A mapping's constant as the database tells such values; None: it fits no row."""
    cell = pl.DataFrame({"t": [text]}, schema={"t": pl.String})
    expr = convert(pl.col("t"), column.column, column.form, ReadOptions(), zone).cast(dtype(column.column))
    value = cell.select(expr).to_series()
    if value[0] is None:
        return None
    if isinstance(value.dtype, pl.Datetime):
        return str(value.dt.to_string("%Y-%m-%d %H:%M:%S%.6f")[0])
    plain = as_text(value, Field("", 0), WriteOptions(), "UTC")[0]
    assert isinstance(plain, str)
    return plain
