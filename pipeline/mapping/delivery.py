"""Files that belong together: `delivery = ["ENTETES*.TXT", "LIGNES*.TXT"]`, matched by the part that the star stands for."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import lru_cache

from pipeline.errors import FileFailed
from pipeline.mapping.model import Plan
from pipeline.words import message

Part = tuple[int, str]
"""Which of the patterns a name fits, from 0, and what the star stands for in it."""


def part_of(delivery: Sequence[str], name: str) -> Part | None:
    """None: the name fits none of the patterns. Case does not count."""
    for n, pattern in enumerate(delivery):
        found = _matcher(pattern).fullmatch(name)
        if found is not None:
            return n, (found[1] if found.groups() else "").casefold()
    return None


def missing(delivery: Sequence[str], names: Collection[str]) -> dict[str, list[str]]:
    """Of these names those whose delivery is not whole, each with the names that are missing."""
    there: dict[str, set[int]] = {}
    parts = {name: part for name in names if (part := part_of(delivery, name)) is not None}
    for number, star in parts.values():
        there.setdefault(star, set()).add(number)
    lacks = {
        name: [
            _named(delivery[n], delivery[number], name) for n in range(len(delivery)) if n not in there[star]
        ]
        for name, (number, star) in parts.items()
    }
    return {name: found for name, found in lacks.items() if found}


def together(delivery: Sequence[str], names: Sequence[str]) -> list[int]:
    """Which of these names make the first whole delivery, by their places, in the order of the patterns. A name that
    fits none of them goes by itself."""
    for at, name in enumerate(names):
        part = part_of(delivery, name)
        if part is None:
            return [at]
        parts = [part_of(delivery, other) for other in names]
        found = [parts.index((n, part[1])) for n in range(len(delivery)) if (n, part[1]) in parts]
        if len(found) == len(delivery):
            return found
    return []


def of_file(plan: Plan, name: str) -> Plan:
    """The plan with the sections that take this file. Raises FileFailed when none does."""
    delivery = plan.mapping.read.delivery
    if not delivery:
        return plan
    part = part_of(delivery, name)
    if part is None:
        raise FileFailed(message("sections.not_delivered", name=name, patterns=", ".join(delivery)))
    mine = tuple(one for one in plan.sections if one.file == delivery[part[0]])
    return replace(plan, sections=mine, table=mine[0].plan.table)


def _named(pattern: str, own: str, name: str) -> str:
    """The pattern with what the star of `own` stands for in `name`, as it is written there."""
    found = _matcher(own).fullmatch(name)
    return pattern.replace("*", found[1] if found and found.groups() else "*")


@lru_cache(maxsize=1024)
def _matcher(pattern: str) -> re.Pattern[str]:
    return re.compile("(.*)".join(map(re.escape, pattern.split("*"))), re.IGNORECASE | re.DOTALL)
