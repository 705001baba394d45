"""Lines of text: parted by a sign, or of fixed columns."""

from __future__ import annotations

import io
from typing import BinaryIO

import polars as pl

from pipeline.mapping.outward.making import Unwritable, fault
from pipeline.mapping.outward.model import WriteOptions


class DelimitedWriter:
    """CSV with any sign between cells, any quote, any line end."""

    def __init__(self, out: BinaryIO, options: WriteOptions, schema: pl.Schema) -> None:
        self._out, self._options = out, options
        self._sign = options.delimiter or ","
        self._quote = '"' if options.quote is None else options.quote
        self._plain = len(self._sign.encode()) == 1 and len(self._quote.encode()) == 1
        if options.header is not False and len(schema):
            names = pl.DataFrame([pl.Series(str(n), [name]) for n, name in enumerate(schema)])
            self._write(names)

    def add(self, frame: pl.DataFrame) -> None:
        self._write(frame)

    def close(self) -> None:
        return

    def _write(self, frame: pl.DataFrame) -> None:
        if not frame.height:
            return
        if self._plain:
            held = (
                io.BytesIO()
            )  # what goes wrong in `out` would come back as another error through the library
            frame.write_csv(
                held, include_header=False, separator=self._sign, quote_char=self._quote,
                line_terminator=self._options.line_end,
                quote_style="always" if self._options.quoting == "always" else "necessary",
            )  # fmt: skip
            self._out.write(held.getbuffer())
            return
        lines = frame.select(pl.concat_str(self._cells(frame), separator=self._sign)).to_series()
        self._out.write((self._options.line_end.join(lines) + self._options.line_end).encode())

    def _cells(self, frame: pl.DataFrame) -> list[pl.Expr]:
        """Each cell as it stands in a line, where the library does not know these signs."""
        quote, found = self._quote, []
        for name in frame.columns:
            text = pl.col(name)
            special = text.str.contains(self._sign, literal=True) | text.str.contains("[\r\n]")
            if not quote:
                bad = frame.filter(special)
                if bad.height:
                    raise Unwritable(fault(name, bad[name][0], "exports.why_separator"))
                found.append(text.fill_null(""))
                continue
            special |= text.str.contains(quote, literal=True) | (text == "")
            if self._options.quoting == "always":
                special = pl.lit(True)
            inside = pl.concat_str(
                [pl.lit(quote), text.str.replace_all(quote, quote * 2, literal=True), pl.lit(quote)]
            )
            found.append(pl.when(text.is_null()).then(pl.lit("")).when(special).then(inside).otherwise(text))
        return found


class FixedWriter:
    """Lines of fixed columns: texts from the left, filled with blanks. Nothing is cut."""

    def __init__(self, out: BinaryIO, options: WriteOptions, schema: pl.Schema) -> None:
        self._out, self._options = out, options
        places = dict(zip(options.columns, options.positions, strict=True))
        self._places = sorted((places[name], name) for name in schema)
        if options.header:
            names = pl.DataFrame({name: [name] for name in schema})
            self.add(names)

    def add(self, frame: pl.DataFrame) -> None:
        if not frame.height:
            return
        parts, at = [], 1
        for (first, last), name in self._places:
            width = last - first + 1
            text = pl.col(name).fill_null("")
            for bad, why in (
                (frame.filter(text.str.len_chars() > width), "exports.why_wide"),
                (frame.filter(text.str.contains("[\r\n]")), "exports.why_line_end"),
            ):
                if bad.height:
                    raise Unwritable(fault(name, bad[name][0], why, width=width))
            if first > at:
                parts.append(pl.lit(" " * (first - at)))
            parts.append(text.str.pad_end(width))
            at = last + 1
        lines = frame.select(pl.concat_str(parts)).to_series()
        self._out.write((self._options.line_end.join(lines) + self._options.line_end).encode())

    def close(self) -> None:
        return
