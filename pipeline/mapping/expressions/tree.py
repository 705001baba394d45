"""An expression as we understand it: a small tree of our own, made from SQL and compiled to polars."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cell:
    """`"Name"`: a column of the file."""

    name: str


@dataclass(frozen=True, slots=True)
class This:
    """`this.name`: another field of the mapping, typed."""

    name: str


@dataclass(frozen=True, slots=True)
class Text:
    """`'text'`"""

    text: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written: digits, perhaps a point, perhaps a minus."""

    text: str


@dataclass(frozen=True, slots=True)
class Null:
    """NULL"""


@dataclass(frozen=True, slots=True)
class Truth:
    """TRUE or FALSE"""

    value: bool


@dataclass(frozen=True, slots=True)
class Span:
    """`INTERVAL '3 months'`; `unit` is day, week, month or year."""

    count: int
    unit: str


@dataclass(frozen=True, slots=True)
class Looked:
    """`lookup('table', 'take', 'column', "Cell", …)`: a value of another table, by these columns."""

    table: str
    take: str
    by: tuple[tuple[str, Cell | Text], ...]


@dataclass(frozen=True, slots=True)
class Call:
    """An operator or function, by its name in `functions`, and what it is applied to."""

    name: str
    args: tuple[Node, ...] = ()


Node = Cell | This | Text | Number | Null | Truth | Span | Looked | Call


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it."""
    yield node
    if isinstance(node, Looked):
        yield from (key for _, key in node.by)
    if isinstance(node, Call):
        for arg in node.args:
            yield from walk(arg)


def cells(node: Node) -> tuple[str, ...]:
    """The file columns that it names, each once, in their order."""
    return tuple(dict.fromkeys(one.name for one in walk(node) if isinstance(one, Cell)))


def fields(node: Node) -> tuple[str, ...]:
    """The fields that it names, each once, in their order."""
    return tuple(dict.fromkeys(one.name for one in walk(node) if isinstance(one, This)))


def looked(node: Node) -> tuple[Looked, ...]:
    """Its look-ups, each once, in their order."""
    return tuple(dict.fromkeys(one for one in walk(node) if isinstance(one, Looked)))


def calls(node: Node) -> frozenset[str]:
    """The names of the functions and operators in it."""
    return frozenset(one.name for one in walk(node) if isinstance(one, Call))
