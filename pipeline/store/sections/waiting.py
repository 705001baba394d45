"""Documents that wait for a row of a later file: what is kept of them, and how they are staged again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from pipeline.mapping.model import Kind, Plan
from pipeline.store.model import Load, RefusedRow
from pipeline.store.sections import resolving
from pipeline.store.sections.staging import Sections
from pipeline.store.sections.words import Part, Sql
from pipeline.words import message

Ask = Callable[[str], list[tuple[Any, ...]]]
Rows = dict[str, list[list[Any]]]  # of each section, as they are staged


@dataclass(frozen=True, slots=True)
class Held:
    """A document. `by`: the column of the wanted row and its value, where one text says it. `lines`: the file's own
    bytes by line."""

    doc: int
    line: int
    wants: str
    by: tuple[str | None, str | None]
    rows: Rows
    lines: Mapping[int, bytes]


def hold(ask: Ask, parts: Sequence[Part], part: Part, find: int) -> dict[int, Held]:
    """The documents for which this look-up asked for something and found nothing."""
    plan = part.plan.finds[find]
    missing = resolving.not_found(part, find)
    named = _telling(plan.by[0].mapping.fields, plan.by[0]) if len(plan.by) == 1 else None
    found: dict[int, Held] = {}
    for _, doc, line, *values in ask(missing):
        by = (None, None) if named is None else (plan.by[0].targets[named], values[named])
        found.setdefault(doc, Held(doc, line, plan.table, by, {}, {}))
    if not found:
        return {}
    for one in parts:
        staged = (
            f"SELECT * FROM {one.rows} WHERE _doc IN (SELECT _doc FROM ({missing}) AS missing) ORDER BY _rec"
        )
        for row in ask(staged):
            found[row[2]].rows.setdefault(one.plan.name, []).append(list(row))
    return found


def _telling(fields: Sequence[Any], plan: Plan) -> int | None:
    """The place of the first text that the file itself gives."""
    return next(
        (i for i, f in enumerate(fields) if f.value is None and plan.column(f.target).kind is Kind.TEXT), None
    )


def with_lines(staging: Sections, load: Load, held: Iterable[Held]) -> tuple[Held, ...]:
    """With the file's own lines."""
    docs = {one.doc: one for one in held}
    if not docs:
        return ()
    lines = staging.lines_of(set(docs))
    raws = load.raws(sorted(lines)) if lines and load.raws else {}
    own: dict[int, dict[int, bytes]] = {doc: {} for doc in docs}
    for line, doc in sorted(lines.items()):
        own[doc][line] = raws.get(line, b"")
    return tuple(replace(one, lines=own[doc]) for doc, one in docs.items())


def held_values(file: int, one: Held) -> dict[str, Any]:
    """The row of `pipeline_waiting`."""
    return {
        "file": file,
        "doc": one.doc,
        "wants": one.wants,
        "by_column": one.by[0],
        "by_value": one.by[1],
        "held": json.dumps(one.rows, default=str),
        "lines": json.dumps({line: raw.hex() for line, raw in one.lines.items()}),
        "many": len(one.lines),
    }


class Again(Sections):
    """Rows that waited, staged again: inside the transaction, for there are few."""

    def __init__(self, conn: sa.Connection, plan: Plan, where: str, sql: Sql) -> None:
        super().__init__(conn, plan, where, sql)
        self._conn = conn

    def put(self, doc: int, rows: Rows) -> None:
        """The document's rows, as they were."""
        self.last_doc = max(self.last_doc, doc)
        mark = "%s" if self.sql.postgres else "?"
        for name, values in rows.items():
            if values:
                marks = ", ".join([mark] * len(values[0]))
                made = f"INSERT INTO {self.part(name).rows} VALUES ({marks})"
                self._conn.exec_driver_sql(made, [tuple(row) for row in values])

    def all_different(self, part: Part) -> bool:
        return False  # nobody counted them

    def __enter__(self) -> Again:
        return self

    def close(self) -> None:
        for name in self.names() if self.prefix else []:
            self._conn.exec_driver_sql(f"DROP TABLE IF EXISTS {self._temp}{name}")
        self.prefix = ""


def refused_of(doc: int, lines: Mapping[int, bytes], said: Mapping[int, RefusedRow]) -> list[RefusedRow]:
    """All lines of a document that was refused after all."""
    first = next((line for line in lines if line in said), next(iter(lines), doc))
    others = message("sections.with", line=first)
    return [
        replace(said[line], raw=raw) if line in said else RefusedRow(line, "", "", others, raw)
        for line, raw in lines.items()
    ]
