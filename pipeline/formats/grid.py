"""Rows of cells, as sheets and HTML tables have them, to a table: which row is the header, what stands aside."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from pipeline.errors import FileFailed
from pipeline.formats.columns import check_columns, match_column, unique
from pipeline.formats.limits import Limits
from pipeline.formats.model import Account
from pipeline.formats.table import Gatherer, Piece, Row, Table, csv_line, set_aside
from pipeline.mapping.model import ReadOptions
from pipeline.words import message

LOOKED_AT = 200  # rows in which a header is looked for
_NUMBER = re.compile(r"[+-]?[\d\s\u00a0.,']*\d(?:[eE][+-]?\d+)?\s*[%€$£]?")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T].*)?|\d{1,2}:\d{2}(?::\d{2})?")
_YEAR = re.compile(r"(?:19|20)\d\d")

NumberedRow = tuple[int, list[str | None]]


def tabulate(
    format: str, rows: Iterable[NumberedRow], width: int, options: ReadOptions, required: Sequence[str],
    limits: Limits,
) -> Table:  # fmt: skip
    """`rows`: number (1-based, ascending, gaps are blank rows) and cells; `width`: cells of the widest."""
    account = Account()
    coming = iter(rows)
    skip = options.skip or 0
    seen = [row for row in islice(coming, LOOKED_AT + skip) if row[0] > skip]
    filled = [row for row in seen if any(row[1])]
    if not filled:
        raise FileFailed(message("reading.empty"))
    if width > limits.columns:
        raise FileFailed(message("reading.too_many_columns", found=width, limit=limits.columns))
    place = _header_place([cells for _, cells in filled], options, required)
    if place is None:
        header_line, first = None, filled[0][0]
        names = [*options.columns, *[""] * (width - len(options.columns))]
    else:
        header_line, cells = filled[place]
        first = header_line + 1
        names = [" ".join((c or "").split()) for c in cells]
        check_columns(names, [(name,) for name in required])
        names += [""] * (width - len(names))
    columns = unique(names)
    above = sum(1 for line, _ in filled if line < (header_line or first))
    set_aside(account, "preamble", above + skip)
    set_aside(account, "blank", first - (header_line is not None) - 1 - above - skip)
    rest = chain((row for row in seen if row[0] >= first), coming)
    pieces = _pieces(rest, columns, names if header_line else [], first - 1, Gatherer(columns, account))
    return Table(format, columns, pieces, account, header_line)


def _pieces(
    rows: Iterator[NumberedRow], columns: tuple[str, ...], header: list[str], before: int, out: Gatherer
) -> Iterator[Piece]:
    width = len(columns)
    repeated = [name or None for name in header]
    for line, cells in rows:
        set_aside(out.account, "blank", line - before - 1)
        before = line
        if not any(cells):
            set_aside(out.account, "blank")
        elif repeated and cells[0] == repeated[0] and list(_padded(cells, width)) == repeated:
            set_aside(out.account, "repeated_header")
        elif len(cells) > width and any(cells[width:]):
            said = message("reading.ragged", found=len(cells), expected=width)
            out.damage(line, csv_line(cells), said)
        else:
            out.add(line, _padded(cells, width))
        if out.full:
            yield from out.take()
    yield from out.take()


def _padded(cells: Sequence[str | None], width: int) -> Row:
    if len(cells) == width:
        return cells
    return [*cells[:width], *[None] * (width - len(cells))]


def _header_place(rows: list[list[str | None]], options: ReadOptions, required: Sequence[str]) -> int | None:
    """Index of the header among the filled rows; None: there is none."""
    if options.header is False or (options.header is None and options.columns):
        return None
    if options.skip is not None:
        return 0
    if required:
        for place, cells in enumerate(rows):
            names = [cell or "" for cell in cells]
            if all(match_column(name, names) is not None for name in required):
                return place
    counts = [sum(1 for cell in cells if cell) for cells in rows]
    wide = sorted(counts)[len(counts) // 2]
    wide = max(wide, (max(counts) + 1) // 2)
    for place, cells in enumerate(rows):
        if counts[place] * 5 < wide * 3:
            continue
        if place == 0 and options.header is None and _is_data(cells, rows[1:]):
            return None
        return _fuller(rows, counts, place)
    return 0


def _fuller(rows: list[list[str | None]], counts: list[int], place: int) -> int:
    """A header has few gaps: a much fuller row of names close below is the one (above it stands a form)."""
    filled = [at for at, cell in enumerate(rows[place]) if cell]
    if filled[-1] - filled[0] + 1 == len(filled):
        return place
    for later in range(place + 1, min(place + 10, len(rows))):
        names = [cell for cell in rows[later] if cell]
        if counts[later] * 2 >= counts[place] * 3 and not any(map(_typed, names)):
            return later
    return place


def _is_data(cells: Sequence[str | None], below: Sequence[Sequence[str | None]]) -> bool:
    """Whether a first row is like those below it: numbers over numbers, and nowhere a text over numbers."""
    like = False
    for column, cell in enumerate(cells):
        under = [row[column] for row in below[:50] if column < len(row) and row[column]]
        if not cell or not under or not all(_typed(text or "") for text in under):
            continue
        if not _typed(cell):
            return False
        like = like or not _YEAR.fullmatch(cell)
    return like


def _typed(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text) or _DATE.fullmatch(text))
