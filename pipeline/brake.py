"""The brake: does a file look so unlike the earlier ones of its job that a person should be asked first?

Pure: the limits that a person set, and what is known of the file and of the earlier ones, give a question or none.
Without limits it learns: it says nothing before `FEW` files were loaded, and never about small ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from pipeline.words import Message, message

FEW = 5  # files that a job must have loaded before its history counts
LEAST_ROWS = 100  # fewer tell nothing by themselves
LEAST_CELLS = 20  # amounts, fewer of which tell nothing
ROWS_FACTOR = 10  # beyond the most, or below the least, of what was usual
NEW_PERCENT, NEW_USUAL = 80, 20  # mostly new rows where they were mostly known
PRICES_PERCENT, PRICES_USUAL = 80, 40
TOTAL_FACTOR = 8  # a point for a comma makes 10, 100 or 1000


@dataclass(frozen=True, slots=True)
class Brake:
    """What a person set. `rows`, `total_factor`: so many times more or less than usual; `new_keys`, `prices`: percent of
    the rows; `deletes`: rows. None: as learnt (deletes: none is too many). `off`: never asks."""

    rows: int | None = None
    new_keys: int | None = None
    prices: int | None = None
    total_factor: int | None = None
    deletes: int | None = None
    off: bool = False

    def over(self, other: Brake | None) -> Brake:
        """These limits, and where they say nothing those of `other`."""
        if other is None or self.off:
            return self
        chosen = {
            f.name: getattr(self, f.name) if getattr(self, f.name) is not None else getattr(other, f.name)
            for f in fields(self)
            if f.name != "off"
        }
        return Brake(**chosen, off=other.off and not any(self.set_limits()))

    def set_limits(self) -> tuple[int | None, ...]:
        """The limits, in order."""
        return self.rows, self.new_keys, self.prices, self.total_factor, self.deletes


@dataclass(frozen=True, slots=True)
class Closed:
    """The books are closed up to this day, that day too, in this IANA zone."""

    until: date
    zone: str


@dataclass(frozen=True, slots=True)
class Past:
    """What a file brought: rows read, and of them new, changed, unchanged and deleted ones."""

    rows: int
    inserted: int
    updated: int
    unchanged: int
    deleted: int = 0

    @property
    def new_percent(self) -> int:
        """New ones of a hundred rows that were taken."""
        return _percent(self.inserted, self.inserted + self.updated + self.unchanged)

    @property
    def changed_percent(self) -> int:
        """Changed ones of a hundred that were known."""
        return _percent(self.updated, self.updated + self.unchanged)


@dataclass(frozen=True, slots=True)
class Amounts:
    """A column of amounts: the mean of `count` of them now, and what it was. Both positive."""

    column: str
    count: int
    now: Decimal
    before: Decimal


def needs_amounts(limits: Brake, earlier: Sequence[Past]) -> bool:
    """Is it worth the time to look at the file's amounts?"""
    return not limits.off and len(earlier) >= (FEW if limits.total_factor is None else 1)


def watches(limits: Brake | None, earlier: Sequence[Past], rows: int) -> bool:
    """May a file of so many rows be asked about at all? What may not can go in with others."""
    if limits is None or limits.off or not earlier:
        return False
    if any(limit is not None for limit in limits.set_limits()):
        return True
    return len(earlier) >= FEW and max(rows, *(past.rows for past in earlier)) >= LEAST_ROWS


def question(
    limits: Brake, file: Past, earlier: Sequence[Past], amounts: Sequence[Amounts] = ()
) -> Message | None:
    """What a person should be asked before this file goes in; None: nothing is unusual. `earlier`: the last files
    that the job loaded; a first file is never asked about."""
    if limits.off or not earlier:
        return None
    asked = _deletes(limits, file) or _prices(limits, file, earlier) or _totals(limits, earlier, amounts)
    if asked is None and len(earlier) >= FEW:
        asked = _rows(limits, file, earlier) or _new(limits, file, earlier)
    return asked


def _deletes(limits: Brake, file: Past) -> Message | None:
    if limits.deletes is None or file.deleted <= limits.deletes:
        return None
    return message("states.brake_deletes", deleted=file.deleted, most=limits.deletes)


def _rows(limits: Brake, file: Past, earlier: Sequence[Past]) -> Message | None:
    counts = sorted(past.rows for past in earlier)
    if limits.rows is not None:
        middle = counts[len(counts) // 2]
        odd = file.rows > middle * limits.rows or file.rows * limits.rows < middle
    else:
        many = file.rows >= LEAST_ROWS and file.rows > counts[-1] * ROWS_FACTOR
        odd = many or (counts[0] >= LEAST_ROWS and file.rows * ROWS_FACTOR < counts[0])
    if not odd:
        return None
    return message("states.brake_rows", rows=file.rows, least=counts[0], most=counts[-1])


def _new(limits: Brake, file: Past, earlier: Sequence[Past]) -> Message | None:
    usual = max(past.new_percent for past in earlier)
    if limits.new_keys is not None:
        odd = file.new_percent > limits.new_keys
    else:
        odd = file.rows >= LEAST_ROWS and file.new_percent > NEW_PERCENT and usual < NEW_USUAL
    return message("states.brake_new", percent=file.new_percent, usual=usual) if odd else None


def _prices(limits: Brake, file: Past, earlier: Sequence[Past]) -> Message | None:
    usual = max(past.changed_percent for past in earlier)
    if limits.prices is not None:
        odd = file.changed_percent > limits.prices
    else:
        known = file.updated + file.unchanged
        odd = (
            len(earlier) >= FEW
            and known >= LEAST_ROWS
            and file.changed_percent > PRICES_PERCENT
            and usual < PRICES_USUAL
        )
    return message("states.brake_changed", percent=file.changed_percent, usual=usual) if odd else None


def _totals(limits: Brake, earlier: Sequence[Past], amounts: Sequence[Amounts]) -> Message | None:
    most = TOTAL_FACTOR if limits.total_factor is None else limits.total_factor
    if limits.total_factor is None and len(earlier) < FEW:
        return None
    for one in amounts:
        if one.count < LEAST_CELLS or not one.now or not one.before:
            continue
        factor = max(one.now / one.before, one.before / one.now)
        if factor >= most:
            code = "states.brake_bigger" if one.now > one.before else "states.brake_smaller"
            return Message(code, {"column": one.column, "factor": f"{factor:.0f}"})
    return None


def _percent(part: int, whole: int) -> int:
    return 100 * part // whole if whole else 0


def from_order(values: dict[str, Any] | None) -> Brake | None:
    """As it goes over a worker's pipe."""
    return None if values is None else Brake(**values)
