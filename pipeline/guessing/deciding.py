"""Which tables a file speaks of and which column is which. Pure: header and sample in, guesses out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.guessing.assigning import best
from pipeline.guessing.candidates import ENOUGH, Candidate, Slot, candidates, tongues
from pipeline.guessing.knowledge import Knowledge, Layout, bare, known, tables_known, written
from pipeline.guessing.names import Reading, plain, readings, without_contact, without_prefix
from pipeline.guessing.subject import about_no_table, choose
from pipeline.guessing.values import UNLIKE, likeness, told_by_values
from pipeline.mapping.model import Catalogue, SavedMapping
from pipeline.mapping.sections.model import Section
from pipeline.words import Message, message

MAPPED = 0.99  # a mapping of this installation says so
LAYOUT = 0.98  # the whole layout is known
SAME_LAYOUT = 0.7  # of the file's columns
LEAST_LAYOUT = 8  # columns shared with it, or half of its own
EMPTY = 0.9  # for a column without a value: another that has some comes first
ONE_NAME = frozenset({"name", "nom", "nombre", "nome"})
FEW = 4  # columns, of which one alone that means something says nothing of a file
ALONE = 0.6  # known by its values only


@dataclass(frozen=True, slots=True)
class Seen:
    """A column of a file: its header, and some of its values."""

    name: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Guess:
    """What a column probably is. `field`: table.column, None when nothing fits; `confidence`: 0 to 1;
    `whose`: of an address, "billing" or "shipping"."""

    column: str
    field: str | None
    confidence: float
    because: Message
    whose: str = ""


@dataclass(frozen=True, slots=True)
class Guessed:
    """All columns of a file, in their order, and the table that it is mainly about. `layout`: the known export
    that it is, `system.export`."""

    table: str
    columns: tuple[Guess, ...]
    layout: str = ""


def guess(
    columns: Sequence[Seen],
    catalogue: Catalogue,
    *,
    table: str | None = None,
    earlier: Sequence[SavedMapping] = (),
    name: str = "",
    knowledge: Knowledge | None = None,
) -> Guessed:
    """The best reading of a file. `table`: only this one; `earlier`: the installation's mappings; `name`: the
    file's own, which may say what it is about."""
    if not columns:
        return Guessed("", ())
    knows = knowledge or known()
    headers = [column.name for column in columns]
    plainly = without_prefix(headers, [readings(header, knows.lexicon) for header in headers])
    read = _first_and_last(columns, without_contact(plainly))
    past = _past(columns, earlier, catalogue)
    if table is None and (layout := _layout(columns, knows, catalogue)) is not None:
        return _as_layout(columns, read, layout, past, catalogue, knows)
    if table is None and about_no_table(read, knows):
        return _nothing(columns, message("guessing.no_table", column=columns[0].name))
    families = {table: (table,)} if table else tables_known(catalogue, knows)
    hints = frozenset(idea for reading in readings(name, knows.lexicon) for idea in reading.ideas)
    found = {
        family: _found(columns, read, past, tables, catalogue, knows) for family, tables in families.items()
    }
    chosen = table or choose(families, found, read, hints, knows)
    made = _decided(columns, found[chosen], tuple(map(bare, families[chosen])), catalogue)
    understood = sum(1 for one in made.columns if one.field)
    if table is None and understood < (2 if len(columns) >= FEW else 1):
        return _nothing(columns, message("guessing.too_little"))
    return made


def _nothing(columns: Sequence[Seen], said: Message) -> Guessed:
    return Guessed("", tuple(Guess(column.name, None, 0.0, said) for column in columns))


def _found(
    columns: Sequence[Seen],
    read: Sequence[Sequence[Reading]],
    past: Sequence[Sequence[Candidate]],
    tables: Sequence[str],
    catalogue: Catalogue,
    knows: Knowledge,
) -> list[list[Candidate]]:
    """What each column may be in a file about these tables."""
    spoken = tongues(tables, catalogue, knows)
    return [
        _with_past(past[i], tables)
        or candidates(column.name, read[i], column.values, tables, spoken, catalogue, knows)
        for i, column in enumerate(columns)
    ]


def _first_and_last(columns: Sequence[Seen], read: list[list[Reading]]) -> list[list[Reading]]:
    """Beside a first name alone, "Nom" is the last one; beside a last name alone, "Nome" is the first."""
    alone = {idea for each in read for r in each for idea in ("firstname", "lastname") if r.ideas == {idea}}
    if len(alone) != 1:
        return read
    other = Reading(frozenset({"lastname" if alone == {"firstname"} else "firstname"}))
    pairs = zip(columns, read, strict=True)
    return [[other] if plain(column.name) in ONE_NAME else each for column, each in pairs]


def _decided(
    columns: Sequence[Seen],
    found: Sequence[Sequence[Candidate]],
    tables: Sequence[str],
    catalogue: Catalogue,
    *,
    alone: bool = True,
) -> Guessed:
    by_slot = [{c.slot: c for c in each} for each in found]
    some = any(column.values for column in columns)
    scores: dict[int, Mapping[Slot, float]] = {
        i: {
            slot: c.score * (EMPTY if some and not columns[i].values else 1.0)
            for slot, c in each.items()
            if c.score >= ENOUGH
        }
        for i, each in enumerate(by_slot)
    }
    chosen = best(scores)
    taken = set(chosen.values())
    out: list[Guess] = []
    for i, column in enumerate(columns):
        if i in chosen:
            one = by_slot[i][chosen[i]]
            out.append(_made(column, one))
            continue
        given = _alone(column, tables, catalogue) if alone else None
        if given and (given, "") not in taken:
            taken.add((given, ""))
            out.append(Guess(column.name, given, ALONE, message("guessing.values", column=column.name)))
        else:
            out.append(Guess(column.name, None, 0.0, _why_not(column, found[i], scores[i])))
    return Guessed(_main(out, tables), tuple(out))


