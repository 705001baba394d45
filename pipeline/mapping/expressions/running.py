"""A program applied to rows, within bounds of memory."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipeline.mapping.expressions.program import Program

ROWS = 4_096  # looked at together
LIVE = 128 << 20  # bytes of results in between that are held at one time


class TooMuch(Exception):
    """The results in between would take more than LIVE bytes."""


@dataclass(frozen=True, slots=True)
class Result:
    """For each row the value, and the number of the program's fault that it has (null: none)."""

    value: pl.Series
    fault: pl.Series


def run(program: Program, frame: pl.DataFrame, rows: int = ROWS) -> Result:
    """`frame` has the columns that the program takes as inputs. In slices, and in smaller ones when these make too
    much of a little."""
    parts = [_sliced(program, frame.slice(at, rows)) for at in range(0, max(frame.height, 1), rows)]
    return Result(pl.concat([p.value for p in parts]), pl.concat([p.fault for p in parts]))


def _sliced(program: Program, frame: pl.DataFrame) -> Result:
    try:
        return _run(program, frame)
    except TooMuch:
        return run(program, frame, max(frame.height // 4, 1))


def _run(program: Program, frame: pl.DataFrame) -> Result:
    wanted = {program.value.name, program.value.fault}
    last = {name: at for at, step in enumerate(program.steps) for name in (*step.inputs, step.name)}
    held: dict[str, pl.Series] = {}
    live = 0
    for at, step in enumerate(program.steps):
        inputs = [held[name] if name in held else frame[name] for name in step.inputs]
        made = _filled(pl.DataFrame(inputs).select(step.expr).to_series(), frame.height)
        held[step.name] = made
        live += int(made.estimated_size())
        for name in (*step.inputs, step.name):
            if last[name] == at and name not in wanted:
                gone = held.pop(name, None)
                live -= 0 if gone is None else int(gone.estimated_size())
        if frame.height > 1 and live > LIVE:
            raise TooMuch
    value, fault = program.value.name, program.value.fault
    none = pl.Series([None], dtype=pl.Int16)
    return Result(
        held[value] if value in held else frame[value],
        (held[fault] if fault is not None else _filled(none, frame.height)).cast(pl.Int16),
    )


def _filled(column: pl.Series, height: int) -> pl.Series:
    """A constant as a column."""
    return column if len(column) == height else column.new_from_index(0, height)
