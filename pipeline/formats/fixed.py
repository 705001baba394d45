"""Columns of fixed places, found by the blanks that stand under each other in every line."""

from __future__ import annotations

import re
from collections.abc import Sequence

Positions = tuple[tuple[int, int], ...]
SURE = 8  # lines from which on one blank under the other is no chance


RULER = re.compile(r"\s*(?:-{2,}|={2,})(?: +(?:-{2,}|={2,}))+\s*")


def find_ruled(lines: Sequence[str]) -> tuple[Positions, int] | None:
    """The places that a ruler draws, `------ ---- -----` below the names, and the place of the names' line."""
    for at, line in enumerate(lines[:50]):
        if at and RULER.fullmatch(line) and lines[at - 1].strip():
            starts = [found.start() for found in re.finditer(r"[-=]+", line)]
            ends = [*starts[1:], max(map(len, lines))]
            return tuple((a + 1, b) for a, b in zip(starts, ends, strict=True)), at - 1
    return None


def find_positions(lines: Sequence[str]) -> Positions | None:
    """First and last character (from 1) of each column, or None where the lines are no such table."""
    rows = [line.rstrip() for line in lines[:400] if line.strip()]
    if len(rows) < 3 or any("\t" in row for row in rows):
        return None
    if sum(bool(re.search(r"\S {2,}\S", row)) for row in rows) < len(rows) * 0.6:
        return None
    size = max(map(len, rows))
    if size > 2000:
        return None
    few = len(rows) // 20  # lines that may be damaged
    inked = [sum(at < len(row) and row[at] != " " for row in rows) > few for at in range(size)]
    starts: list[int] = []
    gap = size
    for at, ink in enumerate(inked):
        apart = gap >= 2 or (gap == 1 and (len(rows) >= SURE or rows[0][max(0, at - 2) : at] == "  "))
        if ink and (apart or not starts):
            starts.append(at)
        gap = 0 if ink else gap + 1
    if len(starts) < 2:
        return None
    ends = [*starts[1:], size]
    filled = sum(bool(row[a:b].strip()) for row in rows for a, b in zip(starts, ends, strict=True))
    if filled < len(rows) * len(starts) * 0.7:
        return None
    return tuple((a + 1, b) for a, b in zip(starts, ends, strict=True))


def cut(line: str, positions: Positions) -> list[str]:
    """The cells of a line."""
    return [line[first - 1 : last].strip(" ") for first, last in positions]
