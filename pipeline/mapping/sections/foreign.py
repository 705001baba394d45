"""What sections of tables that are not Pipeline's must keep to: rows there are known by the tables' own keys."""

from __future__ import annotations

from pipeline.mapping.fitting import Notes
from pipeline.mapping.model import Table
from pipeline.mapping.sections.model import Section

MODES = ("upsert", "create", "update", "append")
OURS = ("amounts", "rounding", "refunds", "similar")  # what goes by the meaning of Pipeline's own columns


def check_natural(notes: Notes, section: Section, table: Table, *, mixed: bool) -> None:
    """`mixed`: other sections of the mapping write to tables of Pipeline's."""
    if mixed:
        notes.say(notes.root + "table", "sections.mixed", table=table.name)
    if section.mode not in MODES:
        notes.say(notes.root + "mode", "mapping.choice", key="mode", choices=", ".join(MODES))
    if len(section.keys) > 1:
        notes.say(notes.root + "key", "sections.one_key", table=table.name)
    for word in OURS:
        if getattr(section, word):
            notes.say(notes.root + word, "sections.foreign_only", setting=word, table=table.name)
    keys = [set(key) for key in table.keys]
    for key in section.keys[:1]:
        if set(key) not in keys:
            known = " / ".join(", ".join(one) for one in table.keys)
            notes.say(notes.root + "key", "mapping.not_key", key=", ".join(key), table=table.name, keys=known)
    for find in section.finds:
        if find.missing == "wait":
            facts = {"setting": 'missing = "wait"', "table": table.name}
            notes.say(f"{notes.root}fields.{find.target}", "sections.foreign_only", **facts)
        if find.missing == "create":
            notes.say(f"{notes.root}fields.{find.target}", "sections.foreign_create", table=find.table)
