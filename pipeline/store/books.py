"""Closed months: does what stands in a transaction touch rows that are dated, or were, before the books were closed?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from pipeline.mapping.model import Kind
from pipeline.store.target import Target, literal, quoted
from pipeline.store.undo_rows import UndoSql
from pipeline.words import Message, message

DATED: Mapping[str, tuple[str, ...]] = {
    "invoice": ("issue_date",),
    "journal_entry": ("date", "document_date"),
    "payment": ("paid_at",),
    "pos_session": ("opened_at", "closed_at"),
    "pos_ticket": ("business_date", "sold_at"),
    "purchase_order": ("ordered_at",),
    "sales_order": ("ordered_at",),
    "stock_movement": ("occurred_at",),
}
"""The columns that say to which month a row belongs: the first that is filled."""
WITHIN: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "invoice_line": (("invoice", "invoice", ""),),
    "pos_ticket_line": (("ticket", "pos_ticket", ""),),
    "purchase_order_line": (("order", "purchase_order", ""),),
    "sales_order_line": (("order", "sales_order", ""),),
    "document_tax": tuple(
        ("document_id", name, name) for name in ("invoice", "pos_ticket", "purchase_order", "sales_order")
    ),
}
"""Lines belong to the month of their document: the column that points to it, its table, its `document_type`."""


def touched(
    sql: UndoSql, known: Mapping[str, Target], who: str, seq: int, closed: date, zone: str
) -> Message | None:
    """The question when the changes that `who` made after `seq` touch a closed month. `zone`: of its last midnight.
    `known`: the tables that may have been changed; those of other programs name no month."""
    count, tables = 0, []
    for name, target in known.items():
        if target.ours:
            found = sum(
                int(sql.run(asked).scalar_one()) for asked in _asked(sql, known, name, who, seq, closed, zone)
            )
            if found:
                count += found
                tables.append(name)
    if not count:
        return None
    return message("states.closed", count=count, tables=", ".join(tables), until=closed.isoformat())


def _asked(
    sql: UndoSql, known: Mapping[str, Target], name: str, who: str, seq: int, closed: date, zone: str
) -> Iterator[str]:
    mine = f"c.table_name = {literal(name)} AND c.seq > {seq} AND c.who = {literal(who)}"
    changes = f"(SELECT c.row_id, c.op, c.old{sql.json} AS old FROM pipeline_change AS c WHERE {mine}) AS u"
    target = known[name]
    row = f"LEFT JOIN {quoted(name)} AS t ON {sql.match(target, 't', 'u')}"
    if name in DATED:
        now = _early({column: f"t.{quoted(column)}" for column in DATED[name]}, sql, target, closed, zone)
        was = {
            column: f"CASE WHEN {sql.has(target, column, 'u')} THEN {sql.old(target, column, 'u')}"
            f" ELSE t.{quoted(column)} END"
            for column in DATED[name]
        }
        before = f"u.op <> 'I' AND {_early(was, sql, target, closed, zone)}"
        yield f"SELECT count(DISTINCT u.row_id) FROM {changes} {row} WHERE {now} OR {before}"
    for column, parent, kind in WITHIN.get(name, ()):
        if parent not in known:
            continue
        above = known[parent]
        early = _early({one: f"p.{quoted(one)}" for one in DATED[parent]}, sql, above, closed, zone)
        only = f" AND t.document_type = {literal(kind)}" if kind else ""
        old = sql.old(target, column, "u")
        points = f"p.id = t.{quoted(column)}{only} OR u.op <> 'I' AND {sql.has(target, column, 'u')} AND p.id = {old}"
        yield (
            f"SELECT count(DISTINCT u.row_id) FROM {changes} {row} JOIN {quoted(parent)} AS p ON {points} WHERE {early}"
        )


def _early(values: Mapping[str, str], sql: UndoSql, target: Target, closed: date, zone: str) -> str:
    """Is the first of these that is filled no later than the day on which the books were closed?"""
    kinds = {column.name: column.kind for column in target.columns}
    cut = datetime.combine(closed + timedelta(days=1), time(), ZoneInfo(zone)).astimezone(timezone.utc)  # noqa: UP017
    parts, empty = [], ""
    for name, value in values.items():
        if kinds[name] is Kind.DATE:
            test = f"{value} <= {_typed(sql, closed.isoformat(), 'date')}"
        else:
            test = f"{value} < {_typed(sql, cut.strftime('%Y-%m-%d %H:%M:%S'), 'timestamptz')}"
        parts.append(f"({empty}{test})")
        empty += f"{value} IS NULL AND "
    return f"({' OR '.join(parts)})"


def _typed(sql: UndoSql, text: str, type_: str) -> str:
    if not sql.json:
        return literal(text)
    return (
        f"TIMESTAMP {literal(text)} AT TIME ZONE 'UTC'" if type_ == "timestamptz" else f"DATE {literal(text)}"
    )
