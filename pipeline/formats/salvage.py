"""Records out of lines, also where quotes are in doubt: a damaged record costs itself, never its neighbours."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

MAX_JOIN_LINES = 500
MAX_JOIN = 1 << 20  # characters of one record that runs over several lines
MAX_PARTS = 400  # beyond that a line with quotes out of place is refused instead of puzzled over

Cells = list[str]


@dataclass(frozen=True, slots=True)
class Marks:
    """What parts and wraps cells. `escape`: "" = a quote inside quotes is doubled."""

    delimiter: str
    quote: str = '"'  # "" = none
    escape: str = ""

    @property
    def hot(self) -> str:
        return self.quote or self.escape


def scan(text: str, marks: Marks, lax: bool = False, inner: bool = False) -> tuple[Cells | None, bool]:
    """A record by the strict rules. → (cells, None if a quote is out of place; ends inside quotes).

    `lax`: blanks may stand before an opening quote and after a closing one. `inner`: in a cell that does not begin
    with a quote, one is text like any other (`Boots 10" high`)."""
    delimiter, quote, escape = marks.delimiter, marks.quote, marks.escape
    if not quote and not escape:
        return text.split(delimiter), False
    cells: Cells = []
    at, end, step = 0, len(text), len(delimiter)
    while True:
        bare = at
        while lax and text.startswith(" ", bare):
            bare += 1
        if quote and text.startswith(quote, bare):
            cell, at = _quoted(text, bare + 1, marks)
            if at < 0:
                return None, True
            while lax and text.startswith(" ", at) and delimiter != " ":
                at += 1
            if at < end and not text.startswith(delimiter, at):
                return None, False
            cells.append(cell)
        else:
            stop = _find(text, delimiter, at, escape)
            cell = text[at:stop]
            if (
                quote
                and quote in cell
                and not (escape and escape + quote in cell)
                and (not inner or cell.lstrip(" ").startswith(quote))
            ):
                return None, False
            cells.append(_unescaped(cell, marks) if escape else cell)
            at = stop
        if at >= end:
            return cells, False
        at += step


def _find(text: str, delimiter: str, at: int, escape: str) -> int:
    """The next delimiter that is not escaped, or the end."""
    stop = text.find(delimiter, at)
    while escape and stop > 0 and _escaped(text, stop, escape):
        stop = text.find(delimiter, stop + 1)
    return len(text) if stop < 0 else stop


def _escaped(text: str, at: int, escape: str) -> bool:
    count = 0
    while count < at and text[at - count - 1] == escape:
        count += 1
    return count % 2 == 1


def _unescaped(cell: str, marks: Marks) -> str:
    """The escape before a quote, a delimiter, a line end or itself is taken away; any other stays."""
    if marks.escape not in cell:
        return cell
    out: list[str] = []
    at = 0
    while (stop := cell.find(marks.escape, at)) >= 0:
        out.append(cell[at:stop])
        following = cell[stop + 1 : stop + 2]
        if following and following in marks.escape + marks.quote + marks.delimiter[0] + "\r\n":
            out.append(following)
            at = stop + 2
        else:
            out.append(marks.escape)
            at = stop + 1
    out.append(cell[at:])
    return "".join(out)


def _quoted(text: str, at: int, marks: Marks) -> tuple[str, int]:
    """The cell whose opening quote stands before `at` → (cell, place after the closing quote, -1: none)."""
    quote, escape = marks.quote, marks.escape
    start = at
    while True:
        stop = text.find(quote, at)
        if stop < 0:
            return "", -1
        if escape and stop > start and _escaped(text[start:stop] + quote, stop - start, escape):
            at = stop + 1
        elif text.startswith(quote, stop + 1):
            at = stop + 2
        else:
            inner = text[start:stop].replace(quote * 2, quote)
            return (_unescaped(inner, marks) if escape else inner), stop + 1


def tolerant(text: str, marks: Marks, width: int) -> Cells | None:
    """`width` cells (0: any number) from a line with quotes out of place, if there is one plain way to read it.

    Cells that open and close with a quote are put together again; every other quote is text."""
    parts = text.split(marks.delimiter)
    if len(parts) < width or len(parts) > MAX_PARTS:
        return None
    if len(parts) == width:
        return [_bare(part, marks) for part in parts]
    groups = _grouping(parts, width, marks)
    if groups is None:
        return None
    return [_bare(marks.delimiter.join(parts[start:stop]), marks) for start, stop in groups]


def _grouping(parts: Cells, width: int, marks: Marks) -> list[tuple[int, int]] | None:
    """The cheapest way to make `width` cells of the parts; None when there is none, or two as cheap."""
    quote, total = marks.quote, len(parts)
    opens = [p.lstrip(" ").startswith(quote) for p in parts]
    closes = [p.rstrip(" ").endswith(quote) for p in parts]
    single = [_cost(parts, at, at + 1, opens, closes, marks) for at in range(total)]
    best: dict[tuple[int, int], tuple[int, int, int]] = {
        (0, 0): (0, 1, 0)
    }  # cost, ways, where the last began
    steps = 0
    for at in range(total):
        for count in range(max(0, width - (total - at)) if width else 0, min(at, (width or total) - 1) + 1):
            here = best.get((at, count))
            if here is None:
                continue
            for stop in range(at + 1, (total - (width - count - 1) if width else total) + 1):
                steps += 1
                if steps > 200_000:
                    return None
                if stop > at + 1 and not (opens[at] and closes[stop - 1]):
                    continue
                cost = single[at] if stop == at + 1 else _cost(parts, at, stop, opens, closes, marks)
                old = best.get((stop, count + 1))
                new = here[0] + cost
                if old is None or new < old[0]:
                    best[stop, count + 1] = (new, here[1], at)
                elif new == old[0]:
                    best[stop, count + 1] = (new, old[1] + here[1], old[2])
    ends = sorted(
        (best[total, n][0], best[total, n][1], n) for n in range(1, total + 1) if (total, n) in best
    )
    ends = [end for end in ends if end[2] == width] if width else ends
    if not ends or ends[0][1] != 1 or (len(ends) > 1 and ends[1][0] == ends[0][0]):
        return None
    groups: list[tuple[int, int]] = []
    stop = total
    for count in range(ends[0][2], 0, -1):
        start = best[stop, count][2]
        groups.append((start, stop))
        stop = start
    return groups[::-1]


def _cost(
    parts: Cells, start: int, stop: int, opens: Sequence[bool], closes: Sequence[bool], marks: Marks
) -> int:
    """How odd it is to read these parts as one cell: 0 = by the rules. Several parts: the outer ones open and close."""
    quote = marks.quote
    if stop - start == 1:
        part = parts[start]
        if quote not in part:
            return 0
        return 0 if scan(part, marks)[0] == [_bare(part, marks)] else 2
    odd = sum(opens[i] + closes[i] for i in range(start + 1, stop - 1)) + closes[start] + opens[stop - 1]
    inner = marks.delimiter.join(parts[start:stop]).strip(" ")[1:-1].replace(quote * 2, "")
    return 2 * odd + (1 if quote in inner else 0)


def _closed(part: str, quote: str) -> bool:
    return bool(quote) and len(part) >= 2 and part.startswith(quote) and part.endswith(quote)


def _bare(part: str, marks: Marks) -> str:
    """The cell without the quotes around it, also when blanks stand outside of them."""
    inner = part if _closed(part, marks.quote) else part.strip(" ")
    if not _closed(inner, marks.quote):
        return _unescaped(part, marks) if marks.escape else part
    text = inner[1:-1].replace(marks.quote * 2, marks.quote)
    return _unescaped(text, marks) if marks.escape else text


@dataclass(frozen=True, slots=True)
class Taken:
    """One record: how many lines it used and its cells; `repaired`: a quote was out of place."""

    used: int
    cells: Cells
    repaired: bool = False
    unclear: bool = False  # quotes out of place and no one plain way to read them


def take(
    lines: Sequence[str], ends: Sequence[str], at: int, marks: Marks, width: int, final: bool, hint: int = 0,
    odd: Sequence[int] | None = None,
) -> Taken | None:  # fmt: skip
    """The record that starts at line `at`; None: it may go on after the last line (not `final`).

    `lines` without their ends; `width` 0: not known yet, the record before had `hint` cells; `odd`: the lines
    with an odd number of quotes, when that is known (and nothing is escaped)."""
    line = lines[at]
    if not marks.hot or (
        (marks.quote not in line if marks.quote else True) and (not marks.escape or marks.escape not in line)
    ):
        return Taken(1, line.split(marks.delimiter))
    cells, is_open = scan(line, marks)
    if cells is not None and not (marks.escape and _escaped(line, len(line), marks.escape)):
        return Taken(1, cells)
    lax = cells is None and not is_open
    if lax:
        cells, is_open = scan(line, marks, inner=True)
        if cells is not None and (not width or len(cells) == width):
            return Taken(1, cells)
        cells, is_open = scan(line, marks, lax)
        if cells is not None and (not width or len(cells) == width):
            return Taken(1, cells, repaired=True)
    if is_open or (cells is not None and not lax):
        joined = _join(lines, ends, at, marks, width, final, hint, lax, odd)
        if joined is None or joined.used:
            return joined
        if cells is not None:
            return Taken(1, cells)
    count = width or line.count(marks.delimiter) + 1
    mended = tolerant(line, marks, count) or (tolerant(line, marks, 0) if width else None)
    if mended is None:
        return Taken(1, line.split(marks.delimiter), unclear=True)
    return Taken(1, mended, repaired=True)


def _join(
    lines: Sequence[str], ends: Sequence[str], at: int, marks: Marks, width: int, final: bool, hint: int,
    lax: bool, odd: Sequence[int] | None,
) -> Taken | None:  # fmt: skip
    """An open line and those up to the next that closes it; used 0: they are no record."""
    no = Taken(0, [])
    stop = _closing(lines, at, marks, MAX_JOIN_LINES if width else 60, odd)
    if stop is None:
        return no
    if stop >= len(lines):
        if not final:
            return None
        rest = lines[at + 1 :]  # never closed: cut in its last cell, unless whole records follow
        cut = width > 1 and 0 < len(rest) < 60 and not any(_whole(line, marks, width) for line in rest)
        return Taken(len(lines) - at, [], unclear=True) if cut else no
    text = "".join(lines[i] + ends[i] for i in range(at, stop)) + lines[stop]
    if len(text) > MAX_JOIN or "\0" in text:
        return no
    cells, _ = scan(text, marks, lax)
    last = final and stop == len(lines) - 1 and not ends[stop]
    if (
        cells
        and last
        and 1 < len(cells) < width
        and not any(_whole(x, marks, width) for x in lines[at + 1 :])
    ):
        return Taken(stop + 1 - at, cells)  # the last record, cut short behind a cell of several lines
    if cells is None or (width and len(cells) != width) or (not width and len(cells) < 2):
        return no
    following = lines[stop + 1].count(marks.delimiter) + 1 if stop + 1 < len(lines) else 0
    header = not width and not hint and len(cells) == following  # as wide as what stands below it
    if not header and _swallows(lines[at : stop + 1], marks, width, hint):
        return no
    return Taken(stop + 1 - at, cells, lax)


def _closing(lines: Sequence[str], at: int, marks: Marks, most: int, odd: Sequence[int] | None) -> int | None:
    """The line at which an open record can end; len(lines): beyond the last; None: too far away."""
    if odd is not None:
        place = bisect_right(odd, at)
        stop = odd[place] if place < len(odd) else len(lines)
        return stop if stop - at < most else None
    opened = _turns(lines[at], marks) % 2
    size = 0
    for stop in range(at + 1, at + most):
        if stop >= len(lines):
            return stop
        line = lines[stop]
        size += len(line)
        if size > MAX_JOIN:
            return None
        if (_turns(line, marks) % 2 or not opened) and not _goes_on(line, marks):
            return stop
    return None


def _turns(line: str, marks: Marks) -> int:
    """How many quotes of the line open or close a cell (an escaped one does not)."""
    if not marks.quote:
        return 0
    if marks.escape and marks.escape in line:
        line = line.replace(marks.escape * 2, "").replace(marks.escape + marks.quote, "")
    return line.count(marks.quote)


def _goes_on(line: str, marks: Marks) -> bool:
    """Whether the line's end is escaped."""
    return bool(marks.escape) and _escaped(line, len(line), marks.escape)


def _swallows(lines: Sequence[str], marks: Marks, width: int, hint: int) -> bool:
    """Whether the lines, or all those in the middle, are whole records: then two stray quotes took them in."""
    if width == 1:
        return False
    if not width:
        counts = {line.count(marks.delimiter) for line in lines}
        return len(counts) == 1 and min(counts) > 0 and hint in (0, min(counts) + 1)
    wide = [line.count(marks.delimiter) >= width - 1 for line in lines]  # else it cannot be whole
    if not all(wide[1:-1]) or (len(lines) == 2 and not all(wide)):
        return False
    if not all(_whole(line, marks, width) for line in lines[1:-1]):
        return False
    return (width > 2 and len(lines) > 2) or (
        _whole(lines[0], marks, width) and _whole(lines[-1], marks, width)
    )


def _whole(line: str, marks: Marks, width: int) -> bool:
    cells, _ = scan(line, marks)
    return (cells is not None and len(cells) == width) or tolerant(line, marks, width) is not None
