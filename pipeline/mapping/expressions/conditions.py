"""Comparisons, AND, OR, CASE, COALESCE: with nulls as SQL has them. A part that is not needed cannot fail a row."""

from __future__ import annotations

from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING

import polars as pl

from pipeline.mapping.expressions.program import Type, Value
from pipeline.mapping.expressions.tree import Call, Node, Number, Text

if TYPE_CHECKING:
    from pipeline.mapping.expressions.compiling import Compiler

_COMPARED = {
    "=": pl.Expr.eq, "<>": pl.Expr.ne, "<": pl.Expr.lt, "<=": pl.Expr.le, ">": pl.Expr.gt, ">=": pl.Expr.ge,
}  # fmt: skip


def compare(c: Compiler, name: str, args: tuple[Node, ...]) -> Value:
    _, (a, b) = c.alike([c.value(arg) for arg in args], name)
    return c.build.make(Type.TRUTH, _COMPARED[name](a.col, b.col), [a, b])


def both(c: Compiler, name: str, args: tuple[Node, ...]) -> Value:
    """AND, OR: from the left; what follows a FALSE (a TRUE) is not looked at."""
    stops = name == "or"
    values = [c.truth(arg, name.upper()) for arg in args]

    def pair(a: Value, b: Value) -> Value:
        whole = c.build.step(a.col | b.col if stops else a.col & b.col, [a.name, b.name])
        return Value(whole, Type.TRUTH, _unless(c, a, b.fault, a.col.eq_missing(pl.lit(stops))))

    return reduce(pair, values)


def _unless(c: Compiler, a: Value, later: str | None, enough: pl.Expr) -> str | None:
    """The fault of `a`, else the later one unless `enough`, which is told of `a`."""
    if later is None:
        return a.fault
    rest = c.build.step(pl.when(~enough).then(pl.col(later)), [a.name, later])
    return c.build.first([a.fault, rest])


def negation(c: Compiler, name: str, args: tuple[Node, ...]) -> Value:
    a = c.truth(args[0], "NOT")
    return c.build.make(Type.TRUTH, ~a.col, [a])


def is_null(c: Compiler, name: str, args: tuple[Node, ...]) -> Value:
    a = c.value(args[0])
    return c.build.make(Type.TRUTH, a.col.is_null(), [a])


def among(c: Compiler, name: str, args: tuple[Node, ...]) -> Value:
    """IN: as comparisons with OR between them; of what is written out, in one go."""
    if all(isinstance(one, Number) for one in args[1:]):
        a = c.number(args[0], "IN")
        meant = [pl.lit(Decimal(one.text)) for one in args[1:] if isinstance(one, Number)]
        return c.build.make(Type.TRUTH, pl.any_horizontal([a.col == other for other in meant]), [a])
    texts = [one.text for one in args[1:] if isinstance(one, Text)]
    if len(texts) == len(args) - 1 and c.value(args[0]).type is Type.TEXT:
        a = c.value(args[0])
        return c.build.make(Type.TRUTH, a.col.is_in(texts), [a])
    return c.value(Call("or", tuple(Call("=", (args[0], one)) for one in args[1:])))


def between(c: Compiler, name: str, args: tuple[Node, ...]) -> Value:
    value, low, high = args
    return c.value(Call("and", (Call(">=", (value, low)), Call("<=", (value, high)))))


def case(c: Compiler, name: str, args: tuple[Node, ...]) -> Value:
    """Conditions and results in turn, the default last."""
    conditions = [c.truth(arg, "WHEN") for arg in args[:-1:2]]
    results = [c.value(arg) for arg in [*args[1::2], args[-1]]]
    kind, results = c.alike(results, "CASE")
    rest = results.pop()
    for condition, result in zip(reversed(conditions), reversed(results), strict=True):
        names = [condition.name, result.name, rest.name]
        chosen = c.build.step(pl.when(condition.col).then(result.col).otherwise(rest.col), names)
        fault = _chosen_fault(c, condition, result, rest)
        rest = Value(chosen, kind, fault, result.scale, result.rough or rest.rough)
    return rest


def _chosen_fault(c: Compiler, condition: Value, result: Value, rest: Value) -> str | None:
    if result.fault is None and rest.fault is None:
        return condition.fault
    then, otherwise = (
        pl.lit(None, dtype=pl.Int16) if one.fault is None else pl.col(one.fault) for one in (result, rest)
    )
    inputs = [condition.name, *(one.fault for one in (result, rest) if one.fault is not None)]
    chosen = c.build.step(pl.when(condition.col).then(then).otherwise(otherwise), inputs)
    return c.build.first([condition.fault, chosen])


def coalesce(c: Compiler, name: str, args: tuple[Node, ...]) -> Value:
    """The first that is not null; those after it are not looked at."""
    kind, values = c.alike([c.value(arg) for arg in args], "COALESCE")
    rest = values.pop()
    for a in reversed(values):
        first = c.build.step(pl.coalesce(a.col, rest.col), [a.name, rest.name])
        fault = _unless(c, a, rest.fault, a.col.is_not_null())
        rest = Value(first, kind, fault, a.scale, a.rough or rest.rough)
    return rest


def nullif(c: Compiler, name: str, args: tuple[Node, ...]) -> Value:
    kind, (a, b) = c.alike([c.value(arg) for arg in args], "NULLIF")
    kept = pl.when(a.col.ne(b.col).fill_null(True)).then(a.col)
    return c.build.make(kind, kept, [a, b], scale=a.scale, rough=a.rough)
