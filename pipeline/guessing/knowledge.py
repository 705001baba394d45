"""What is known before a file is seen: words, what they mean in each table, and layouts of systems.

The lists are data files of this package; they are read once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from pipeline.guessing.names import Ideas, Lexicon, lexicon_of, plain, settled
from pipeline.mapping.model import Catalogue, Column, Table

TIERS = (1.0, 0.8, 0.65)  # how surely phrases say a column: before the first `;`, after it, after the second
WEAK = TIERS[1]
ROLES_OF_ADDRESS = ("billing", "shipping", "invoice", "recipient")


@dataclass(frozen=True, slots=True)
class Meaning:
    """One way to say a column: these ideas together. `exact`: with nothing added or left away."""

    field: str  # table.column
    ideas: Ideas
    weight: float
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of one export of one system: plain header → field, "" where it has none. `headers`: as that
    system writes them, capitals aside."""

    system: str
    name: str
    columns: Mapping[str, str]
    headers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything a guess rests on besides the file and the installation's own mappings."""

    lexicon: Lexicon
    meanings: Mapping[str, tuple[Meaning, ...]]  # by table
    speaks: Mapping[str, Ideas]  # by table
    families: Mapping[str, tuple[str, ...]]  # a table, or table:role when it is only about these
    layouts: tuple[Layout, ...]
    signs: Mapping[str, Mapping[str, float]]  # by family: ideas that tell it, and their weight
    needs: Mapping[str, tuple[Ideas, ...]]  # by family: of each of these sets one
    roles: Ideas
    others: Ideas


def _data(name: str) -> dict[str, dict[str, str]]:
    return tomllib.loads(files("pipeline.guessing").joinpath(name).read_text("utf-8"))


@cache
def known(without: frozenset[str] = frozenset()) -> Knowledge:
    """Our lists; `without` these systems: their layouts and the words that were learnt from them alone."""
    words, fields = _data("words.toml"), _data("fields.toml")
    signs = {family: _weights(text) for family, text in fields.pop("signs").items()}
    needs = {
        family: tuple(frozenset(_parts(one)) for one in text.split("&"))
        for family, text in fields.pop("needs").items()
    }
    families = {name: _parts(tables) for name, tables in fields.pop("families").items()}
    meanings: dict[str, tuple[Meaning, ...]] = {}
    speaks: dict[str, Ideas] = {}
    for table, columns in fields.items():
        speaks[table] = frozenset(_parts(columns["speaks"]))
        meanings[table] = tuple(
            meaning
            for column, text in columns.items()
            if column != "speaks"
            for meaning in _meanings(f"{table}.{column}", text)
        )
    return Knowledge(
        lexicon_of(words.values(), without),
        MappingProxyType(meanings),
        MappingProxyType(speaks),
        MappingProxyType(families),
        tuple(layout for layout in _layouts() if layout.system not in without),
        MappingProxyType(signs),
        MappingProxyType(needs),
        frozenset(words["roles"]),
        frozenset(words["others"]),
    )


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _weights(text: str) -> dict[str, float]:
    pairs = (part.split(":") for part in _parts(text))
    return {idea: float(weight) for idea, weight in pairs}


def _meanings(field: str, text: str) -> list[Meaning]:
    found = []
    for weight, phrases in zip(TIERS, text.split(";"), strict=False):
        for place, phrase in enumerate(_parts(phrases)):
            ideas = settled(frozenset(phrase.lstrip("=").split("+")))
            found.append(Meaning(field, ideas, weight - 0.005 * place, phrase.startswith("=")))
    return found


def _layouts() -> list[Layout]:
    return [
        Layout(
            system,
            name,
            {plain(header): field.split("|")[0] for header, field in columns.items()},
            frozenset(map(written, columns)),
        )
        for system, layouts in tomllib.loads(
            files("pipeline.guessing").joinpath("layouts.toml").read_text("utf-8")
        ).items()
        for name, columns in layouts.items()
    ]


def written(header: str) -> str:
    """A header as it stands, for knowing an export again: `first_name` is not `First Name`."""
    return header.strip().casefold()


def meanings_of(table: Table, knowledge: Knowledge) -> tuple[Meaning, ...]:
    """The ways to say this table's columns: our lists where they know the table, else its names and labels."""
    listed = tuple(
        m for m in knowledge.meanings.get(table.name, ()) if m.field.split(".")[1] in table.columns
    )
    if listed:
        return listed
    return tuple(m for column in table.columns.values() for m in _own(table, column, knowledge.lexicon))


def _own(table: Table, column: Column, lexicon: Lexicon) -> list[Meaning]:
    from pipeline.guessing.names import readings

    names = [column.name, re.sub(r"_(id|no|nr)$", "", column.name), column.label_en, column.label_fr]
    field = f"{table.name}.{column.name}"
    found = {r.ideas | set(r.strange): r for name in names if name for r in readings(name, lexicon)}
    return [
        Meaning(field, frozenset(ideas), 1.0 if not place else WEAK, True)
        for place, ideas in enumerate(found)
    ]


def tables_known(catalogue: Catalogue, knowledge: Knowledge) -> dict[str, tuple[str, ...]]:
    """What a file can be about here: our families as far as the database has their tables, and every other
    table by itself."""
    families = {
        name: tuple(table for table in tables if bare(table) in catalogue)
        for name, tables in knowledge.families.items()
        if bare(tables[0]) in catalogue
    }
    ours = {bare(table) for tables in families.values() for table in tables}
    return families | {name: (name,) for name in catalogue if name not in ours}


def bare(table: str) -> str:
    """`party:customer` is the table party, spoken of as customers."""
    return table.partition(":")[0]
