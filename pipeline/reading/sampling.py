"""The header of a file and its first rows: enough to guess what its columns are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import polars as pl

from pipeline import files as disk
from pipeline.formats import deliveries, open_reading
from pipeline.formats.model import LINE, Dialect
from pipeline.mapping.model import ReadOptions

ROWS = 2_000
VALUES = 200  # different ones of a column
DAMAGED = 0.05  # of the records: then the width of a record does not count in this file


@dataclass(frozen=True, slots=True)
class Sample:
    """`frame`: `_line` and a String column for each of the dialect's columns, about ROWS rows. `ragged`: many of
    them have too few or too many cells, and were read all the same."""

    name: str
    dialect: Dialect
    frame: pl.DataFrame
    ragged: bool = False

    def values(self, column: str) -> tuple[str, ...]:
        """Some filled cells of a column, each different one once, in the order of the file."""
        return tuple(self.frame[column].drop_nulls().unique(maintain_order=True).head(VALUES).to_list())


def sample(path: Path) -> Sample:
    """Read the beginning of a file; of an archive of several, of the first of them. Raises FileFailed, OSError."""
    with disk.open_regular(path.resolve()) as opened:
        member = deliveries(opened, path.name)[0]
        with member.opened() as inner:
            strict, damaged = _read(inner, member.name, ReadOptions())
        if damaged <= DAMAGED * (strict.frame.height + damaged):
            return strict
        with member.opened() as inner:
            kept, left = _read(inner, member.name, ReadOptions(ragged="keep"))
    return replace(kept, ragged=True) if left < damaged else strict


def _read(file: BinaryIO, name: str, options: ReadOptions) -> tuple[Sample, int]:
    """The sample, and how many records could not be read."""
    reading = open_reading(file, options, name=name)
    schema = {LINE: pl.Int64, **dict.fromkeys(reading.dialect.columns, pl.String)}
    frames = [pl.DataFrame(schema=schema)]
    rows = damaged = 0
    for batch in reading:
        frames.append(batch.frame.select(schema.keys()).head(ROWS))
        rows, damaged = rows + batch.frame.height, damaged + len(batch.damaged)
        if rows >= ROWS:
            break
    return Sample(name, reading.dialect, pl.concat(frames)), damaged
