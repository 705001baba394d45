"""Writes the files of one export from one look at the database: rows, counts, hashes. Nothing appears yet."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import polars as pl

from pipeline import files as disk
from pipeline.errors import ConfigError, FileFailed
from pipeline.exports.periods import Period
from pipeline.fec import check, refused
from pipeline.mapping.model import Column
from pipeline.mapping.outward.fitting import lacking
from pipeline.mapping.outward.making import Maker, Unwritable, constant
from pipeline.mapping.outward.model import OutColumn, OutFile, OutPlan
from pipeline.mapping.rows import dtype
from pipeline.store.exporting.model import Asked, Look, Place, Selection, Which
from pipeline.words import Message, render
from pipeline.writing import Writer, format_of, is_text, open_writer, suits
from pipeline.writing.streams import Hashed

if TYPE_CHECKING:
    from pipeline.mapping.model import Catalogue


@dataclass(frozen=True, slots=True)
class Filled:
    """A written file."""

    rows: int
    size: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Source:
    """The rows of one file of a plan. `which`: of the changes; `marked`: rows that are gone come as well, with
    their mark; `period`: only rows of it."""

    plan: OutPlan
    file: OutFile
    catalogue: Catalogue
    zone: str
    told: Mapping[str, str]
    which: Which = "all"
    marked: bool = False
    period: Period | None = None

    def frames(self, look: Look, format: str) -> Iterator[pl.DataFrame]:
        """Batches under the file's own names, as texts where the format is text. Raises FileFailed."""
        maker = self.maker(format)
        try:
            for frame, gone in self.raw(look, maker):
                yield maker.make(frame, gone=gone)
        except Unwritable as error:
            raise FileFailed(error.said) from error

    def raw(self, look: Look, maker: Maker) -> Iterator[tuple[pl.DataFrame, bool]]:
        """Batches as the database gives them, and whether their rows are gone."""
        wanted: tuple[Which, ...] = (self.which, "deleted") if self.marked else (self.which,)
        for which in wanted:
            selection = self._selection(maker, which)
            if selection is not None:
                for frame in look.rows(selection):
                    yield frame, which == "deleted"

    def maker(self, format: str) -> Maker:
        file = self.file if self.marked else replace(self.file, mark="")
        return Maker(file, self.plan.write, is_text(format), self.zone, self.told)

    def schema(self, format: str) -> pl.Schema:
        """The file's columns, also when it has no rows."""
        maker = self.maker(format)
        empty = pl.DataFrame(schema={str(n): dtype(one.column) for n, one in enumerate(maker.asked())})
        return maker.make(empty).schema

    def _selection(self, maker: Maker, which: Which) -> Selection | None:
        """What the store is asked; None when no row can fit."""
        equal = []
        for column, text in self.file.equal:
            value = constant(column, text, self.zone)
            if value is None:
                return None
            equal.append((column.path, column.column, value))
        between = None
        if self.period is not None:
            column_ = column_at(self.catalogue, self.file.table, self.file.date)
            between = (self.file.date, column_, *self.period.bounds(column_.kind, self.zone))
        asked = tuple(self._asked(one) for one in maker.asked())
        return Selection(self.file.table, asked, which, tuple(equal), self.file.order, between)

    def _asked(self, one: OutColumn) -> Asked:
        if one.total is None:
            return Asked(one.column, one.path)
        columns = self.catalogue[one.total.table].columns
        inner = tuple((name, columns[column]) for name, column in one.total.columns)
        return Asked(one.column, (), one.total.deed, one.total.table, one.link, inner)


def column_at(catalogue: Catalogue, table: str, path: Place) -> Column:
    """The column that a path leads to; the plan was fitted."""
    for step in path[:-1]:
        parent = catalogue[table].columns[step].references
        assert parent is not None
        table = parent
    here = catalogue[table]
    return here.columns[here.aliases.get(path[-1], path[-1])]


def check_file(plan: OutPlan, file: OutFile, name: str) -> None:
    """Can a file of this name hold these columns? Raises ConfigError with the sentence."""
    said = suits(format_of(name, plan.write), plan.write, [column.name for column in file.columns])
    if said is not None:
        raise ConfigError(said)


def fill(source: Source, look: Look, path: Path, name: str) -> Filled:
    """Write one file at `path` as one called `name`, and make it last. Raises FileFailed, OSError."""
    format = format_of(name, source.plan.write)
    options = replace(source.plan.write, timezone=source.plan.write.timezone or source.zone)
    maker = source.maker(format)
    with path.open("wb") as file:
        out = Hashed(cast("BinaryIO", file))
        try:
            with ExitStack() as stack:
                scratch = path.with_suffix(".scratch")
                raw = cast("BinaryIO", out)
                writer = open_writer(raw, name, format, options, source.schema(format), stack, scratch)
                rows = _written(source.raw(look, maker), maker, writer)
                writer.close()
        except Unwritable as error:
            raise FileFailed(error.said) from error
        file.flush()
        os.fsync(file.fileno())
    if options.preset == "fec":
        _hold(path, name)
    return Filled(rows, out.size, out.digest)


def _written(raw: Iterator[tuple[pl.DataFrame, bool]], maker: Maker, writer: Writer) -> int:
    """All batches made and written, each while the next is read: one hand reads, the other writes."""

    def put(frame: pl.DataFrame, gone: bool) -> int:
        made = maker.make(frame, gone=gone)
        writer.add(made)
        return made.height

    rows, before = 0, None
    with ThreadPoolExecutor(1) as hand:
        for frame, gone in raw:
            rows += before.result() if before is not None else 0
            before = hand.submit(put, frame, gone)
        return rows + (before.result() if before is not None else 0)


def _hold(path: Path, name: str) -> None:
    """Raises FileFailed when a written FEC breaks a rule for which one is refused."""
    with path.open("rb") as file:
        wrong = refused(check(name, iter(lambda: file.read(1 << 20), b"")))
    if wrong:
        en, fr = (" ".join(render(one.said, language) for one in wrong[:3]) for language in ("en", "fr"))
        raise FileFailed(Message("fec.refused", {"name": name, "why": en, "why_fr": fr}))


def write_manifest(path: Path, job: str, sequence: int, files: Mapping[str, Filled]) -> Filled:
    """A file that names the others of its delivery: rows, bytes and hash of each."""
    listed = [
        {"name": name, "rows": one.rows, "bytes": one.size, "sha256": one.digest.hex()}
        for name, one in files.items()
    ]
    text = json.dumps({"job": job, "number": sequence, "files": listed}, ensure_ascii=False, indent=1) + "\n"
    with path.open("wb") as file:
        out = Hashed(cast("BinaryIO", file))
        out.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
    disk.sync_folder(path.parent)
    return Filled(len(listed), out.size, out.digest)


def needs(plan: OutPlan, what: str, deletions: str) -> None:
    """What a job asks of its mapping. Raises ConfigError."""
    said = lacking(plan, what, deletions)
    if said is not None:
        raise ConfigError(said)
