"""Refunds and voids in the staged rows: a refund is a kind, not a sign, and stock goes the other way. Statements only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.mapping.sections.amounts import MOVEMENTS, REFUND_OF, VOID, total_of, turned
from pipeline.store.sections.words import Part
from pipeline.store.target import literal, quoted


def turn(parts: Sequence[Part]) -> list[str]:
    """Where refunds are negative: the amounts of such a document are turned in all sections, and the kind says that it
    is a refund. Where they are positive: its movements of stock are turned. A void moves nothing."""
    out: list[str] = []
    for head in (part for part in parts if part.plan.refunds):
        negative = head.plan.refunds == "negative"
        of = (
            f"{quoted(total_of(head.plan.plan.table))} < 0"
            if negative
            else f"kind IN ({_texts(REFUND_OF.values())})"
        )
        refunds = f"_doc IN (SELECT _doc FROM {head.rows} WHERE {of})"
        for part in sorted(parts, key=lambda part: part is head):  # the head last: it says which those are
            sets = [f"{quoted(n)} = -{quoted(n)}" for n in turned(part.plan.plan.table, part.plan.staged)]
            moves = part.plan.plan.table.name == MOVEMENTS and "quantity" in part.plan.staged
            if moves and "kind" in head.plan.staged:
                void = f"_doc IN (SELECT _doc FROM {head.rows} WHERE kind = {literal(VOID)})"
                out.append(f"UPDATE {part.rows} SET quantity = 0 WHERE {void}")
            if not negative:
                sets = ["quantity = -quantity"] if moves else []
            elif "kind" in part.plan.staged and not moves:
                cases = " ".join(f"WHEN {literal(a)} THEN {literal(b)}" for a, b in REFUND_OF.items())
                sets.append(f"kind = CASE kind {cases} ELSE kind END")
            if sets:
                out.append(f"UPDATE {part.rows} SET {', '.join(sets)} WHERE {refunds}")
    return out


def _texts(words: Iterable[str]) -> str:
    return ", ".join(literal(word) for word in words)
