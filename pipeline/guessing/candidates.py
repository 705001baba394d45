"""What a single header may mean in a file about these tables, and how strongly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.guessing.knowledge import ROLES_OF_ADDRESS, Knowledge, Meaning, bare, meanings_of
from pipeline.guessing.names import Ideas, Reading, asks, plain
from pipeline.guessing.values import FITS, likeness
from pipeline.mapping.model import Catalogue, Column, Kind
from pipeline.words import Message, message

ENOUGH = 0.6  # below, a guess is not made
NAMED = 0.95  # a name that says it
KNOWN = 0.78  # a name that another system has
BARE = (1.0, 0.9, 0.78)  # the table that a file is mainly about, its second, all others
SURE = 0.7  # by words alone: then the exports of other systems are not asked
STRANGE = 0.5  # for each word that no list has
_GENERAL = (
    "amount code created date description discount gross id kind net notes number reference status "
    "tax time title total "
)
GENERAL = frozenset(_GENERAL.split())
"""What says nothing of a table that is only a third one of the file."""
_MONEY = "amount discount gross net subtotal tax total "
MONEY = frozenset(_MONEY.split())
"""In a file of lines, the lines' own."""
PARTIES = frozenset({"customer", "supplier"})
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


@dataclass(slots=True)
class Tongue:
    """How one table of a file is spoken of. `place`: 0 is the table that the file is mainly about; `lines`: that
    one holds lines of documents."""

    place: int
    lines: bool
    speaks: Ideas
    whole: dict[Ideas, list[Meaning]] = field(default_factory=dict)  # exactly these ideas
    parts: dict[Ideas, list[Meaning]] = field(default_factory=dict)  # these, and roles of `speaks`

    def add(self, meaning: Meaning) -> None:
        wanted = meaning.ideas - self.speaks
        if meaning.exact or not wanted:
            self.whole.setdefault(meaning.ideas, []).append(meaning)
        else:
            self.parts.setdefault(wanted, []).append(meaning)

    def meanings(self, reading: Reading) -> Iterator[tuple[Meaning, float]]:
        """Each meaning of a reading, and its score."""
        ideas = reading.ideas
        if reading.strange:  # words of another program's tables, that no list of ours has
            for meaning in self.whole.get(ideas | set(reading.strange), ()):
                yield meaning, NAMED * meaning.weight
        named = bool(ideas & self.speaks)
        if self.speaks == {"contact"} and self.place and not named:
            return  # what a file says of a customer it says of him, not of his contact
        trust = NAMED * reading.sure * STRANGE ** len(reading.strange) * self._trust(ideas, named)
        for meaning in self.whole.get(ideas, ()):
            yield meaning, trust * meaning.weight
        for meaning in self.parts.get(ideas - self.speaks, ()):
            roles = meaning.ideas & self.speaks
            if not roles or roles & ideas:  # a role that the phrase names must be there; another may be
                yield meaning, trust * meaning.weight * (1.0 if meaning.ideas == ideas else 0.99)

    def _trust(self, ideas: Ideas, named: bool) -> float:
        if named:
            return 1.0
        general = (self.place > 1 and ideas <= GENERAL) or (self.place == 1 and self.lines and ideas <= MONEY)
        return BARE[min(self.place, len(BARE) - 1)] * (STRANGE if general else 1.0)


def tongues(tables: Sequence[str], catalogue: Catalogue, knowledge: Knowledge) -> list[Tongue]:
    """How these tables are spoken of in one file, the one it is mainly about first."""
    there = set(map(bare, tables))  # what names a row of one of these names its own column
    out = []
    for place, spoken in enumerate(tables):
        table, _, role = spoken.partition(":")
        speaks = frozenset({role}) if role else knowledge.speaks.get(table, frozenset())
        one = Tongue(place, bare(tables[0]).endswith("_line"), speaks)
        strangers = PARTIES - {role} if role in PARTIES else frozenset()
        for meaning in meanings_of(catalogue[table], knowledge):
            points = _column(meaning.field, catalogue).references
            if not meaning.ideas & strangers and points not in there:
                one.add(meaning)
        out.append(one)
    return out


def candidates(
    header: str,
    read: Sequence[Reading],
    values: Sequence[str],
    tables: Sequence[str],
    spoken: Sequence[Tongue],
    catalogue: Catalogue,
    knowledge: Knowledge,
) -> list[Candidate]:
    """Every slot of these tables (`spoken`: their tongues) that the header may mean, each once, at its best."""
    found: dict[Slot, Candidate] = {}
    for tongue in spoken:
        for reading in read:
            for meaning, score in tongue.meanings(reading):
                said = message("guessing.name" if reading.sure == 1.0 else "guessing.typo", column=header)
                _keep(found, _weighed(_slot(meaning.field, reading), score, said, values, catalogue))
    known_word = any(c.score >= SURE for c in found.values())
    for name in () if known_word else _elsewhere(header, tables, knowledge):
        said = message("guessing.elsewhere", column=header)
        slot = (name, _whose(read[0].ideas) if read and name.startswith("address.") else "")
        _keep(found, _weighed(slot, KNOWN, said, values, catalogue))
    if asks(header):
        return [c for c in found.values() if _column(c.slot[0], catalogue).kind is Kind.BOOLEAN]
    return list(found.values())


def _column(field: str, catalogue: Catalogue) -> Column:
    table, _, name = field.partition(".")
    return catalogue[table].columns[name]


def _slot(field: str, reading: Reading) -> Slot:
    return field, _whose(reading.ideas) if field.startswith("address.") else ""


def _whose(ideas: frozenset[str]) -> str:
    role = next((role for role in ROLES_OF_ADDRESS if role in ideas), "")
    if role == "recipient":
        return "shipping"
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
    most = max(votes, key=lambda field: (len(votes[field]), not field, field))  # in doubt nothing
    return [most] if most and most.split(".")[0] in map(bare, tables) else []


def _about(columns: Mapping[str, str], tables: Sequence[str]) -> bool:
    """Whether a layout speaks of the table that a file is mainly about."""
    return any(field.split(".")[0] == bare(tables[0]) for field in columns.values() if field)
