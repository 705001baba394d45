"""Sections fitted to what the database has, parents first; or every mistake at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pipeline.errors import Mistake
from pipeline.mapping.fitting import Notes, check_field, check_format
from pipeline.mapping.lookups import fit_lookups
from pipeline.mapping.model import CUSTOM, Catalogue, Column, Field, Kind, Plan, SavedMapping, Table
from pipeline.mapping.sections import amounts
from pipeline.mapping.sections.checks import check_signs, check_total
from pipeline.mapping.sections.foreign import check_natural
from pipeline.mapping.sections.model import Find, FindPlan, Section, SectionPlan
from pipeline.mapping.sections.modes import check_modes, keyed, with_moment
from pipeline.mapping.source import given as given_in
from pipeline.mapping.source import nearest

DIGEST = {
    "address": ("content", ("recipient", "company", "street1", "street2", "postal_code", "city", "region", "country")),
}  # fmt: skip
"""Of a table whose rows are known by what they say: the column that holds it, and what it is made of."""

ASKED = ("party", "product", "product_variant")
"""The tables in which a code nearly the same as a known one is a question, unless the mapping says otherwise."""

Fitted = Mapping[str, tuple[Section, Table]]


def compile_sections(saved: SavedMapping, catalogue: Catalogue) -> tuple[Plan | None, list[Mistake]]:
    """(plan, []) or (None, all mistakes by line)."""
    found: list[Mistake] = []
    known: dict[str, tuple[Section, Table]] = {}
    for section in saved.sections:
        notes = Notes(saved, section.root)
        table = catalogue.get(section.table)
        if table is None:
            path = notes.root + "table"
            notes.say(path, "mapping.unknown_table", nearest(section.table, catalogue), table=section.table)
        elif not table.identified and not section.root:
            notes.say(notes.root + "table", "sections.foreign_mode", table=table.name)
        else:
            known[section.name] = (section, with_moment(section, table))
        found += notes.found
    whose = {table.identified for _, table in known.values()}
    for section, table in known.values():
        notes = Notes(saved, f"tables.{section.name}.")
        if not table.identified:
            check_natural(notes, section, table, mixed=len(whose) > 1)
        found += notes.found
    if saved.read.date is not None:
        notes = Notes(saved)
        check_format(notes, "read.date", saved.read.date)
        found += notes.found
    plans = []
    for section, table in known.values():
        notes = Notes(saved, section.root)
        plans.append(_fit(notes, section, table, known, catalogue))
        found += notes.found
    ordered = _parents_first(plans)
    if ordered is None:
        notes = Notes(saved)
        notes.say(f"tables.{plans[0].name}", "sections.circle", sections=" → ".join(_circle(plans)))
        found += notes.found
    if found or not ordered:
        once = {(mistake.path, mistake.said.code): mistake for mistake in found}
        return None, sorted(once.values(), key=lambda mistake: mistake.line)
    first = next(plan for plan in plans if plan.name == saved.sections[0].name)
    return Plan(saved, first.plan.table, (), tuple(ordered)), []


def _fit(notes: Notes, section: Section, table: Table, known: Fitted, catalogue: Catalogue) -> SectionPlan:
    saved, section = notes.saved, _renamed(section, table)
    for field in section.fields:
        if field.target.startswith(CUSTOM) and field.write != "always":
            notes.say(f"{notes.root}fields.{field.target}", "mapping.custom_write", name=field.target)
    for target in [name for name, _ in (*section.rows, *section.counts)] + [
        find.target for find in section.finds
    ]:
        if target.startswith(CUSTOM):
            notes.say(f"{notes.root}fields.{target}", "mapping.custom_plain", name=target)
    for field in section.fields:
        column = table.columns.get(field.target)
        if column is not None and column.kind is Kind.REFERENCE:
            notes.say(f"{notes.root}fields.{field.target}", "sections.reference", column=field.target)
        else:
            check_field(notes, table, field)
    per = _per(saved, section)
    if per == "document" and not saved.document:
        notes.say(notes.root + "per", "sections.no_document")
    for target, parent in section.rows:
        _check_row(notes, section, table, target, parent, known)
    for target, within in section.counts:
        named = within == "document" and _named(saved)
        kinds = (Kind.INTEGER, Kind.TEXT) if named else (Kind.INTEGER,)
        if (column := _column(notes, table, target)) is not None and column.kind not in kinds:
            notes.say(f"{notes.root}fields.{target}", "sections.count_place", column=target)
    if section.counts and per == "document" and not section.spread:
        notes.say(notes.root + "per", "sections.count_per", column=section.counts[0][0])
    finds = tuple(_find(notes, table, find, catalogue) for find in section.finds)
    lines = given_in(saved.lines, notes.root + "fields.")
    given = {table.aliases.get(name, name) for name in lines}
    digest = DIGEST.get(table.name) if table.identified else None
    if digest and (digest[0] in given or not given.intersection(digest[1])):
        digest = None
    auto = "kind" not in given and table.name in amounts.USUAL and any(one.refunds for one in saved.sections)
    made = given | ({digest[0]} if digest else set()) | ({"kind"} if auto else set())
    keys = _keys(notes, section, table, made)
    for column in table.columns.values():
        if column.required and column.name not in given and section.mode not in ("update", "delete"):
            notes.say(notes.root + "fields", "mapping.required", table=table.name, column=column.name)
    check_modes(notes, section, table, given, per)
    if section.lines == "replace" and not any(target in key for target, _ in section.rows for key in keys):
        notes.say(notes.root + "lines", "sections.replace", table=table.name)
    derived = amounts.derived(table, given, section.amounts)
    if section.amounts and not derived:
        notes.say(notes.root + "amounts", "sections.amounts", table=table.name)
    check_signs(notes, section, table, per, {*given, *derived})
    if section.rounding == "document" and not (saved.document and amounts.names(table)[1] in derived):
        notes.say(notes.root + "rounding", "sections.rounding")
    check_total(notes, section, table, per, known)
    plain = {field.target for field in section.fields}
    alone = keys[0] if len(keys) == 1 and not section.optional else ()
    mapping = replace(
        saved, table=table.name, fields=section.fields, where=section.where, sections=(), document=()
    )
    mapping = fit_lookups(notes, mapping, catalogue)
    if mapping.expressions:
        from pipeline.mapping.expressions.fitting import fit_expressions  # sqlglot and polars

        mapping, wrong = fit_expressions(mapping, table)
        for path, said in wrong:
            notes.tell(notes.root + path, said)
    plan = SectionPlan(
        section.name, Plan(mapping, table, tuple(k for k in alone if k in plain)), keys, per, section.record,
        section.rows, section.counts, tuple(find for find in finds if find),
        section.repeated or ("agree" if per == "document" else "last"), section.optional,
        "append" if section.lines == "append" else section.mode,
        section.lines or "merge", digest, section.amounts, derived, section.refunds or "",
        section.rounding == "document", section.total,
        section.similar or ("codes" if table.name in ASKED else "new"), ("kind",) if auto else (), section.each, section.split,
        section.file, section.mirror, section.action, section.newer_by,
    )  # fmt: skip
    return keyed(plan) if section.mode == "delete" else plan


def _named(saved: SavedMapping) -> bool:
    """Do cells of the file say what each document is called?"""
    return bool(saved.document) and not {"$", *(kind.tag for kind in saved.read.records)} & {*saved.document}


def _renamed(section: Section, table: Table) -> Section:
    """With the names that the table's columns have now."""
    now = table.aliases
    fields = tuple(replace(field, target=now.get(field.target, field.target)) for field in section.fields)
    keys = tuple(tuple(now.get(name, name) for name in key) for key in section.keys)
    return replace(section, fields=fields, keys=keys) if now else section


