"""Cells that say what stands above them: filled down, but never from another document or across a line that could not
be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.mapping.model import ReadOptions, Refusal
from pipeline.mapping.rows import LINE
from pipeline.mapping.sections.documents import filled
from pipeline.mapping.sections.model import DOC
from pipeline.words import message


class FillDown:
    """Fed with the file's batches in order."""

    def __init__(self, read: ReadOptions, columns: Mapping[str, str], *, within: bool) -> None:
        """`columns`: the mapping's column → the file's. `within`: only from rows of the same document."""
        self._read, self._within = read, within
        self._columns = [columns[name] for name in read.fill_down if name in columns]
        self._above: dict[str, str | None] = dict.fromkeys(self._columns)
        self._said: dict[str, int] = dict.fromkeys(self._columns, -1)  # the line that said it
        self._last: tuple[int | None, int] = (None, -1)  # the row before: its document and its line
        self._broken: list[int] = []  # lines that could not be read, the last of them

    def fill(self, frame: pl.DataFrame, damaged: Sequence[int]) -> tuple[pl.DataFrame, list[Refusal]]:
        """The rows with what stands above, and a refusal for each of which that is not sure. `frame`: with `_doc`."""
        if not self._columns or not frame.height:
            self._broken = [*self._broken, *damaged][-1:]
            return frame, []
        marks = sorted({*self._broken, *damaged})
        refused: list[Refusal] = []
        last, line_before = self._last
        docs = pl.col(DOC) if self._within else pl.lit(0)
        goes_on = pl.col(DOC).eq_missing(last) if self._within else pl.lit(True)
        before = (
            pl.col(LINE).cast(pl.Int64).shift(1).fill_null(line_before)
        )  # a document begins below that line
        for name in self._columns:
            own = filled(pl.col(name), self._read)
            line = pl.when(own.is_not_null()).then(pl.col(LINE).cast(pl.Int64))
            rows = frame.select(
                pl.col(LINE).cast(pl.Int64),
                own.is_null().alias("blank"),
                own.forward_fill()
                .over(docs)
                .fill_null(pl.when(goes_on).then(pl.lit(self._above[name], dtype=pl.String)))
                .alias("text"),
                line.forward_fill()
                .over(docs)
                .fill_null(pl.when(goes_on).then(self._said[name]).otherwise(before.first().over(docs)))
                .alias("said"),
            )
            if marks:
                refused += _unsure(rows, marks, name)
            frame = frame.with_columns(rows["text"].alias(name))
            self._above[name], self._said[name] = rows["text"][-1], rows["said"][-1]
        self._broken, self._last = marks[-1:], (frame[DOC][-1], frame[LINE][-1])
        return frame, refused


def _unsure(rows: pl.DataFrame, marks: list[int], name: str) -> list[Refusal]:
    """Blank cells between which and what is above them a line could not be read."""
    broken = pl.DataFrame({"broken": marks}, schema={"broken": pl.Int64}).set_sorted("broken")
    beside = rows.set_sorted(LINE).join_asof(broken, left_on=LINE, right_on="broken")
    lost = beside.filter(pl.col("blank") & (pl.col("broken") > pl.col("said")))
    return [
        Refusal(line, name, "", message("sections.fill_broken", line=mark))
        for line, mark in lost.select(LINE, "broken").iter_rows()
    ]
