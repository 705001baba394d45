"""The rows below the header of a sheet: records, and what stands aside between and below them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.errors import FileFailed
from pipeline.formats.kinds import HARD, kind
from pipeline.formats.table import Gatherer, Piece, Row, csv_line, figures
from pipeline.formats.tail import FOOTERS, is_total
from pipeline.words import message

NumberedRow = tuple[int, list[str | None]]
CENT = 0.006


@dataclass(slots=True)
class Held:
    """One of the last rows, until it is known whether records follow."""

    line: int
    cells: Row
    apart: bool  # a blank row stands somewhere between it and the records
    rule: str | None = None


class Body:
    """Reads on from line `start`; `header` are the cells that, repeated, are no record, and `heads` its lines."""

    def __init__(self, out: Gatherer, header: Row, start: int, heads: int) -> None:
        self._out, self._account, self._heads = out, out.account, heads
        self._header = [" ".join((cell or "").split()) for cell in header]
        self._before = start - 1
        self._width = len(out.columns)
        self._held: deque[Held] = deque()
        self._blank = False  # the row before was
        self._apart = False
        self._second = False

    def pieces(self, rows: Iterator[NumberedRow]) -> Iterator[Piece]:
        """The records in pieces; the account is complete after the last."""
        for line, cells in rows:
            gap = line - self._before - 1
            self._account.aside("blank", gap)
            self._before = line
            self._take(line, cells, gap > 0)
            if self._out.full:
                yield from self._out.take()
        self._end()
        yield from self._out.take()
        account = self._account
        if account.records + sum(account.set_aside.values()) + self._heads != self._before:
            raise FileFailed(message("reading.unbalanced", line=self._before))

    def _take(self, line: int, cells: list[str | None], gap: bool) -> None:
        gap = gap or self._blank
        self._blank = not any(cells)
        self._apart = self._apart or gap
        if self._blank:
            self._account.aside("blank")
        elif self._second:
            self._account.aside("second_table")
        elif self._is_header(cells):
            self._account.aside("repeated_header")
        elif gap and self._begins_another(cells):
            self._second = True
            self._account.aside("second_table")
            self._account.note(message("reading.second_table", line=line))
        elif len(cells) > self._width and any(cells[self._width :]):
            said = message("reading.ragged", found=len(cells), expected=self._width)
            self._out.damage(line, csv_line(cells), said)
        else:
            self._hold(Held(line, padded(cells, self._width), self._apart))

    def _hold(self, row: Held) -> None:
        self._held.append(row)
        if len(self._held) > FOOTERS:
            first = self._held.popleft()
            self._out.add(first.line, first.cells)
            self._apart = self._apart and any(held.apart for held in self._held)

    def _is_header(self, cells: Sequence[str | None]) -> bool:
        if not self._header or self._width < 2 or (cells[0] or "").strip() != self._header[0]:
            return False
        return [" ".join((cell or "").split()) for cell in padded(cells, self._width)] == self._header

    def _begins_another(self, cells: Sequence[str | None]) -> bool:
        """Names over columns of figures and dates: the header of a second table below."""
        filled = [(kind(cell), hard) for cell, hard in zip(cells, self._out.summed, strict=False) if cell]
        names = len(filled) >= min(3, self._width) and all(
            found not in HARD and found not in ("null", "code") for found, _ in filled
        )
        return names and any(hard for _, hard in filled)

    def _end(self) -> None:
        """The last rows from below: footers and totals, up to the first that is a record."""
        held = list(self._held)
        for row in reversed(held):
            row.rule = self._rule(row)
            if row.rule is None:
                break
        records = [row for row in held if row.rule is None]
        if not records and not self._out.any:
            for row in held:  # nothing else is there: then they are the table
                row.rule = None
        self._check_totals(held)
        for row in held:
            if row.rule is None:
                self._out.add(row.line, row.cells)
            else:
                self._account.aside(row.rule)

    def _rule(self, row: Held) -> str | None:
        filled = [cell for cell in row.cells if cell]
        if self._width < 3:
            return None
        if is_total(row.cells, self._out.summed):
            return "total"
        if row.cells[0] is None and all(kind(cell) in ("number", "money") for cell in filled):
            return "figures"
        if len(filled) == 1 and kind(filled[0]) not in HARD and (row.apart or _is_remark(row.cells[0])):
            return "footer"
        return None

    def _check_totals(self, held: list[Held]) -> None:
        """A row of figures is a total when they are the sums of those above; a row called total is one anyway."""
        doubtful = [row for row in held if row.rule in ("total", "figures")]
        if not doubtful:
            return
        records = [row.cells for row in held if row.rule is None]
        sums = self._out.sums_with(records)
        for row in doubtful:
            own = [(column, value) for column, value in enumerate(figures(row.cells)) if value is not None]
            agree = [column for column, value in own if abs(sums[column] - value) < CENT]
            if row.rule == "figures":
                row.rule = "total" if len(agree) == len(own) else None
            elif not agree:
                self._account.note(message("reading.total_differs", line=row.line))
                row.rule = "total" if any(cell is None for cell in row.cells) else None


def _is_remark(cell: str | None) -> bool:
    """A sentence in the first column, right below the records."""
    text = (cell or "").strip()
    return " " in text and (len(text) >= 25 or text.startswith(("*", "(")) or text.endswith((".", ":")))


def padded(cells: Sequence[str | None], width: int) -> Row:
    """As many cells as the table has columns."""
    if len(cells) == width:
        return cells
    return [*cells[:width], *[None] * (width - len(cells))]
