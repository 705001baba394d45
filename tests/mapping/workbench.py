"""Expressions tried on cells, without a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.mapping.expressions.compiling import CELL, LINE, compile_tree
from pipeline.mapping.expressions.computing import as_text
from pipeline.mapping.expressions.program import Program, Setting
from pipeline.mapping.expressions.reading import read
from pipeline.mapping.expressions.running import run
from pipeline.mapping.expressions.tree import cells
from pipeline.mapping.model import ReadOptions
from pipeline.words import Message

POINT = ReadOptions(decimal=".")
TOLD = {"name": "orders_2026-11-24.csv", "stem": "orders_2026-11-24", "folder": "till-2"}


def compiled(text: str, read_as: ReadOptions = POINT) -> Program | list[Message]:
    """The program, or every mistake."""
    tree, mistakes = read(text)
    if tree is None:
        return list(mistakes)
    program, wrong = compile_tree(tree, Setting(read_as, {}, TOLD))
    return wrong or program


def codes(text: str) -> list[str]:
    """The mistakes of a text, by their codes."""
    made = compiled(text)
    return [] if isinstance(made, Program) else [said.code for said in made]


def results(
    text: str, rows: Mapping[str, Sequence[str | None]], read_as: ReadOptions = POINT
) -> list[str | None]:
    """What each row gives: a text, None, or `!code` of what went wrong."""
    program = compiled(text, read_as)
    assert isinstance(program, Program), [(said.code, dict(said.args)) for said in program]
    height = max((len(column) for column in rows.values()), default=1)
    frame = pl.DataFrame(
        {LINE: list(range(2, height + 2)), **{CELL + name: list(column) for name, column in rows.items()}},
        schema={LINE: pl.Int64, **{CELL + name: pl.String for name in rows}},
    )
    made = run(program, frame)
    texts = as_text(made.value)
    return [
        text if fault is None else "!" + program.faults[fault].code.removeprefix("expressions.")
        for text, fault in zip(texts, made.fault, strict=True)
    ]


def result(text: str, read_as: ReadOptions = POINT, **row: str | None) -> str | None:
    """What one row gives; cells that are not given are blank."""
    tree, _ = read(text)
    named = cells(tree) if tree is not None else ()
    return results(text, {name: [row.get(name)] for name in named}, read_as)[0]
