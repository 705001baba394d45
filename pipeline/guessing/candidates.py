"""What a single header may mean in a file about these tables, and how strongly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.guessing.knowledge import ROLES_OF_ADDRESS, Knowledge, Meaning, bare, meanings_of
from pipeline.guessing.names import Reading, asks, plain
from pipeline.guessing.values import FITS, likeness
from pipeline.mapping.model import Catalogue, Column, Kind
from pipeline.words import Message, message

NAMED = 0.95  # a name that says it
KNOWN = 0.78  # a name that another system has
BARE = (1.0, 0.9, 0.78)  # the table that a file is mainly about, its second, all others
SURE = 0.7  # by words alone: then the exports of other systems are not asked
STRANGE = 0.5  # for each word that no list has
GENERAL = frozenset(
    [
        "date",
        "created",
        "time",
        "id",
        "number",
        "reference",
        "description",
        "amount",
        "total",
        "kind",
        "status",
        "code",
        "title",
        "gross",
        "net",
        "tax",
        "discount",
        "notes",
    ]
)  # what says nothing of a table that is only a third one of the file
MONEY = frozenset(
    ["amount", "total", "subtotal", "gross", "net", "tax", "discount"]
)  # in a file of lines, the lines' own
Slot = tuple[str, str]
"""table.column, and for addresses whose: "billing", "shipping" or ""."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A slot that a column may fill. `told`: its values say so too."""

    slot: Slot
    score: float
    because: Message
    told: bool = False
    unlike: bool = False


def candidates(
    header: str,
    read: Sequence[Reading],
    values: Sequence[str],
    tables: Sequence[str],
    catalogue: Catalogue,
    knowledge: Knowledge,
) -> list[Candidate]:
    """Every slot of these tables that the header may mean, each once with its best score."""
    found: dict[Slot, Candidate] = {}
    for place, spoken in enumerate(tables):
        table, _, role = spoken.partition(":")
        speaks = frozenset({role}) if role else knowledge.speaks.get(table, frozenset())
        strangers = {"customer", "supplier"} - {role} if role else frozenset()
        for meaning in meanings_of(catalogue[table], knowledge):
            if meaning.ideas & strangers:
                continue
            for reading in read:
                score = _score(reading, meaning, speaks, place, bare(tables[0]).endswith("_line"))
                if score:
                    slot = _slot(meaning.field, reading)
                    said = message("guessing.name" if reading.sure == 1.0 else "guessing.typo", column=header)
                    _keep(found, _weighed(slot, score, said, values, catalogue))
    known_word = any(c.score >= SURE for c in found.values())
    for field in () if known_word else _elsewhere(header, tables, knowledge):
        said = message("guessing.elsewhere", column=header)
        slot = (field, _whose(read[0].ideas) if read and field.startswith("address.") else "")
        _keep(found, _weighed(slot, KNOWN, said, values, catalogue))
    if asks(header):
        return [c for c in found.values() if _column(c.slot[0], catalogue).kind is Kind.BOOLEAN]
    return list(found.values())


def _column(field: str, catalogue: Catalogue) -> Column:
    table, _, name = field.partition(".")
    return catalogue[table].columns[name]


def _score(reading: Reading, meaning: Meaning, speaks: frozenset[str], place: int, lines: bool) -> float:
    wanted, roles = meaning.ideas - speaks, meaning.ideas & speaks
    if meaning.exact or not wanted:
        fits = reading.ideas == meaning.ideas
    else:  # a role that the phrase names must be there; another of the table's may be
        fits = reading.ideas - speaks == wanted and (not roles or bool(roles & reading.ideas))
    named = bool(reading.ideas & speaks)
    if not fits:
        return 0.0
    trust = 1.0 if named else BARE[min(place, len(BARE) - 1)]
    if not named and (
        (place > 1 and reading.ideas <= GENERAL) or (place == 1 and lines and reading.ideas <= MONEY)
    ):
        trust *= STRANGE
    exactly = 1.0 if reading.ideas == meaning.ideas else 0.99
    return NAMED * meaning.weight * reading.sure * trust * exactly * STRANGE ** len(reading.strange)


def _slot(field: str, reading: Reading) -> Slot:
    return field, _whose(reading.ideas) if field.startswith("address.") else ""


def _whose(ideas: frozenset[str]) -> str:
    role = next((role for role in ROLES_OF_ADDRESS if role in ideas), "")
    return "billing" if role == "invoice" else role


def _weighed(
    slot: Slot, score: float, said: Message, values: Sequence[str], catalogue: Catalogue
) -> Candidate:
    factor = likeness(_column(slot[0], catalogue), values)
    return Candidate(slot, min(0.97, score * factor), said, factor == FITS, factor < 1.0)


def _keep(found: dict[Slot, Candidate], one: Candidate) -> None:
    if one.slot not in found or found[one.slot].score < one.score:
        found[one.slot] = one


def _elsewhere(header: str, tables: Sequence[str], knowledge: Knowledge) -> list[str]:
    """The fields that this very header has in the exports of other systems, as far as they are of these tables."""
    votes: dict[str, set[str]] = {}
    name = plain(header)
    for layout in knowledge.layouts:
        if name in layout.columns and _about(layout.columns, tables):
            votes.setdefault(layout.columns[name], set()).add(layout.system)
    if not votes:
        return []
    most = max(votes, key=lambda field: (len(votes[field]), field))
    return [most] if most and most.split(".")[0] in map(bare, tables) else []


def _about(columns: Mapping[str, str], tables: Sequence[str]) -> bool:
    """Whether a layout speaks of the table that a file is mainly about."""
    return any(field.split(".")[0] == bare(tables[0]) for field in columns.values() if field)
