"""Numbers: exact decimals with a stated count of decimals, never floats. What does not fit is a fault of its row."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from pipeline.mapping.cells import plain, tidy, undressed
from pipeline.mapping.expressions.program import SCALE, Build, Type, Value

LIMIT = 10**15
_CELL_SCALE = 6
_FITS = rf"^-?0*[0-9]{{1,15}}(\.[0-9]{{1,{_CELL_SCALE}}})?$"


def decimal(scale: int) -> pl.DataType:
    return pl.Decimal(38, scale)


def literal(build: Build, text: str) -> Value:
    value = Decimal(text)
    scale = max(0, -int(value.as_tuple().exponent))
    name = build.step(pl.lit(value).cast(decimal(scale)), ())
    return Value(name, Type.NUMBER, scale=scale, literal=text)


def number(build: Build, value: Value) -> Value:
    """A text as a number, written as the mapping's cells are; blank is null, anything else a fault."""
    read = build.setting.read
    point, thousands = (read.decimal, read.thousands) if value.literal is None else (".", None)
    bare = build.step(undressed(value.col.str.strip_chars()), [value.name])
    shaped = build.step(plain(pl.col(bare), point, thousands), [bare])
    digits = build.step(tidy(pl.col(shaped)), [shaped])
    exact = pl.when(pl.col(digits).str.contains(_FITS)).then(pl.col(digits))
    made = build.step(exact.cast(decimal(_CELL_SCALE), strict=False), [digits])
    bad = (value.col.str.strip_chars() != "") & pl.col(made).is_null()
    fault = build.guard(bad, [value.name, made], "expressions.not_number", [value])
    return Value(made, Type.NUMBER, fault, _CELL_SCALE, cell=value.cell)


def _bounded(build: Build, made: str, args: list[Value], scale: int, rough: bool) -> Value:
    """The value, where it is below the limit; a fault where it is not."""
    fits = pl.col(made).abs() < pl.lit(LIMIT).cast(decimal(0)).cast(decimal(scale))
    fault = build.guard(~fits, [made], "expressions.too_big", args)
    name = build.step(pl.when(fits).then(pl.col(made)), [made])
    return Value(name, Type.NUMBER, fault, scale, rough)


def add(build: Build, a: Value, b: Value, *, minus: bool) -> Value:
    scale = max(a.scale, b.scale)
    left, right = a.col.cast(decimal(scale)), b.col.cast(decimal(scale))
    made = build.step(left - right if minus else left + right, [a.name, b.name])
    return _bounded(build, made, [a, b], scale, a.rough or b.rough)


def multiply(build: Build, a: Value, b: Value) -> Value:
    """Exact: the decimals of both together. Of what a division has rounded, fewer are taken to fit."""
    if a.scale + b.scale > SCALE:
        a, b = _shared(build, a, b)
    scale = a.scale + b.scale
    left, right = a.col.cast(decimal(scale)), b.col.cast(decimal(scale))
    # As floats, to see before it is computed what would not fit: polars would fail the whole frame.
    small = (a.col.cast(pl.Float64).abs() * b.col.cast(pl.Float64).abs()) < 2.0 * LIMIT
    made = build.step(pl.when(small).then(left) * pl.when(small).then(right), [a.name, b.name])
    big = build.guard(~small, [a.name, b.name], "expressions.too_big", [a, b])
    whole = _bounded(build, made, [a, b], scale, a.rough or b.rough)
    return Value(whole.name, Type.NUMBER, build.first([big, whole.fault]), scale, whole.rough)


def _shared(build: Build, a: Value, b: Value) -> tuple[Value, Value]:
    """Two factors with as many decimals as a product may have."""
    if a.rough and not b.rough:
        return shorten(build, a, SCALE - b.scale), b
    if b.rough and not a.rough:
        return a, shorten(build, b, SCALE - a.scale)
    low = min(a.scale, b.scale, SCALE // 2)
    return (
        shorten(build, a, low if a.scale <= b.scale else SCALE - low),
        shorten(build, b, SCALE - low if a.scale <= b.scale else low),
    )


def shorten(build: Build, value: Value, scale: int) -> Value:
    """With fewer decimals: rounded if a division has rounded it already, else a fault where it would lose one."""
    if value.scale <= scale:
        return value
    rounded = value.col.round(scale, mode="half_away_from_zero")
    made = build.step(rounded.cast(decimal(scale)), [value.name])
    if value.rough:
        return Value(made, Type.NUMBER, value.fault, scale, True)
    lost = pl.col(made).cast(decimal(value.scale)) != value.col
    fault = build.guard(lost, [made, value.name], "expressions.too_fine", [value])
    return Value(made, Type.NUMBER, fault, scale, False)


def divide(build: Build, a: Value, b: Value) -> Value:
    """By 10, 100 and the like exact; else to 18 decimals. By zero: a fault."""
    if b.literal is not None and b.literal.rstrip("0") == "1" and a.scale + len(b.literal) - 1 <= SCALE:
        return multiply(
            build, a, literal(build, f"0.{'1'.rjust(len(b.literal) - 1, '0')}" if b.literal != "1" else "1")
        )
    zero = build.guard((b.col == 0) & a.col.is_not_null(), [a.name, b.name], "expressions.zero", [a, b])
    small = (a.col.cast(pl.Float64).abs() / b.col.cast(pl.Float64).abs()) < 2.0 * LIMIT
    sound = (b.col != 0) & small
    left, right = a.col.cast(decimal(SCALE)), b.col.cast(decimal(SCALE))
    safe = pl.when(sound).then(right).otherwise(pl.lit(1).cast(decimal(SCALE)))
    made = build.step(pl.when(sound).then(left) / safe, [a.name, b.name])
    big = build.guard((b.col != 0) & ~small, [a.name, b.name], "expressions.too_big", [])
    whole = _bounded(build, made, [a, b], SCALE, True)
    return Value(whole.name, Type.NUMBER, build.first([zero, big, whole.fault]), SCALE, True)


def negate(build: Build, a: Value) -> Value:
    return build.make(
        Type.NUMBER, pl.lit(0).cast(decimal(a.scale)) - a.col, [a], scale=a.scale, rough=a.rough
    )


def absolute(build: Build, a: Value) -> Value:
    return build.make(Type.NUMBER, a.col.abs(), [a], scale=a.scale, rough=a.rough)


def round_to(build: Build, a: Value, places: int) -> Value:
    """Half away from zero."""
    if places >= a.scale:
        return a
    made = build.step(a.col.round(places, mode="half_away_from_zero").cast(decimal(places)), [a.name])
    return _bounded(build, made, [a], places, False)


def written(build: Build, a: Value) -> Value:
    """A number as a text, without needless zeros."""
    text = a.col.cast(pl.String)
    if a.scale:
        text = text.str.replace(r"\.?0+$", "").str.replace("^-0$", "0")
    return build.make(Type.TEXT, text, [a])
