"""JSON: a list of objects, or one object a line. Numbers keep all their digits, and codes stay texts."""

from __future__ import annotations

import json
from typing import BinaryIO

import polars as pl

from pipeline.mapping.outward.making import MOMENT
from pipeline.mapping.outward.model import WriteOptions


class JsonWriter:
    """`lines`: an object a line; else one list, under the path that the mapping names."""

    def __init__(self, out: BinaryIO, options: WriteOptions, schema: pl.Schema, *, lines: bool) -> None:
        self._out, self._lines, self._begun = out, lines, False
        self._path = [] if lines or not options.path else options.path.split(".")
        if not lines:
            out.write(("".join("{" + json.dumps(name) + ": " for name in self._path) + "[").encode())

    def add(self, frame: pl.DataFrame) -> None:
        if not frame.height:
            return
        parts: list[pl.Expr] = []
        for n, (name, kind) in enumerate(frame.schema.items()):
            head = ("{" if n == 0 else ", ") + json.dumps(name, ensure_ascii=False) + ": "
            parts += [pl.lit(head), _token(pl.col(name), kind).fill_null("null")]
        texts = frame.select(pl.concat_str([*parts, pl.lit("}")])).to_series()
        if self._lines:
            self._out.write(("\n".join(texts) + "\n").encode())
            return
        self._out.write((",\n" if self._begun else "\n").encode() + ",\n".join(texts).encode())
        self._begun = True

    def close(self) -> None:
        if not self._lines:
            self._out.write(("\n]" + "}" * len(self._path) + "\n").encode())


def _token(value: pl.Expr, kind: pl.DataType) -> pl.Expr:
    """The value as JSON says it."""
    if isinstance(kind, pl.Decimal):
        text = value.cast(pl.String)
        return text.str.replace(r"(\.[0-9]*?)0+$", "${1}").str.replace(r"\.$", "")
    if kind == pl.Boolean:
        return pl.when(value).then(pl.lit("true")).when(~value).then(pl.lit("false"))
    if kind.is_integer():
        return value.cast(pl.String)
    if kind == pl.Date:
        value = value.dt.to_string("%Y-%m-%d")
    elif isinstance(kind, pl.Datetime):
        value = value.dt.to_string(MOMENT)
    said = pl.struct(value.alias("v")).struct.json_encode()
    return pl.when(value.is_not_null()).then(said.str.strip_prefix('{"v":').str.strip_suffix("}"))
