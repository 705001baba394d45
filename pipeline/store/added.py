"""Nouns of the seam to the database: what users added to it, and what looks a value up in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pipeline.mapping.model import Kind, Lookup, Plan

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class OwnField:
    """A field that users added to a table of ours: it stands in `custom`, or once promoted in a column of its own."""

    table: str
    name: str
    kind: Kind
    label: str
    promoted: bool = False


class Looker(Protocol):
    """Look-ups in tables, while a file is read: one question for many keys. A context manager."""

    def texts(self, lookup: Lookup, plan: Plan, keys: pl.DataFrame) -> list[str | None]:
        """For each row of `keys` (the columns of the alternative `plan`, typed, no nulls, all different): what is
        taken of the one row that has these, as a text; None for none and for several."""

    def __enter__(self) -> Looker: ...

    def __exit__(self, *exc: object) -> None: ...
