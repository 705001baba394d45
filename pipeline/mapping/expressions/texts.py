"""Texts: no function makes more than a bounded text, and that is known before it is made."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import polars as pl

from pipeline.mapping.expressions.program import TEXT, Build, Type, Value

MAX_PATTERN = 200  # characters of a regular expression
MAX_REPEATS = 100  # of {m,n} in it, multiplied
MAX_PAD = 1_000
MAX_WIDE = 10  # of classes with thousands of signs, times the repeats: two milliseconds each to make ready
_WIDE = re.compile(r"\\[wWpPSD]")
_REPEAT = re.compile(r"\{\s*([0-9]*)\s*(?:,\s*([0-9]*)\s*)?\}")


def literal(build: Build, text: str) -> Value:
    return Value(build.step(pl.lit(text, dtype=pl.String), ()), Type.TEXT, literal=text)


def simple(build: Build, a: Value, expr: pl.Expr) -> Value:
    """A function that makes a text no longer, or not much longer, than it was."""
    return build.make(Type.TEXT, expr, [a])


def bounded(
    build: Build, size: pl.Expr, make: Callable[[list[pl.Expr]], pl.Expr], args: Sequence[Value]
) -> Value:
    """What `make` gives of the texts, where that has at most TEXT characters, which `size` tells beforehand.

    Elsewhere it is given blank texts, not null ones: polars may work on what lies under a null."""
    names = [arg.name for arg in args]
    length = build.step(size, names)
    long = pl.col(length) > TEXT
    fault = build.guard(long, [length], "expressions.long_text", args)
    short = [
        build.step(pl.when(long).then(pl.lit("")).otherwise(arg.col), [length, arg.name]) for arg in args
    ]
    made = build.step(make([pl.col(name) for name in short]), short)
    return Value(build.step(pl.when(~long).then(pl.col(made)), [made, length]), Type.TEXT, fault)


def join(build: Build, args: Sequence[Value], *, skip: bool, between: str = "") -> Value:
    """One after the other. `skip`: a null counts as nothing; else it makes the whole null."""
    lengths = [arg.col.str.len_chars().cast(pl.Int64).fill_null(0) + len(between) for arg in args]

    def joined(parts: list[pl.Expr]) -> pl.Expr:
        return pl.concat_str(parts, separator=between, ignore_nulls=skip)

    return bounded(build, pl.sum_horizontal(lengths), joined, args)


def replace(build: Build, a: Value, old: str, new: str) -> Value:
    count = a.col.str.count_matches(old, literal=True).cast(pl.Int64)
    size = a.col.str.len_chars().cast(pl.Int64) + count * (len(new) - len(old))
    return bounded(build, size, lambda texts: texts[0].str.replace_all(old, new, literal=True), [a])


def pad(build: Build, a: Value, width: int, fill: str, *, left: bool) -> Value:
    """As PostgreSQL: a longer text is cut at its end."""
    filler = (fill * width)[:width]
    length = a.col.str.len_chars().cast(pl.Int64)
    missing = (pl.lit(width) - length).clip(0, None)
    rest = pl.lit(filler, dtype=pl.String).str.slice(pl.lit(0), missing)
    parts = [rest, a.col] if left else [a.col, rest]
    short = pl.concat_str(parts)
    return build.make(Type.TEXT, pl.when(length < width).then(short).otherwise(a.col.str.head(width)), [a])


def substring(build: Build, a: Value, start: int, length: int | None) -> Value:
    """From 1; a start before the first character counts, as in SQL."""
    first = max(start, 1)
    taken = None if length is None else max(start + length - first, 0)
    return simple(build, a, a.col.str.slice(first - 1, taken))


def split_part(build: Build, a: Value, sign: str, which: int) -> Value:
    at = which - 1 if which > 0 else which
    part = a.col.str.split(sign).list.get(at, null_on_oob=True)
    return simple(build, a, pl.when(a.col.is_not_null()).then(part.fill_null("")))


def position(build: Build, a: Value, sought: str) -> Value:
    """From 1; 0 when it is not there."""
    before = a.col.str.split_exact(sought, 1).struct.field("field_0").str.len_chars()
    found = pl.when(a.col.str.contains(sought, literal=True)).then(before + 1)
    place = pl.when(a.col.is_not_null()).then(found.fill_null(0))
    return build.make(Type.NUMBER, place.cast(pl.Decimal(38, 0)), [a])


def length(build: Build, a: Value) -> Value:
    return build.make(Type.NUMBER, a.col.str.len_chars().cast(pl.Decimal(38, 0)), [a])


def like(pattern: str, *, fold: bool) -> str | None:
    """The regular expression of a LIKE pattern; None when it ends in the sign that takes the next one as it is."""
    out, signs = [], iter(pattern)
    for sign in signs:
        if sign == "\\":
            kept = next(signs, None)
            if kept is None:
                return None
            out.append(re.escape(kept))
        else:
            out.append({"%": ".*", "_": "."}.get(sign, re.escape(sign)))
    return ("(?is)^" if fold else "(?s)^") + "".join(out) + "$"


def pattern_problem(pattern: str) -> str | None:
    """Why this regular expression is not taken; None when it is. What is taken runs in linear time, and small."""
    if len(pattern) > MAX_PATTERN:
        return f"> {MAX_PATTERN}"
    repeats = 1
    for least, most in _REPEAT.findall(pattern):
        repeats *= max(1, *(int(n) if len(n) < 4 else MAX_REPEATS + 1 for n in (least, most) if n))
    if repeats > MAX_REPEATS:
        return f"{{{repeats}}} > {MAX_REPEATS}"
    wide = len(_WIDE.findall(pattern)) * repeats
    if wide > MAX_WIDE:
        return f"{wide} > {MAX_WIDE}"
    try:
        pl.select(pl.lit("").str.contains(pattern))
    except pl.exceptions.ComputeError as error:
        return " ".join(str(error).split())[-120:]
    return None


def matches(build: Build, a: Value, pattern: str) -> Value:
    return build.make(Type.TRUTH, a.col.str.contains(pattern), [a])


def found(build: Build, a: Value, pattern: str) -> Value:
    """The first place that fits, null when there is none."""
    return simple(build, a, a.col.str.extract(f"({pattern})", 1))


def swap(build: Build, a: Value, pattern: str, new: str, *, every: bool) -> Value:
    """`new` in place of what fits; in it `\\1` is the first bracket's text and `\\&` the whole."""
    template, groups = _template(new)
    count = a.col.str.count_matches(pattern).cast(pl.Int64)
    size = a.col.str.len_chars().cast(pl.Int64) * (1 + groups) + count * len(new)

    def swapped(texts: list[pl.Expr]) -> pl.Expr:
        return (
            texts[0].str.replace_all(pattern, template) if every else texts[0].str.replace(pattern, template)
        )

    return bounded(build, size, swapped, [a])


def _template(new: str) -> tuple[str, int]:
    """The replacement as polars writes it, and how many texts it takes from the place that fits."""
    out, groups, signs = [], 0, iter(new)
    for sign in signs:
        following = next(signs, "") if sign == "\\" else ""
        if following == "&" or (following.isascii() and following.isdigit()):
            groups += 1
            out.append("${0}" if following == "&" else f"${{{following}}}")
        elif sign == "\\":
            out.append(following.replace("$", "$$"))
        else:
            out.append("$$" if sign == "$" else sign)
    return "".join(out), groups
