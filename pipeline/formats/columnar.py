"""Parquet and Arrow: typed columns as the texts a person would write."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import polars as pl

from pipeline.errors import FileFailed
from pipeline.formats.cells import float_text
from pipeline.formats.columns import check_columns, unique
from pipeline.formats.limits import Limits
from pipeline.formats.model import LINE, Account
from pipeline.formats.table import PIECE, Piece, Table
from pipeline.mapping.model import ReadOptions
from pipeline.words import message


def read(file: BinaryIO, options: ReadOptions, required: Sequence[str], limits: Limits) -> Table:
    """All columns; the record's number is its place in the file, from 1."""
    file.seek(0)
    kind = "parquet" if file.read(4) == b"PAR1" else "arrow"
    file.seek(0)
    try:
        frames = _frames(file, kind)
        first = next(frames, None)
        schema = first.schema if first is not None else pl.Schema()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise FileFailed(message("reading.file_damaged", kind=kind, why=str(error)[:200])) from error
    if first is None or not schema:
        raise FileFailed(message("reading.empty"))
    if len(schema) > limits.columns:
        raise FileFailed(message("reading.too_many_columns", found=len(schema), limit=limits.columns))
    columns = unique(list(schema))
    check_columns(columns, [(name,) for name in required])
    account = Account()
    return Table(kind, columns, _pieces(first, frames, kind, columns, account), account)


def _frames(file: BinaryIO, kind: str) -> Iterator[pl.DataFrame]:
    """The file in frames of some thousand rows. The only place that uses polars' batches, called unstable."""
    name = _name(file)
    if kind == "arrow":
        stream = file.read(4) == b"\xff\xff\xff\xff"
        whole = pl.read_ipc_stream(name) if stream else pl.read_ipc(name)
        yield from whole.iter_slices(PIECE) if whole.height else [whole]
        return
    lazy = pl.scan_parquet(name)
    empty = lazy.head(0).collect()
    some = False
    for frame in lazy.collect_batches(chunk_size=PIECE, maintain_order=True):
        some = True
        yield frame
    if not some:
        yield empty


def _name(file: BinaryIO) -> str | bytes:
    """By name it is read piece by piece; where the system lets it not be opened anew, it is read whole."""
    name = f"/proc/self/fd/{file.fileno()}"
    if os.access(name, os.R_OK):
        return name
    file.seek(0)
    return file.read()


def _pieces(
    first: pl.DataFrame, frames: Iterator[pl.DataFrame], kind: str, columns: tuple[str, ...], account: Account
) -> Iterator[Piece]:
    line = 1
    frame: pl.DataFrame | None = first
    while frame is not None:
        if frame.height:
            texts = pl.DataFrame([_texts(s).alias(c) for s, c in zip(frame, columns, strict=True)])
            numbers = pl.int_range(line, line + frame.height, dtype=pl.Int64, eager=True).alias(LINE)
            line += frame.height
            account.records += frame.height
            yield Piece(texts.insert_column(0, numbers), [])
        try:
            frame = next(frames, None)
        except pl.exceptions.PolarsError as error:
            said = message("reading.file_damaged", kind=kind, why=str(error)[:200])
            raise FileFailed(said) from error


def _texts(series: pl.Series) -> pl.Series:
    """A typed column as text: empty texts are null."""
    match series.dtype:
        case pl.Float32() | pl.Float64():
            text = pl.Series([None if v is None else float_text(v) for v in series], dtype=pl.String)
        case pl.Datetime(time_zone=zone):
            shown = "%Y-%m-%dT%H:%M:%S%.f%:z" if zone else "%Y-%m-%d %H:%M:%S%.f"
            text = series.dt.to_string(shown).str.strip_suffix(" 00:00:00")
        case pl.Binary():
            text = pl.Series([None if v is None else _bytes(v) for v in series], dtype=pl.String)
        case pl.List() | pl.Array() | pl.Struct():
            text = pl.Series([None if v is None else _json(v) for v in series.to_list()], dtype=pl.String)
        case _:
            text = series.cast(pl.String)
    return text.set(text == "", None) if (text == "").any() else text


def _bytes(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.hex()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
