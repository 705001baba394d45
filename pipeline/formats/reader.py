"""An opened file: its text block by block, each block as a batch, and the account that must balance."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import polars as pl

from pipeline.errors import FileFailed
from pipeline.formats.blocks import Parsed, Parser
from pipeline.formats.layout import SWAP, Layout, find_layout
from pipeline.formats.model import LINE, Account, Batch, Damaged, Dialect
from pipeline.formats.text import MAX_LINE, utf8_pieces
from pipeline.mapping.model import ReadOptions
from pipeline.words import message


class TextBatch:
    """The records of one block; keeps the block's text to give back a record's own bytes."""

    def __init__(self, block: bytes, first: int, parsed: Parsed, layout: Layout) -> None:
        self._block, self._first, self._parsed, self._layout = block, first, parsed, layout
        self._starts: list[int] | None = None  # byte offset of each physical line
        self._records: list[int] = []  # lines where a record, a damaged or a blank one starts
        frame = parsed.frame
        if layout.swap:
            frame = frame.with_columns(pl.col(pl.String).str.replace_many(["\r", "\n"], ["\n", "\r"]))
        self.frame: pl.DataFrame = frame
        width = len(layout.dialect.columns)
        self.damaged: list[Damaged] = [
            Damaged(
                line,
                self.raw(line),
                message("reading.nul")
                if found < 0
                else message("reading.ragged", found=found, expected=width),
            )
            for line, found in parsed.damaged
        ]

    def raw(self, line: int) -> bytes:
        """The record that starts at this line, in the file's own bytes, without its line end."""
        if self._starts is None:
            self._starts = [0, *(found.end() for found in re.finditer(b"\n", self._block))]
            others = {at for at, _ in self._parsed.damaged} | set(self._parsed.blank)
            self._records = sorted(others.union(self._parsed.frame[LINE].to_list()))
        place = bisect_left(self._records, line)
        if place == len(self._records) or self._records[place] != line:
            raise KeyError(line)
        place += 1
        after = self._records[place] - self._first if place < len(self._records) else len(self._starts)
        stop = self._starts[after] if after < len(self._starts) else len(self._block)
        text = self._block[self._starts[line - self._first] : stop].removesuffix(b"\n").removesuffix(b"\r")
        return self._layout.encoding.encode(text.translate(SWAP) if self._layout.swap else text)


class TextReading:
    """A delimited text. Iterate once; FileFailed where bytes mean nothing or a line is endless."""

    def __init__(self, file: BinaryIO, layout: Layout) -> None:
        self._file, self._layout = file, layout
        self.dialect: Dialect = layout.dialect
        self.account = Account()

    def __iter__(self) -> Iterator[Batch]:
        dialect = self.dialect
        parser = Parser(dialect.columns, dialect.delimiter, dialect.quote)
        line, rest = self._layout.line, b""
        for piece in self._body():
            rest += piece
            cut = rest.rfind(b"\n") + 1
            if len(rest) - cut > MAX_LINE:
                raise FileFailed(
                    message("reading.line_too_long", line=line + rest.count(b"\n"), limit=MAX_LINE)
                )
            if cut:
                parsed = parser.parse(rest[:cut], line, False)
                yield from self._batch(rest[: parsed.used], line, parsed)
                line, rest = line + parsed.lines, rest[parsed.used :]
        if rest:
            parsed = parser.parse(rest, line, True)
            yield from self._batch(rest[: parsed.used], line, parsed)

    def _body(self) -> Iterator[bytes]:
        """The text after the header, UTF-8, lines ending in LF."""
        skip = self._layout.offset
        for piece in utf8_pieces(self._file, self._layout.encoding):
            taken = piece[skip:]
            skip = max(0, skip - len(piece))
            yield taken.translate(SWAP) if self._layout.swap else taken

    def _batch(self, block: bytes, line: int, parsed: Parsed) -> Iterator[Batch]:
        account = self.account
        account.records += parsed.frame.height + len(parsed.damaged)
        account.damaged += len(parsed.damaged)
        account.repaired += parsed.repaired
        if parsed.blank:
            account.set_aside["blank"] = account.set_aside.get("blank", 0) + len(parsed.blank)
        if parsed.lines != block.count(b"\n") + (bool(block) and not block.endswith(b"\n")):
            raise FileFailed(message("reading.unbalanced", line=line))
        if parsed.frame.height or parsed.damaged:
            yield TextBatch(block, line, parsed, self._layout)


def open_text(file: BinaryIO, options: ReadOptions, required: Sequence[str] = ()) -> TextReading:
    """Find how the file is written and check its header; FileFailed says why it cannot be read."""
    return TextReading(file, find_layout(file, options, required))