def _column(notes: Notes, table: Table, target: str) -> Column | None:
    column = table.columns.get(target)
    if column is None:
        near = nearest(target, table.columns)
        notes.say(
            f"{notes.root}fields.{target}", "mapping.unknown_column", near, table=table.name, column=target
        )
    return column


def _check_row(notes: Notes, section: Section, table: Table, target: str, parent: str, known: Fitted) -> None:
    at = f"{notes.root}fields.{target}"
    names = [one.name for one in notes.saved.sections]
    column = _column(notes, table, target)
    if parent not in names:
        notes.say(at, "sections.no_section", nearest(parent, names), section=parent)
    elif (
        column is not None and parent in known and _refers(table, column) not in (None, known[parent][1].name)
    ):
        facts = {"column": target, "table": _refers(table, column) or "", "section": parent}
        notes.say(at, "sections.other_table", **facts)
    elif column is not None and not _points(table, column):
        notes.say(at, "sections.no_reference", column=target)
    elif parent in known and (
        known[parent][0].spread
        or (_per(notes.saved, section) == "document" and _per(notes.saved, known[parent][0]) == "row")
    ):
        notes.say(at, "sections.grain", section=parent)
    if target == "document_id" and parent in known:
        kind = next((one for one in section.fields if one.target == "document_type"), None)
        of = known[parent][1].name
        if kind is not None and kind.value not in (None, of):
            where = f"{notes.root}fields.{kind.target}"
            notes.say(where, "sections.document_type", table=of, value=str(kind.value))


