"""What a document says of itself: the first filled cell of each column among its rows, wherever they stand."""

from __future__ import annotations

import polars as pl

from pipeline.mapping.model import Refusal
from pipeline.mapping.rows import LINE
from pipeline.mapping.sections.documents import Documents
from pipeline.mapping.sections.model import DOC, Outcast
from pipeline.words import message

HELD = (
    50_000  # documents whose further rows are waited for; memory is bounded by them, whatever the file's size
)


class Heads:
    """Gathers one row a document. Many are held back, since their further rows may still come."""

    def __init__(self, columns: list[str], documents: Documents) -> None:
        """`columns`: the file's, that sections per document read."""
        self.columns, self._documents = columns, documents
        self._held: pl.DataFrame | None = None
        self._gone = bytearray()  # 1: this document was handed over

    def add(self, rows: pl.DataFrame) -> tuple[pl.DataFrame, list[Outcast]]:
        """`rows`: `_line`, `_doc` and texts, null when blank. Gives the documents that are handed over now."""
        self._gone.extend(bytes(self._documents.count - len(self._gone)))
        outcasts: list[Outcast] = []
        if 1 in self._gone:
            rows, outcasts = self._late(rows)
        held = rows.clear() if self._held is None else self._held
        if rows.height:
            mine = rows[DOC].unique().implode()
            again = held.filter(pl.col(DOC).is_in(mine)) if held.height else held
            others = held.filter(~pl.col(DOC).is_in(mine)) if again.height else held
            merged, clashes = self._merged(pl.concat([again, rows]))
            outcasts += clashes
            held = pl.concat([others, merged])
        if held.height <= HELD:
            self._held = held
            return rows.clear(), outcasts
        open_ = rows[DOC][-1] if rows.height else -1
        self._held, ended = held.filter(pl.col(DOC) == open_), held.filter(pl.col(DOC) != open_)
        for doc in ended[DOC]:
            self._gone[doc] = 1
        return ended, outcasts

    def finish(self) -> pl.DataFrame:
        """The documents that are left."""
        left, self._held = self._held, None
        return left if left is not None else pl.DataFrame(schema={LINE: pl.Int64, DOC: pl.Int64})

    def _late(self, rows: pl.DataFrame) -> tuple[pl.DataFrame, list[Outcast]]:
        """Rows of documents that were handed over: they can say nothing more about them."""
        late = rows.filter(pl.Series([self._gone[doc] == 1 for doc in rows[DOC]], dtype=pl.Boolean))
        if not late.height:
            return rows, []
        said = message("sections.apart", column=self._documents.name)
        speak = late.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in self.columns))
        if self._documents.stated:
            speak = speak.clear()
        outcasts = [
            Outcast("", doc, Refusal(line, self._documents.name, "", said))
            for line, doc in speak.select(LINE, DOC).iter_rows()
        ]
        return rows.filter(~pl.col(DOC).is_in(late[DOC].unique().implode())), outcasts

    def _merged(self, rows: pl.DataFrame) -> tuple[pl.DataFrame, list[Outcast]]:
        """One row a document, and those in which a row says another thing than one before it."""
        first = rows.unique(DOC, keep="first", maintain_order=True)
        if self._documents.stated or first.height == rows.height:
            return first, []
        more = rows.filter(~rows.select(pl.col(DOC).is_first_distinct())[DOC])
        busy = [name for name in self.columns if more[name].null_count() < more.height]
        if not busy:
            return first, []
        said = rows.group_by(DOC).agg(pl.col(busy).drop_nulls().first())
        beside = more.join(said, on=DOC, suffix="\x1f", maintain_order="left")
        clash = beside.filter(pl.any_horizontal(pl.col(n) != pl.col(n + "\x1f") for n in busy))
        outcasts = []
        for row in clash.iter_rows(named=True):
            name = next(n for n in busy if row[n] is not None and row[n] != row[n + "\x1f"])
            why = message("sections.unlike", before=row[name + "\x1f"])
            outcasts.append(Outcast("", row[DOC], Refusal(row[LINE], name, row[name], why)))
        return first.drop(busy).join(said, on=DOC, how="left", maintain_order="left").select(
            rows.columns
        ), outcasts
