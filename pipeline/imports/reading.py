"""A file's content on its way to the staging: without its trailer, with the columns it has, one batch ahead."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, TypeVar

import polars as pl

from pipeline import files as disk
from pipeline.errors import FileFailed
from pipeline.formats import again, check_columns, match_column, open_reading
from pipeline.formats.limits import LIMITS, Limits
from pipeline.formats.model import LINE, Account, Batch, Reading
from pipeline.mapping import map_batch, take
from pipeline.mapping.evidence import Evidence
from pipeline.mapping.model import Lookup, Plan, Refusal
from pipeline.store.model import RefusedRow, Staging
from pipeline.trailer import ROWS, UNCOUNTED, parse_trailer
from pipeline.words import message

T = TypeVar("T")
Look = Callable[[pl.DataFrame], pl.DataFrame]
"""Puts beside the cells of a batch what they look up."""


@dataclass(frozen=True, slots=True)
class Content:
    """The part of a file that holds its records, and how many its trailer announces (None: nothing)."""

    file: BinaryIO
    announced: int | None = None

    def balance(self, records: int) -> None:
        """Raises FileFailed when the file has not as many records as its trailer says."""
        if self.announced is not None and self.announced != records:
            raise FileFailed(message("files.trailer_count", announced=self.announced, found=records))


def content(file: BinaryIO, trailer: str) -> Content:
    """`trailer`: how the last line begins, "" for a file without. Raises FileFailed when it is another line."""
    if not trailer:
        return Content(file)
    records, line = disk.before_last_line(file)
    announced = parse_trailer(trailer, line)
    if announced is None:
        shown = trailer.replace(ROWS, "3")
        raise FileFailed(message("files.trailer_missing", trailer=shown, line=line[:200] or '""'))
    return Content(records, None if announced == UNCOUNTED else announced)


def fit(
    plan: Plan, file: BinaryIO, name: str = "", limits: Limits = LIMITS
) -> tuple[Plan, Reading, dict[str, str]]:
    """Open the file and narrow the plan to the columns it has: a column that is absent is never touched."""
    mapped = plan.mapping.fields
    where = plan.mapping.where.cells if plan.mapping.where is not None else ()
    named = [*where, *(column for f in mapped for column in f.named)]
    plan = replace(plan, mapping=replace(plan.mapping, read=replace(plan.mapping.read, anchors=tuple(named))))
    needed = [f for f in mapped if f.columns and (f.target in plan.key or plan.column(f.target).required)]
    reading = open_reading(file, plan.mapping.read, name=name, limits=limits)
    asked = [(cell,) for sql in plan.mapping.expressions for cell in sql.cells]
    check_columns(reading.dialect.columns, [*(f.columns for f in needed), *asked], named)
    columns = {cell: match_column(cell, reading.dialect.columns) or cell for (cell,) in asked}
    fields = []
    for field in plan.mapping.fields:
        found = tuple(c for c in field.columns if match_column(c, reading.dialect.columns) is not None)
        columns.update({c: match_column(c, reading.dialect.columns) or c for c in found})
        if field.lookup is not None and not looked(field.lookup, reading.dialect.columns, columns):
            continue
        if found or not field.columns:
            fields.append(replace(field, columns=found))
    narrowed = replace(plan, mapping=replace(plan.mapping, fields=tuple(fields)))
    return _decided(narrowed, file, reading, columns), reading, columns


def looked(lookup: Lookup, header: Sequence[str], columns: dict[str, str]) -> bool:
    """Has the file the columns that some alternative of a look-up is made by? Those it has are noted in `columns`."""
    there = {name: found for name in lookup.columns if (found := match_column(name, header)) is not None}
    columns.update(there)
    return any(all(name in there for field in one for name in field.columns) for one in lookup.by)


def _decided(plan: Plan, file: BinaryIO, reading: Reading, columns: dict[str, str]) -> Plan:
    """The plan with what the file's own columns say of numbers and dates, where the mapping says nothing.

    The file is read up to the first cells that decide. Raises FileFailed with the question that they leave open."""
    evidence = Evidence(plan, columns)
    if evidence.decided:
        return plan
    for batch in again(reading, file, plan.mapping.read):
        evidence.add(batch.frame)
        if evidence.decided:
            break
    plan, questions = evidence.settle()
    if questions:
        raise FileFailed(questions[0])
    return plan


def stage(
    plan: Plan,
    reading: Reading,
    columns: dict[str, str],
    zone: str,
    staging: Staging,
    tell: Callable[[int], None] | None,
    look: Look = lambda frame: frame,
) -> None:
    """Read, map and stage all records; those that cannot be taken are staged as refused. `tell` hears after each
    batch how many records were read; None: it is one batch, for which a second thread would only cost time."""
    mapped = _mapped(plan, reading, columns, zone, look)
    for batch, rows, refused in mapped if tell is None else ahead(mapped):
        damaged = [RefusedRow(d.line, "", "", d.said, d.raw) for d in batch.damaged]
        staging.add(rows)
        _refuse(staging, damaged, refused, batch.raw, reading.account)
        if tell is not None:
            tell(reading.account.records)


def raws(
    source: Path | BinaryIO, plan: Plan, trailer: str, limits: Limits, lines: Sequence[int]
) -> dict[int, bytes]:
    """The own bytes of these records, from the file once more: only for rows that the database refused."""
    wanted, found = set(lines), {}
    with disk.open_regular(source) if isinstance(source, Path) else nullcontext(source) as file:
        file.seek(0)
        for batch in open_reading(content(file, trailer).file, plan.mapping.read, limits=limits):
            for line in wanted.intersection(batch.frame[LINE].to_list()):
                found[line] = batch.raw(line)
    return found


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items, each made in a second thread while the one before is used."""
    with ThreadPoolExecutor(1) as maker:
        coming = maker.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = maker.submit(next, items, None)
            yield item


def _mapped(
    plan: Plan, reading: Reading, columns: dict[str, str], zone: str, look: Look
) -> Iterator[tuple[Batch, pl.DataFrame, list[Refusal]]]:
    for batch in reading:
        taken, unclear = take(plan, look(batch.frame), columns, zone)
        reading.account.leave_out("where", batch.frame.height - taken.height - len(unclear))
        rows, refused = map_batch(plan, taken, columns, zone)
        yield batch, rows, [*unclear, *refused]


def _refuse(
    staging: Staging, damaged: list[RefusedRow], refused: list[Refusal], raw: Callable[[int], bytes],
    account: Account,
) -> None:  # fmt: skip
    told = [(r, account.of_member(r.line, r.said)) for r in refused]
    rows = damaged + [RefusedRow(r.line, r.column, r.value, said, raw(r.line)) for r, said in told]
    if rows:
        staging.refuse(sorted(rows, key=lambda row: row.line))
