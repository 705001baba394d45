"""A file of several tables on its way to the staging: each section narrowed to the columns that the file has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO

from pipeline.errors import FileFailed
from pipeline.formats import again, check_columns, match_column, open_reading
from pipeline.formats.limits import LIMITS, Limits
from pipeline.formats.model import Batch, Reading
from pipeline.imports.reading import Look, looked
from pipeline.mapping.evidence import Evidence
from pipeline.mapping.model import Plan
from pipeline.mapping.sections import amounts
from pipeline.mapping.sections.mapper import Mapped, Mapper
from pipeline.mapping.sections.model import FindPlan, SectionPlan, own_names
from pipeline.mapping.sections.spreading import names_of, placed, present, settled, witnesses
from pipeline.store.model import RefusedRow, SectionsStaging

OBJECT = "$"  # the document that each object of a list is


def fit_sections(
    plan: Plan, file: BinaryIO, name: str = "", limits: Limits = LIMITS
) -> tuple[Plan, Reading, dict[str, str]]:
    """Open the file and narrow the plan to the columns it has: a column that is absent is never touched, an optional
    section whose key is absent is none."""
    saved = plan.mapping
    tags = {kind.tag for kind in saved.read.records}
    whole = [one for one in saved.document if one != OBJECT and one not in tags]
    named = list(dict.fromkeys([*whole, *(name for part in plan.sections for name in names_of(part))]))
    saved = replace(saved, read=replace(saved.read, anchors=tuple(named)))
    reading = open_reading(file, saved.read, name=name, limits=limits)
    header = reading.dialect.columns
    needed = [names for part in plan.sections for names in _needed(part)]
    needed += [
        tuple(own_names(part.each, [cell]))
        for part in plan.sections
        for sql in part.plan.mapping.expressions
        for cell in sql.cells
    ]
    needed += _added(plan.sections)
    check_columns(header, [*((one,) for one in whole), *(names for names in needed if names)], named)
    filled = saved.read.fill_down
    columns = {one: found for one in [*named, *filled] if (found := match_column(one, header)) is not None}
    columns |= {one.name: one.name for one in plan.looks}
    parts = tuple(_narrow(part, columns, header) for part in plan.sections)
    there = {part.name for part in parts if part.keys or part.mode == "append"}
    kept = tuple(
        replace(part, rows=tuple(row for row in part.rows if row[1] in there))
        for part in parts
        if part.name in there
    )
    fitted = replace(plan, mapping=saved, sections=kept)
    return _decided(fitted, file, reading, columns), reading, columns


def _needed(part: SectionPlan) -> list[tuple[str, ...]]:
    acting: list[tuple[str, ...]] = [(part.action.column,)] if part.action else []
    if part.optional:
        return acting
    key = part.keys[0] if len(part.keys) == 1 else ()
    if part.mirror is not None:
        key = (*key, *part.mirror.among)
    needed = [
        f.columns
        for f in part.plan.mapping.fields
        if f.target in (*key, part.newer_by)
        or (part.plan.column(f.target).required and part.mode != "delete")
    ]
    spread = [tuple(own_names(part.each, [one.name])) for one in part.each]
    return [*(tuple(own_names(part.each, names)) for names in needed), *spread, *acting]


def _added(parts: Sequence[SectionPlan]) -> list[tuple[str, ...]]:
    """The columns that the check of a total cannot do without."""
    needed = []
    for part in parts:
        for _, name, column in [(1, "", part.total.column), *part.total.terms] if part.total else []:
            of = next((one for one in parts if one.name == (name or part.name)), part)
            fields = (field for field in of.plan.mapping.fields if field.target == column)
            needed += [tuple(own_names(of.each, field.columns)) for field in fields]
    return needed


def _present(plan: Plan, columns: dict[str, str]) -> Plan:
    fields = []
    for field in plan.mapping.fields:
        found = tuple(name for name in field.columns if name in columns)
        lacking = field.lookup is not None and not looked(field.lookup, tuple(columns), {})
        if (found or not field.columns) and not lacking:
            fields.append(replace(field, columns=found))
    return replace(plan, mapping=replace(plan.mapping, fields=tuple(fields)))


def _narrow(part: SectionPlan, columns: dict[str, str], header: tuple[str, ...]) -> SectionPlan:
    part, own = present(part, columns), columns
    columns = placed(part, own)
    plan = _present(part.plan, columns)
    finds: list[FindPlan] = []
    for find in part.finds:
        by = tuple(one for one in find.by if _present(one, columns).targets == one.targets)
        if by:
            finds.append(replace(find, by=tuple(_present(one, columns) for one in by)))
    digest = part.digest
    if digest is not None and not set(digest[1]).intersection(plan.targets):
        digest = None
    rows, counts = [target for target, _ in part.rows], [target for target, _ in part.counts]
    there = {
        *plan.targets,
        *rows,
        *counts,
        *(find.target for find in finds),
        *([digest[0]] if digest else []),
        *part.kind,
    }
    keys = tuple(key for key in part.keys if there.issuperset(key))
    if not keys and part.keys and not part.optional:
        fields = [
            *part.plan.mapping.fields,
            *(f for find in part.finds for one in find.by for f in one.mapping.fields),
        ]
        cells = [(f.target, tuple(own_names(part.each, f.columns))) for f in fields]
        check_columns(header, [names for target, names in cells if names and target in part.keys[0]])
        check_columns(header, [names for _, names in cells if names])
    able = amounts.derived(plan.table, there, part.amounts)
    derived = tuple(name for name in part.derived if name in able)
    return replace(part, plan=plan, finds=tuple(finds), digest=digest, keys=keys, derived=derived)


def _decided(plan: Plan, file: BinaryIO, reading: Reading, columns: dict[str, str]) -> Plan:
    """As for one table: what the file's own columns say of numbers and dates, where the mapping says nothing."""
    found = {part.name: Evidence(witnesses(part), columns) for part in plan.sections}
    if all(evidence.decided for evidence in found.values()):
        return plan
    for batch in again(reading, file, plan.mapping.read):
        for evidence in found.values():
            if not evidence.decided:
                evidence.add(batch.frame)
        if all(evidence.decided for evidence in found.values()):
            break
    parts = []
    for part in plan.sections:
        said, questions = found[part.name].settle()
        if questions:
            raise FileFailed(questions[0])
        parts.append(replace(part, plan=settled(part, said)))
    return replace(plan, sections=tuple(parts))


