"""Mistakes in what a section says of refunds and totals."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.mapping.fitting import Notes
from pipeline.mapping.model import Table
from pipeline.mapping.sections import amounts
from pipeline.mapping.sections.model import Section
from pipeline.mapping.source import nearest


def check_signs(notes: Notes, section: Section, table: Table, per: str, given: set[str]) -> None:
    """`refunds` stands once, where a row is a document with a total and a kind."""
    if not section.refunds:
        return
    at, document = notes.root + "refunds", notes.saved.document
    if (per != "document" and document) or amounts.total_of(table) not in given:
        notes.say(at, "sections.refunds")
    elif table.name not in amounts.USUAL:
        notes.say(at, "sections.refunds_kind", table=table.name, tables=", ".join(amounts.USUAL))
    elif section.refunds == "positive" and "kind" not in given:
        notes.say(at, "sections.refunds_unsaid")
    first = next(one.name for one in notes.saved.sections if one.refunds)
    if first != section.name:
        notes.say(at, "sections.refunds_twice", section=first)


def check_total(
    notes: Notes, section: Section, table: Table, per: str, known: Mapping[str, tuple[Section, Table]]
) -> None:
    """Both sides of a total are amounts of one document."""
    total = section.total
    if total is None:
        return
    at = notes.root + "total"
    if per != "document":
        notes.say(at, "sections.total_place")
    for _, name, column in [(1, "", total.column), *total.terms]:
        if name and name not in known:
            names = [one.name for one in notes.saved.sections]
            if name not in names:
                notes.say(at, "sections.no_section", nearest(name, names), section=name)
            continue
        of = known[name][1] if name else table
        if not amounts.money(of, column):
            notes.say(at, "sections.total_column", nearest(column, of.columns), table=of.name, column=column)
