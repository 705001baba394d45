"""Our tree → a program of polars expressions, or every mistake in it: what a function takes, and of what kind."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from pipeline.mapping.expressions import dates, numbers, texts
from pipeline.mapping.expressions.looking import lookup_of
from pipeline.mapping.expressions.program import Build, Program, Setting, Type, Value
from pipeline.mapping.expressions.tree import Call, Cell, Looked, Node, Null, Number, Span, Text, This, Truth
from pipeline.words import Fact, Message

CELL, THIS, LINE = "cell:", "this:", "line"  # the columns that a program's frame has
SPOKEN = {
    Type.TEXT: ("a text", "un texte"), Type.NUMBER: ("a number", "un nombre"), Type.DATE: ("a date", "une date"),
    Type.TRUTH: ("yes or no", "oui ou non"), Type.NULL: ("nothing", "rien"),
}  # fmt: skip
DTYPES = {Type.TEXT: pl.String(), Type.DATE: pl.Date(), Type.TRUTH: pl.Boolean(), Type.NULL: pl.String()}


def compile_tree(tree: Node, setting: Setting) -> tuple[Program, list[Message]]:
    """The program, which may only run when there are no mistakes."""
    compiler = Compiler(Build(setting))
    value = compiler.value(tree)
    build = compiler.build
    return Program(tuple(build.steps), value, tuple(build.faults)), build.mistakes


class Compiler:
    """Compiles each different part once."""

    def __init__(self, build: Build) -> None:
        self.build = build
        self._done: dict[Node, Value] = {}
        self._wanted: dict[tuple[str, Type], Value] = {}

    def say(self, code: str, **facts: Fact) -> Value:
        return self.build.say(code, **facts)

    def value(self, node: Node) -> Value:
        if node not in self._done:
            self._done[node] = self._made(node)
        return self._done[node]

    def _made(self, node: Node) -> Value:
        match node:
            case Cell(name):
                return Value(CELL + name, Type.TEXT, cell=name)
            case Looked():
                cell = next((key.name for _, key in node.by if isinstance(key, Cell)), "")
                return Value(CELL + lookup_of(node).name, Type.TEXT, cell=cell)
            case This(name):
                return self._field(name)
            case Text(text):
                return texts.literal(self.build, text)
            case Number(text):
                return numbers.literal(self.build, text)
            case Truth(value):
                return self.build.make(Type.TRUTH, pl.lit(value), ())
            case Null():
                return self.build.null()
            case Span():
                return self.say("expressions.span_place")
            case Call(name, args):
                from pipeline.mapping.expressions.functions import FUNCTIONS

                least, most, make = FUNCTIONS[name]
                if not least <= len(args) <= most:
                    return self.say("expressions.count", function=name.upper(), least=least, most=most)
                return make(self, name, args)

    def _field(self, name: str) -> Value:
        known = self.build.setting.fields
        if name not in known:
            return self.say("expressions.no_field", name=name, known=", ".join(known) or "-")
        kind, scale = known[name]
        return Value(THIS + name, kind, scale=scale)

    # arguments of a stated kind --------------------------------------------------------------------------
    def number(self, node: Node, place: str) -> Value:
        return self.wanted(self.value(node), Type.NUMBER, place)

    def text(self, node: Node, place: str) -> Value:
        return self.wanted(self.value(node), Type.TEXT, place)

    def date(self, node: Node, place: str) -> Value:
        return self.wanted(self.value(node), Type.DATE, place)

    def truth(self, node: Node, place: str) -> Value:
        return self.wanted(self.value(node), Type.TRUTH, place)

    def wanted(self, value: Value, kind: Type, place: str) -> Value:
        """The value as this kind, where that can be done without asking: text ↔ number, text ↔ date."""
        if value.type is kind:
            return value
        asked = (value.name, kind)
        if asked not in self._wanted:
            self._wanted[asked] = self._turned(value, kind, place)
        return self._wanted[asked]

    def _turned(self, value: Value, kind: Type, place: str) -> Value:
        if value.type is Type.NULL:
            dtype = numbers.decimal(0) if kind is Type.NUMBER else DTYPES[kind]
            return self.build.make(kind, value.col.cast(dtype), [value])
        if kind is Type.NUMBER and value.type is Type.TEXT:
            if value.literal is not None and not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,6})?", value.literal):
                return self.say("expressions.text_number", text=value.literal[:40], place=place)
            return numbers.number(self.build, value)
        if kind is Type.DATE and value.type is Type.TEXT:
            return dates.day(self.build, value, None)
        if kind is Type.TEXT and value.type is Type.NUMBER:
            return numbers.written(self.build, value)
        if kind is Type.TEXT and value.type is Type.DATE:
            return dates.written(self.build, value)
        wanted, found = SPOKEN[kind], SPOKEN[value.type]
        facts = {"wanted": wanted[0], "wanted_fr": wanted[1], "found": found[0], "found_fr": found[1]}
        return self.say("expressions.kind", place=place, **facts)

    def alike(self, values: Sequence[Value], place: str) -> tuple[Type, list[Value]]:
        """All of one kind, so that they can be compared or stand for each other; numbers with equal decimals."""
        kinds = {value.type for value in values} - {Type.NULL}
        kind = next((k for k in (Type.TRUTH, Type.DATE, Type.NUMBER) if k in kinds), Type.TEXT)
        same = [self.wanted(value, kind, place) for value in values]
        if kind is not Type.NUMBER:
            return kind, same
        scale = max(value.scale for value in same)
        return kind, [self._scaled(value, scale) for value in same]

    def _scaled(self, value: Value, scale: int) -> Value:
        if value.scale == scale or value.type is not Type.NUMBER:
            return value
        name = self.build.step(value.col.cast(numbers.decimal(scale)), [value.name])
        return replace(value, name=name, scale=scale)

    # arguments that must be written out ------------------------------------------------------------------
    def whole(self, node: Node, place: str, least: int, most: int) -> int:
        """A whole number, written out."""
        if isinstance(node, Number) and re.fullmatch(r"-?[0-9]{1,6}", node.text):
            count = int(node.text)
            if least <= count <= most:
                return count
        self.say("expressions.whole", place=place, least=least, most=most)
        return max(least, 1)

    def written(self, node: Node, place: str) -> str:
        """A text, written out."""
        if isinstance(node, Text):
            return node.text
        self.say("expressions.written", place=place)
        return "x"

    def pattern(self, node: Node, place: str, *, fold: bool = False) -> str:
        """A regular expression, written out, small and sound."""
        pattern = self.written(node, place)
        problem = texts.pattern_problem(pattern)
        if problem is not None:
            self.say("expressions.pattern", pattern=pattern[:60], why=problem)
            return "x"
        return "(?i)" + pattern if fold else pattern
