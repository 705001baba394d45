"""Reading line by line where quotes are in doubt: a damaged record costs itself, never its neighbours."""

from __future__ import annotations

from dataclasses import dataclass, field

MAX_JOIN_LINES = 500
MAX_JOIN = 1 << 20  # characters of one record that runs over several lines

Cells = list[str]


@dataclass(slots=True)
class Salvaged:
    """Rows with their lines (0-based in the text), damaged lines (found fields, -1: NUL), blank lines."""

    rows: list[Cells] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    damaged: list[tuple[int, int]] = field(default_factory=list)
    blank: list[int] = field(default_factory=list)
    repaired: int = 0
    taken: int = 0  # physical lines used; the rest waits for the next piece of the file


def scan(text: str, delimiter: str, quote: str) -> tuple[Cells | None, bool]:
    """A record by the strict rules. → (cells, None if a quote is out of place; ends inside quotes)."""
    cells: Cells = []
    at, end = 0, len(text)
    while True:
        if text.startswith(quote, at):
            cell, at = _quoted(text, at + 1, quote)
            if at < 0:
                return None, True
            if at < end and text[at] != delimiter:
                return None, False
            cells.append(cell)
        else:
            stop = text.find(delimiter, at)
            stop = end if stop < 0 else stop
            cell = text[at:stop]
            if quote in cell:
                return None, False
            cells.append(cell)
            at = stop
        if at >= end:
            return cells, False
        at += 1


def _quoted(text: str, at: int, quote: str) -> tuple[str, int]:
    """The cell whose opening quote stands before `at` → (cell, place after the closing quote, -1: none)."""
    parts: list[str] = []
    while True:
        stop = text.find(quote, at)
        if stop < 0:
            return "", -1
        parts.append(text[at:stop])
        if not text.startswith(quote, stop + 1):
            return quote.join(parts), stop + 1
        at = stop + 2


def tolerant(text: str, delimiter: str, quote: str, width: int) -> Cells | None:
    """Exactly `width` cells from a line with quotes out of place, or None. Unpaired quotes are text."""
    parts = text.split(delimiter)
    if len(parts) > width:
        parts = _merged(parts, delimiter, quote)
    if len(parts) != width:
        return None
    return [_bare(part, quote) for part in parts]


def _merged(parts: Cells, delimiter: str, quote: str) -> Cells:
    """Parts put together again from one that opens a quote to the next that closes one."""
    cells: Cells = []
    at = 0
    while at < len(parts):
        stop = at
        if parts[at].startswith(quote) and not _closed(parts[at], quote):
            closing = (i for i in range(at + 1, len(parts)) if parts[i].endswith(quote))
            stop = next(closing, at)
        cells.append(delimiter.join(parts[at : stop + 1]))
        at = stop + 1
    return cells


def _closed(part: str, quote: str) -> bool:
    return len(part) >= 2 and part.startswith(quote) and part.endswith(quote)


def _bare(part: str, quote: str) -> str:
    return part[1:-1].replace(quote * 2, quote) if _closed(part, quote) else part


class Salvage:
    """Reads the lines of one piece of text (LF or CRLF) into records of `width` cells."""

    def __init__(self, text: str, delimiter: str, quote: str, width: int, final: bool) -> None:
        self.lines = text.split("\n")
        if self.lines[-1] == "":
            self.lines.pop()
        self.delimiter, self.quote, self.width, self.final = delimiter, quote, width, final
        self.out = Salvaged()

    def read(self) -> Salvaged:
        at = 0
        while at < len(self.lines):
            used = self._record(at)
            if used == 0:  # the record may go on in the next piece
                break
            at += used
        self.out.taken = at
        return self.out

    def _record(self, at: int) -> int:
        """Take the record that starts at this line → how many lines it used."""
        line = self.lines[at].removesuffix("\r")
        if "\0" in line:
            self.out.damaged.append((at, -1))
            return 1
        other = line.count(self.delimiter) != self.width - 1
        if line == "" or (self.width > 1 and other and not line.strip()):
            self.out.blank.append(at)
            return 1
        if not self.quote or self.quote not in line:
            return self._take(at, line.split(self.delimiter))
        cells, is_open = scan(line, self.delimiter, self.quote)
        if cells is not None:
            return self._take(at, cells)
        if is_open:
            used = self._join(at)
            if used is not None:
                return used
        repaired = tolerant(line, self.delimiter, self.quote, self.width)
        if repaired is None:
            self.out.damaged.append((at, len(line.split(self.delimiter))))
            return 1
        self.out.repaired += 1
        return self._take(at, repaired)

    def _take(self, at: int, cells: Cells, used: int = 1) -> int:
        if len(cells) == self.width:
            self.out.rows.append(cells)
            self.out.lines.append(at)
        else:
            self.out.damaged.append((at, len(cells)))
        return used

    def _join(self, at: int) -> int | None:
        """Join an open line with those up to the next odd one → lines used, 0: wait, None: no."""
        size = len(self.lines[at])
        for stop in range(at + 1, at + MAX_JOIN_LINES):
            if stop >= len(self.lines):
                return None if self.final else 0
            line = self.lines[stop]
            size += len(line) + 1
            if size > MAX_JOIN or "\0" in line:
                return None
            if line.count(self.quote) % 2 == 0:
                continue
            joined = "\n".join(self.lines[at : stop + 1]).removesuffix("\r")
            cells, _ = scan(joined, self.delimiter, self.quote)
            if cells is None or len(cells) != self.width or self._swallows(at, stop):
                return None
            return self._take(at, cells, stop + 1 - at)
        return None

    def _swallows(self, at: int, stop: int) -> bool:
        """Whether each line would be a whole record by itself: then two stray quotes took them in."""
        if self.width == 1:
            return False
        lines = (line.removesuffix("\r") for line in self.lines[at : stop + 1])
        return all(tolerant(line, self.delimiter, self.quote, self.width) is not None for line in lines)
