"""Rows of a file that are several rows of a section: columns that become rows, cells of several values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import polars as pl

from pipeline.mapping.model import Field, Plan, ReadOptions, Refusal
from pipeline.mapping.rows import LINE
from pipeline.mapping.sections.documents import filled
from pipeline.mapping.sections.model import DOC, REC, SectionPlan, Spread, own_names

MARK = "\x1f"  # begins the name of a column that is made here
PLACE = "_place"


def names_of(part: SectionPlan) -> list[str]:
    """The file's columns that a section reads, as the mapping calls them."""
    plans = [part.plan, *(plan for find in part.finds for plan in find.by)]
    cells = [name for plan in plans for one in plan.mapping.fields for name in one.named]
    cells += [one.name for plan in plans for one in plan.mapping.looks]
    cells += [part.action.column] if part.action else []
    cells += part.plan.mapping.where.cells if part.plan.mapping.where else ()
    if part.spread:
        cells += [one.name for one in part.each]
        cells += [part.split.column] if part.split else []
    return own_names(part.each, cells)


def placed(part: SectionPlan, columns: Mapping[str, str]) -> dict[str, str]:
    """What the section's names are called in its own rows. `columns`: the mapping's column → the file's."""
    there = dict(columns)
    for one in part.each:
        there.pop(one.name, None)
        if one.values or any(name in columns for name in one.columns):
            there[one.name] = MARK + one.name
    if part.split is not None and part.split.column in there:
        there[part.split.column] = MARK * 2 + part.split.column
    return there


def present(part: SectionPlan, columns: Mapping[str, str]) -> SectionPlan:
    """Without the columns that the file does not have."""
    each = tuple(
        replace(one, columns=tuple(name if name in columns else None for name in one.columns))
        for one in part.each
    )
    return replace(part, each=each)


def spread(
    part: SectionPlan, rows: pl.DataFrame, columns: Mapping[str, str], read: ReadOptions, start: int
) -> pl.DataFrame:
    """A row for each place that has a filled cell, and of that one for each part of a cell; numbered in `_rec` from
    `start`."""
    own = dict.fromkeys(columns[name] for name in names_of(part) if name in columns)
    rows = rows.select(LINE, DOC, *(name for name in own if name not in (LINE, DOC)))
    if part.each:
        rows = pl.concat([_at(part.each, place, rows, columns, read) for place in range(_places(part.each))])
        rows = rows.sort(LINE, PLACE)
    else:
        rows = rows.with_columns(pl.lit(0).alias(PLACE))
    if part.split is not None and part.split.column in placed(replace(part, split=None), columns):
        name = MARK * 2 + part.split.column
        whole = placed(replace(part, split=None), columns)[part.split.column]
        parts = filled(pl.col(whole), read).str.split(part.split.by).alias(name)
        rows = rows.with_columns(parts).explode(name).with_columns(pl.col(name).str.strip_chars())
        rows = rows.filter(filled(pl.col(name), read).is_not_null())
    return rows.with_columns(pl.int_range(start, start + pl.len(), dtype=pl.Int64).alias(REC))


def _places(each: tuple[Spread, ...]) -> int:
    return len(each[0].columns) + len(each[0].values)


def _at(
    each: tuple[Spread, ...], place: int, rows: pl.DataFrame, columns: Mapping[str, str], read: ReadOptions
) -> pl.DataFrame:
    cells, some = [], [pl.lit(False)]
    for one in each:
        column = one.columns[place] if one.columns else None
        if one.values:
            cell = pl.lit(one.values[place], dtype=pl.String)
        elif column is not None and column in columns:
            cell = pl.col(columns[column])
            some.append(filled(cell, read).is_not_null())
        else:
            cell = pl.lit(None, dtype=pl.String)
        cells.append(cell.alias(MARK + one.name))
    return rows.filter(pl.any_horizontal(some)).with_columns(*cells, pl.lit(place).alias(PLACE))


def named(
    part: SectionPlan, rows: pl.DataFrame, refused: list[Refusal], columns: Mapping[str, str]
) -> list[Refusal]:
    """The refusals with the file's own columns."""
    if not any(one.column.startswith(MARK) for one in refused):
        return refused
    lines = pl.Series([one.line for one in refused], dtype=pl.Int64).implode()
    made = [name for name in rows.columns if name.startswith(MARK)]
    places: dict[tuple[int, str, str], int] = {}
    for line, place, *cells in rows.filter(pl.col(LINE).is_in(lines)).select(LINE, PLACE, *made).iter_rows():
        for name, cell in zip(made, cells, strict=True):
            places.setdefault((line, name, cell or ""), place)
    each = {one.name: one for one in part.each}

    def own(one: Refusal) -> str:
        name = one.column.lstrip(MARK)
        found = each.get(name)
        place = places.get((one.line, one.column, one.value), 0)
        column = found.columns[place] if found is not None and found.columns else name
        return columns.get(column or name, column or name)

    return [replace(one, column=own(one)) if one.column.startswith(MARK) else one for one in refused]


def witnesses(part: SectionPlan) -> Plan:
    """The plan with the file's own columns in each field: what they say of numbers and dates holds for the field."""
    if not part.spread:
        return part.plan
    split = part.split.column if part.split else None

    def own(field: Field) -> Field:
        return replace(field, columns=tuple(own_names(part.each, (n for n in field.columns if n != split))))

    return _with(part.plan, map(own, part.plan.mapping.fields))


def settled(part: SectionPlan, found: Plan) -> Plan:
    """The section's plan with what its witnesses said."""
    if not part.spread:
        return found
    both = zip(part.plan.mapping.fields, found.mapping.fields, strict=True)
    return _with(part.plan, (replace(after, columns=before.columns) for before, after in both))


def _with(plan: Plan, fields: Iterable[Field]) -> Plan:
    return replace(plan, mapping=replace(plan.mapping, fields=tuple(fields)))
