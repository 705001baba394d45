"""XML: a root, an element for each row, an element for each filled cell."""

from __future__ import annotations

import re
from typing import BinaryIO

import polars as pl

from pipeline.mapping.outward.making import Unwritable, fault
from pipeline.mapping.outward.model import WriteOptions

_NAME = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)
_FORBIDDEN = "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"


def sound_name(name: str) -> bool:
    """Can an element be called so?"""
    return _NAME.fullmatch(name) is not None and not name.lower().startswith("xml")


class XmlWriter:
    """Element and root are called as the mapping says, else `row` and `rows`."""

    def __init__(self, out: BinaryIO, options: WriteOptions, schema: pl.Schema) -> None:
        self._out = out
        self._root, self._record = options.path or "rows", options.record or "row"
        encoding = options.encoding or "utf-8"
        out.write(f'<?xml version="1.0" encoding="{encoding.upper()}"?>\n<{self._root}>\n'.encode())

    def add(self, frame: pl.DataFrame) -> None:
        if not frame.height:
            return
        parts = [pl.lit(f"<{self._record}>")]
        for name in frame.columns:
            bad = frame.filter(pl.col(name).str.contains(_FORBIDDEN))
            if bad.height:
                raise Unwritable(fault(name, bad[name][0], "exports.why_control"))
            text = pl.col(name)
            for sign, word in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;")):
                text = text.str.replace_all(sign, word, literal=True)
            whole = pl.concat_str([pl.lit(f"<{name}>"), text, pl.lit(f"</{name}>")])
            parts.append(whole.fill_null(""))
        lines = frame.select(pl.concat_str([*parts, pl.lit(f"</{self._record}>")])).to_series()
        self._out.write(("\n".join(lines) + "\n").encode())

    def close(self) -> None:
        self._out.write(f"</{self._root}>\n".encode())
