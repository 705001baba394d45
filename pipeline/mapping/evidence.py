"""What a whole column says about how its numbers and dates are written, where the mapping does not say it.

One cell may be readable in two ways (`1,234`, `03/04/2026`); the column seldom is. Cells are looked at until every
such column is decided; a column of dates that stays in doubt to its end is a question for a person, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from pipeline.mapping.model import Field, Kind, Plan
from pipeline.words import Message, message

_DATE = r"^\s*([0-9]{1,2})[/.-]([0-9]{1,2})[/.-][0-9]{4}(?:[ T].*)?$"
_COMMA = r"^[^.]*[0-9],[0-9]{1,2}[^0-9]*$|^[^.]*[0-9],[0-9]{4,}[^0-9]*$|\.[0-9]{3},[0-9]|^[^0-9,.]*0,[0-9]+|[0-9][ '’\u00a0\u202f][0-9]{3},"
_POINT = r"^[^,]*[0-9]\.[0-9]{1,2}[^0-9]*$|^[^,]*[0-9]\.[0-9]{4,}[^0-9]*$|,[0-9]{3}\.[0-9]|^[^0-9,.]*0\.[0-9]+|[0-9][ '’\u00a0\u202f][0-9]{3}\."

_DOUBTFUL = r"^[^0-9,.]*[1-9][0-9]{0,2}[.,][0-9]{3}[^0-9,.]*$"


@dataclass(slots=True)
class _Column:
    field: Field
    name: str
    dates: bool
    first: str | None = None  # a date that only the one order fits (dates), a number with a comma (numbers)
    second: str | None = None  # one that only the other fits
    doubtful: str | None = None  # one that both fit
    same: bool = False  # some date has this shape
    settled: bool = False  # nothing in it needs to be decided


class Evidence:
    """Fed with batches until `decided`; then `settle` gives the plan with what was found."""

    def __init__(self, plan: Plan, columns: Mapping[str, str]) -> None:
        """`columns`: the mapping's column → the file's."""
        self._plan = plan
        self._open: list[_Column] = []
        read = plan.mapping.read
        for field in plan.mapping.fields:
            kind = plan.column(field.target).kind
            dates = kind in (Kind.DATE, Kind.DATETIME) and not (
                field.format or read.date or field.order or read.order
            )
            numbers = kind is Kind.DECIMAL and not (field.decimal or read.decimal)
            if field.columns and (dates or numbers):
                self._open += [_Column(field, columns[name], dates) for name in field.columns]

    @property
    def decided(self) -> bool:
        """Whether nothing more has to be looked at."""
        return all(one.first or one.second or one.settled for one in self._open)

    @property
    def doubtful(self) -> bool:
        """Whether some cell looked at can be read in two ways, so that it depends on the cells beside it."""
        return any(one.doubtful is not None for one in self._open)

    def add(self, frame: pl.DataFrame) -> None:
        """Look at the cells of a batch."""
        for one in self._open:
            cells = frame[one.name].drop_nulls()
            (self._dates if one.dates else self._numbers)(one, cells)

    def _dates(self, one: _Column, cells: pl.Series) -> None:
        shaped = cells.filter(cells.str.contains(_DATE))
        if not len(shaped):
            one.settled = one.settled or bool(len(cells) and one.doubtful is None and not one.same)
            return
        one.same, one.settled = True, False
        parts = shaped.str.extract_groups(_DATE)
        left = parts.struct.field("1").cast(pl.Int32)
        right = parts.struct.field("2").cast(pl.Int32)
        one.first = one.first or _any(shaped, (left > 12) & (right <= 12))
        one.second = one.second or _any(shaped, (right > 12) & (left <= 12))
        one.doubtful = one.doubtful or _any(shaped, (left <= 12) & (right <= 12) & (left != right))

    def _numbers(self, one: _Column, cells: pl.Series) -> None:
        text = cells.str.strip_chars()
        one.first = one.first or _any(text, text.str.contains(_COMMA))
        one.second = one.second or _any(text, text.str.contains(_POINT))
        one.doubtful = one.doubtful or _any(text, text.str.contains(_DOUBTFUL))
        one.settled = one.doubtful is None

    def settle(self) -> tuple[Plan, list[Message]]:
        """The plan with each decided column's sign and order, and a question for each that nobody can decide."""
        questions: list[Message] = []
        found: dict[str, Field] = {}
        for one in self._open:
            field = found.get(one.field.target, one.field)
            if one.dates and one.first and one.second:
                questions.append(
                    message("mapping.date_mixed", column=one.name, one=one.first, two=one.second)
                )
            elif one.dates and one.doubtful and not (one.first or one.second):
                questions.append(_both_orders(one.name, one.doubtful))
            elif one.dates and (one.first or one.second):
                found[field.target] = replace(field, order="dmy" if one.first else "mdy")
            elif one.dates and one.same:
                found[field.target] = replace(field, order="dmy")  # 05/05/2026 and the like alone
            elif bool(one.first) != bool(one.second):
                decimal, thousands = (",", ".") if one.first else (".", ",")
                found[field.target] = replace(field, decimal=decimal, thousands=thousands)
        fields = tuple(found.get(field.target, field) for field in self._plan.mapping.fields)
        return replace(self._plan, mapping=replace(self._plan.mapping, fields=fields)), questions


def _both_orders(column: str, example: str) -> Message:
    """The question, with both readings of one date."""
    parts = re.match(_DATE, example)
    left, right = (int(parts[1]), int(parts[2])) if parts else (0, 0)
    return message("mapping.date_order", column=column, example=example, left=left, right=right)


def _any(cells: pl.Series, mask: pl.Series) -> str | None:
    hit = cells.filter(mask)
    return str(hit[0]) if len(hit) else None
