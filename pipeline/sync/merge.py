"""Two states of one row become one: each column's later write stays, by (clock, site), whatever came first.

Pure: the same answer on every side, in every order. A state is all that is known of a row: its values, a clock for
each column, and when it was deleted. Clocks lie in a mapping: "" for every column that is not named, "!" for a
revival that changed no value. A row lives when any of its clocks is later than its death.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

ALL = ""
REVIVED = "!"
JUST_AFTER = "~"  # appended to a site: a clock just above another, for changes that the rules make


class Clock(NamedTuple):
    """When a value was written. `mark`: at which mark this database got it, 0 while it is only arriving."""

    hlc: int
    site: str
    mark: int = 0

    @property
    def time(self) -> tuple[int, str]:
        return self.hlc, self.site

    def after(self) -> Clock:
        """The clock of a change that follows from this one, the same wherever it is made."""
        return Clock(self.hlc, self.site + JUST_AFTER)


BASE = Clock(0, "")
Clocks = Mapping[str, Clock]


@dataclass(slots=True)
class State:
    """A row. `values`: None when it was never seen here; of a dead row those that it had."""

    values: dict[str, Any] | None = None
    clocks: dict[str, Clock] = field(default_factory=dict)
    died: Clock | None = None

    def at(self, column: str) -> Clock:
        found = self.clocks.get(column)
        return self.clocks.get(ALL, BASE) if found is None else found

    @property
    def alive(self) -> bool:
        if self.values is None:
            return False
        died = self.died
        return died is None or any(died.time < c.time for c in self.clocks.values())

    def copy(self) -> State:
        return State(None if self.values is None else dict(self.values), dict(self.clocks), self.died)


class Loss(NamedTuple):
    """What must not go without a record. `kind`: "update" (of two writes one stayed), "delete" (a delete came
    after an edit that its maker had not seen), "edit" (an edit came after a delete: the row is back)."""

    kind: str
    column: str
    lost: Any
    kept: Any
    lost_clock: Clock | None
    kept_clock: Clock | None


@dataclass(frozen=True, slots=True)
class Merged:
    """`changed`: did anything of it change here?"""

    state: State
    changed: bool
    losses: list[Loss]


def merge(
    mine: State,
    theirs: State,
    *,
    seen: int,
    new: Collection[str] | None,
    columns: Sequence[str],
    quiet: Collection[str] = (),
    same: Callable[[str, Any, Any], bool] = lambda _, one, other: one == other,
) -> Merged:
    """`seen`: up to which of my marks the sender had my changes when it sent; `new`: the names of its clocks that I
    cannot know yet, None for all; `columns`: but for the key; `quiet`: those that nobody needs a record of; `same`:
    are two values of this column one?"""
    out, losses = mine.copy(), []
    changed = False
    was, had = mine.alive, mine.values is not None
    came = theirs.alive
    fresh = [n for n in columns if mine.at(n).time < theirs.at(n).time] if came else []
    if theirs.values is not None:
        if out.values is None:
            out.values, changed = dict(theirs.values), True
        else:
            found, value_changed = _values(mine, theirs, out.values, seen, new, columns, quiet, same)
            losses += found
            changed |= value_changed
        joined, clock_changed = _clocks(mine.clocks, theirs.clocks)
        out.clocks = joined
        changed |= clock_changed
    if theirs.died is not None and (out.died is None or out.died.time < theirs.died.time):
        out.died, changed = theirs.died._replace(mark=0), True
    now = out.alive
    if came and not now:
        losses += [
            Loss("delete", n, (theirs.values or {}).get(n), None, theirs.at(n), out.died)
            for n in fresh
            if n not in quiet
            and not (had and same(n, (theirs.values or {}).get(n), (mine.values or {}).get(n)))
        ]
    if was and not now:
        losses += [
            Loss("delete", n, (mine.values or {}).get(n), None, mine.at(n), out.died)
            for n in columns
            if n not in quiet and mine.at(n).mark > seen
        ]
    if now and not was and had:
        losses.append(Loss("edit", "", None, None, mine.died, None))
    return Merged(out, changed, losses)


def _values(
    mine: State,
    theirs: State,
    values: dict[str, Any],
    seen: int,
    new: Collection[str] | None,
    columns: Sequence[str],
    quiet: Collection[str],
    same: Callable[[str, Any, Any], bool],
) -> tuple[list[Loss], bool]:
    """Column by column; a record only where neither knew of the other's write."""
    losses, changed = [], False
    assert theirs.values is not None
    for name in columns:
        ours, came = mine.at(name), theirs.at(name)
        if ours.time == came.time:
            continue
        wins = ours.time < came.time
        old, incoming = values.get(name), theirs.values.get(name)
        if name not in quiet and ours.mark > seen and not same(name, old, incoming):
            if wins and ours.hlc > 0:
                losses.append(Loss("update", name, old, incoming, ours, came))
            if not wins and came.hlc > 0 and _is_new(theirs, name, new):
                losses.append(Loss("update", name, incoming, old, came, ours))
        if wins:
            values[name], changed = incoming, True
    return losses, changed


def _is_new(theirs: State, name: str, new: Collection[str] | None) -> bool:
    return new is None or (name if name in theirs.clocks else ALL) in new


def _clocks(mine: Clocks, theirs: Clocks) -> tuple[dict[str, Clock], bool]:
    """The later of each; those that only repeat the one for all are left out."""
    changed = False
    joined: dict[str, Clock] = {}
    mine_all, their_all = mine.get(ALL, BASE), theirs.get(ALL, BASE)
    for name in {*mine, *theirs, ALL}:
        alone = name == REVIVED
        ours = mine.get(name, BASE if alone else mine_all)
        came = theirs.get(name, BASE if alone else their_all)
        if ours.time < came.time:
            joined[name], changed = came._replace(mark=0), True
        else:
            joined[name] = ours
    every = joined.get(ALL, BASE)
    made = {
        n: c for n, c in joined.items() if n in (ALL, REVIVED) or c.time != every.time or c.mark != every.mark
    }
    if every.time == BASE.time:
        made.pop(ALL, None)
    if made.get(REVIVED, BASE).time == BASE.time:
        made.pop(REVIVED, None)
    return made, changed


def revive(state: State) -> None:
    """A dead row lives again because another needs it: just after its death, the same on every side."""
    assert state.died is not None
    state.clocks[REVIVED] = state.died.after()
