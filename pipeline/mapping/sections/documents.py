"""Which rows are one document: those of equal value, wherever they stand; a blank cell continues the one above."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.mapping.model import Plan, ReadOptions, Refusal
from pipeline.mapping.rows import LINE
from pipeline.mapping.sections.model import DOC, Outcast
from pipeline.words import message

BETWEEN = "\x1f"
OBJECT, KIND = "$", "_record"  # columns of nested records, and of records of several kinds


def filled(cell: pl.Expr, read: ReadOptions) -> pl.Expr:
    """The cell; null when blank."""
    bare = cell.str.strip_chars()
    sound = bare != ""
    return pl.when(sound & ~bare.is_in(read.empty) if read.empty else sound).then(cell)


class Documents:
    """Numbers the documents of a file, batch by batch, in the order in which they first appear."""

    def __init__(self, plan: Plan, columns: Mapping[str, str]) -> None:
        """`columns`: the mapping's column → the file's."""
        saved = plan.mapping
        self._read, self._whole = saved.read, saved.unit == "document"
        self._tag = (
            saved.document[0] if saved.document[0] in {kind.tag for kind in saved.read.records} else None
        )
        self._columns = [] if self._tag else [columns.get(name, name) for name in saved.document]
        self._numbers: dict[str, int] = {}
        self._names: list[str] = []  # by number
        self.count = 0
        self._carried: dict[str, str | None] = dict.fromkeys(self._columns)
        self._astray = False  # does the row before belong to no document?
        self._last: int | None = None  # the document of the row before
        self._broken: int | None = None  # the unreadable line that stands before the row to come

    @property
    def stated(self) -> bool:
        """Does every row hold all of its document (records, nested objects)?"""
        return self._tag is not None or self._columns == [OBJECT]

    @property
    def name(self) -> str:
        return ", ".join(self._columns) or str(self._tag)

    def named(self, docs: pl.Series) -> pl.Series:
        """What the file calls these documents: `T1`; of several columns `2026/T1`."""
        return pl.Series([self._names[doc].replace(BETWEEN, "/") for doc in docs], dtype=pl.String)

    def number(self, frame: pl.DataFrame, damaged: Sequence[int]) -> tuple[pl.DataFrame, list[Outcast]]:
        """The rows with `_doc`, without those that belong to none. `damaged`: lines that could not be read: a row
        below one that does not name its document itself belongs to none."""
        docs = self._docs(frame, damaged)
        outcasts = self._neighbours(frame[LINE], docs, damaged) if damaged or self._broken is not None else []
        if frame.height:
            self._last = docs[-1]
        numbered = frame.with_columns(docs.alias(DOC))
        if docs.null_count():
            lost = numbered.filter(pl.col(DOC).is_null())[LINE]
            said = message("sections.homeless", column=self.name)
            outcasts += [Outcast("", None, Refusal(line, self.name, "", said)) for line in lost]
            numbered = numbered.filter(pl.col(DOC).is_not_null())
        return numbered, outcasts

    def _docs(self, frame: pl.DataFrame, damaged: Sequence[int]) -> pl.Series:
        if self._tag is not None:
            return self._tagged(frame[LINE], frame[KIND] == self._tag, damaged)
        if any(name not in frame.columns for name in self._columns):  # objects without lists: each is one row
            start, self.count = self.count, self.count + frame.height
            return pl.int_range(start, self.count, eager=True, dtype=pl.Int64)
        texts = frame.select(LINE, *(filled(pl.col(name), self._read).alias(name) for name in self._columns))
        keys = self._continued(texts, damaged)
        found = keys.unique(maintain_order=True).drop_nulls()
        new = [key for key in found if key not in self._numbers]
        self._numbers.update(zip(new, range(self.count, self.count + len(new)), strict=True))
        self._names += new
        self.count += len(new)
        known = pl.DataFrame(
            {"key": found, DOC: [self._numbers[key] for key in found]},
            schema={"key": pl.String, DOC: pl.Int64},
        )
        return keys.to_frame("key").join(known, on="key", how="left", maintain_order="left")[DOC]

    def _tagged(self, lines: pl.Series, head: pl.Series, damaged: Sequence[int]) -> pl.Series:
        """A document from each head to the next; below an unreadable line, which may have been one, there is none."""
        heads = head.cum_sum().cast(pl.Int64)
        docs = heads + (self.count - 1)
        lost = (docs < 0) | ((heads == 0) & self._astray)
        if damaged or self._broken is not None:
            lost = lost | self._across(lines, head, damaged)
        if len(docs):
            self.count, self._astray = int(docs[-1]) + 1, bool(lost[-1])
        return docs.set(lost, None)

    def _continued(self, texts: pl.DataFrame, damaged: Sequence[int]) -> pl.Series:
        """What each row says of its document, blanks filled from above; null where nothing is above."""
        above = {name: pl.lit(self._carried[name], dtype=pl.String) for name in self._columns}
        whole = texts.with_columns(
            pl.col(name).forward_fill().fill_null(above[name]) for name in self._columns
        )
        if damaged or self._broken is not None:
            whole = self._interrupted(texts, whole, damaged)
        if whole.height:
            self._carried = {name: whole[name][-1] for name in self._columns}
        return whole.select(
            pl.concat_str([pl.col(n) for n in self._columns], separator=BETWEEN).alias("key")
        )["key"]

    def _interrupted(self, texts: pl.DataFrame, whole: pl.DataFrame, damaged: Sequence[int]) -> pl.DataFrame:
        """Without what was filled in across an unreadable line."""
        said = texts.select(pl.any_horizontal(pl.col(n).is_not_null() for n in self._columns).alias("said"))[
            "said"
        ]
        lost = self._across(texts[LINE], said, damaged)
        return whole.with_columns(pl.when(~lost).then(pl.col(name)).alias(name) for name in self._columns)

    def _across(self, lines: pl.Series, said: pl.Series, damaged: Sequence[int]) -> pl.Series:
        """Between which rows and the last that `said` its document does an unreadable line stand?"""
        marks = sorted({*damaged, *([self._broken] if self._broken is not None else [])})
        broken = pl.DataFrame({"broken": marks}, schema={"broken": pl.Int64}).set_sorted("broken")
        rows = pl.DataFrame({LINE: lines.cast(pl.Int64), "said": said})
        rows = rows.with_columns(pl.when("said").then(LINE).forward_fill().fill_null(-1).alias("said"))
        last = rows.set_sorted(LINE).join_asof(broken, left_on=LINE, right_on="broken")
        return last.select((pl.col("broken") > pl.col("said")).fill_null(False).alias("lost"))["lost"]

    def _neighbours(self, lines: pl.Series, docs: pl.Series, damaged: Sequence[int]) -> list[Outcast]:
        """The documents beside lines that could not be read, which may be theirs."""
        hit: dict[int, int] = {}
        if self._broken is not None and len(docs) and docs[0] is not None:
            hit[docs[0]] = self._broken
        if len(docs):
            self._broken = None
        for line in damaged:
            at = int(lines.search_sorted(line))
            before = docs[at - 1] if at else self._last
            if before is not None:
                hit.setdefault(before, line)
            if at < len(docs):
                if docs[at] is not None:
                    hit.setdefault(docs[at], line)
            else:
                self._broken = line
        if not self._whole or self._columns == [
            OBJECT
        ]:  # an object that cannot be read is a document by itself
            return []
        return [
            Outcast("", doc, Refusal(line, "", "", message("sections.unread", line=line)))
            for doc, line in hit.items()
        ]