def _made(column: Seen, one: Candidate) -> Guess:
    said = one.because
    if one.told and said.code == "guessing.name":
        said = message("guessing.name_values", column=column.name)
    return Guess(column.name, one.slot[0], round(one.score, 2), said, one.slot[1])


def _alone(column: Seen, tables: Sequence[str], catalogue: Catalogue) -> str | None:
    """The field that the values alone give away."""
    name = told_by_values(column.values)
    return next((f"{table}.{name}" for table in tables if name in catalogue[table].columns), None)


def _why_not(column: Seen, found: Sequence[Candidate], enough: Mapping[Slot, float]) -> Message:
    if enough:
        return message("guessing.taken", field=max(enough, key=lambda slot: enough[slot])[0])
    unlike = next((c for c in found if c.unlike), None)
    if unlike is not None:
        return message("guessing.unlike", field=unlike.slot[0])
    return message("guessing.nothing", column=column.name)


def _main(guesses: Sequence[Guess], tables: Sequence[str]) -> str:
    """The first table of these that the guesses speak of."""
    spoken = {guess.field.split(".")[0] for guess in guesses if guess.field}
    return next((table for table in tables if table in spoken), tables[0])


def _past(
    columns: Sequence[Seen], earlier: Sequence[SavedMapping], catalogue: Catalogue
) -> list[list[Candidate]]:
    """What mappings of this installation say of each header; of several answers of one mapping the first."""
    said: dict[str, dict[Slot, tuple[str, float]]] = {}
    for mapping in earlier:
        tables = [
            (mapping.table, mapping.fields, ""),
            *((s.table, s.fields, _kind(s)) for s in mapping.sections),
        ]
        place = 0
        for table, fields, whose in tables:
            for field in fields:
                known_here = table in catalogue and field.target in catalogue[table].columns
                for column in field.columns if known_here else ():
                    place += 1
                    slot = (f"{table}.{field.target}", whose)
                    said.setdefault(plain(column), {})[slot] = (mapping.name, MAPPED - place / 1e5)
    return [
        [
            Candidate(slot, score, message("guessing.mapping", mapping=name))
            for slot, (name, score) in said.get(plain(column.name), {}).items()
        ]
        for column in columns
    ]


def _kind(section: Section) -> str:
    """Whose addresses a section holds."""
    kind = next((field.value for field in section.fields if field.target == "kind"), None)
    return kind or "" if section.table == "address" else ""


def _with_past(past: Sequence[Candidate], tables: Sequence[str]) -> list[Candidate]:
    return [one for one in past if one.slot[0].split(".")[0] in map(bare, tables)]


def _layout(columns: Sequence[Seen], knows: Knowledge, catalogue: Catalogue) -> Layout | None:
    """The layout that has most of these columns, when it has nearly all."""
    names = {written(column.name) for column in columns}
    shared = {
        i: len(names & layout.headers)
        for i, layout in enumerate(knows.layouts)
        if all(field.split(".")[0] in catalogue for field in layout.columns.values() if field)
    }
    most = max(shared, key=lambda i: shared[i], default=None)
    if most is None or shared[most] < SAME_LAYOUT * len(names):
        return None
    layout = knows.layouts[most]
    return layout if shared[most] >= min(LEAST_LAYOUT, max(3, len(layout.columns) / 2)) else None


def _as_layout(
    columns: Sequence[Seen],
    read: Sequence[Sequence[Reading]],
    layout: Layout,
    past: Sequence[Sequence[Candidate]],
    catalogue: Catalogue,
    knows: Knowledge,
) -> Guessed:
    """As that export is known; this installation's own mappings come first, and a column it has not is guessed."""
    tables = list(dict.fromkeys(field.split(".")[0] for field in layout.columns.values() if field))
    if not tables:
        return _nothing(columns, message("guessing.no_table", column=columns[0].name))
    guessed = _found(columns, read, past, tables, catalogue, knows)
    found = [
        _of_layout(column, layout, catalogue)
        if plain(column.name) in layout.columns and not _with_past(past[i], tables)
        else guessed[i]
        for i, column in enumerate(columns)
    ]
    made = _decided(columns, found, tables, catalogue, alone=False)
    return Guessed(tables[0], made.columns, f"{layout.system}.{layout.name}")


def _of_layout(column: Seen, layout: Layout, catalogue: Catalogue) -> list[Candidate]:
    field = layout.columns.get(plain(column.name), "")
    if not field:
        return []
    table, _, name = field.partition(".")
    factor = likeness(catalogue[table].columns[name], column.values)
    header = plain(column.name)
    whose = (
        next((role for role in ("billing", "shipping") if role in header), "") if table == "address" else ""
    )
    said = message("guessing.layout", system=layout.system, layout=layout.name)
    score = LAYOUT if factor > UNLIKE else LAYOUT * UNLIKE
    return [Candidate((field, whose), score, said, unlike=factor <= UNLIKE)]
