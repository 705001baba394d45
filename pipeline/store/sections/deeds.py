"""What is done with each record: made, changed, deleted, or left since it is older. Statements only."""

from __future__ import annotations

from pipeline.mapping.sections.model import CHANGE, DEED, DELETE, NEW, OLD, SET
from pipeline.store.sections.words import Part
from pipeline.store.target import quoted

MADE, CHANGED, GONE = f"('{SET}', '{NEW}')", f"('{SET}', '{CHANGE}')", f"('{CHANGE}', '{DELETE}')"


def told(part: Part) -> str:
    """Rows that say it themselves: the last of a record's counts, and whether one before it makes the record."""
    last = f"max(CASE WHEN k._win = 1 THEN s.{DEED} END)"
    makes = f"max(CASE WHEN s.{DEED} IN {MADE} THEN 1 ELSE 0 END)"
    changes = f"max(CASE WHEN s.{DEED} <> '{NEW}' THEN 1 ELSE 0 END)"
    deed = (
        f"CASE WHEN {last} = '{DELETE}' THEN '{DELETE}' WHEN {makes} = 0 THEN '{CHANGE}'"
        f" WHEN {changes} = 1 THEN '{SET}' ELSE '{NEW}' END"
    )
    return (
        f"UPDATE {part.ids} AS k SET {DEED} = w.deed FROM (SELECT k._g AS g, {deed} AS deed FROM {part.ids} AS k"
        f" JOIN {part.rows} AS s ON s._rec = k._rec WHERE k._g IS NOT NULL GROUP BY k._g) AS w WHERE w.g = k._g"
    )


def newest(part: Part, column: str) -> str:
    """Of several rows of one record the newest stands for it; of equal ones the last."""
    order = f"ORDER BY s.{quoted(column)} DESC NULLS LAST, k._rec DESC"
    first = (
        f"SELECT w.rec FROM (SELECT k._rec AS rec, row_number() OVER (PARTITION BY k._g {order}) AS n"
        f" FROM {part.ids} AS k JOIN {part.rows} AS s ON s._rec = k._rec WHERE k._g IS NOT NULL) AS w WHERE w.n = 1"
    )
    return f"UPDATE {part.ids} SET _win = CASE WHEN _rec IN ({first}) THEN 1 ELSE 0 END"


def older(part: Part, column: str) -> list[str]:
    """Rows older than what the table has; one that does not say how new it is never goes over one that does."""
    name, table = quoted(column), quoted(part.plan.plan.table.name)
    return [
        f"UPDATE {part.ids} AS k SET {DEED} = '{OLD}' FROM {part.rows} AS s, {table} AS t WHERE s._rec = k._rec"
        f" AND t.id = k._id AND k._win = 1 AND k._new = 0 AND k.{DEED} <> '{NEW}' AND t.{name} IS NOT NULL"
        f" AND (s.{name} IS NULL OR s.{name} < t.{name})",
        f"UPDATE {part.ids} AS k SET {DEED} = '{OLD}' FROM {part.ids} AS w WHERE w._g = k._g AND w._win = 1"
        f" AND w.{DEED} = '{OLD}' AND k._win = 0",
    ]


def along(part: Part, parent: Part, column: str) -> str:
    """What points to a row that is older is left too; what belongs to one that is deleted goes with it."""
    owned = any(column in key for key in part.plan.keys)
    gone = f"'{DELETE}'" if owned else f"'{OLD}'"
    return (
        f"UPDATE {part.ids} AS k SET {DEED} = CASE b.{DEED} WHEN '{DELETE}' THEN {gone} ELSE '{OLD}' END"
        f" FROM {parent.ids} AS b WHERE b._rec = k.{part.at(parent)} AND b.{DEED} IN ('{OLD}', '{DELETE}')"
    )


def absent(part: Part) -> str:
    """Rows that are to change or delete a record which the table does not have."""
    return f"DELETE FROM {part.ids} WHERE _new = 1 AND {DEED} IN {GONE}"


def without_parent(part: Part, parent: Part, column: str) -> str:
    """Rows whose parent was to be changed or deleted, and is not there."""
    return (
        f"DELETE FROM {part.ids} WHERE {part.references()[column]} IS NULL"
        f" AND EXISTS (SELECT 1 FROM {parent.rows} AS r WHERE r._rec = {part.ids}.{part.at(parent)})"
    )


def counts(part: Part) -> str:
    """How many rows there are, and of their records: all, new, to be changed, to be deleted, older."""
    sums = [
        ("_win", "true"),
        ("_win * _new", f"{DEED} IN {MADE}"),
        ("_win * (1 - _new)", f"{DEED} IN {CHANGED}"),
        ("_win", f"{DEED} = '{DELETE}'"),
        ("_win", f"{DEED} = '{OLD}'"),
    ]
    asked = [f"coalesce(sum(CASE WHEN {when} THEN {number} ELSE 0 END), 0)" for number, when in sums]
    return f"SELECT count(*), {', '.join(asked)} FROM {part.ids} WHERE _g IS NOT NULL"


def delete(part: Part) -> str:
    """DELETE the records that are to go."""
    return (
        f"DELETE FROM {quoted(part.plan.plan.table.name)} WHERE id IN (SELECT _id FROM {part.ids}"
        f" WHERE _win = 1 AND _new = 0 AND {DEED} = '{DELETE}')"
    )


def in_use(part: Part, table: str, column: str) -> str:
    """The rows whose record is to go, and that other rows still point to: rec, doc, line."""
    gone = f"SELECT 1 FROM {part.ids} AS d WHERE d._id = c.id AND d._new = 0 AND d.{DEED} = '{DELETE}'"
    stays = f" AND NOT EXISTS ({gone})" if table == part.plan.plan.table.name else ""
    return (
        f"SELECT k._rec, k._doc, k._line FROM {part.ids} AS k WHERE k._win = 1 AND k._new = 0 AND k.{DEED} = '{DELETE}'"
        f" AND EXISTS (SELECT 1 FROM {quoted(table)} AS c WHERE c.{quoted(column)} = k._id{stays})"
    )
