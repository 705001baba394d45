"""The cells of staged rows as SQLite keeps them. Loaded with the first rows, for polars comes with it."""

from __future__ import annotations

import polars as pl


def stored(kind: pl.DataType, name: str) -> pl.Expr:
    """As SQLite stores it: scaled integers, ISO texts, 0 and 1."""
    column = pl.col(name)
    if isinstance(kind, pl.Decimal):
        return column.to_physical().cast(pl.Int64)
    if isinstance(kind, pl.Datetime):
        return column.dt.replace_time_zone(None).dt.strftime("%Y-%m-%d %H:%M:%S%.6f")
    if isinstance(kind, pl.Date):
        return column.dt.strftime("%Y-%m-%d")
    if isinstance(kind, pl.Boolean):
        return column.cast(pl.Int8)
    return column


def written(kind: pl.DataType, name: str) -> pl.Expr:
    """As another program writes it: a number with its decimals as text, which the column's own affinity makes of
    it what it makes of that program's; an instant without a fraction that is zero."""
    column = pl.col(name)
    if isinstance(kind, pl.Decimal):
        return column.cast(pl.String)
    if isinstance(kind, pl.Datetime):
        return stored(kind, name).str.strip_suffix(".000000")
    return stored(kind, name)
