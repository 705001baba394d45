"""Parquet: batches are put aside, then streamed into one file."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import BinaryIO

import polars as pl


class ParquetWriter:
    """`scratch`: a folder of our own that is made, and gone afterwards."""

    def __init__(self, out: BinaryIO, schema: pl.Schema, scratch: Path) -> None:
        self._out, self._schema, self._scratch = out, schema, scratch
        self._parts: list[Path] = []
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(mode=0o700)

    def add(self, frame: pl.DataFrame) -> None:
        part = self._scratch / f"{len(self._parts):08d}.parquet"
        frame.write_parquet(part, compression="uncompressed", statistics=False)
        self._parts.append(part)

    def close(self) -> None:
        try:
            if not self._parts:
                self.add(pl.DataFrame(schema=self._schema))
            whole = self._scratch / "whole.parquet"
            pl.scan_parquet(self._parts).sink_parquet(whole, compression="zstd")
            with whole.open("rb") as source:
                shutil.copyfileobj(source, self._out, 1 << 20)
        finally:
            shutil.rmtree(self._scratch, ignore_errors=True)
