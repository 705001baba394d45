"""Any file as clean CSV: UTF-8, RFC 4180, one header, every cell as the text that was read."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import polars as pl

from pipeline.errors import FileFailed
from pipeline.formats import open_reading
from pipeline.formats.model import LINE, Batch, Damaged, Reading
from pipeline.mapping.model import ReadOptions
from pipeline.words import Language, Message, message, render

Progress = Callable[[int, int], None]
"""Told of bytes and rows after each batch."""


@dataclass(slots=True)
class Rewritten:
    """What became of the records of one file: rows read = written + refused; with what was set aside that is all."""

    rows_read: int = 0
    rows_written: int = 0
    rows_refused: int = 0
    rows_repaired: int = 0
    set_aside: dict[str, int] = field(default_factory=dict)
    repairs: dict[str, int] = field(default_factory=dict)
    notes: list[Message] = field(default_factory=list)


@dataclass(slots=True)
class _Piece:
    start: int
    width: int


class _Table:
    """The rows, written piece by piece. A later record may be wider than all before: then it is written anew."""

    def __init__(self, out: BinaryIO, header: Sequence[str]) -> None:
        self._out, self._header = out, list(header)
        self._pieces: list[_Piece] = []
        self._out.write(_csv([self._header]))

    def add(self, frame: pl.DataFrame, surplus: dict[int, list[str]]) -> None:
        """Rows of the table; `surplus`: line → the cells beyond its last column."""
        width = len(self._header)
        cells = frame.drop(LINE)
        extra = max(map(len, surplus.values()), default=0)
        if extra:
            lines = frame[LINE].to_list()
            more = [[surplus.get(line, [])[i : i + 1] for line in lines] for i in range(extra)]
            cells = cells.with_columns(
                pl.Series(f"\0{i}", [c[0] if c else None for c in column], dtype=pl.String)
                for i, column in enumerate(more)
            )
        self._pieces.append(_Piece(self._out.tell(), width + extra))
        self._out.write(_frame(cells))

    def finish(self) -> None:
        """Give every row as many cells as the widest has."""
        widest = max((piece.width for piece in self._pieces), default=0)
        if widest <= len(self._header):
            return
        header = self._header + [f"column_{i + 1}" for i in range(len(self._header), widest)]
        with tempfile.TemporaryFile() as again:
            again.write(_csv([header]))
            ends = [*(piece.start for piece in self._pieces[1:]), self._out.tell()]
            for piece, end in zip(self._pieces, ends, strict=True):
                self._out.seek(piece.start)
                data = self._out.read(end - piece.start)
                if piece.width < widest:
                    rows = csv.reader(io.StringIO(data.decode("utf-8"), newline=""))
                    data = _csv(row + [""] * (widest - len(row)) for row in rows)
                again.write(data)
            self._out.seek(0)
            self._out.truncate()
            again.seek(0)
            while part := again.read(1 << 20):
                self._out.write(part)


def _csv(rows: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("utf-8", "backslashreplace")


def _frame(cells: pl.DataFrame) -> bytes:
    """Rows as polars writes them; what it would not wrap in quotes (a CR alone, a lone blank cell) by hand."""
    returns = cells.select(pl.any_horizontal(pl.all().str.contains("\r", literal=True).any()))
    if cells.width == 1 or returns.item():
        return _csv([cell or "" for cell in row] for row in cells.iter_rows())
    out = io.BytesIO()
    cells.write_csv(out, include_header=False, line_terminator="\r\n", quote_style="necessary")
    return out.getvalue()


def rewrite(
    file: BinaryIO,
    options: ReadOptions,
    to: Path,
    refused: Path | None = None,
    name: str = "",
    language: Language = "en",
    progress: Progress | None = None,
) -> Rewritten:
    """Write the records of `file` to `to`, and those that were refused to `refused`. FileFailed: nothing is written.

    Each file appears whole or not at all."""
    with ExitStack() as stack:
        reading = open_reading(file, options, name=name)
        out, keep_out = _temporary(stack, to)
        bad, keep_bad = _temporary(stack, refused) if refused else (None, None)
        table = _Table(out, header_of(reading))
        if bad:
            bad.write(_csv([("line", "reason", "text")]))
        result = Rewritten()
        for batch in reading:
            table.add(batch.frame, getattr(batch, "surplus", {}))
            result.rows_written += batch.frame.height
            result.rows_refused += len(batch.damaged)
            result.rows_read = result.rows_written + result.rows_refused
            if bad and batch.damaged:
                bad.write(_csv(_refusal(one, reading, language) for one in batch.damaged))
            if progress:
                progress(_place(file), result.rows_read)
        account = reading.account
        if result.rows_read != account.records or result.rows_refused != account.damaged:
            raise FileFailed(message("reading.unbalanced", line=1))
        table.finish()
        keep_out()
        if keep_bad:
            keep_bad()
    result.rows_repaired, result.repairs = account.repaired, dict(account.repairs)
    result.set_aside, result.notes = dict(account.set_aside), list(account.notes)
    return result


def header_of(reading: Reading) -> list[str]:
    """The names as they stand in the file; where none stands, the one that was given."""
    columns, names = reading.dialect.columns, reading.dialect.names
    return [names[i] if i < len(names) and names[i] else column for i, column in enumerate(columns)]


def _place(file: BinaryIO) -> int:
    try:
        return file.tell()
    except (OSError, ValueError):
        return 0


def _refusal(one: Damaged, reading: Reading, language: Language) -> tuple[str, str, str]:
    encoding = reading.dialect.encoding
    text = one.raw.decode(encoding, "backslashreplace")
    return str(one.line), render(one.said, language), text


def _temporary(stack: ExitStack, place: Path) -> tuple[BinaryIO, Callable[[], None]]:
    """A file beside `place` that takes its name when `keep` is called, and is gone otherwise."""
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{place.name[:100]}.", dir=place.parent)
    file = stack.enter_context(os.fdopen(handle, "w+b"))
    kept = [False]

    def keep() -> None:
        file.flush()
        mask = os.umask(0)
        os.umask(mask)
        os.fchmod(file.fileno(), 0o666 & ~mask)
        Path(name).replace(place)
        kept[0] = True

    stack.callback(lambda: None if kept[0] else Path(name).unlink(missing_ok=True))
    return file, keep


__all__ = ["Batch", "Progress", "Rewritten", "header_of", "rewrite"]
