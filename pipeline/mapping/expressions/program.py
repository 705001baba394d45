"""A compiled expression: steps in a row, each a polars expression over the results of earlier ones.

Never one nested expression: a value that is used twice (its check and its use) would be computed twice at every
level, and forty levels of it never end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import polars as pl

from pipeline.mapping.model import ReadOptions
from pipeline.words import Fact, Message, message

SCALE = 18  # decimals that a number carries at most
TEXT = 10_000  # characters of a text that an expression makes


class Type(StrEnum):
    """What an expression gives."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    TRUTH = "truth"
    NULL = "null"


@dataclass(frozen=True, slots=True)
class Step:
    """`expr` names its `inputs`, which are columns given or names of earlier steps."""

    name: str
    expr: pl.Expr
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row has no result. `cell`: the file's column whose cell is to blame, "" when it is not one."""

    code: str
    cell: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """The result of a step. `fault`: the step that numbers what went wrong in a row (null: nothing); None: nothing
    can. Numbers have `scale` decimals; `rough`: rounded by a division, so that they may be rounded again. `literal`:
    what was written out."""

    name: str
    type: Type
    fault: str | None = None
    scale: int = 0
    rough: bool = False
    literal: str | None = None
    cell: str = ""

    @property
    def col(self) -> pl.Expr:
        return pl.col(self.name)


@dataclass(frozen=True, slots=True)
class Program:
    """`steps` in order, then `value` and its `faults` by number."""

    steps: tuple[Step, ...]
    value: Value
    faults: tuple[Fault, ...]

    @property
    def kind(self) -> Type:
        return self.value.type


@dataclass(frozen=True, slots=True)
class Setting:
    """What an expression rests on beside its text. `fields`: the types of other fields, with their decimals;
    `facts`: what `file_name()` and the like give."""

    read: ReadOptions
    fields: Mapping[str, tuple[Type, int]]
    facts: Mapping[str, str]


@dataclass(slots=True)
class Build:
    """A program being made. `mistakes` grows, so that all are told at once."""

    setting: Setting
    steps: list[Step] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    mistakes: list[Message] = field(default_factory=list)

    def say(self, code: str, **facts: Fact) -> Value:
        said = message(code, **facts)
        if said not in self.mistakes:
            self.mistakes.append(said)
        return self.null()

    def null(self) -> Value:
        return self.make(Type.NULL, pl.lit(None, dtype=pl.String), ())

    def step(self, expr: pl.Expr, inputs: Sequence[str]) -> str:
        name = f"e{len(self.steps)}"
        self.steps.append(Step(name, expr.alias(name), tuple(dict.fromkeys(inputs))))
        return name

    def make(
        self,
        kind: Type,
        expr: pl.Expr,
        args: Sequence[Value],
        *,
        scale: int = 0,
        rough: bool = False,
        fault: str | None = None,
    ) -> Value:
        """The result of a function that is null where any of `args` has a fault, and has the first of theirs."""
        name = self.step(expr, [arg.name for arg in args])
        found = fault if fault is not None else self.first([arg.fault for arg in args])
        return Value(name, kind, found, scale, rough)

    def first(self, faults: Sequence[str | None]) -> str | None:
        """The step that gives, in each row, the first of these faults."""
        some = list(dict.fromkeys(fault for fault in faults if fault is not None))
        if len(some) < 2:
            return some[0] if some else None
        return self.step(pl.coalesce([pl.col(name) for name in some]), some)

    def guard(self, bad: pl.Expr, inputs: Sequence[str], code: str, args: Sequence[Value]) -> str:
        """The fault step: those of `args` first, then `code` where `bad` is true."""
        cell = next((arg.cell for arg in args if arg.cell), "")
        fault = Fault(code, cell)
        if fault not in self.faults:
            self.faults.append(fault)
        number = pl.lit(self.faults.index(fault), dtype=pl.Int16)
        own = self.step(pl.when(bad).then(number), inputs)
        found = self.first([*(arg.fault for arg in args), own])
        assert found is not None
        return found
