"""A saved mapping held against the tables for writing: a plan, or every mistake; and where it does not go back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.errors import Mistake
from pipeline.mapping.fitting import Notes, valid_format
from pipeline.mapping.model import (
    Catalogue,
    Column,
    Expression,
    Field,
    Kind,
    ReadOptions,
    SavedMapping,
    Table,
)
from pipeline.mapping.outward.going_back import Pairs, reversed_pairs
from pipeline.mapping.outward.model import (
    Export,
    FilePart,
    OutColumn,
    OutFile,
    OutPlan,
    Place,
    Total,
    WriteOptions,
    Written,
)
from pipeline.mapping.outward.parsing import place
from pipeline.mapping.source import nearest
from pipeline.words import Message, message

TEXT = Column("", Kind.TEXT)
NUMBER = Column("", Kind.INTEGER)
LINES = Column("", Kind.JSON)
FEC: dict[str, Any] = {
    "format": "csv", "delimiter": "\t", "quote": "", "encoding": "iso8859-15", "decimal": ",", "decimals": 2,
    "date": "%Y%m%d", "line_end": "\r\n",
}  # fmt: skip


def compile_outward(saved: SavedMapping, catalogue: Catalogue) -> tuple[OutPlan | None, list[Mistake]]:
    """(plan, []) or (None, all mistakes by line). `catalogue`: every column that can be read."""
    fitter = _Fitter(saved, catalogue)
    export = saved.export or Export((FilePart(),))
    files = [fitter.part(part) for part in export.parts]
    write = write_options(saved)
    for name, form in (
        ("write.date", saved.write.date if saved.write else None),
        ("read.date", saved.read.date),
    ):
        if form is not None and not valid_format(form):
            fitter.notes.say(name, "mapping.format", format=form)
    found = sorted(fitter.notes.found, key=lambda mistake: mistake.line)
    whole = [file for file in files if file is not None]
    if found or len(whole) != len(files):
        return None, found
    notes = sorted(fitter.back.found, key=lambda mistake: mistake.line)
    return OutPlan(saved.name, tuple(whole), write, export.manifest, tuple(notes)), []


def lacking(plan: OutPlan, what: str, deletions: str) -> Message | None:
    """What a job of this `what` and `deletions` needs and the mapping does not say."""
    for file in plan.files:
        if what == "period" and not file.date:
            return message("exports.needs_date")
        if deletions == "mark" and not file.mark:
            return message("exports.needs_mark")
    return None


def write_options(saved: SavedMapping) -> WriteOptions:
    """How the files are written: as [write] says, then as they are read."""
    read, write = saved.read, saved.write or WriteOptions()

    def first(*values: str | None) -> str | None:
        return next((value for value in values if value is not None), None)

    if write.preset == "fec":
        write = replace(write, **{k: v for k, v in FEC.items() if getattr(write, k) in (None, 0, "\n")})
    form = first(write.format, read.format if read.format not in ("records", "html") else None)
    return replace(
        write,
        format=form,
        delimiter=first(write.delimiter, read.delimiter),
        quote=first(write.quote, read.quote),
        encoding=first(write.encoding, read.encoding),
        header=write.header if write.header is not None else read.header,
        decimal=first(write.decimal, read.decimal),
        date=first(write.date, read.date),
        timezone=first(write.timezone, read.timezone),
        sheet=first(write.sheet, read.sheet),
        path=first(write.path, read.path),
        record=first(write.record, read.record),
        columns=write.columns or (read.columns if read.positions else ()),
        positions=write.positions or read.positions,
    )


@dataclass(slots=True)
class _Fitter:
    saved: SavedMapping
    catalogue: Catalogue
    notes: Notes = field(init=False)
    back: Notes = field(init=False)

    def __post_init__(self) -> None:
        self.notes, self.back = Notes(self.saved), Notes(self.saved)

    def part(self, part: FilePart) -> OutFile | None:
        """One file of the delivery, or None with its mistakes told."""
        root = f"export.files.{part.name}" if part.name else "export"
        if part.columns:
            pairs = None
            table = self._table(part.table or self._own_table(), f"{root}.table")
        else:
            if not self.saved.fields and not self.saved.sections:
                self.notes.say("export", "exports.no_columns")
                return None
            pairs = reversed_pairs(self.saved, self.back)
            table = self._table(pairs.table, "table")
        if table is None:
            return None
        if pairs is None:
            columns = [self._written(table, one, f"{root}.columns.{one.name}") for one in part.columns]
            equal: list[tuple[OutColumn, str]] = []
        else:
            columns, equal = self._reversed(table, pairs, part)
        needs = [self._reached(table, path, f"{root}.where") for path in _cells(part.where)]
        for one in columns:
            if one is not None and one.sql is not None:
                at = f"{root}.columns.{one.name}"
                needs += [self._reached(table, path, at) for path in _cells(one.sql)]
                self._check(one.sql, at)
        if part.where is not None:
            self._check(part.where, f"{root}.where", condition=True)
        for path in (*(path for path, _ in part.order), *((part.date,) if part.date else ())):
            self._reached(table, path, f"{root}.order")
        order = part.order or tuple((path, False) for path in (pairs.order if pairs else ()))
        known = {one.path: one for one in needs if one is not None}
        return OutFile(
            part.name, table.name, tuple(one for one in columns if one is not None), tuple(equal), part.where,
            tuple(known.values()), order, part.date, part.mark,
        )  # fmt: skip

    def _own_table(self) -> str | None:
        return self.saved.table or (self.saved.sections[0].table if self.saved.sections else None)

    def _table(self, name: str | None, at: str) -> Table | None:
        if name is None:
            self.notes.say("export", "exports.no_table")
            return None
        if name not in self.catalogue:
            self.notes.say(at, "mapping.unknown_table", nearest(name, self.catalogue), table=name)
        return self.catalogue.get(name)

    def _column(self, table: Table, path: Place, at: str) -> Column | None:
        """Where a path leads, one reference after the other."""
        here = table
        for step in path[:-1]:
            column = here.columns.get(step)
            parent = column.references if column is not None else None
            if parent is None or parent not in self.catalogue:
                links = [c.name for c in here.columns.values() if c.references]
                facts = {"column": step, "table": here.name, "known": ", ".join(links) or "-"}
                self.notes.say(at, "exports.no_reference", nearest(step, links), **facts)
                return None
            here = self.catalogue[parent]
        found = here.columns.get(here.aliases.get(path[-1], path[-1]))
        if found is None:
            near = nearest(path[-1], here.columns)
            self.notes.say(at, "mapping.unknown_column", near, table=here.name, column=path[-1])
        return found

    def _reached(self, table: Table, path: Place, at: str) -> OutColumn | None:
        column = self._column(table, path, at)
        name = ".".join(path)
        return None if column is None else OutColumn(name, column, Field(path[-1], 0, (name,)), path)

    def _written(self, table: Table, one: Written, at: str) -> OutColumn | None:
        column, link = TEXT, ""
        if one.path:
            found = self._column(table, one.path, at)
            if found is None:
                return None
            column = found
        elif one.total is not None:
            made = self._total(table, one.total, at)
            if made is None:
                return None
            column, link = made
        if one.form.format is not None:
            if one.path and column.kind not in (Kind.DATE, Kind.DATETIME):
                self.notes.say(at, "mapping.format_place", column=one.name)
            elif not valid_format(one.form.format):
                self.notes.say(at, "mapping.format", format=one.form.format)
        return OutColumn(one.name, column, one.form, one.path, one.value, one.sql, one.total, link)

    def _total(self, table: Table, total: Total, at: str) -> tuple[Column, str] | None:
        other = self._table(total.table, at)
        if other is None:
            return None
        links = [c.name for c in other.columns.values() if c.references == table.name]
        if len(links) != 1:
            facts = {"other": other.name, "table": table.name, "known": ", ".join(links) or "-"}
            self.notes.say(at, "exports.no_link", **facts)
            return None
        kinds = [self._column(other, (column,), at) for _, column in total.columns]
        if any(kind is None for kind in kinds):
            return None
        if total.deed == "lines":
            return LINES, links[0]
        if total.deed == "count":
            return NUMBER, links[0]
        summed = kinds[0]
        assert summed is not None
        if summed.kind not in (Kind.DECIMAL, Kind.INTEGER):
            self.notes.say(at, "exports.sum", value=f"{other.name}.{summed.name}")
            return None
        return summed, links[0]

    def _reversed(
        self, table: Table, pairs: Pairs, part: FilePart
    ) -> tuple[list[OutColumn | None], list[tuple[OutColumn, str]]]:
        """The mapping's own fields as columns of the file; constants as conditions."""
        columns: dict[str, OutColumn | None] = {}
        for name, path, form in pairs.columns:
            column = self._column(table, path, f"fields.{form.target}")
            if column is not None and name not in columns:
                columns[name] = OutColumn(name, column, form, path)
        equal = []
        for path, form in pairs.equal:
            column = self._column(table, path, f"fields.{form.target}")
            if column is not None and form.value is not None:
                equal.append((OutColumn(form.target, column, form, path), form.value))
        for name in part.chosen:
            if name not in columns:
                self.notes.say("export.columns", "exports.not_among", nearest(name, columns), column=name)
        chosen: Iterable[str] = [name for name in part.chosen if name in columns] or columns
        if self.saved.read.positions and not part.chosen:  # a fixed line has its own order
            chosen = sorted(columns, key=_order_of(self.saved.read))
        return [columns[name] for name in chosen], equal

    def _check(self, sql: Expression, at: str, *, condition: bool = False) -> None:
        """Does the expression hold? Its cells are columns by their path, as texts with a point."""
        from pipeline.mapping.expressions.computing import program_of
        from pipeline.mapping.expressions.program import Type
        from pipeline.words import message

        if sql.fields:
            self.notes.say(at, "exports.no_this", name=sql.fields[0])
            return
        program, mistakes = program_of(sql, ReadOptions(decimal="."), Table("", {}, ()), ())
        for said in mistakes:
            self.notes.tell(at, said)
        if condition and not mistakes and program.kind is not Type.TRUTH:
            self.notes.tell(at, message("expressions.condition"))


def _order_of(read: ReadOptions) -> Callable[[str], int]:
    places = {name: first for name, (first, _) in zip(read.columns, read.positions, strict=True)}
    return lambda name: places.get(name, 1 << 30)


def _cells(sql: Expression | None) -> list[Place]:
    return [] if sql is None else [place(name) for name in sql.cells]
