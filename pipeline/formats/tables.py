"""Where the table stands in the head of a text: preamble, header lines, units, the first record."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from pipeline.formats.columns import normal
from pipeline.formats.kinds import HARD, kind

BELOW = 60  # records asked about what their columns hold
_UNIT = re.compile(
    r"[(\[]?(?:k?g|mg|t|m?l|cl|hl|k?m|cm|mm|m[²³23]|€|eur(?:os?)?|usd|\$|£|gbp|chf|%|h|min|s|sec|ms|pcs?|pce|u|ut|"
    r"pi[eè]ces?|unit[eé]?s?|stk|st(?:ü|ue)ck|stück|jours?|days?|tage?|k€|m€|n|nb|text|date|int|integer|string|"
    r"yyyy-mm-dd|dd/mm/yyyy|jj/mm/aaaa|°c|w|kw|v|a|ttc|ht)[)\]]?",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(?:id|n°|nr|no|num|row|line|ligne|pos|#)\.?", re.IGNORECASE)
_WHOLE, _CENTS = re.compile(r"\s*-?\d+"), re.compile(r"\d\d\s*")
_KNOWN = re.compile(
    r"(?:id|no|num|nr|ref|key|code|name|nom|pr[eé]nom|date|price|prix|preis|prezzo|precio|qty|qt[eé]|quantit\w*|menge|"
    r"total|amount|montant|betrag|email|e-?mail|mail|sku|ean|gtin|libell[eé]|label|title|titre|d[eé]signation|type|"
    r"status|statut|ville|city|country|pays|address|adresse|description|value|valeur|phone|t[eé]l\w*|url|stock|"
    r"category|cat[eé]gorie|product|produit|article|artikel|client|customer|kunde|order|commande)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Row:
    """A record of the head: its first line (0-based), how many lines it uses, its cells."""

    at: int
    used: int
    cells: list[str]

    @property
    def filled(self) -> list[int]:
        return [i for i, cell in enumerate(self.cells) if cell.strip()]

    @property
    def noted(self) -> bool:
        return self.cells[0].lstrip().startswith(("#", "//"))


@dataclass(slots=True)
class Found:
    """`start`: first line of the records; `header`: line of the header or None; `aside`: lines by rule."""

    width: int
    start: int
    header: int | None = None
    stop: int = 0  # line after the header's own lines
    names: list[str] = field(default_factory=list)
    aside: dict[str, int] = field(default_factory=dict)
    sure: float = 1.0
    warnings: list[str] = field(default_factory=list)


def find_table(rows: Sequence[Row], header: bool | None, anchors: Sequence[str], fixed: bool) -> Found:
    """The table among the records of a head. `fixed`: it starts with the first of them."""
    live = [row for row in rows if row.filled and not (len(row.cells) == 1 and row.noted and len(rows) > 1)]
    live = live or [row for row in rows if row.filled][:1]
    width, first = (len(live[0].cells), 0) if fixed else _start(live)
    anchored = _anchored(live, anchors) if anchors and header is not False and not fixed else None
    if anchored is not None:
        first = anchored
        width = width if abs(len(live[first].cells) - width) <= 1 else len(live[first].cells)
    sure = 1.0
    if header is None:
        below = [r.cells for r in live[first + 1 : first + 3 + BELOW]]
        likely = header_score(live[first].cells, below, width)
        if (
            likely <= -0.25 and len(below) > 4
        ):  # further lines of a header may stand between it and the records
            likely = max(likely, header_score(live[first].cells, below[2:], width) - 0.1)
        if anchored is not None or anchors:
            header = True
        elif not fixed and first and likely <= 0 and _ragged_header(live, first, width):
            first, header = first - 1, True
        else:
            header = likely > -0.25
            sure = min(1.0, round(0.5 + abs(likely + 0.25) / 2, 2))
    if fixed and not header:
        width = _start(live)[0]
    found = Found(width, live[first].at, sure=sure)
    _before(found, rows, live[first])
    if header:
        _header(found, live, first)
    return found


def _start(live: Sequence[Row]) -> tuple[int, int]:
    """(cells of a record, place of the first row of the table)."""
    widths = Counter(len(row.cells) for row in live)
    wide = {w: n for w, n in widths.items() if w > 1}
    most = max(wide.values(), default=0)
    few = widths[1] > sum(wide.values()) * 2.5 or (widths[1] > 1 and most == 1 and len(wide) < 4)
    if not wide or (few and not _run(live)):
        return 1, 0
    order = {w: next(i for i, row in enumerate(live) if len(row.cells) == w) for w in wide}
    width = max(wide, key=lambda w: (wide[w], -order[w]))
    run = _run(live)
    if run is not None and run[0] != width and run[1] < order[width]:
        width = run[0]
        order[width] = run[1]
    first = order[width]
    wider = [i for i in range(first) if len(live[i].cells) > width > 1]
    first = wider[0] if wider else first  # more cells than the records have: no preamble
    while first < len(live) - 1 and width > 1 and _is_title(live, first, width):
        first += 1
    return width, first


def _run(live: Sequence[Row]) -> tuple[int, int] | None:
    """The first run of five rows and more that are equally wide: (width, place)."""
    begin = 0
    for at in range(1, len(live) + 1):
        if at < len(live) and len(live[at].cells) == len(live[begin].cells):
            continue
        width = len(live[begin].cells)
        if at - begin >= 5 and (width > 2 or (width == 2 and at - begin >= 12)):
            return width, begin
        begin = at
    return None


def _is_title(live: Sequence[Row], at: int, width: int) -> bool:
    """A row with one cell filled, or a name and its value, above wider ones: no header, no record."""
    row = live[at]
    later = live[at + 1 : at + 12]
    if len(row.cells) != width:
        return len(row.cells) < width
    if row.noted and any(len(r.cells) == width and not r.noted for r in later) and len(row.filled) < width:
        return True
    fuller = [r for r in later if len(r.cells) == width and len(r.filled) * 2 > width]
    if len(row.filled) == 1 and width > 2:
        return bool(fuller)
    return row.filled == [0, 1] and width > 3 and bool(fuller)


def _anchored(live: Sequence[Row], anchors: Sequence[str]) -> int | None:
    """The row in which most of these names stand."""
    wanted = {normal(name) for name in anchors}
    best, most = None, 0
    for at, row in enumerate(live[:100]):
        count = len(wanted & {normal(cell) for cell in row.cells})
        if count > most:
            best, most = at, count
    return best if most >= min(2, len(wanted)) or most * 2 >= len(wanted) else None


def header_score(cells: Sequence[str], below: Sequence[Sequence[str]], width: int) -> float:
    """-1 (a record like the others) to 1 (names of columns)."""
    below = [row for row in below if len(row) == width]
    kinds = [kind(cell) for cell in cells]
    if not below:
        return -1.0 if any(k in HARD for k in kinds) else 0.3
    hard: list[float] = []
    soft: list[float] = []
    for place, cell in enumerate(cells[:width]):
        column = [row[place] for row in below if row[place].strip()]
        if not column or not cell.strip():
            continue
        common, count = Counter(kind(c) for c in column).most_common(1)[0]
        if common in HARD and count >= len(column) * 0.7:
            same = kinds[place] == common or {kinds[place], common} <= {"number", "money"}
            hard.append(-1.0 if same else 0.5 if kinds[place] in ("null", "code") else 1.0)
        else:
            soft.append(_soft(cell, kinds[place], column))
    if hard and all(vote < 0 for vote in hard) and _years(cells):
        return 0.5
    if hard:
        return sum(hard) / len(hard) + 0.2 * sum(soft) / max(1, len(soft))
    named = [cell.strip() for cell in cells if cell.strip()]
    extra = (0.2 if len(set(named)) == len(named) == width else -0.3) if width > 1 else 0.1
    return max(-1.0, min(1.0, sum(soft) / max(1, len(soft)) + extra))


def _soft(cell: str, found: str, column: Sequence[str]) -> float:
    """The vote of a column of texts."""
    text = cell.strip()
    vote = 0.0
    if found in HARD:
        vote -= 0.6
    elif found == "code" and kind(column[0]) == "code":
        vote -= 0.5
    if _KNOWN.fullmatch(re.split(r"[\s_\-.(]", text)[0]) or "_" in text:
        vote += 0.5
    if cell in column:
        vote -= 0.6
    digits = sum(any(c.isdigit() for c in other) for other in column)
    if digits >= len(column) * 0.9 and len(column) > 1:
        vote += -0.5 if any(c.isdigit() for c in text) else 0.6
    lengths = {len(other) for other in column}
    if len(lengths) == 1 and len(column) > 2 and min(lengths) > 1:
        vote += 0.4 if len(cell) not in lengths else -0.3
    elif len(column) > 2 and len(text) * 3 < min(lengths):
        vote += 0.2
    if len(text) > 60:
        vote -= 0.5
    return vote


def _years(cells: Sequence[str]) -> bool:
    years = [int(c) for c in cells if re.fullmatch(r"(19|20)\d\d", c.strip())]
    numbers = sum(kind(c) in HARD for c in cells)
    return len(years) > 1 and len(years) == numbers and years == sorted(set(years))


def _ragged_header(live: Sequence[Row], first: int, width: int) -> bool:
    """Whether the row above the first record holds the names, a few of them missing or one too many."""
    row = live[first - 1]
    near = row.at + row.used == live[first].at and width > 2 and len(row.cells) >= width - max(1, width // 4)
    if not near or any(kind(c) in HARD for c in row.cells):
        return False
    padded = (row.cells + [""] * width)[:width]
    return header_score(padded, [r.cells for r in live[first : first + BELOW]], width) > 0.3


def _before(found: Found, rows: Sequence[Row], first: Row) -> None:
    for row in rows:
        if row.at >= first.at:
            break
        rule = "comment" if row.noted else "preamble" if row.filled else "blank"
        found.aside[rule] = found.aside.get(rule, 0) + row.used


def _header(found: Found, live: Sequence[Row], first: int) -> None:
    """Take the header, and a second line of it or a line of units below."""
    head = live[first]
    found.header, found.names = head.at, list(head.cells)
    found.start = found.stop = head.at + head.used
    for at in range(first + 1, min(first + 3, len(live))):
        row = live[at]
        below = [r.cells for r in live[at + 1 : at + 1 + BELOW] if len(r.cells) == found.width]
        if row.at != found.start or len(below) < 1:
            break
        rule = "ruler" if _is_ruler(row) else _second(found.names, row.cells, below, found.width)
        if rule is None and at == first + 1 and not all(name.strip() for name in found.names):
            rule = _second(found.names, row.cells, below[1:], found.width)  # a third line may follow
        if rule is None:
            break
        found.start = row.at + row.used
        if rule == "names":
            found.names, found.stop = _joined(found.names, row.cells), found.start
        else:
            found.aside[rule] = found.aside.get(rule, 0) + row.used
    width = found.width
    if len(found.names) > width and not any(name.strip() for name in found.names[width:]):
        found.names = found.names[:width]
    if len(found.names) == width - 1 > 1 and _nameless_first(
        found.names, [r.cells for r in live[first + 1 : first + BELOW]], width
    ):
        found.names = ["", *found.names]
    found.names += [""] * (width - len(found.names))
    if len(found.names) > width:
        found.width = len(found.names)


def torn_numbers(rows: Sequence[Row], found: Found) -> str | None:
    """The name of a column whose numbers the comma between cells cuts in two, in every record: `1,Boots,12,50`."""
    head = next((row.cells for row in rows if row.at == found.header), [])
    data = [row.cells for row in rows if row.at >= found.start and row.filled]
    surplus = found.width - len(head)
    if len(head) < 2 or len(data) < 2 or surplus < 1 or any(len(row) != found.width for row in data):
        return None
    name, place = None, 0
    for cell in head:
        pair = surplus and all(_WHOLE.fullmatch(r[place]) and _CENTS.fullmatch(r[place + 1]) for r in data)
        if pair:
            name, surplus, place = name or cell, surplus - 1, place + 1
        place += 1
    return name if not surplus and all(cell.strip() for cell in head) else None


def _is_ruler(row: Row) -> bool:
    """A line of hyphens between the names and the records."""
    return bool(row.filled) and all(
        re.fullmatch(r"\s*[:+]?[-=_]{2,}[:+]?\s*", row.cells[i]) for i in row.filled
    )


def _nameless_first(names: Sequence[str], below: Sequence[Sequence[str]], width: int) -> bool:
    """Whether the column without a name is the first one (a number of the row) and not the last."""
    rows = [row for row in below if len(row) == width]
    if len(rows) < 2 or not all(row[-1].strip() for row in rows):
        return False
    if _NUMBERED.fullmatch(names[0].strip()):
        return False
    first = [row[0].strip() for row in rows]
    counted = all(c.isdigit() for c in first) and all(int(b) - int(a) == 1 for a, b in pairwise(first))
    return counted and len(set(names)) == len(names)


def _second(
    head: Sequence[str], cells: Sequence[str], below: Sequence[Sequence[str]], width: int
) -> str | None:
    """What the line under the header is: "units", "names" or (None) a record."""
    if len(cells) != width:
        return None
    filled = [cell.strip() for cell in cells if cell.strip()]
    units = sum(bool(_UNIT.fullmatch(cell)) for cell in filled)
    bracketed = sum(bool(re.fullmatch(r"[(\[].{1,12}[)\]]", cell)) for cell in filled)
    against = typed = 0
    for place in range(width):
        column = [row[place] for row in below if row[place].strip()]
        if len(column) < 2:
            continue
        common, count = Counter(kind(c) for c in column).most_common(1)[0]
        if common in HARD and count >= len(column) * 0.9:
            typed += 1
            found = kind(cells[place])
            against += found in HARD or found in ("null", "blank", "code")
    if (
        filled
        and units + bracketed >= len(filled) * 0.6
        and not (against and units + bracketed < len(filled))
    ):
        return "units" if typed and against < typed else None
    gaps = any(not c.strip() for c in head)
    if against or typed < (1 if gaps else 2) or (len(below) < 3 and not gaps):
        return None
    return "names" if len(filled) * 2 >= width and all(kind(c) not in HARD for c in filled) else None


def _joined(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    """`2024` over three columns and `T1`, `T2`, `T3` below: `2024 T1` …"""
    names: list[str] = []
    last = ""
    for place, below in enumerate(lower):
        above = upper[place].strip() if place < len(upper) else ""
        last = above or last
        names.append(f"{last} {below.strip()}".strip() if below.strip() != last else last)
    return names
