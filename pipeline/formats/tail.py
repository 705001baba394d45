"""What stands below a table: totals, a footer, a second table. Set aside by name, never taken for records."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.formats.kinds import HARD, kind
from pipeline.formats.tables import header_score

TOTAL = re.compile(
    r"(?:(?:sous|sub|grand|total)[ -]?)?(?:total|totaux|totals|somme|sum|summe|gesamt|gesamtsumme|totale|totales|suma|"
    r"insgesamt|endsumme)(?:[ \w.éèà'-]{0,30})?\s*[:=]?",
    re.IGNORECASE,
)
FOOTERS = 12  # lines


@dataclass(frozen=True, slots=True)
class Odd:
    """A line below the last record that has another number of cells."""

    line: int
    cells: list[str]
    raw: bytes
    after_blank: bool

    @property
    def filled(self) -> list[str]:
        return [cell for cell in self.cells if cell.strip()]


def is_total(cells: Sequence[str | None], hard: Sequence[bool]) -> bool:
    """A total's label, figures, and nothing else."""
    filled = [cell.strip() for cell in cells if cell and cell.strip()]
    if len(filled) < 2 or not TOTAL.fullmatch(filled[0]):
        return False
    return all(kind(cell) in ("number", "money") for cell in filled[1:])


def may_be_total(line: str) -> bool:
    """Whether the last line of a text, whatever its delimiter, could be a total of those above."""
    cells = re.split(r"[;,\t|]", line.strip("\r\n"))
    filled = [cell.strip() for cell in cells if cell.strip()]
    return not cells[0].strip() or bool(filled and TOTAL.fullmatch(filled[0]))


def judge(odd: Sequence[Odd], width: int, hard: Sequence[bool]) -> list[str | None]:
    """A rule for each of the last lines of a file, or None where it is a damaged record."""
    rules: list[str | None] = [None] * len(odd)
    for at, row in enumerate(odd):
        if width > 2 and is_total(row.cells, hard):
            rules[at] = "total"
        elif row.cells == ["\x1a"]:
            rules[at] = "end_mark"
    begin = _second(odd, width)
    if begin is not None:
        for at in range(begin, len(odd)):
            rules[at] = rules[at] if rules[at] == "total" else "second_table"
        return rules
    at = len(odd)
    while at > 0 and len(odd) - at < FOOTERS and (rules[at - 1] or _is_footer(odd, at - 1, width)):
        at -= 1
        rules[at] = rules[at] or "footer"
    return rules


def _second(odd: Sequence[Odd], width: int) -> int | None:
    """Where a second table begins: after a blank line or a title, rows of one other width to the end."""
    begin = next((i for i, row in enumerate(odd) if row.after_blank), None)
    if begin is None and odd:
        names = odd[0].cells
        alike = len(odd) > 3 and len(names) > 1 and all(len(row.cells) == len(names) for row in odd)
        if alike and header_score(names, [row.cells for row in odd[1:]], len(names)) > 0.3:
            return 0
        begin = 0 if len(odd[0].filled) == 1 and width > 2 else None
    if begin is None:
        return None
    rows = [row for row in odd[begin:] if len(row.filled) > 1 or len(row.cells) > 1]
    widths = [len(row.cells) for row in rows]
    if len(rows) < 2 or max(widths) < 2:
        return None
    common = max(set(widths), key=widths.count)
    return begin if widths.count(common) * 10 >= len(widths) * 7 and common != width else None


def _is_footer(odd: Sequence[Odd], at: int, width: int) -> bool:
    row = odd[at]
    if width < 2 or len(row.filled) > 1 or not row.filled:
        return len(row.cells) == 1 and width > 1
    text = row.filled[0].strip()
    apart = any(other.after_blank for other in odd[: at + 1])
    if apart:
        return True
    return (
        width > 2 and kind(text) not in HARD and (" " in text or not re.search(r"\w", text)) and len(text) > 2
    )


def number(cell: pl.Expr) -> pl.Expr:
    """The figure in a cell, for adding up only: null where there is none."""
    bare = cell.str.replace_all(r"[\s€$£'’\u00a0\u202f]", "")
    comma = bare.str.contains(r",\d{1,2}$") | (bare.str.contains(",") & bare.str.contains(r"\.\d{3},"))
    plain = (
        pl.when(comma)
        .then(bare.str.replace_all(r"\.", "").str.replace(",", "."))
        .otherwise(bare.str.replace_all(",", ""))
    )
    return plain.cast(pl.Float64, strict=False)
