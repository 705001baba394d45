"""Mappings: the saved, reusable model that says which field of a file goes to which column of a table.

`parse` reads one, `compile_mapping` fits it to the database's catalogue (`examine` does both), `map_batch`
applies it. All pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.mapping.fitting import compile_mapping, examine, rests_on, told_of_file
from pipeline.mapping.model import Plan, Refusal
from pipeline.mapping.parsing import parse

if TYPE_CHECKING:
    import polars as pl

__all__ = ["compile_mapping", "examine", "map_batch", "parse", "rests_on", "take", "told_of_file"]


def take(
    plan: Plan, frame: pl.DataFrame, columns: Mapping[str, str], zone: str
) -> tuple[pl.DataFrame, list[Refusal]]:
    """The rows of a batch that the mapping's `where` takes, and a refusal for each where it cannot be told; the
    others are set aside. Arguments as for `map_batch`, which comes after it."""
    if plan.mapping.where is None:
        return frame, []
    from pipeline.mapping import rows

    return rows.take(plan, frame, columns, zone)


def map_batch(
    plan: Plan, frame: pl.DataFrame, columns: Mapping[str, str], zone: str
) -> tuple[pl.DataFrame, list[Refusal]]:
    """Typed rows (`_line` and the plan's targets) and one refusal for each row that cannot be taken.

    `frame`: `_line` (Int64) and String columns; `columns`: the mapping's column → the file's column;
    `zone`: the IANA zone of instants that name none.
    """
    from pipeline.mapping import rows  # polars takes half a second to load: not before it is needed

    return rows.map_batch(plan, frame, columns, zone)
