"""The users' own fields of a row → one text of JSON, which the database merges into the column `custom`.

`{"colour":"red","weight":"12.5","old":null}`: numbers with decimals are texts, so that they stay exact; null takes the
field away; what is not in it stays as it is."""

from __future__ import annotations

import polars as pl

from pipeline.mapping.cells import tidy
from pipeline.mapping.model import CUSTOM, Column, Kind, Plan


def folded(frame: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """The rows with `custom` in place of the fields `custom.NAME`."""
    own = [field for field in plan.mapping.fields if field.target.startswith(CUSTOM)]
    if not own:
        return frame
    pairs = []
    for field in own:
        name = field.target.removeprefix(CUSTOM)
        whole = pl.struct(_plain(plan.column(field.target)).alias(name)).struct.json_encode()
        pair = whole.str.strip_prefix("{").str.strip_suffix("}")
        pairs.append(
            pl.when(pl.col(field.target).is_not_null()).then(pair) if field.blank == "keep" else pair
        )
    text = pl.concat_str([pl.lit("{"), pl.concat_str(pairs, separator=",", ignore_nulls=True), pl.lit("}")])
    return frame.with_columns(text.alias("custom")).drop(field.target for field in own)


def _plain(column: Column) -> pl.Expr:
    """A value as JSON has it."""
    value = pl.col(column.name)
    if column.kind is Kind.DECIMAL:
        return tidy(value.cast(pl.String))
    if column.kind is Kind.DATE:
        return value.dt.strftime("%Y-%m-%d")
    if column.kind is Kind.DATETIME:
        return value.dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
    return value
