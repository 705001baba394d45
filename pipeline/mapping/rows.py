"""A plan applied to a batch: typed rows, and a refusal for each row that cannot be taken."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import polars as pl

from pipeline.mapping.cells import convert, convert_plain, filled, why
from pipeline.mapping.custom import folded
from pipeline.mapping.listing import kept, listed, meant
from pipeline.mapping.model import Column, Expression, Field, Kind, Plan, ReadOptions, Refusal
from pipeline.words import Message, message

if TYPE_CHECKING:
    from pipeline.mapping.expressions.program import Fault

LINE = "_line"
Faults = dict[int, "tuple[Fault, ...]"]  # of each computed field, by its place


def map_batch(
    plan: Plan, frame: pl.DataFrame, columns: Mapping[str, str], zone: str
) -> tuple[pl.DataFrame, list[Refusal]]:
    """`frame`: `_line` and texts; `columns`: the mapping's column → the file's. See `pipeline.mapping`."""
    read = plan.mapping.read
    for one in plan.mapping.looks:
        if one.name not in frame.columns:  # nobody looked: a mapping that is only tried
            frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias(one.name))
    texts = [pl.col(LINE).cast(pl.Int64)]
    values = []
    blank = blank_in(frame)
    for i, field in enumerate(plan.mapping.fields):
        texts.append(text_of(field, columns, read, blank).alias(f"t{i}"))
    cells = frame.select(texts)
    blank = blank_in(cells)
    for i, field in enumerate(plan.mapping.fields):
        if field.sql is None:
            column = plan.column(field.target)
            nothing = pl.lit(None, dtype=dtype(column))
            text = pl.col(f"t{i}")
            value = nothing if f"t{i}" in blank else _value(text, column, field, read, zone)
            values.append(value.alias(f"v{i}"))
    typed = cells.with_columns(values)
    typed = _rest(plan, typed, zone)
    faults: Faults = {}
    if any(field.sql for field in plan.mapping.fields):
        typed, faults = _computed(plan, frame, typed, columns, zone)
    bad = [_bad(plan, field, i, faults) for i, field in enumerate(plan.mapping.fields)]
    failing = pl.any_horizontal(bad) if bad else pl.lit(False)
    wrong = typed.with_row_index("_at").filter(failing)
    refusals: list[Refusal] = []
    if wrong.height:
        flags = wrong.select(pl.coalesce([pl.when(b).then(i) for i, b in enumerate(bad)]).alias("f"))["f"]
        for row, which in zip(wrong.iter_rows(named=True), flags, strict=True):
            refusals.append(_refusal(plan, which, row, frame, columns, faults))
    names = {f"v{i}": f.target for i, f in enumerate(plan.mapping.fields)}
    good = typed.filter(~failing).select(LINE, *names).rename(names)
    return folded(good, plan), refusals


def blank_in(frame: pl.DataFrame) -> set[str]:
    """The columns in which nothing stands: of a wide file many, and there is no need to look at their cells."""
    return {column.name for column in frame.get_columns() if column.null_count() == frame.height}


def _value(cell: pl.Expr, column: Column, field: Field, read: ReadOptions, zone: str) -> pl.Expr:
    """The typed value of a text, of a number only when it is written in the plainest way."""
    meant = listed(cell, field.values)
    value = convert_plain(meant, column, field, read)
    return (convert(meant, column, field, read, zone) if value is None else value).cast(dtype(column))


def _rest(plan: Plan, typed: pl.DataFrame, zone: str) -> pl.DataFrame:
    """The cells that the plain way of writing a number did not fit, in the full way: few, or all of a column."""
    for i, field in enumerate(plan.mapping.fields):
        column = plan.column(field.target)
        if column.kind not in (Kind.DECIMAL, Kind.INTEGER) or f"v{i}" not in typed.columns:
            continue
        text, value = typed[f"t{i}"], typed[f"v{i}"]
        if text.null_count() == value.null_count():
            continue
        at = (text.is_not_null() & value.is_null()).arg_true()
        cells = text.gather(at).to_frame("t")
        full = convert(listed(pl.col("t"), field.values), column, field, plan.mapping.read, zone)
        typed = typed.with_columns(value.scatter(at, cells.select(full.cast(dtype(column))).to_series()))
    return typed


def _computed(
    plan: Plan, frame: pl.DataFrame, typed: pl.DataFrame, columns: Mapping[str, str], zone: str
) -> tuple[pl.DataFrame, Faults]:
    """With the fields that expressions give, each after those it names: their texts, values and faults."""
    from pipeline.mapping.expressions.computing import Rows  # sqlglot: only where it is needed
    from pipeline.mapping.expressions.fitting import ordered

    mapping = plan.mapping
    rows = Rows(frame, columns, LINE, mapping.read, plan.table, mapping.told, zone)
    faults: Faults = {}
    for i in ordered(mapping.fields):
        field, column = mapping.fields[i], plan.column(mapping.fields[i].target)
        assert field.sql is not None
        known = {f.target: typed[f"v{j}"] for j, f in enumerate(mapping.fields) if f"v{j}" in typed.columns}
        made = rows.compute(field.sql, known)
        text = pl.when(pl.lit(made.text).str.strip_chars() != "").then(pl.lit(made.text))
        whole = kept(pl.coalesce(text, pl.lit(field.default, dtype=pl.String)), field.values)
        typed = typed.with_columns(whole.alias(f"t{i}"), made.fault.alias(f"x{i}"))
        value = convert(listed(pl.col(f"t{i}"), field.values), column, field, mapping.read, zone)
        typed = typed.with_columns(value.cast(dtype(column)).alias(f"v{i}"))
        faults[i] = made.faults
    return typed, faults


def take(
    plan: Plan, frame: pl.DataFrame, columns: Mapping[str, str], zone: str
) -> tuple[pl.DataFrame, list[Refusal]]:
    """The rows for which the mapping's `where` is true, and a refusal for each where it cannot be told."""
    where = plan.mapping.where
    if where is None or not frame.height:
        return frame, []
    from pipeline.mapping.expressions.computing import Rows

    rows = Rows(frame, columns, LINE, plan.mapping.read, plan.table, plan.mapping.told, zone)
    program, result = rows.run(where, {})
    wrong = result.fault.is_not_null()
    refusals = [
        _fault(program.faults[result.fault[at]], where, "where", frame[LINE][at], frame, at, columns)
        for at in wrong.arg_true().to_list()
    ]
    return frame.filter((result.value.cast(pl.Boolean) & ~wrong).fill_null(False)), refusals


