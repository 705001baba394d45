"""How the cells of a text are parted and wrapped: the dialect under which its head looks most like a table.

The measure is that of van den Burg, Nazabal and Sutton (2019): how alike the records are in their number of cells,
times how many of the cells look like something by themselves.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from pipeline.formats.kinds import HARD, kind
from pipeline.formats.salvage import Marks, Taken, take

USUAL = ",;\t|"  # in the order preferred when two fit equally
RARE = ": ~^#&*!=%§¦\x1f\x1e\x01\x02"
LINES = 200  # lines looked at


def find_marks(lines: Sequence[str], delimiter: str | None = None, quote: str | None = None) -> Marks:
    """The dialect of these lines (the last may be cut). What is given is kept: quote "" = none."""
    kept = [line for line in lines[: LINES + 1] if line.strip() and "\0" not in line]
    kept = kept[:-1] if len(kept) > LINES or (len(kept) > 20 and len(kept[-1]) < len(kept[-2]) // 2) else kept
    if not kept:
        return Marks(delimiter or ",", '"' if quote is None else quote)
    quotes = [quote] if quote is not None else _quotes(kept)
    if delimiter is None and len(quotes) == 1:
        plain = _plain(kept, quotes[0])
        if plain:
            return _completed(kept, Marks(plain, quotes[0]))
    found = [delimiter] if delimiter is not None else _delimiters(kept)
    best, best_score = Marks(delimiter or ",", quotes[0]), 0.0
    for place, one in enumerate(found):
        for mark in quotes:
            marks = Marks(one, mark)
            for candidate in (marks, Marks(one, mark, "\\")) if _escapes(kept, marks) else (marks,):
                score = _score(kept, candidate) * (1 - 0.01 * place)
                if score > best_score * 1.0001:
                    best, best_score = candidate, score
    return _completed(kept, best) if delimiter is None else best


def _quotes(lines: Sequence[str]) -> list[str]:
    """The quotes to try: `"` always, `'` when it wraps cells."""
    text = "\n".join(lines)
    wrapped = len(re.findall(r"(?m)(?:^|[^\w\s'\"]|\t|, )'[^'\n]*'(?=$|[^\w\s'\"]|\t)", text))
    usual = len(re.findall(r"(?m)(?:^|[^\w\s'\"]|\t)\"", text))
    if wrapped * 2 >= len(lines) and wrapped > usual:
        return ["'", '"']
    return ['"']


def _bare(line: str, quote: str) -> str:
    """The line with an x for everything that is wrapped."""
    if not quote or quote not in line:
        return line
    mark = re.escape(quote)
    return re.sub(f"{mark}[^{mark}]*{mark}", "x", line)


def _plain(lines: Sequence[str], quote: str) -> str | None:
    """The one usual delimiter that stands equally often in every line, when there is just one."""
    if len(lines) < 2:
        return None
    if quote and any(line.count(quote) % 2 or "\\" + quote in line for line in lines):
        return None
    bare = [_bare(line, quote) for line in lines]
    even = [d for d in USUAL if (n := bare[0].count(d)) and all(line.count(d) == n for line in bare)]
    others = [
        d for d in (*USUAL, ":") if d not in even and sum(d in line for line in bare) * 4 > len(bare) * 3
    ]
    return even[0] if len(even) == 1 and not others else None


def _delimiters(lines: Sequence[str]) -> list[str]:
    """The characters that could part cells: usual ones that occur, others that occur in most lines."""
    counts = {c: sum(c in line for line in lines) for c in USUAL + RARE}
    found = [d for d in USUAL if counts[d]]
    return found + [d for d in RARE if counts[d] * 10 >= len(lines) * 8]


def _escapes(lines: Sequence[str], marks: Marks) -> bool:
    """Whether a backslash stands before quotes inside of cells, or before delimiters."""
    if marks.quote:
        q, d = re.escape(marks.quote), re.escape(marks.delimiter)
        inner = re.compile(rf"\\{q}(?!\s*(?:{d}|$))|\\{q}{q}(?:{d}|$)")
        if any(inner.search(line) for line in lines):
            return True
    return any("\\" + marks.delimiter in line for line in lines)


def records(lines: Sequence[str], marks: Marks, most: int | None = None) -> list[tuple[int, Taken]]:
    """Each record (at most so many) with its first line by the loosest reading: for judging, not for loading."""
    found: list[tuple[int, Taken]] = []
    ends = ["\n"] * len(lines)
    at = hint = 0
    while at < len(lines) and (most is None or len(found) < most):
        taken = take(lines, ends, at, marks, 0, True, hint)
        assert taken is not None
        found.append((at, taken))
        hint = len(taken.cells) if lines[at].strip() else hint
        at += taken.used
    return found


def _score(lines: Sequence[str], marks: Marks) -> float:
    taken = [one for _, one in records(lines, marks)]
    rows = [one.cells for one in taken]
    odd = sum(one.repaired or one.unclear for one in taken)
    widths = Counter(len(row) for row in rows)
    width, most = widths.most_common(1)[0]
    if marks.delimiter not in USUAL and (most < len(rows) * 0.65 or width < 2):
        return 0.0
    alike = sum(count * max(0.001, size - 1) / size for size, count in widths.items()) / len(widths)
    cells = Counter(cell for row in rows for cell in row)
    total = sum(cells.values())
    known = sum(
        count if kind(cell) else -count if _crossed(cell, marks) else 0 for cell, count in cells.items()
    )
    score = alike * max(0.001, known / total) / len(rows) * (1 - 0.3 * odd / len(rows))
    if marks.delimiter in " :" and sum(_whole(line, marks.quote) for line in lines) * 2 >= len(lines):
        return 0.0  # a moment, a time or a sentence by itself
    if width > 1 and most < len(rows) * 0.4:
        score *= 0.1
    return score * (0.8 if marks.delimiter not in USUAL else 1.0)


def _crossed(cell: str, marks: Marks) -> bool:
    """Whether another delimiter stands between quotes in the cell, as it would between two cells."""
    q = marks.quote
    return bool(q) and q in cell and any(q + d + q in cell for d in USUAL if d != marks.delimiter)


def _whole(line: str, quote: str) -> bool:
    """Whether a line is one thing by itself, so that blanks and colons in it part nothing."""
    text = line.strip().strip(quote or None)
    found = kind(text)
    if re.fullmatch(r"(?:\+\d{1,3}|0\d)(?:[ .-]?\d{1,4}){3,5}", text):  # a telephone number
        return True
    return (
        found in HARD or (found == "words" and not re.search(r"\d|\w:\w", text)) or text.endswith((".", ":"))
    )


def _completed(lines: Sequence[str], marks: Marks) -> Marks:
    """A delimiter of several characters, when all its neighbours are the same sign."""
    for _ in range(3):
        longer = _longer(lines, marks)
        if longer == marks.delimiter:
            break
        marks = Marks(longer, marks.quote, marks.escape)
    inner = marks.delimiter[1:-1]
    sign = marks.delimiter[0]
    if len(inner) == 1 and marks.delimiter[-1] == sign and inner in USUAL:
        around = sum(line.startswith(sign) and line.endswith(sign) for line in lines)
        if around >= len(lines) * 0.9 and sign.isascii():  # an odd quote: |a|,|b|
            return Marks(inner, sign, marks.escape)
    return marks


def _longer(lines: Sequence[str], marks: Marks) -> str:
    delimiter = marks.delimiter
    if delimiter in "\t ":
        return delimiter
    bare = [_bare(line, marks.quote) for line in lines]
    if delimiter not in ",;" and len(delimiter) == 1 and _in_pairs(bare, delimiter):
        return delimiter * 2
    split = [line.split(delimiter) for line in bare]
    rows = [row for row in split if len(row) > 1]
    if len(rows) < 2 or len(rows) < len(split) * 0.75:
        return delimiter
    odd = [row for row in rows if len(row) % 2 and len(row) > 2]
    if len(odd) >= len(rows) * 0.75:
        between = _common([cell for row in odd for cell in row[1::2]], 0.98)
        if between is not None and len(between) < 3 and not re.search(r"[\w\"'.]", between):
            return delimiter + between + delimiter
    following = _common([cell[:1] for row in rows for cell in row[1:]], 1.0)
    if following and _part(following):
        return delimiter + following
    preceding = _common([cell[-1:] for row in rows for cell in row[:-1]], 1.0)
    if preceding and preceding != " " and _part(preceding):
        return preceding + delimiter
    return delimiter


def _in_pairs(lines: Sequence[str], sign: str) -> bool:
    """In the header the sign comes in pairs only; in every line as often, or in pairs only and mostly as often."""
    most = lines[0].count(sign * 2)
    if not most or lines[0].count(sign) != 2 * most:
        return False
    counts = [line.count(sign * 2) for line in lines]
    paired = all(line.count(sign) == 2 * count for line, count in zip(lines, counts, strict=True))
    return counts.count(most) == len(lines) or (paired and counts.count(most) * 2 >= len(lines))


def _common(texts: Sequence[str], least: float) -> str | None:
    """The text that nearly all of these are."""
    text, count = Counter(texts).most_common(1)[0]
    return text if count >= len(texts) * least else None


def _part(sign: str) -> bool:
    return bool(sign) and not sign.isalnum() and sign not in "\"'.-+_/([{#$€<*@\t)]}%!?"
