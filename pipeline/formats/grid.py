"""Rows of cells, as sheets and HTML tables have them, to a table: which row is the header, what stands aside."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import chain, islice

from pipeline.errors import FileFailed
from pipeline.formats.columns import check_columns, match_column, unique
from pipeline.formats.grid_rows import Body, NumberedRow, padded
from pipeline.formats.kinds import HARD, kind
from pipeline.formats.limits import Limits
from pipeline.formats.model import Account
from pipeline.formats.table import Gatherer, Table
from pipeline.formats.tables import Row, find_table, header_score
from pipeline.mapping.model import ReadOptions
from pipeline.words import message

LOOKED_AT = 200  # rows in which a header is looked for
YEAR = re.compile(r"(?:19|20)\d\d")
BELOW = 60  # rows asked what their columns hold

Cells = Sequence[str | None]


def tabulate(
    format: str, rows: Iterable[NumberedRow], width: int, options: ReadOptions, required: Sequence[str],
    limits: Limits,
) -> Table:  # fmt: skip
    """`rows`: number (1-based, ascending, gaps are blank rows) and cells; `width`: cells of the widest."""
    account = Account()
    coming = iter(rows)
    skip = options.skip or 0
    seen = [row for row in islice(coming, LOOKED_AT + skip) if row[0] > skip]
    width = max([width, *(len(cells) for _, cells in seen)])
    filled = [(line, padded(cells, width)) for line, cells in seen if any(cells)]
    if not filled:
        raise FileFailed(message("reading.empty"))
    if width > limits.columns:
        raise FileFailed(message("reading.too_many_columns", found=width, limit=limits.columns))
    place = _header_place([cells for _, cells in filled], options, required)
    names = [*options.columns, *[""] * (width - len(options.columns))]
    header_line, used = None, 0
    if place is not None:
        header_line = filled[place][0]
        names, used = _names(filled[place:], width, account)
    check_columns(names, [(name,) for name in required])
    columns = unique(names)
    first = header_line or filled[0][0]
    above = sum(1 for line, _ in filled if line < first)
    account.aside("preamble", above + skip)
    account.aside("blank", first - 1 - above - skip)
    below = [cells for line, cells in filled if line >= first + used]
    body = Body(
        Gatherer(columns, account, summed=_hard(below[:BELOW], len(columns))),
        filled[place][1] if place is not None else (),
        first + used,
        used - account.set_aside.get("units", 0),
    )
    rest = chain((row for row in seen if row[0] >= first + used), coming)
    return Table(format, columns, body.pieces(rest), account, header_line, names=tuple(names))


def _names(rows: Sequence[tuple[int, Cells]], width: int, account: Account) -> tuple[list[str], int]:
    """The header's names and its lines: a second line of names, or one of units below, belong to it."""
    texts = [Row(line, 1, [cell or "" for cell in cells]) for line, cells in rows[: BELOW + 2]]
    found = find_table(texts, True, (), True)
    account.aside("units", found.aside.get("units", 0))
    names = [" ".join(name.split()) for name in found.names[:width]]
    return names + [""] * (width - len(names)), found.start - rows[0][0]


def _hard(below: Sequence[Cells], width: int) -> tuple[bool, ...]:
    """For each column whether it holds figures, dates and the like."""
    hard = []
    for column in range(width):
        kinds = [kind(cells[column] or "") for cells in below if column < len(cells) and cells[column]]
        hard.append(bool(kinds) and sum(found in HARD for found in kinds) * 10 >= len(kinds) * 7)
    return tuple(hard)


def _header_place(rows: list[Cells], options: ReadOptions, required: Sequence[str]) -> int | None:
    """Index of the header among the filled rows; None: there is none."""
    if options.header is False or (options.header is None and options.columns):
        return None
    if options.skip is not None:
        return 0
    anchored = _anchored(rows, required, options.anchors)
    if anchored is not None:
        return anchored
    counts = [sum(1 for cell in cells if cell) for cells in rows]
    wide = max(sorted(counts)[len(counts) // 2], (max(counts) + 1) // 2)
    place = next((at for at, count in enumerate(counts) if count * 5 >= wide * 3), 0)
    doubtful = place == 0 and options.header is None and not (required or options.anchors)
    if doubtful and _is_record(rows[0], rows[1 : BELOW + 1]):
        return None
    return _fuller(rows, counts, place)


def _is_record(cells: Cells, below: Sequence[Cells]) -> bool:
    """Whether a first row is like those below it. A year over other figures is a name."""
    texts = [[cell or "" for cell in row] for row in below]
    names = [
        "an " + cell
        if cell and YEAR.fullmatch(cell) and not all(YEAR.fullmatch(r[at]) for r in texts)
        else cell or ""
        for at, cell in enumerate(cells)
    ]
    return header_score(names, texts, len(names)) <= -0.25


def _anchored(rows: list[Cells], required: Sequence[str], anchors: Sequence[str]) -> int | None:
    """The first row with all columns that are required, else the one with most of those that the mapping names."""
    best, most = None, 0
    for place, cells in enumerate(rows):
        names = [cell or "" for cell in cells]
        if required and all(match_column(name, names) is not None for name in required):
            return place
        count = sum(match_column(name, names) is not None for name in anchors)
        if count > most:
            best, most = place, count
    return best if most * 2 >= len(anchors) or most > 1 else None


def _fuller(rows: list[Cells], counts: list[int], place: int) -> int:
    """A header has few gaps: a much fuller row of names close below is the one (above it stands a form)."""
    filled = [at for at, cell in enumerate(rows[place]) if cell]
    if filled[-1] - filled[0] + 1 == len(filled):
        return place
    for later in range(place + 1, min(place + 10, len(rows))):
        names = [cell for cell in rows[later] if cell]
        if counts[later] * 2 >= counts[place] * 3 and not any(kind(name) in HARD for name in names):
            return later
    return place
