"""States of rows as the database keeps them and as they travel."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from pipeline.store.syncing.model import ClockRow
from pipeline.store.syncing.shapes import Table
from pipeline.store.syncing.values import pack, unpack
from pipeline.sync.merge import Clock, State

DIED = "#"  # among the marks: that of the death


class Coming(NamedTuple):
    """A row on its way. `values`: in the order of the batch's columns, None when nobody knows them; `cols`, `died`:
    clocks as texts; `new`: the names of clocks that the receiver cannot know, None for all; `seen`: as of its batch."""

    table: str
    key: str
    values: Sequence[Any] | None
    cols: str
    died: str | None
    new: list[str] | None
    seen: int
    peer: str


def dumps(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def died_text(clock: Clock | None) -> str | None:
    return None if clock is None else dumps([clock.hlc, clock.site])


@lru_cache(4096)
def _parsed(cols: str) -> tuple[tuple[str, int, str], ...]:
    return tuple((name, int(hlc), str(site)) for name, (hlc, site) in json.loads(cols).items())


def clocks_of(cols: str) -> dict[str, Clock]:
    """As they came: no mark yet."""
    return {name: Clock(hlc, site) for name, hlc, site in _parsed(cols)}


def died_of(died: str | None, mark: int = 0) -> Clock | None:
    if died is None:
        return None
    hlc, site = json.loads(died)
    return Clock(hlc, site, mark)


def local_state(table: Table, clock: ClockRow | None, values: Sequence[Any] | None) -> State:
    """What is known here of a row: its values from the table, of one that is gone those of its image."""
    known = None if values is None else dict(zip(table.names, values, strict=True))
    if clock is None:
        return State(known)
    marks = json.loads(clock.marks) if clock.marks else {}
    clocks = {n: Clock(hlc, site, marks.get(n, clock.mark)) for n, hlc, site in _parsed(clock.cols)}
    if known is None and clock.image is not None:
        known = unpack(clock.image)
    return State(known, clocks, died_of(clock.died, marks.get(DIED, clock.mark)))


def coming_state(table: Table, row: Coming) -> State:
    known = None if row.values is None else dict(zip(table.names, row.values, strict=True))
    return State(known, clocks_of(row.cols), died_of(row.died))


def clock_row(key: str, state: State, mark: int) -> ClockRow:
    """As it is kept. What has no mark yet gets this one."""
    marks = {name: clock.mark or mark for name, clock in state.clocks.items()}
    cols = {name: [clock.hlc, clock.site] for name, clock in state.clocks.items()}
    if state.died is not None:
        marks[DIED] = state.died.mark or mark
    highest = max(marks.values(), default=0) or mark
    even = all(m == highest for m in marks.values())
    image = None if state.alive or state.values is None else pack(state.values)
    return ClockRow(key, dumps(cols), None if even else dumps(marks), died_text(state.died), image, highest)
