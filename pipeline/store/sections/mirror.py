"""What a full file no longer has: which rows of the table those are, and whether a person must be asked first."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.mapping.model import Field
from pipeline.mapping.sections.model import Mirror
from pipeline.store.sections.words import Part, Sql
from pipeline.store.sections.writing import constant
from pipeline.store.target import quoted
from pipeline.words import Message, message

FEW, PERCENT = 10, 10  # what may go without a question when the mapping does not say

Pointing = Sequence[tuple[str, str]]  # table and column that point to the rows


def keep(part: Part) -> str:
    """Note the records that the file has."""
    assert part.plan.mirror is not None
    references = part.references()
    among = [f"k.{references[n]}" if n in references else f"s.{quoted(n)}" for n in part.plan.mirror.among]
    return (
        f"INSERT INTO {part.kept} SELECT {', '.join(['k._id', *among])} FROM {part.ids} AS k"
        f" JOIN {part.rows} AS s ON s._rec = k._rec WHERE k._win = 1"
    )


def quick(part: Part) -> str:
    """An index for the rows that were noted."""
    bare = part.kept.removeprefix("temp.")
    schema = "temp." if bare != part.kept else ""
    return f"CREATE INDEX IF NOT EXISTS {schema}{bare}_id ON {bare} (_id)"


def compared(part: Part, sql: Sql) -> str:
    """The part of the table, called `t`, that the file is about; a row marked as gone already is none of it."""
    mirror = part.plan.mirror
    assert mirror is not None
    table = part.plan.plan.table
    keyed = {"source", *(name for key in part.plan.keys for name in key)}
    fixed = {
        field.target: field
        for field in part.plan.plan.mapping.fields
        if field.value is not None and field.target in keyed
    }
    fixed |= {field.target: field for field in mirror.within}
    said = [f"t.{quoted(n)} = {constant(f, table.columns[n], sql)}" for n, f in fixed.items()]
    if mirror.among:
        same = " AND ".join(f"k.{quoted(n)} = t.{quoted(n)}" for n in mirror.among)
        said.append(f"EXISTS (SELECT 1 FROM {part.kept} AS k WHERE {same})")
    if mirror.gone:
        marks = [f"t.{quoted(f.target)} {sql.differs} {value}" for f, value in _marks(part, mirror, sql)]
        said.append(f"({' OR '.join(marks)})")
    return " AND ".join(said) or "true"


def _marks(part: Part, mirror: Mirror, sql: Sql) -> list[tuple[Field, str]]:
    columns = part.plan.plan.table.columns
    return [(field, constant(field, columns[field.target], sql)) for field in mirror.gone]


def gone(part: Part, sql: Sql) -> str:
    """Of that part, what the file no longer has."""
    return f"{compared(part, sql)} AND NOT EXISTS (SELECT 1 FROM {part.kept} AS k WHERE k._id = t.id)"


def used(pointing: Pointing) -> str:
    """Do other rows point to it?"""
    asked = [f"EXISTS (SELECT 1 FROM {quoted(t)} AS c WHERE c.{quoted(n)} = t.id)" for t, n in pointing]
    return f"({' OR '.join(asked)})" if asked else "false"


def count(part: Part, condition: str) -> str:
    return f"SELECT count(*) FROM {quoted(part.plan.plan.table.name)} AS t WHERE {condition}"


def remove(part: Part, sql: Sql, pointing: Pointing, moment: str) -> str:
    """DELETE what is gone and not in use, or mark it."""
    mirror = part.plan.mirror
    assert mirror is not None
    table = quoted(part.plan.plan.table.name)
    if not mirror.gone:
        return f"DELETE FROM {table} AS t WHERE {gone(part, sql)} AND NOT {used(pointing)}"
    sets = ", ".join(f"{quoted(field.target)} = {value}" for field, value in _marks(part, mirror, sql))
    return f"UPDATE {table} AS t SET {sets}, updated_at = {moment} WHERE {gone(part, sql)}"


def question(part: Part, before: int, lost: int) -> Message | None:
    """What to ask when so many of the rows that were there would go; None: nothing."""
    mirror = part.plan.mirror
    assert mirror is not None
    if mirror.at_most is None:
        odd, most = lost > FEW and lost * 100 > before * PERCENT, f"{PERCENT} %"
    elif mirror.percent:
        odd, most = lost * 100 > before * mirror.at_most, f"{mirror.at_most} %"
    else:
        odd, most = lost > mirror.at_most, str(mirror.at_most)
    if not odd:
        return None
    table = part.plan.plan.table.name
    return message("states.brake_gone", gone=lost, before=before, table=table, most=most)