def dtype(column: Column) -> pl.DataType:
    """The polars type that the database rooms expect for a column."""
    match column.kind:
        case Kind.INTEGER:
            return pl.Int64()
        case Kind.DECIMAL:
            return pl.Decimal(38, column.scale)
        case Kind.DATE:
            return pl.Date()
        case Kind.DATETIME:
            return pl.Datetime("us", "UTC")
        case Kind.BOOLEAN:
            return pl.Boolean()
        case _:
            return pl.String()


def constant_problem(text: str, column: Column, field: Field, read: ReadOptions) -> Message | None:
    """Why a constant or default does not fit its column; None when it does."""
    frame = pl.DataFrame({"t": [text]}, schema={"t": pl.String})
    value = frame.select(convert(pl.col("t"), column, field, read, "UTC").cast(dtype(column)))
    return why(text, column, field, read) if value.item() is None else None


def text_of(
    field: Field, columns: Mapping[str, str], read: ReadOptions, blank: Collection[str] = ()
) -> pl.Expr:
    """The cell's text; null when blank. Of several columns the first filled one, else the default. `blank`: the file's
    columns in which nothing stands."""
    if field.value is not None:
        return pl.lit(field.value, dtype=pl.String)
    found = [filled(pl.col(columns[name]), read) for name in field.columns if columns[name] not in blank]
    if field.lookup is not None:
        found.append(pl.col(field.lookup.name))
    default = pl.lit(field.default, dtype=pl.String)
    return kept(pl.coalesce([*found, default]) if found else default, field.values)


def _bad(plan: Plan, field: Field, i: int, faults: Faults) -> pl.Expr:
    missing = field.target in plan.key or plan.column(field.target).required
    empty = pl.col(f"v{i}").is_null()
    bad = empty if missing else empty & pl.col(f"t{i}").is_not_null()
    return bad | pl.col(f"x{i}").is_not_null() if i in faults else bad


def _refusal(
    plan: Plan,
    which: int,
    row: Mapping[str, object],
    frame: pl.DataFrame,
    columns: Mapping[str, str],
    faults: Faults,
) -> Refusal:
    field = plan.mapping.fields[which]
    column = plan.column(field.target)
    text = row[f"t{which}"]
    name = columns[field.named[0]] if field.named else field.target
    line, at = row[LINE], row["_at"]
    assert isinstance(line, int)
    assert isinstance(at, int)
    fault = row.get(f"x{which}")
    if isinstance(fault, int) and field.sql is not None:
        return _fault(faults[which][fault], field.sql, field.target, line, frame, at, columns)
    if isinstance(text, str):
        for candidate in field.columns:  # the one it came from
            if frame[columns[candidate]][at] == text:
                name = columns[candidate]
                break
        if field.values is not None and meant(text, field.values) is None:
            known = ", ".join(word for word, _ in field.values.pairs[:8])
            return Refusal(line, name, text, message("mapping.not_listed", known=known))
        return Refusal(line, name, text, why(text, column, field, plan.mapping.read))
    code = "mapping.key_blank" if field.target in plan.key else "mapping.required_blank"
    value = frame[name][at] if field.named else ""
    en, fr = column.spoken
    return Refusal(line, name, value or "", message(code, column=name, target=en, target_fr=fr))


def _fault(
    fault: Fault,
    sql: Expression,
    target: str,
    line: int,
    frame: pl.DataFrame,
    at: int,
    columns: Mapping[str, str],
) -> Refusal:
    """The refusal of a row for which an expression has no result, with the cell that is to blame."""
    cell = fault.cell or (sql.cells[0] if sql.cells else "")
    value = frame[columns[cell]][at] if cell else ""
    return Refusal(line, columns[cell] if cell else target, value or "", message(fault.code, target=target))
