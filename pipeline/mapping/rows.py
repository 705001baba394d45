"""A plan applied to a batch: typed rows, and a refusal for each row that cannot be taken."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipeline.mapping.cells import convert, convert_plain, why
from pipeline.mapping.model import Column, Field, Kind, Plan, ReadOptions, Refusal
from pipeline.words import Message, message

LINE = "_line"


def map_batch(
    plan: Plan, frame: pl.DataFrame, columns: Mapping[str, str], zone: str
) -> tuple[pl.DataFrame, list[Refusal]]:
    """`frame`: `_line` and texts; `columns`: the mapping's column → the file's. See `pipeline.mapping`."""
    read = plan.mapping.read
    texts = [pl.col(LINE).cast(pl.Int64)]
    values = [pl.col(LINE)]
    for i, field in enumerate(plan.mapping.fields):
        column = plan.column(field.target)
        texts.append(_text(field, columns, read).alias(f"t{i}"))
        cell = pl.col(f"t{i}")
        plain = convert_plain(cell, column, field, read)
        value = convert(cell, column, field, read, zone) if plain is None else plain
        values.append(value.cast(dtype(column)).alias(f"v{i}"))
    cells = frame.select(texts)
    typed = (
        pl.concat([cells, cells.select(values).drop(LINE)], how="horizontal") if len(values) > 1 else cells
    )
    typed = _rest(plan, typed, zone)
    bad = [_bad(plan, field, i) for i, field in enumerate(plan.mapping.fields)]
    failing = pl.any_horizontal(bad) if bad else pl.lit(False)
    wrong = typed.with_row_index("_at").filter(failing)
    refusals: list[Refusal] = []
    if wrong.height:
        flags = wrong.select(pl.coalesce([pl.when(b).then(i) for i, b in enumerate(bad)]).alias("f"))["f"]
        for row, which in zip(wrong.iter_rows(named=True), flags, strict=True):
            refusals.append(_refusal(plan, which, row, frame, columns))
    names = {f"v{i}": f.target for i, f in enumerate(plan.mapping.fields)}
    good = typed.filter(~failing).select(LINE, *names).rename(names)
    return good, refusals


def _rest(plan: Plan, typed: pl.DataFrame, zone: str) -> pl.DataFrame:
    """The cells that the plain way of writing a number did not fit, in the full way: few, or all of a column."""
    for i, field in enumerate(plan.mapping.fields):
        column = plan.column(field.target)
        text, value = typed[f"t{i}"], typed[f"v{i}"]
        if column.kind not in (Kind.DECIMAL, Kind.INTEGER) or text.null_count() == value.null_count():
            continue
        at = (text.is_not_null() & value.is_null()).arg_true()
        cells = text.gather(at).to_frame("t")
        full = convert(pl.col("t"), column, field, plan.mapping.read, zone).cast(dtype(column))
        typed = typed.with_columns(value.scatter(at, cells.select(full).to_series()))
    return typed


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


def _text(field: Field, columns: Mapping[str, str], read: ReadOptions) -> pl.Expr:
    """The cell's text; null when blank. Of several columns the first filled one, else the default."""
    if field.value is not None:
        return pl.lit(field.value, dtype=pl.String)
    filled = []
    for name in field.columns:
        cell = _unwrapped(pl.col(columns[name]))
        bare = cell.str.strip_chars()
        filled.append(pl.when((bare != "") & ~bare.is_in(read.empty)).then(cell))
    default = pl.lit(field.default, dtype=pl.String)
    return pl.coalesce([*filled, default]) if filled else default


def _unwrapped(cell: pl.Expr) -> pl.Expr:
    """The text that a spreadsheet was told to take as text: `="0123"` is 0123."""
    return (
        pl.when(cell.str.starts_with('="') & cell.str.ends_with('"'))
        .then(cell.str.slice(2).str.strip_suffix('"').str.replace_all('""', '"', literal=True))
        .otherwise(cell)
    )


def _bad(plan: Plan, field: Field, i: int) -> pl.Expr:
    missing = field.target in plan.key or plan.column(field.target).required
    empty = pl.col(f"v{i}").is_null()
    return empty if missing else empty & pl.col(f"t{i}").is_not_null()


def _refusal(
    plan: Plan, which: int, row: Mapping[str, object], frame: pl.DataFrame, columns: Mapping[str, str]
) -> Refusal:
    field = plan.mapping.fields[which]
    column = plan.column(field.target)
    text = row[f"t{which}"]
    name = columns[field.columns[0]] if field.columns else field.target
    line, at = row[LINE], row["_at"]
    assert isinstance(line, int)
    assert isinstance(at, int)
    if isinstance(text, str):
        for candidate in field.columns:  # the one it came from
            if frame[columns[candidate]][at] == text:
                name = columns[candidate]
                break
        return Refusal(line, name, text, why(text, column, field, plan.mapping.read))
    code = "mapping.key_blank" if field.target in plan.key else "mapping.required_blank"
    value = frame[name][at] if field.columns else ""
    en, fr = column.spoken
    return Refusal(line, name, value or "", message(code, column=name, target=en, target_fr=fr))
