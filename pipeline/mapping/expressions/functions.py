"""Every operator and function of expressions: how many arguments it takes, and what it becomes."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from pipeline.mapping.expressions import conditions, dates, numbers, texts
from pipeline.mapping.expressions.compiling import LINE, Compiler
from pipeline.mapping.expressions.program import SCALE, TEXT, Type, Value
from pipeline.mapping.expressions.tree import Node, Span

Args = tuple[Node, ...]
Maker = Callable[[Compiler, str, Args], Value]
MANY = 300


def _add(c: Compiler, name: str, args: Args) -> Value:
    """Numbers, or a day and an interval, or two days and their difference."""
    left, right = args
    if isinstance(right, Span):
        return dates.move(c.build, c.date(left, name), right, back=name == "-")
    a, b = c.value(left), c.value(right)
    if name == "-" and Type.DATE in (a.type, b.type):
        return dates.between(c.build, c.wanted(a, Type.DATE, name), c.wanted(b, Type.DATE, name))
    first, second = c.wanted(a, Type.NUMBER, name), c.wanted(b, Type.NUMBER, name)
    return numbers.add(c.build, first, second, minus=name == "-")


def _multiply(c: Compiler, name: str, args: Args) -> Value:
    return numbers.multiply(c.build, c.number(args[0], name), c.number(args[1], name))


def _divide(c: Compiler, name: str, args: Args) -> Value:
    return numbers.divide(c.build, c.number(args[0], name), c.number(args[1], name))


def _negate(c: Compiler, name: str, args: Args) -> Value:
    return numbers.negate(c.build, c.number(args[0], "-"))


def _abs(c: Compiler, name: str, args: Args) -> Value:
    return numbers.absolute(c.build, c.number(args[0], "ABS"))


def _round(c: Compiler, name: str, args: Args) -> Value:
    places = c.whole(args[1], "ROUND", 0, SCALE) if len(args) > 1 else 0
    return numbers.round_to(c.build, c.number(args[0], "ROUND"), places)


def _number(c: Compiler, name: str, args: Args) -> Value:
    return c.number(args[0], "NUMBER")


def _join(c: Compiler, name: str, args: Args) -> Value:
    parts = [c.text(arg, name.upper()) for arg in args]
    return texts.join(c.build, parts, skip=name == "concat")


def _join_with(c: Compiler, name: str, args: Args) -> Value:
    between = c.written(args[0], "CONCAT_WS")[:100]
    return texts.join(c.build, [c.text(arg, "CONCAT_WS") for arg in args[1:]], skip=True, between=between)


def _cased(c: Compiler, name: str, args: Args) -> Value:
    a = c.text(args[0], name.upper())
    return texts.simple(c.build, a, a.col.str.to_uppercase() if name == "upper" else a.col.str.to_lowercase())


def _trim(c: Compiler, name: str, args: Args) -> Value:
    a, signs = c.text(args[0], name.upper()), c.written(args[1], name.upper())
    trims = {
        "trim": a.col.str.strip_chars,
        "ltrim": a.col.str.strip_chars_start,
        "rtrim": a.col.str.strip_chars_end,
    }
    return texts.simple(c.build, a, trims[name](signs))


def _length(c: Compiler, name: str, args: Args) -> Value:
    return texts.length(c.build, c.text(args[0], "LENGTH"))


def _split_part(c: Compiler, name: str, args: Args) -> Value:
    a, sign = c.text(args[0], "SPLIT_PART"), c.written(args[1], "SPLIT_PART")
    which = c.whole(args[2], "SPLIT_PART", -1_000, 1_000) if len(args) > 2 else 0
    if not sign or not which:
        return c.say("expressions.split")
    return texts.split_part(c.build, a, sign, which)


def _substring(c: Compiler, name: str, args: Args) -> Value:
    start = c.whole(args[1], "SUBSTRING", -TEXT, TEXT)
    length = c.whole(args[2], "SUBSTRING", 0, TEXT) if len(args) > 2 else None
    return texts.substring(c.build, c.text(args[0], "SUBSTRING"), start, length)


def _end(c: Compiler, name: str, args: Args) -> Value:
    a, count = c.text(args[0], name.upper()), c.whole(args[1], name.upper(), 0, TEXT)
    return texts.simple(c.build, a, a.col.str.head(count) if name == "left" else a.col.str.tail(count))


def _replace(c: Compiler, name: str, args: Args) -> Value:
    old, new = c.written(args[1], "REPLACE"), c.written(args[2], "REPLACE")
    a = c.text(args[0], "REPLACE")
    return texts.replace(c.build, a, old, new) if old else a


def _pad(c: Compiler, name: str, args: Args) -> Value:
    width, fill = c.whole(args[1], name.upper(), 0, texts.MAX_PAD), c.written(args[2], name.upper())
    return texts.pad(c.build, c.text(args[0], name.upper()), width, fill, left=name == "lpad")


def _strpos(c: Compiler, name: str, args: Args) -> Value:
    return texts.position(c.build, c.text(args[0], "STRPOS"), c.written(args[1], "STRPOS") or "x")


def _like(c: Compiler, name: str, args: Args) -> Value:
    pattern = texts.like(c.written(args[1], "LIKE")[: texts.MAX_PATTERN], fold=name == "ilike")
    a = c.text(args[0], "LIKE")
    return c.say("expressions.like") if pattern is None else texts.matches(c.build, a, pattern)


def _matches(c: Compiler, name: str, args: Args) -> Value:
    return texts.matches(c.build, c.text(args[0], name), c.pattern(args[1], name, fold=name == "~*"))


def _found(c: Compiler, name: str, args: Args) -> Value:
    place = "REGEXP_SUBSTR"
    return texts.found(c.build, c.text(args[0], place), c.pattern(args[1], place))


def _swap(c: Compiler, name: str, args: Args) -> Value:
    place = "REGEXP_REPLACE"
    how = c.written(args[3], place) if len(args) > 3 else ""
    if set(how) - set("gi"):
        return c.say("expressions.flags")
    pattern = c.pattern(args[1], place, fold="i" in how)
    new = c.written(args[2], place) if len(args) > 2 else ""
    return texts.swap(c.build, c.text(args[0], place), pattern, new, every="g" in how)


def _date(c: Compiler, name: str, args: Args) -> Value:
    a = c.value(args[0])
    if len(args) == 1 or a.type is not Type.TEXT:
        return c.wanted(a, Type.DATE, "DATE")
    from pipeline.mapping.fitting import valid_format

    form = c.written(args[1], "DATE")
    return dates.day(c.build, a, form) if valid_format(form) else c.say("mapping.format", format=form[:40])


def _date_trunc(c: Compiler, name: str, args: Args) -> Value:
    unit, a = c.written(args[0], "DATE_TRUNC"), c.date(args[1], "DATE_TRUNC")
    return dates.cut(c.build, a, unit) if unit in dates.UNITS else _units(c, unit, tuple(dates.UNITS))


def _extract(c: Compiler, name: str, args: Args) -> Value:
    unit, a = c.written(args[0], "EXTRACT"), c.date(args[1], "EXTRACT")
    return dates.part(c.build, a, unit) if unit in dates.PARTS else _units(c, unit, dates.PARTS)


def _units(c: Compiler, unit: str, known: tuple[str, ...]) -> Value:
    return c.say("expressions.unit", unit=unit[:40], known=", ".join(known))


def _line(c: Compiler, name: str, args: Args) -> Value:
    step = c.build.step(pl.col(LINE).cast(numbers.decimal(0)), [LINE])
    return Value(step, Type.NUMBER)


def _told(c: Compiler, name: str, args: Args) -> Value:
    return texts.literal(c.build, c.build.setting.facts.get(name.removeprefix("file_"), ""))


FUNCTIONS: dict[str, tuple[int, int, Maker]] = {
    "+": (2, 2, _add), "-": (2, 2, _add), "*": (2, 2, _multiply), "/": (2, 2, _divide), "neg": (1, 1, _negate),
    **dict.fromkeys(("=", "<>", "<", "<=", ">", ">="), (2, 2, conditions.compare)),
    "and": (2, MANY, conditions.both), "or": (1, MANY, conditions.both), "not": (1, 1, conditions.negation),
    "is null": (1, 1, conditions.is_null), "in": (2, MANY, conditions.among), "between": (3, 3, conditions.between),
    "case": (3, MANY, conditions.case), "coalesce": (1, MANY, conditions.coalesce), "nullif": (2, 2, conditions.nullif),
    "like": (2, 2, _like), "ilike": (2, 2, _like), "~": (2, 2, _matches), "~*": (2, 2, _matches),
    "||": (2, MANY, _join), "concat": (1, MANY, _join), "concat_ws": (2, MANY, _join_with),
    "abs": (1, 1, _abs), "round": (1, 2, _round), "number": (1, 1, _number), "upper": (1, 1, _cased),
    "lower": (1, 1, _cased), "trim": (2, 2, _trim), "ltrim": (2, 2, _trim), "rtrim": (2, 2, _trim),
    "length": (1, 1, _length), "split_part": (3, 3, _split_part), "substring": (2, 3, _substring),
    "left": (2, 2, _end), "right": (2, 2, _end), "replace": (3, 3, _replace), "lpad": (3, 3, _pad),
    "rpad": (3, 3, _pad), "strpos": (2, 2, _strpos), "regexp_replace": (3, 4, _swap), "regexp_substr": (2, 2, _found),
    "date": (1, 2, _date), "date_trunc": (2, 2, _date_trunc), "extract": (2, 2, _extract),
    "line_number": (0, 0, _line), "file_name": (0, 0, _told), "file_stem": (0, 0, _told), "file_folder": (0, 0, _told),
}  # fmt: skip