def _points(table: Table, column: Column) -> bool:
    """Does the column point to rows of a table?"""
    return column.kind is Kind.REFERENCE if table.identified else column.name in table.links


def _refers(table: Table, column: Column) -> str | None:
    """The table that it points to; None: any."""
    return column.references if table.identified else table.links.get(column.name, (None, ""))[0]


def _per(saved: SavedMapping, section: Section) -> str:
    """One record a document, but for lines."""
    return section.per or ("document" if saved.document and not (section.lines or section.record) else "row")


def _find(notes: Notes, table: Table, find: Find, catalogue: Catalogue) -> FindPlan | None:
    at = f"{notes.root}fields.{find.target}"
    column, other = _column(notes, table, find.target), catalogue.get(find.table)
    if other is None:
        notes.say(at, "mapping.unknown_table", nearest(find.table, catalogue), table=find.table)
    if column is None or other is None:
        return None
    if not _points(table, column):
        notes.say(at, "sections.no_reference", column=find.target)
    elif _refers(table, column) not in (None, find.table):
        facts = {"column": find.target, "table": _refers(table, column) or "", "section": find.table}
        notes.say(at, "sections.other_table", **facts)
    inner = Notes(notes.saved, f"{at}.")
    for field in {field.target: field for one in (*find.by, find.given) for field in one}.values():
        check_field(inner, other, field)
        if field.target.startswith(CUSTOM):
            notes.say(at, "mapping.custom_key", name=field.target, table=other.name)
    notes.found += [replace(mistake, path=at) for mistake in inner.found]

    columns = {name: replace(one, required=False) for name, one in other.columns.items()}
    asked = replace(other, columns=columns)  # a blank cell asks for nothing

    def plan(fields: tuple[Field, ...]) -> Plan:
        mapping = replace(notes.saved, table=other.name, fields=fields, sections=(), document=())
        return Plan(mapping, asked, ())

    return FindPlan(find.target, tuple(plan(one) for one in find.by), find.missing, plan(find.given))


def _keys(notes: Notes, section: Section, table: Table, given: set[str]) -> tuple[tuple[str, ...], ...]:
    """The alternatives the section names, of any of the table's columns; else the table's first that is filled."""
    if section.lines == "append" or (section.mode == "append" and not section.keys):
        return ()
    keys = " / ".join(", ".join(key) for key in table.keys)
    if not section.keys:
        complete = [key for key in table.keys if given.issuperset(key)]
        if not complete:
            notes.say(notes.root.rstrip(".") or "table", "mapping.no_key", table=table.name, keys=keys)
        return tuple(complete[:1])
    for key in section.keys:
        for column in key:
            if column.startswith(CUSTOM):
                notes.say(notes.root + "key", "mapping.custom_key", name=column, table=table.name)
            elif column not in table.columns:
                near = nearest(column, table.columns)
                notes.say(notes.root + "key", "mapping.unknown_column", near, table=table.name, column=column)
            elif column not in given:
                notes.say(
                    notes.root + "key",
                    "sections.key_field",
                    nearest(column, given),
                    column=column,
                    section=section.name,
                )
    return section.keys


def _parents_first(plans: list[SectionPlan]) -> list[SectionPlan] | None:
    """In an order where each comes after those it points to, and where it can be after those whose tables it looks
    into; None when they point to one another in a circle."""
    left: list[SectionPlan] = list(plans)
    done: list[SectionPlan] = []
    names = {plan.name for plan in plans}
    while left:
        placed = {plan.name for plan in done}
        free = [p for p in left if all(parent in placed or parent not in names for _, parent in p.rows)]
        if not free:
            return None
        waiting = [plan for plan in left if not any(_looks_into(plan, other) for other in left)]
        best = next((plan for plan in free if plan in waiting), free[0])
        done.append(best)
        left.remove(best)
    return done


def _looks_into(plan: SectionPlan, other: SectionPlan) -> bool:
    """Does it find rows of a table that the other section writes?"""
    return plan is not other and any(find.table == other.plan.table.name for find in plan.finds)


def _circle(plans: list[SectionPlan]) -> list[str]:
    """The names of a circle, its first again at its end."""
    parents = {plan.name: [parent for _, parent in plan.rows] for plan in plans}
    for start in parents:
        trail = [start]
        while (further := next((p for p in parents.get(trail[-1], []) if p in parents), None)) is not None:
            if further in trail:
                return [*trail[trail.index(further) :], further]
            trail.append(further)
    return sorted(parents)
