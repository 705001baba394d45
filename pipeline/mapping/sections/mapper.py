"""A plan of several tables applied to a file, batch by batch: typed rows of each section, and what cannot be taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from pipeline.mapping import take
from pipeline.mapping.model import Kind, Plan, Refusal
from pipeline.mapping.rows import LINE, blank_in, map_batch, text_of
from pipeline.mapping.sections.adding import Totals, wrong_signs
from pipeline.mapping.sections.amounts import USUAL
from pipeline.mapping.sections.documents import KIND, Documents, filled
from pipeline.mapping.sections.filling import FillDown
from pipeline.mapping.sections.heads import Heads
from pipeline.mapping.sections.model import (
    DEED,
    DELETE,
    DOC,
    REC,
    Action,
    Outcast,
    SectionPlan,
    found_name,
)
from pipeline.mapping.sections.modes import keyed
from pipeline.mapping.sections.spreading import named, names_of, placed, spread
from pipeline.mapping.sections.trade import Carried, derive
from pipeline.words import message


@dataclass(slots=True)
class Mapped:
    """`frames`: section → `_line`, `_doc` and its columns; of a section per document one row a document, with the
    line where that begins. `lines`: `_line` and `_doc` of every row that belongs to a document."""

    lines: pl.DataFrame
    frames: dict[str, pl.DataFrame] = field(default_factory=dict)
    outcasts: list[Outcast] = field(default_factory=list)


class Mapper:
    """Fed with the file's batches in order; `finish` gives the documents that were held back as unfinished."""

    def __init__(self, plan: Plan, columns: Mapping[str, str], zone: str) -> None:
        """`columns`: the mapping's column → the file's; `zone`: of instants that name none."""
        self._sections, self._columns, self._zone = plan.sections, columns, zone
        self._read = plan.mapping.read
        self._documents = Documents(plan, columns) if plan.mapping.document else None
        heads = [part for part in plan.sections if part.per == "document"]
        used = dict.fromkeys(columns[name] for part in heads for name in names_of(part))
        self._heads = Heads(list(used), self._documents) if self._documents and heads else None
        self._of = {part.name: placed(part, columns) for part in plan.sections}
        self._spread = dict.fromkeys(self._of, 0)  # records made of spread rows
        self._carried = {part.name: Carried() for part in plan.sections if part.whole}
        self._totals = Totals(plan.sections)
        self._out: set[int] = set()  # documents of which something was cast out
        self._fill = FillDown(plan.mapping.read, columns, within=self._documents is not None)
        self._sizes: dict[str, list[int]] = {part.name: [] for part in plan.sections if part.counts}
        self._rows = 0

    def add(self, frame: pl.DataFrame, damaged: Sequence[int] = ()) -> Mapped:
        """`frame`: `_line` and texts; `damaged`: lines among them that could not be read."""
        outcasts: list[Outcast] = []
        if self._documents is None:
            frame = frame.with_columns(pl.col(LINE).cast(pl.Int64).alias(DOC))
        else:
            frame, outcasts = self._documents.number(frame, damaged)
        frame, unsure = self._fill.fill(frame, damaged)
        if unsure:
            docs = dict(frame.select(LINE, DOC).iter_rows())
            outcasts += [Outcast("", docs[one.line], one) for one in unsure if one.line in docs]
        mapped = Mapped(frame.select(LINE, DOC), outcasts=outcasts)
        for part in self._sections:
            if part.per == "row":
                self._map(part, frame, mapped)
        if self._heads is not None:
            texts = [filled(pl.col(name), self._read).alias(name) for name in self._heads.columns]
            ended, more = self._heads.add(frame.select(LINE, DOC, *texts))
            mapped.outcasts += more
            self._map_heads(ended, mapped)
        self._out.update(one.doc for one in mapped.outcasts if one.doc is not None)
        return mapped

    def finish(self) -> Mapped:
        mapped = Mapped(pl.DataFrame(schema={LINE: pl.Int64, DOC: pl.Int64}))
        if self._heads is not None:
            self._map_heads(self._heads.finish(), mapped)
        self._out.update(one.doc for one in mapped.outcasts if one.doc is not None)
        mapped.outcasts += self._totals.finish(self._out)
        return mapped

    def _map_heads(self, frame: pl.DataFrame, mapped: Mapped) -> None:
        if frame.height:
            for part in self._sections:
                if part.per == "document":
                    self._map(part, frame, mapped)

    def _map(self, part: SectionPlan, frame: pl.DataFrame, mapped: Mapped) -> None:
        """The section's rows of these, put into `mapped`."""
        base = frame
        if part.record is not None:
            base = base.filter(pl.col(KIND) == part.record) if KIND in base.columns else base.clear()
        if part.spread:
            base = spread(part, base, self._columns, self._read, self._spread[part.name])
            self._spread[part.name] += base.height
        base = self._taken(part, base, mapped)
        if part.counts:
            base = self._counted(part, base)
        if part.action is None:
            mapped.frames[part.name] = self._typed(part, base, mapped)
            return
        told = self._told(part, part.action, base, mapped)
        taken = self._typed(part, told.filter(pl.col(DEED) != DELETE), mapped)
        gone = self._typed(keyed(part), told.filter(pl.col(DEED) == DELETE), mapped)
        mapped.frames[part.name] = pl.concat([taken, gone], how="diagonal").sort(LINE)

    def _told(self, part: SectionPlan, action: Action, base: pl.DataFrame, mapped: Mapped) -> pl.DataFrame:
        """The rows with what is to be done with each; one that says nothing known is cast out."""
        name = self._columns[action.column]
        text = filled(pl.col(name), self._read).fill_null("").str.strip_chars().str.to_lowercase()
        deeds = text.replace_strict(dict(action.words), default=None, return_dtype=pl.String)
        told = base.with_columns(deeds.alias(DEED))
        if told[DEED].null_count():
            known = ", ".join(word or '""' for word, _ in action.words)
            said = message("sections.action", known=known)
            lost = told.filter(pl.col(DEED).is_null()).select(LINE, DOC, pl.col(name).fill_null(""))
            mapped.outcasts += [
                Outcast(part.name, doc, Refusal(line, name, value, said))
                for line, doc, value in lost.iter_rows()
            ]
        return told.filter(pl.col(DEED).is_not_null())

    def _typed(self, part: SectionPlan, base: pl.DataFrame, mapped: Mapped) -> pl.DataFrame:
        """The section's columns of these rows, typed; what cannot be is cast out."""
        if part.optional or len(part.keys) > 1:
            base = self._complete(part, base, mapped)
        columns = self._of[part.name]
        typed, refused = map_batch(part.plan, base, columns, self._zone)
        parts = [typed]
        for i, find in enumerate(part.finds):
            for j, plan in enumerate(find.by):
                found, more = map_batch(plan, base, columns, self._zone)
                parts.append(found.rename({t: found_name(i, j, t) for t in plan.targets}))
                refused += more
        if part.spread:
            refused = named(part, base, refused, self._columns)
        bad = {refusal.line: refusal for refusal in reversed(refused)}
        rec = [REC] if part.spread else []
        deed = [DEED] if DEED in base.columns else []
        kept = base.select(LINE, DOC, *rec, *deed, *(target for target, _ in part.counts))
        if bad:
            lines = pl.Series(list(bad), dtype=pl.Int64)
            docs = dict(kept.filter(pl.col(LINE).is_in(lines.implode())).select(LINE, DOC).iter_rows())
            mapped.outcasts += [Outcast(part.name, docs[line], one) for line, one in sorted(bad.items())]
            kept = kept.filter(~pl.col(LINE).is_in(lines.implode()))
            parts = [one.filter(~pl.col(LINE).is_in(lines.implode())) for one in parts]
        whole = pl.concat([kept, *(one.drop(LINE) for one in parts if one.width > 1)], how="horizontal")
        whole = _digested(part, whole)
        if part.derived:
            carried = self._carried.get(part.name)
            whole = derive(whole, part.plan.table, part.derived, part.amounts or "HT", carried)
        whole = whole.with_columns(pl.lit(USUAL[part.plan.table.name]).alias(name) for name in part.kind)
        mapped.outcasts += wrong_signs(part, whole)
        self._totals.add(part.name, whole)
        return whole

    def _taken(self, part: SectionPlan, base: pl.DataFrame, mapped: Mapped) -> pl.DataFrame:
        """The rows that the section's `where` takes; one of which it cannot be told is cast out."""
        taken, unclear = take(part.plan, base, self._of[part.name], self._zone)
        if unclear:
            docs = dict(base.select(LINE, DOC).iter_rows())
            mapped.outcasts += [Outcast(part.name, docs[one.line], one) for one in unclear]
        return taken

    def _counted(self, part: SectionPlan, base: pl.DataFrame) -> pl.DataFrame:
        """Each row's place in its document or in the file, from 1, whatever becomes of the rows before it."""
        sizes = self._sizes[part.name]
        here = base.group_by(DOC).len("n")
        before = {doc: sizes[doc] for doc in here[DOC] if doc < len(sizes)} if self._documents else {}
        numbers = {
            "file": pl.int_range(1, pl.len() + 1) + sum(sizes),
            "document": pl.int_range(1, pl.len() + 1).over(DOC),
        }
        base = base.with_columns(
            numbers[within].cast(pl.Int64).alias(target) for target, within in part.counts
        )
        if any(before.values()):
            more = pl.col(DOC).replace_strict(before, default=0, return_dtype=pl.Int64)
            base = base.with_columns(
                (pl.col(target) + more).alias(target)
                for target, within in part.counts
                if within == "document"
            )
        texts = [target for target, _ in part.counts if part.plan.table.columns[target].kind is Kind.TEXT]
        if texts and self._documents:  # a place in a document, with that document's name: T1/2
            names = self._documents.named(base[DOC])
            base = base.with_columns((names + "/" + base[one].cast(pl.String)).alias(one) for one in texts)
        if self._documents:
            sizes.extend([0] * (self._documents.count - len(sizes)))
            for doc, n in here.iter_rows():
                sizes[doc] += n
        else:
            sizes[:] = [sum(sizes) + base.height]
        return base

    def _complete(self, part: SectionPlan, base: pl.DataFrame, mapped: Mapped) -> pl.DataFrame:
        """The rows that have all cells of some key; of an optional section the others vanish, else are refused."""
        fields = {one.target: one for one in part.plan.mapping.fields}
        columns, blank = self._of[part.name], blank_in(base)
        there = {
            t: pl.lit(True) if one.sql else text_of(one, columns, self._read, blank).is_not_null()
            for t, one in fields.items()
        }
        if part.digest is not None:
            said = [there[name] for name in part.digest[1] if name in there]
            there[part.digest[0]] = pl.any_horizontal(said) if said else pl.lit(False)
        whole = [pl.all_horizontal([there.get(k, pl.lit(True)) for k in key]) for key in part.keys]
        if not whole:
            return base
        marked = base.with_columns(pl.any_horizontal(whole).alias("_whole"))
        if not part.optional:
            lost = marked.filter(~pl.col("_whole")).select(LINE, DOC)
            names = list(
                dict.fromkeys(n for key in part.keys for t in key if t in fields for n in fields[t].columns)
            )
            said_ = message("sections.no_key", section=part.name, columns=", ".join(names))
            first = names[0] if names else ""
            mapped.outcasts += [
                Outcast(part.name, doc, Refusal(line, first, "", said_)) for line, doc in lost.iter_rows()
            ]
        return marked.filter(pl.col("_whole")).drop("_whole")


def _digested(part: SectionPlan, frame: pl.DataFrame) -> pl.DataFrame:
    """With what the row says in one column, small differences aside."""
    if part.digest is None:
        return frame
    name, parts = part.digest
    there = [n for n in parts if n in frame.columns]
    said = [pl.col(n).fill_null("").str.strip_chars().str.to_lowercase() for n in there]
    some = pl.any_horizontal(pl.col(n).is_not_null() for n in there)
    return frame.with_columns(pl.when(some).then(pl.concat_str(said, separator="|")).alias(name))
