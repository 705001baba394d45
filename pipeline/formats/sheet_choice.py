"""Which sheet of a workbook is read: the stated one, else the first visible one that holds a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.errors import FileFailed
from pipeline.formats.columns import match_column
from pipeline.formats.table import Table
from pipeline.words import message

WIDE = 3  # columns of a sheet that is read although one of a single column stands before it
PASSED_OVER = ("reading.empty", "reading.missing_column", "reading.missing_column_near")


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str
    visible: bool = True


def choose(sheets: Sequence[Sheet], stated: str | None, open_sheet: Callable[[Sheet], Table]) -> Table:
    """Open it. FileFailed when there is none, or none with the columns needed: then for the first one's reason."""
    names = [sheet.name for sheet in sheets]
    if stated is not None:
        return open_sheet(sheets[_place(names, stated)])
    visible = [sheet for sheet in sheets if sheet.visible] or list(sheets)
    reason: FileFailed | None = None
    narrow: tuple[Sheet, Table] | None = (
        None  # words to the reader, perhaps: taken when no later one is a table
    )
    for sheet in visible:
        try:
            table = open_sheet(sheet)
        except FileFailed as fault:
            if fault.said.code not in PASSED_OVER:
                raise
            if reason is None or reason.said.code == "reading.empty":
                reason = fault
            continue
        if len(table.columns) == 1 and sheet is not visible[-1] and narrow is None:
            narrow = sheet, table
            continue
        if narrow is not None and len(table.columns) < WIDE:
            continue
        return _noted(sheet, table, visible)
    if narrow is not None:
        return _noted(*narrow, visible)
    raise reason or FileFailed(message("reading.empty"))


def _noted(sheet: Sheet, table: Table, visible: Sequence[Sheet]) -> Table:
    """The table, and which sheets were not read."""
    if len(visible) > 1:
        others = ", ".join(other.name for other in visible if other is not sheet)
        table.account.notes.append(message("reading.other_sheets", sheet=sheet.name, others=others[:300]))
    return table


def _place(names: list[str], stated: str) -> int:
    found = match_column(stated, names)
    if found is not None:
        return names.index(found)
    if stated.isdecimal() and 1 <= int(stated) <= len(names):
        return int(stated) - 1
    raise FileFailed(message("reading.no_sheet", sheet=stated, found=", ".join(names[:30]) or "-"))
