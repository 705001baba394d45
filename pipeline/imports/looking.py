"""What a batch looks up in the database's tables, put beside its cells: one question a batch, not one a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from pipeline.formats.model import LINE
from pipeline.mapping import map_batch
from pipeline.mapping.model import Lookup, Plan
from pipeline.store.added import Looker

TEXT = "_text"


@dataclass(frozen=True, slots=True)
class Looks:
    """Adds a column of texts for each different look-up of a plan. `columns`: the mapping's column → the file's."""

    plan: Plan
    columns: Mapping[str, str]
    zone: str
    looker: Looker | None

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        for lookup in self.plan.looks:
            if lookup.name not in frame.columns:
                frame = frame.with_columns(self._found(lookup, frame).alias(lookup.name))
        return frame

    def _found(self, lookup: Lookup, frame: pl.DataFrame) -> pl.Series:
        """The text for each row; null where nothing was asked, nothing found, or several."""
        found = pl.Series(TEXT, [None] * frame.height, dtype=pl.String)
        for plan in lookup.plans:
            if self.looker is None or any(
                name not in self.columns for f in plan.mapping.fields for name in f.columns
            ):
                continue
            keys, _ = map_batch(plan, frame, self.columns, self.zone)
            keys = keys.drop_nulls()
            different = keys.drop(LINE).unique(maintain_order=True)
            if not different.height:
                continue
            texts = pl.Series(TEXT, self.looker.texts(lookup, plan, different), dtype=pl.String)
            answers = keys.join(different.with_columns(texts), on=different.columns, how="left").select(
                LINE, TEXT
            )
            rows = frame.select(pl.col(LINE).cast(pl.Int64)).join(
                answers, on=LINE, how="left", maintain_order="left"
            )
            found = pl.select(pl.coalesce(pl.lit(found), pl.lit(rows[TEXT]))).to_series()
        return found
