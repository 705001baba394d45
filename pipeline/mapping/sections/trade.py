"""Amounts that a file leaves out: of net, tax and gross the missing ones, from the tax rate. Exact, in whole numbers."""

from __future__ import annotations

import polars as pl

from pipeline.mapping.model import Table
from pipeline.mapping.sections.amounts import names

MICRO = 10**6  # of money, which has 6 decimals
PERCENT = 10**4  # of a rate, which has 4
CENT = 10**4  # micros; a number of cents is micros / CENT


def derive(frame: pl.DataFrame, table: Table, wanted: tuple[str, ...], amounts: str) -> pl.DataFrame:
    """With the columns `wanted`: tax rounded to cents, a half away from zero, line by line; net + tax = gross."""
    net, tax, gross, percent = names(table)
    base = pl.col(net if amounts == "HT" else gross).to_physical().cast(pl.Int128)
    if tax not in wanted:
        levy = pl.col(tax).to_physical().cast(pl.Int128)
    elif amounts == "HT":
        levy = _cents(base * _rate(percent), MICRO * PERCENT)
    else:
        levy = base - _cents(base * 100, 100 * PERCENT + _rate(percent))
    other = base + levy if amounts == "HT" else base - levy
    made = {tax: levy, (gross if amounts == "HT" else net): other}
    return frame.with_columns(_money(made[name]).alias(name) for name in wanted)


def _rate(percent: str) -> pl.Expr:
    return pl.col(percent).to_physical().cast(pl.Int128)


def _cents(number: pl.Expr, divisor: pl.Expr | int) -> pl.Expr:
    """number / divisor to the nearest whole cent, in micros."""
    return (number.abs() * 2 + divisor) // (divisor * 2) * number.sign() * CENT


def _money(micros: pl.Expr) -> pl.Expr:
    """Whole micros as money."""
    one = pl.lit("0.000001").cast(pl.Decimal(20, 6))
    return (micros.cast(pl.Decimal(38, 0)) * one).cast(pl.Decimal(38, 6))
