"""Amounts that a file leaves out: of net, tax and gross the missing ones, from the tax rate. Exact, in whole numbers."""

from __future__ import annotations

import polars as pl

from pipeline.mapping.model import Table
from pipeline.mapping.sections.amounts import names
from pipeline.mapping.sections.model import DOC

MICRO = 10**6  # of money, which has 6 decimals
PERCENT = 10**4  # of a rate, which has 4
CENT = 10**4  # micros; a number of cents is micros / CENT
SUM = "_sum"


class Carried:
    """What the lines of each document came to, rate by rate, in the batches before."""

    def __init__(self) -> None:
        self._sums: pl.DataFrame | None = None

    def add(self, frame: pl.DataFrame, base: pl.Expr, percent: str) -> pl.DataFrame:
        """With `_sum`: the sum of `base` (whole micros) up to each row, among those of its document and rate."""
        base = base.fill_null(0)
        here = frame.with_columns(base.cum_sum().over(DOC, percent).alias(SUM))
        new = frame.group_by(DOC, percent).agg(base.sum().alias("before"))
        if self._sums is None:
            self._sums = new
            return here
        with_before = here.join(
            self._sums, on=[DOC, percent], how="left", maintain_order="left", nulls_equal=True
        )
        self._sums = pl.concat([self._sums, new]).group_by(DOC, percent).agg(pl.col("before").sum())
        whole = (pl.col(SUM) + pl.col("before").fill_null(0)).alias(SUM)
        return with_before.with_columns(whole).drop("before")


def derive(
    frame: pl.DataFrame, table: Table, wanted: tuple[str, ...], amounts: str, carried: Carried | None = None
) -> pl.DataFrame:
    """With the columns `wanted`: tax rounded to cents, a half away from zero; net + tax = gross. Line by line; or,
    `carried`, of the sums of each document and rate: each line has what the tax of the sum up to it exceeds the tax
    of the sum before it, so that the lines come to the tax of the whole."""
    net, tax, gross, percent = names(table)
    base = pl.col(net if amounts == "HT" else gross).to_physical().cast(pl.Int128)
    if tax not in wanted:
        levy = pl.col(tax).to_physical().cast(pl.Int128)
    elif carried is None:
        levy = _levy(base, percent, amounts)
    else:
        frame = carried.add(frame, base, percent)
        levy = _levy(pl.col(SUM), percent, amounts) - _levy(pl.col(SUM) - base, percent, amounts)
    other = base + levy if amounts == "HT" else base - levy
    made = {tax: levy, (gross if amounts == "HT" else net): other}
    whole = frame.with_columns(_money(made[name]).alias(name) for name in wanted)
    return whole.drop(SUM, strict=False)


def _levy(base: pl.Expr, percent: str, amounts: str) -> pl.Expr:
    """The tax on an amount without (HT) or with it (TTC), in micros, whole cents."""
    rate = pl.col(percent).to_physical().cast(pl.Int128)
    if amounts == "HT":
        return _cents(base * rate, MICRO * PERCENT)
    return base - _cents(base * 100, 100 * PERCENT + rate)


def _cents(number: pl.Expr, divisor: pl.Expr | int) -> pl.Expr:
    """number / divisor to the nearest whole cent, in micros."""
    return (number.abs() * 2 + divisor) // (divisor * 2) * number.sign() * CENT


def _money(micros: pl.Expr) -> pl.Expr:
    """Whole micros as money."""
    one = pl.lit("0.000001").cast(pl.Decimal(20, 6))
    return (micros.cast(pl.Decimal(38, 0)) * one).cast(pl.Decimal(38, 6))
