"""Documents whose parts do not come to their total."""

from __future__ import annotations

from collections.abc import Container, Sequence
from decimal import Decimal

import polars as pl

from pipeline.mapping.model import Refusal
from pipeline.mapping.rows import LINE
from pipeline.mapping.sections.amounts import VOID, total_of
from pipeline.mapping.sections.model import DOC, Outcast, SectionPlan
from pipeline.words import message


class Totals:
    """Fed with the typed rows of each section; `finish` gives the documents that do not add up. One small row a document
    is kept."""

    def __init__(self, sections: Sequence[SectionPlan]) -> None:
        self._checked = [part for part in sections if part.total is not None]
        self._sums: dict[str, list[pl.DataFrame]] = {part.name: [] for part in self._checked}
        self._heads: dict[str, list[pl.DataFrame]] = {part.name: [] for part in self._checked}

    def add(self, section: str, frame: pl.DataFrame) -> None:
        for part in self._checked:
            assert part.total is not None
            for sign, name, column in part.total.terms:
                if (name or part.name) == section and column in frame.columns:
                    sums = (_whole(column) * sign).sum().alias("sum")
                    self._sums[part.name].append(frame.group_by(DOC).agg(sums))
            if part.name == section and part.total.column in frame.columns:
                heads = frame.select(LINE, DOC, _whole(part.total.column).alias("total"))
                self._heads[part.name].append(heads)

    def finish(self, out: Container[int]) -> list[Outcast]:
        """`out`: documents of which something is cast out already."""
        found = []
        for part in self._checked:
            assert part.total is not None
            if not self._heads[part.name]:
                continue
            heads = pl.concat(self._heads[part.name])
            sums = [*self._sums[part.name], heads.select(DOC, pl.lit(0, dtype=pl.Int128).alias("sum"))]
            both = heads.join(pl.concat(sums).group_by(DOC).agg(pl.col("sum").sum()), on=DOC)
            apart = (pl.col("total") - pl.col("sum")).abs() > int(part.total.tolerance.scaleb(6))
            column = _file_column(part, part.total.column)
            for line, doc, total, own in both.filter(apart).sort(LINE).iter_rows():
                if doc not in out:
                    facts = {"sum": _text(own), "total": _text(total), "apart": _text(abs(total - own))}
                    said = message("sections.total_apart", **facts, tolerance=f"{part.total.tolerance:f}")
                    found.append(Outcast(part.name, doc, Refusal(line, column, _text(total), said)))
        return found


def wrong_signs(part: SectionPlan, frame: pl.DataFrame) -> list[Outcast]:
    """Where refunds are positive: documents of negative total that are not void."""
    total = total_of(part.plan.table)
    if part.refunds != "positive" or not {total, "kind"} <= set(frame.columns):
        return []
    below = frame.filter((_whole(total) < 0) & (pl.col("kind").fill_null("") != VOID))
    said = message("sections.refund_sign")
    return [
        Outcast(part.name, doc, Refusal(line, _file_column(part, total), _text(value), said))
        for line, doc, value in below.select(LINE, DOC, _whole(total)).iter_rows()
    ]


def _file_column(part: SectionPlan, target: str) -> str:
    columns = (field.columns for field in part.plan.mapping.fields if field.target == target)
    return next((names[0] for names in columns if names), target)


def _whole(column: str) -> pl.Expr:
    return pl.col(column).to_physical().cast(pl.Int128)


def _text(micros: int) -> str:
    """An amount as it is written, with two decimals at least."""
    exact = Decimal(int(micros)).scaleb(-6)
    text = f"{exact:.6f}".rstrip("0")
    whole, _, cents = text.partition(".")
    return f"{whole}.{cents.ljust(2, '0')}"
