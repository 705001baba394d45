"""The header of a file and its first rows: enough to guess what its columns are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline import files as disk
from pipeline.formats import deliveries, open_reading
from pipeline.formats.model import Dialect
from pipeline.mapping.model import ReadOptions

ROWS = 2_000
VALUES = 200  # different ones of a column


@dataclass(frozen=True, slots=True)
class Sample:
    """`frame`: `_line` and a String column for each of the dialect's columns, at most ROWS rows."""

    name: str
    dialect: Dialect
    frame: pl.DataFrame

    def values(self, column: str) -> tuple[str, ...]:
        """Some filled cells of a column, each different one once, in the order of the file."""
        return tuple(self.frame[column].drop_nulls().unique(maintain_order=True).head(VALUES).to_list())


def sample(path: Path, options: ReadOptions | None = None) -> Sample:
    """Read the beginning of a file; of an archive of several, of the first of them. Raises FileFailed, OSError."""
    how = options or ReadOptions(ragged="keep")
    with disk.open_regular(path.resolve()) as opened:
        member = deliveries(opened, path.name)[0]
        with member.opened() as inner:
            reading = open_reading(inner, how, name=member.name)
            frames: list[pl.DataFrame] = []
            for batch in reading:
                frames.append(batch.frame.head(ROWS))
                if sum(frame.height for frame in frames) >= ROWS:
                    break
            names = list(reading.dialect.columns)
            empty = pl.DataFrame(schema={"_line": pl.Int64, **dict.fromkeys(names, pl.String)})
            return Sample(member.name, reading.dialect, pl.concat([empty, *(f.select(empty.columns) for f in frames)]))