def mapped(
    plan: Plan, reading: Reading, columns: dict[str, str], zone: str, look: Look = lambda frame: frame
) -> Iterator[tuple[Batch | None, Mapped]]:
    """Each batch with what the sections make of it; last what was held back."""
    mapper = Mapper(plan, columns, zone)
    for batch in reading:
        yield batch, mapper.add(look(batch.frame), [one.line for one in batch.damaged])
    yield None, mapper.finish()


def put(
    items: Iterator[tuple[Batch | None, Mapped]],
    reading: Reading,
    staging: SectionsStaging,
    raws: Callable[[list[int]], dict[int, bytes]],
    tell: Callable[[int], None] | None,
) -> None:
    """Stage what was mapped. `raws` gives the own bytes of records of earlier batches."""
    for batch, made in items:
        staging.lines(made.lines)
        for name, frame in made.frames.items():
            staging.add(name, frame)
        staging.cast_out(made.outcasts)
        damaged = [RefusedRow(d.line, "", "", d.said, d.raw) for d in batch.damaged] if batch else []
        refusals = {one.refusal.line: one.refusal for one in reversed(made.outcasts)}
        new = [
            line
            for line in sorted(refusals)
            if line not in staging.refused and line not in {d.line for d in damaged}
        ]
        own: dict[int, bytes] = {}
        if new:
            here = set(batch.frame["_line"].to_list()) if batch else set()
            own = {line: batch.raw(line) for line in new if batch and line in here}
            own |= raws([line for line in new if line not in own])
        rows = [
            RefusedRow(line, r.column, r.value, r.said, own.get(line, b""))
            for line in new
            if (r := refusals[line])
        ]
        if damaged or rows:
            staging.refuse(sorted([*damaged, *rows], key=lambda row: row.line))
        if tell is not None:
            tell(reading.account.records)
