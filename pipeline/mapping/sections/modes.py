"""What a section's mode asks of it: checked when the mapping is saved."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.mapping.model import Column, Kind, Table
from pipeline.mapping.sections.model import CHANGE, DELETE, NEW, SET, Section, SectionPlan
from pipeline.mapping.source import nearest

if TYPE_CHECKING:
    from pipeline.mapping.fitting import Notes

MOMENT = "updated_at"
"""The load sets it by itself, but where it says how new a row is."""
BY_MODE = {"upsert": SET, "mirror": SET, "append": SET, "create": NEW, "update": CHANGE, "delete": DELETE}
ORDERED = (Kind.DATE, Kind.DATETIME, Kind.INTEGER, Kind.DECIMAL)


def with_moment(section: Section, table: Table) -> Table:
    """The table; with `updated_at` among its columns when rows are told older from newer by it."""
    if section.newer_by != MOMENT or MOMENT in table.columns:
        return table
    moment = Column(MOMENT, Kind.DATETIME, label_en="Changed on", label_fr="Modifié le")
    return replace(table, columns={**table.columns, MOMENT: moment})


def check_modes(notes: Notes, section: Section, table: Table, given: set[str], per: str) -> None:
    """Say what is wrong with `mirror`, `action` and `newer_by`."""
    newer = section.newer_by
    if newer is not None:
        if newer not in given or newer not in table.columns:
            near = nearest(newer, given)
            notes.say(notes.root + "newer_by", "sections.newer_field", near, column=newer)
        elif table.columns[newer].kind not in ORDERED:
            notes.say(notes.root + "newer_by", "sections.newer_kind", column=newer)
    if section.action is not None:
        bare = section.mode == "upsert" and section.lines != "append"
        if not bare or per != "row" or section.repeated in ("agree", "first"):
            notes.say(notes.root + "action", "sections.action_place")
    if section.lines == "append" and section.mode not in ("upsert", "append"):
        notes.say(notes.root + "lines", "sections.append_mode")
    if section.mirror is not None:
        from pipeline.mapping.fitting import check_field

        inner = type(notes)(notes.saved, notes.root)
        for field in (*section.mirror.gone, *section.mirror.within):
            check_field(inner, table, field)
        notes.found += [replace(one, path=notes.root + "mirror") for one in inner.found]
        for column in section.mirror.among:
            if column not in given:
                near = nearest(column, given)
                notes.say(notes.root + "mirror", "sections.mirror_among", near, column=column)


def keyed(plan: SectionPlan) -> SectionPlan:
    """What it takes to know the records by, and nothing else: for rows that are to be deleted."""
    needed = {name for key in plan.keys for name in key} | ({plan.newer_by} if plan.newer_by else set())
    if plan.digest and plan.digest[0] in needed:
        needed |= set(plan.digest[1])
    fields = tuple(field for field in plan.plan.mapping.fields if field.target in needed)
    bare = replace(plan.plan, mapping=replace(plan.plan.mapping, fields=fields))
    return replace(
        plan,
        plan=bare,
        rows=tuple(row for row in plan.rows if row[0] in needed),
        counts=tuple(one for one in plan.counts if one[0] in needed),
        finds=tuple(find for find in plan.finds if find.target in needed),
        amounts=None,
        derived=(),
        refunds="",
        kind=(),
    )
