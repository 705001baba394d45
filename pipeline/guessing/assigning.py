"""One to one: which file column fills which slot, so that the whole is best."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping
from typing import TypeVar

Slot = TypeVar("Slot", bound=Hashable)


def best(scores: Mapping[int, Mapping[Slot, float]]) -> dict[int, Slot]:
    """Column → slot with the greatest sum of scores; a column may stay without. Each slot once."""
    chosen: dict[int, Slot] = {}
    for columns in _islands(scores):
        chosen.update(_island({column: scores[column] for column in columns}))
    return chosen


def _islands(scores: Mapping[int, Mapping[Slot, float]]) -> list[list[int]]:
    """Columns that compete with each other, directly or through others."""
    wanting: dict[Slot, list[int]] = defaultdict(list)
    for column, slots in scores.items():
        for slot in slots:
            wanting[slot].append(column)
    seen: set[int] = set()
    islands = []
    for start in scores:
        island, todo = [], [start]
        while todo:
            column = todo.pop()
            if column not in seen:
                seen.add(column)
                island.append(column)
                todo += [other for slot in scores[column] for other in wanting[slot]]
        if island:
            islands.append(sorted(island))
    return islands


def _island(scores: Mapping[int, Mapping[Slot, float]]) -> dict[int, Slot]:
    """The Hungarian method: columns are added one by one, each by the cheapest chain of changes."""
    rows = list(scores)
    slots = list(dict.fromkeys(slot for each in scores.values() for slot in each))
    width = len(slots) + len(rows)  # a place of its own for each column that stays without
    infinite = float("inf")

    def cost(row: int, place: int) -> float:
        if place < len(slots):
            return -scores[rows[row]].get(slots[place], -1.0)
        return 0.0

    on_row, on_place = [0.0] * (len(rows) + 1), [0.0] * (width + 1)
    owner = [0] * (width + 1)  # place → row, both from 1; 0: nobody
    for row in range(1, len(rows) + 1):
        owner[0], at = row, 0
        least, came, done = [infinite] * (width + 1), [0] * (width + 1), [False] * (width + 1)
        while owner[at]:
            done[at] = True
            delta, following = infinite, 0
            for place in range(1, width + 1):
                if not done[place]:
                    reduced = cost(owner[at] - 1, place - 1) - on_row[owner[at]] - on_place[place]
                    if reduced < least[place]:
                        least[place], came[place] = reduced, at
                    if least[place] < delta:
                        delta, following = least[place], place
            for place in range(width + 1):
                if done[place]:
                    on_row[owner[place]] += delta
                    on_place[place] -= delta
                else:
                    least[place] -= delta
            at = following
        while at:
            owner[at] = owner[came[at]]
            at = came[at]
    return {rows[owner[p] - 1]: slots[p - 1] for p in range(1, len(slots) + 1) if owner[p]}
