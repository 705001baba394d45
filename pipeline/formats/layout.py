"""How a text is laid out: line end, dialect, header. What the mapping states wins over what is found."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from pipeline.errors import FileFailed
from pipeline.formats.columns import MAX_COLUMNS, check_columns, unique
from pipeline.formats.dialects import find_marks, records
from pipeline.formats.encodings import find_encoding
from pipeline.formats.fixed import Positions, cut, find_positions, find_ruled
from pipeline.formats.kinds import HARD, kind
from pipeline.formats.model import Dialect
from pipeline.formats.salvage import Marks
from pipeline.formats.tables import Found, Row, find_table, header_score, torn_numbers
from pipeline.formats.text import HEAD, MAX_LINE, Encoding, rescued, split_lines, utf8_pieces
from pipeline.mapping.model import ReadOptions
from pipeline.words import message

SWAP = bytes.maketrans(b"\r\n", b"\n\r")
SPARE = ("\x1f", "\x1e", "\x1d", "\x1c")  # stands for a delimiter of several bytes inside of the parser
ROWS = 400  # records of the head that are judged


@dataclass(frozen=True, slots=True)
class Layout:
    """The dialect and where the records begin: `offset` in bytes of UTF-8 text, `line` physical, 1-based."""

    dialect: Dialect
    encoding: Encoding
    offset: int
    line: int
    hidden: int = 0  # columns at the end that no row fills: a delimiter that ends the lines
    spare: str = ""  # what stands for the delimiter inside of the parser; "" = itself
    single: bool = False  # one column found: nothing parts its cells
    hard: tuple[bool, ...] = ()  # the columns that hold numbers, dates and the like
    notes: bool = True  # a ragged line that starts with # is a comment
    aside: dict[str, int] = field(default_factory=dict)
    twice: bool = False  # CR CR LF ends the lines, as a second change of line ends leaves it: read as CR LF
    positions: Positions = ()  # one column found, in which blanks stand under each other: a table of fixed columns

    @property
    def swap(self) -> bool:
        """Whether the file ends its lines with CR alone; CR and LF are exchanged while it is read."""
        return self.dialect.line_end == "\r"

    @property
    def marks(self) -> Marks:
        """The dialect as the parser sees it."""
        delimiter = SPARE[0] if self.single else self.spare or self.dialect.delimiter
        return Marks(delimiter, self.dialect.quote, self.dialect.escape)

    @property
    def width(self) -> int:
        return len(self.dialect.columns) + self.hidden


def find_layout(file: BinaryIO, options: ReadOptions, required: Sequence[str]) -> Layout:
    """Look at the head of the file; FileFailed where it cannot be a table or lacks a required column."""
    encoding = find_encoding(file, options.encoding)
    text, whole = _head(file, encoding)
    if not text.strip("\0"):
        raise FileFailed(message("reading.empty"))
    twice = text.count("\r\r\n") > max(1, text.count("\n") * 0.9)
    text = text.replace("\r\r\n", "\r\n") if twice else text
    line_end, universal = _line_end(text)
    if line_end == "\r":
        text = text.translate({13: 10, 10: 13})
    lines, ends = split_lines(text, universal)
    first = _first_line(lines, options.skip or 0)
    stated = re.fullmatch(r'"?sep=(.+?)"?', lines[first].lstrip("\ufeff"), re.IGNORECASE)
    if stated is not None:
        first = _first_line(lines, first + 1)
    if first == len(lines) - 1 and not whole and len(text) > MAX_LINE // 4:
        raise FileFailed(message("reading.line_too_long", line=first + 1, limit=MAX_LINE))
    seen = lines[first:] if whole or len(lines) - first < 3 else lines[first:-1]
    marks = _marks(seen, options, stated[1] if stated else None)
    rows = [Row(first + at, one.used, one.cells) for at, one in records(seen[: ROWS * 2], marks, ROWS)]
    widest = max((len(row.cells) for row in rows), default=0)
    if widest > MAX_COLUMNS:
        raise FileFailed(message("reading.too_many_columns", found=widest, limit=MAX_COLUMNS))
    if not any(row.filled for row in rows):
        raise FileFailed(message("reading.no_header"))
    header = options.header if options.header is not None else (False if options.columns else None)
    found = find_table(rows, header, options.anchors, options.skip is not None or stated is not None)
    torn = torn_numbers(rows, found) if marks.delimiter == "," and found.header is not None else None
    if torn is not None and found.names[0]:  # else the first column, which counts the rows, has no name
        raise FileFailed(message("reading.torn_numbers", column=torn.strip()))
    if found.header is None:
        found.names = [*options.columns[: found.width]]
    weak = found.width == 1 or marks.delimiter in ", "  # a comma may belong to numbers, a blank to anything
    positions = find_positions(seen) if weak and not (options.delimiter or stated) else None
    ruled = (
        find_ruled(seen) if weak and not (options.delimiter or stated) and options.header is None else None
    )
    if ruled and len(ruled[0]) > found.width:
        named = replace(options, header=True)
        return _fixed(named, encoding, line_end, seen[ruled[1] :], first + ruled[1], ruled[0])
    if positions and len(positions) > found.width:
        return _fixed(options, encoding, line_end, seen, first, positions)
    layout = _layout(
        options, encoding, line_end, (lines, ends), marks, rows, found, required, stated is not None
    )
    return replace(layout, twice=twice)


def _fixed(
    options: ReadOptions,
    encoding: Encoding,
    line_end: str,
    seen: Sequence[str],
    first: int,
    positions: Positions,
) -> Layout:
    """A table of fixed columns: its names, or numbers where the first line is a record too."""
    cells = [cut(line, positions) for line in seen[:ROWS] if line.strip()]
    header = options.header
    if header is None:
        header = bool(options.anchors) or header_score(cells[0], cells[1:], len(positions)) > -0.25
    names = cells[0] if header else [f"column_{i + 1}" for i in range(len(positions))]
    dialect = Dialect(
        encoding.name, " ", "", line_end, first + 1 if header else None, b"", unique(names), "fixed",
        names=tuple(names) if header else (), codec=encoding.codec, sure=encoding.sure,
    )  # fmt: skip
    return Layout(dialect, encoding, 0, first + 1, positions=(*positions[:-1], (positions[-1][0], MAX_LINE)))


def _layout(
    options: ReadOptions,
    encoding: Encoding,
    line_end: str,
    split: tuple[list[str], list[str]],
    marks: Marks,
    rows: Sequence[Row],
    found: Found,
    required: Sequence[str],
    stated: bool,
) -> Layout:
    lines, ends = split
    data = [row.cells for row in rows if row.at >= found.start and len(row.cells) == found.width]
    hidden = _hidden(found, data, bool(options.columns))
    names = [rescued(name) for name in found.names[: found.width - hidden]]
    if names and found.header is not None:
        names[0] = names[0].lstrip("\ufeff").removeprefix("ï»¿")
    width = max(found.width - hidden, len(options.columns) if found.header is None else 0)
    columns = unique(
        [*names, *(f"column_{i + 1}" if found.header is None else "" for i in range(len(names), width))]
    )
    check_columns(names if found.header is not None else columns, [(name,) for name in required])
    raw = ""
    if found.header is not None:
        last = found.stop - 1
        raw = "".join(lines[i] + ends[i] for i in range(found.header, last)) + lines[last]
    body = "".join(lines[i] + ends[i] for i in range(found.start)) if found.start else ""
    raw_bytes = raw.encode().translate(SWAP) if line_end == "\r" else raw.encode()
    dialect = Dialect(
        encoding.name, marks.delimiter, marks.quote, line_end,
        None if found.header is None else found.header + 1, encoding.encode(raw_bytes), columns,
        escape=marks.escape, names=tuple(names), codec=encoding.codec, sure=min(found.sure, encoding.sure),
    )  # fmt: skip
    aside = dict(found.aside)
    if stated:
        aside["separator"] = 1
    before = sum(not line.strip() for line in lines[options.skip or 0 : rows[0].at])
    if before:
        aside["blank"] = aside.get("blank", 0) + before
    if options.skip:
        aside["skipped"] = options.skip
    return Layout(
        dialect, encoding, len(body.encode()), found.start + 1, hidden, _spare(marks.delimiter, lines),
        found.width == 1 and not (options.delimiter or stated), _hard(rows, found, width), not any(row and row[0].startswith("#") for row in data), aside,
    )  # fmt: skip


def _hidden(found: Found, data: Sequence[Sequence[str]], named: bool) -> int:
    """How many columns at the end have neither a name nor, in the head, a cell that is filled."""
    hidden = 0
    least = 1 if found.header is not None else 3
    if len(data) < least or named:
        return 0
    while hidden < found.width - 1:
        place = found.width - 1 - hidden
        named_here = place < len(found.names) and found.names[place].strip()
        if named_here or any(row[place].strip() for row in data):
            break
        hidden += 1
    return hidden


def _hard(rows: Sequence[Row], found: Found, width: int) -> tuple[bool, ...]:
    """Which columns hold figures, dates and the like, judged by the records up to the first gap."""
    data: list[list[str]] = []
    for row in rows:
        if row.at < found.start:
            continue
        if not row.filled and len(data) > 1:
            break
        if len(row.cells) == found.width and len(data) < 100:
            data.append(row.cells)
    hard = []
    for place in range(width):
        kinds = Counter(kind(row[place]) for row in data if place < len(row) and row[place].strip())
        total = sum(kinds.values())
        hard.append(total > 1 and sum(n for k, n in kinds.items() if k in HARD) >= total * 0.8)
    return tuple(hard)


def _spare(delimiter: str, lines: Sequence[str]) -> str:
    if len(delimiter.encode()) == 1:
        return ""
    return next((c for c in SPARE if not any(c in line for line in lines)), SPARE[0])


def _marks(lines: Sequence[str], options: ReadOptions, stated: str | None) -> Marks:
    delimiter = _sign("delimiter", options.delimiter) if options.delimiter else stated
    quote = options.quote if not options.quote else _sign("quote", options.quote)
    marks = find_marks(lines, delimiter, quote)
    if options.escape is not None:
        marks = Marks(marks.delimiter, marks.quote, options.escape)
    return marks


def _sign(option: str, value: str) -> str:
    most = 1 if option == "quote" else 8
    if (
        not 1 <= len(value) <= most
        or (option == "quote" and not value.isascii())
        or set(value) & set("\r\n\0")
    ):
        raise FileFailed(message("reading.bad_option", option=option, value=value))
    return value


def _head(file: BinaryIO, encoding: Encoding) -> tuple[str, bool]:
    """The first text of the file → (text, it is all of it). More than HEAD only for long lines."""
    data = b""
    for piece in utf8_pieces(file, encoding, HEAD):
        data += piece
        if len(data) >= MAX_LINE or (len(data) >= HEAD and max(data.count(b"\n"), data.count(b"\r")) > 4):
            return data.decode("utf-8", "ignore"), False
    return data.decode("utf-8"), True


def _line_end(text: str) -> tuple[str, bool]:
    """(the line end of most lines, whether some other lines end with CR alone)."""
    if "\r" not in text:
        return "\n", False
    bare = re.sub('"[^"]*"', "", text) if '"' in text else text
    crlf = bare.count("\r\n")
    feeds, returns = bare.count("\n") - crlf, bare.count("\r") - crlf
    if returns and not feeds and not crlf:
        return "\r", False
    return ("\r\n" if crlf > feeds or (crlf and crlf == feeds) else "\n"), returns > 0


def _first_line(lines: Sequence[str], start: int) -> int:
    for at in range(start, len(lines)):
        if lines[at].strip("\ufeff \t"):
            return at
    raise FileFailed(message("reading.no_header"))
