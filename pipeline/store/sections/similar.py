"""Keys nearly the same as known ones: 00123 and 123, DUPONT and dupont, a space at the end, an accent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pipeline.mapping.model import Kind
from pipeline.store.sections.words import Part, Sql
from pipeline.store.target import quoted
from pipeline.words import Message, message

_PLAIN = {
    "a": "àâäáãåÀÂÄÁÃÅ", "c": "çÇ", "e": "éèêëÉÈÊË", "i": "íìîïÍÌÎÏ", "n": "ñÑ", "o": "óòôöõÓÒÔÖÕ", "u": "úùûüÚÙÛÜ",
    "y": "ýÿÝ",
}  # fmt: skip
_PAIRS = [(accented, plain) for plain, those in _PLAIN.items() for accented in those]
_COMMON = "éèêëàâäçîïôöûüùÉÈÀÇÖ"  # SQLite's parser does not bear more than 25 calls in one another


def near_keys(
    part: Part, sql: Sql, ask: Callable[[str], list[tuple[Any, ...]]], do: Callable[[str], int]
) -> list[tuple[int, int, int, str, Message, str]]:
    """New records whose key is nearly a known one: those to ask about (rec, doc, line, their text, what is said, column);
    with `similar = "same"` they become the known ones."""
    found: list[tuple[int, int, int, str, Message, str]] = []
    plan = part.plan
    if plan.similar == "new" or not ask(f"SELECT 1 FROM {quoted(plan.plan.table.name)} LIMIT 1"):
        return found
    for column, equal in compared(part):
        if (
            plan.similar == "codes" and column == "email"
        ):  # an order at night is not kept out for a capital letter
            continue
        if not ask(has_index(part, column, sql)):
            do(index(part, column, sql))
        rows = ask(near(part, column, equal, sql))
        if rows and plan.similar == "same":
            pairs = ", ".join(f"({row[0]}, {sql.id(row[5])})" for row in rows)
            made = f"(SELECT column1 AS rec, column2 AS id FROM (VALUES {pairs}) AS v)"
            for statement in adopt(part, made):
                do(statement)
            continue
        facts = {"section": plan.name, "table": plan.plan.table.name}
        for rec, doc, line, text, known, _ in rows:
            said = message("sections.similar", value=text, known=known, **facts)
            found.append((rec, doc, line, text, said, column))
    return found


def folded(cell: str, sql: Sql) -> str:
    """What two writings of one key have in common. Only functions that an index may rest on."""
    if sql.postgres:
        before, after = "".join(a for a, _ in _PAIRS), "".join(p for _, p in _PAIRS)
        return f"ltrim(translate(lower(btrim({cell})), '{before}', '{after}'), '0')"
    made = f"lower(trim({cell}))"
    for accented, plain in _PAIRS:
        if accented not in _COMMON:
            continue
        made = f"replace({made}, '{accented}', '{plain}')"
    return f"ltrim({made}, '0')"


def compared(part: Part) -> list[tuple[str, tuple[str, ...]]]:
    """Of each key the text of the file that is compared, and the columns that must be equal."""
    plan, references = part.plan, part.references()
    fields = {f.target: f for f in plan.plan.mapping.fields if f.value is None and f.file is None}
    found = []
    for key in plan.keys if plan.mode in ("upsert", "create") else ():
        texts = [
            n for n in key if n in fields and n != "source" and plan.plan.table.columns[n].kind is Kind.TEXT
        ]
        if len(texts) == 1 and not any(name in references for name in key):
            found.append((texts[0], tuple(name for name in key if name != texts[0])))
    return found


def index_name(part: Part, column: str) -> str:
    return f"pipeline_like_{part.plan.plan.table.name}_{column}"[:60]


def index(part: Part, column: str, sql: Sql) -> str:
    """The index that makes the question cheap."""
    table = quoted(part.plan.plan.table.name)
    return f"CREATE INDEX {quoted(index_name(part, column))} ON {table} ({folded(quoted(column), sql)})"


def has_index(part: Part, column: str, sql: Sql) -> str:
    name = index_name(part, column)
    if sql.postgres:
        return f"SELECT 1 FROM pg_indexes WHERE indexname = '{name}' AND schemaname = ANY (current_schemas(false))"
    return f"SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = '{name}'"


def near(part: Part, column: str, equal: tuple[str, ...], sql: Sql) -> str:
    """The new records whose key is nearly a known one: rec, doc, line, their text, the known text, its row's id."""
    table, name = quoted(part.plan.plan.table.name), quoted(column)
    mine, theirs = folded(f"s.{name}", sql), folded(f"t.{name}", sql)
    same = "".join(f" AND t.{quoted(n)} = s.{quoted(n)}" for n in equal)
    return (
        f"SELECT k._rec, k._doc, k._line, s.{name}, min(t.{name}), {sql.least('t.id')} FROM {part.ids} AS k"
        f" JOIN {part.rows} AS s ON s._rec = k._rec JOIN {table} AS t ON {theirs} = {mine}{same}"
        f" WHERE k._new = 1 AND {mine} <> '' GROUP BY k._rec, k._doc, k._line, s.{name}"
    )


def adopt(part: Part, pairs: str) -> list[str]:
    """The known record is meant; of several rows that mean it the last sets it. `pairs`: a table of rec and id."""
    return [
        f"UPDATE {part.ids} AS x SET _id = w.id, _new = 0 FROM {pairs} AS w WHERE w.rec = x._rec",
        f"UPDATE {part.ids} AS x SET _win = 0 WHERE x._new = 0 AND x._win = 1 AND x._id IN (SELECT id FROM {pairs})"
        f" AND EXISTS (SELECT 1 FROM {part.ids} AS y WHERE y._id = x._id AND y._rec > x._rec AND y._win = 1)",
        # a row of the same record that is not the first of its group knows it by that
        f"UPDATE {part.ids} AS x SET _id = w._id FROM {part.ids} AS w WHERE w._rec = x._g AND x._id <> w._id",
    ]
