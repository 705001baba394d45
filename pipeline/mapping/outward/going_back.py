"""Which column of which table a mapping's own columns are, seen from the table of its lines; and what is lost."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from pipeline.mapping.fitting import Notes
from pipeline.mapping.model import Field, SavedMapping
from pipeline.mapping.outward.model import Place
from pipeline.mapping.sections.model import Section


@dataclass(slots=True)
class Pairs:
    """`table`: of the rows; `columns`: (file column, where its value stands, how it is written); `equal`: constants,
    which say which rows the mapping speaks of; `order`: of the rows, where the mapping numbers them."""

    table: str
    columns: list[tuple[str, Place, Field]] = field(default_factory=list)
    equal: list[tuple[Place, Field]] = field(default_factory=list)
    order: list[Place] = field(default_factory=list)


def reversed_pairs(saved: SavedMapping, back: Notes) -> Pairs:
    """`back` is told what the mapping would not read back without a difference."""
    if saved.where is not None:
        back.say("where", "exports.back_where")
    if not saved.sections:
        pairs = Pairs(saved.table)
        _fields(pairs, saved.fields, (), "", back)
        return pairs
    base = _finest(saved.sections)
    pairs = Pairs(base.table)
    by_name = {section.name: section for section in saved.sections}
    reached: dict[str, Place] = {base.name: ()}
    todo = [base]
    while todo:
        section = todo.pop(0)
        before = reached[section.name]
        root = f"tables.{section.name}."
        _fields(pairs, section.fields, before, root, back)
        _finds(pairs, section, before, root, back)
        for key in ("where", "amounts", "refunds"):
            if getattr(section, key) is not None:
                back.say(root + key, "exports.back_section", key=key)
        if section is base:
            pairs.order += [
                *((target, "id") for target, _ in section.rows),
                *((c,) for c, _ in section.counts),
            ]
        for target, parent in section.rows:
            if parent in by_name and parent not in reached:
                reached[parent] = (*before, target)
                todo.append(by_name[parent])
    for section in saved.sections:
        if section.name not in reached:
            back.say(f"tables.{section.name}", "exports.back_apart", section=section.name)
    pairs.columns.sort(key=lambda one: one[2].line)  # as they stand in the mapping
    return pairs


def _finest(sections: tuple[Section, ...]) -> Section:
    """The section whose rows are the file's lines: one that no other points to, with the most above it."""
    by_name = {section.name: section for section in sections}

    def above(section: Section, seen: frozenset[str] = frozenset()) -> int:
        parents = [by_name[p] for _, p in section.rows if p in by_name and p not in seen]
        return sum(1 + above(one, seen | {section.name}) for one in parents)

    return max(sections, key=lambda s: (s.per == "row" or bool(s.lines or s.record or s.counts), above(s)))


def _fields(pairs: Pairs, fields: tuple[Field, ...], before: Place, root: str, back: Notes) -> None:
    known = {name for name, *_ in pairs.columns}
    for one in fields:
        at, path = f"{root}fields.{one.target}", (*before, one.target)
        if one.sql is not None:
            back.say(at, "exports.back_sql", target=one.target)
        elif one.file is not None:
            back.say(at, "exports.back_file", target=one.target)
        elif one.value is not None:
            pairs.equal.append((path, one))
        elif one.columns[0] in known:
            back.say(at, "exports.back_column", column=one.columns[0], target=one.target)
        else:
            pairs.columns.append((one.columns[0], path, one))
            _look(one, at, back)


def _look(one: Field, at: str, back: Notes) -> None:
    """What of one field does not come back as it was."""
    if one.values is not None:
        meanings = [value for _, value in one.values.pairs]
        if len(set(meanings)) < len(meanings) or one.values.otherwise is not None:
            back.say(at, "exports.back_list", target=one.target)
    if one.default is not None:
        back.say(at, "exports.back_default", target=one.target, value=one.default)


def _finds(pairs: Pairs, section: Section, before: Place, root: str, back: Notes) -> None:
    """Of a look-up the first way is written."""
    for find in section.finds:
        if not find.by:
            continue
        here = (*before, find.target)
        columns = [replace(one, target=one.target) for one in find.by[0]]
        _fields(pairs, tuple(columns), here, f"{root}fields.{find.target}.", back)
