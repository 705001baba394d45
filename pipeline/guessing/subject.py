"""What a file is about: the family of tables that explains most of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.guessing.candidates import ENOUGH, Candidate, Slot
from pipeline.guessing.knowledge import Knowledge, bare
from pipeline.guessing.names import Ideas, Reading

NAME_HINT = 1.0  # what the file's own name is worth, in columns
SUBJECT = 1.0  # a first column "Customer number" says that the file is about customers
MAIN = 0.15  # what a column of the main table is worth more
IMPOSSIBLE = 0.5  # of a family of which nothing is named that it cannot be without
STRANGERS = frozenset(
    {"category", "brand", "carrier", "cashier", "channel", "image"}
)  # no table is about these
NAMES = frozenset({"id", "number", "code", "name", "reference", "title", "itemcode"})

Read = Sequence[Sequence[Reading]]
Found = Sequence[Sequence[Candidate]]


def choose(
    families: Mapping[str, Sequence[str]],
    found: Mapping[str, Found],
    read: Read,
    hints: Ideas,
    knows: Knowledge,
) -> str:
    """The family. `found`: by family the candidates of each column; `hints`: ideas of the file's name."""
    worth = {
        family: _worth(family, tables, found[family], read, hints, knows)
        for family, tables in families.items()
    }
    return max(worth, key=lambda family: worth[family])


def about_no_table(read: Read, knows: Knowledge) -> bool:
    """Whether the first column numbers what no table of ours holds: categories, brands."""
    first = read[0] if read else ()
    return any(r.ideas & STRANGERS and "id" in r.ideas and not r.ideas & knows.roles for r in first)


def _worth(
    family: str, tables: Sequence[str], found: Found, read: Read, hints: Ideas, knows: Knowledge
) -> float:
    subjects = _subjects(tables[0], knows)
    named = any(subjects & r.ideas and NAMES & r.ideas for r in read[0])
    ideas = _explained(read, found)
    told = sum(weight for idea, weight in knows.signs.get(family, {}).items() if idea in ideas)
    worth = _share(found, bare(tables[0])) + told + SUBJECT * named + NAME_HINT * bool(subjects & hints)
    possible = all(needed & (ideas | hints) for needed in knows.needs.get(family, ()))
    return worth if possible else worth * IMPOSSIBLE


def _share(found: Found, main: str) -> float:
    """How much of the file these tables explain, each place once; the main table must have part in it."""
    total, mains, filled = 0.0, 0, 0
    slots: set[Slot] = set()
    for each in found:
        enough = [c for c in each if c.score >= ENOUGH]
        if enough:
            top = max(enough, key=lambda c: c.score)
            total += top.score
            mains += top.slot[0].partition(".")[0] == main
            filled += 1
            slots.update(c.slot for c in enough)
    total -= 0.5 * max(0, filled - len(slots))
    return total + MAIN * mains if mains else 0.5 * total


def _explained(read: Read, found: Found) -> Ideas:
    """The ideas of the columns that a family can explain."""
    explained = (each for each, some in zip(read, found, strict=True) if any(c.score >= ENOUGH for c in some))
    return frozenset(idea for each in explained for reading in each for idea in reading.ideas)


def _subjects(table: str, knows: Knowledge) -> Ideas:
    """The ideas that name what a table is about."""
    name, _, role = table.partition(":")
    return frozenset({role}) if role else knows.speaks.get(name, frozenset()) - {"line"}
