"""How a file is laid out: line end, delimiter, quote, header. What the mapping states wins."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from pipeline.errors import FileFailed
from pipeline.formats.model import LINE, Dialect
from pipeline.formats.salvage import MAX_JOIN_LINES, scan, tolerant
from pipeline.formats.text import HEAD, MAX_LINE, Encoding, find_encoding, utf8_pieces
from pipeline.mapping.model import ReadOptions
from pipeline.words import message

MAX_COLUMNS = 2000
DELIMITERS = ";\t|,"  # in the order preferred when two fit equally
SWAP = bytes.maketrans(b"\r\n", b"\n\r")


@dataclass(frozen=True, slots=True)
class Layout:
    """The dialect and where the records begin: `offset` in bytes of UTF-8 text, `line` physical, 1-based."""

    dialect: Dialect
    encoding: Encoding
    offset: int
    line: int

    @property
    def swap(self) -> bool:
        """Whether the file ends its lines with CR alone; CR and LF are exchanged while it is read."""
        return self.dialect.line_end == "\r"


def find_layout(file: BinaryIO, options: ReadOptions, required: Sequence[str]) -> Layout:
    """Look at the head of the file; FileFailed where it cannot be a table or lacks a required column."""
    encoding = find_encoding(file, options.encoding)
    text, whole = _head(file, encoding)
    if not text.strip("\0"):
        raise FileFailed(message("reading.empty"))
    line_end = _line_end(text)
    if line_end == "\r":
        text = text.translate({13: 10, 10: 13})
    lines = text.split("\n")
    first = _first_line(lines, options.skip or 0)
    stated = re.fullmatch(r'"?sep=(.)"?\r?', lines[first], re.IGNORECASE)
    if stated is not None:
        first = _first_line(lines, first + 1)
    if first == len(lines) - 1 and not whole and len(text) > MAX_LINE // 4:
        raise FileFailed(message("reading.line_too_long", line=first + 1, limit=MAX_LINE))
    quote = _one("quote", options.quote) if options.quote else ('"' if options.quote is None else "")
    delimiter = _one("delimiter", options.delimiter) if options.delimiter else None
    delimiter = delimiter or (stated.group(1) if stated else find_delimiter(lines[first:], quote))
    cells, used = _header(lines, first, delimiter, quote)
    if len(cells) > MAX_COLUMNS:
        raise FileFailed(message("reading.too_many_columns", found=len(cells), limit=MAX_COLUMNS))
    has_header = options.header if options.header is not None else not options.columns
    if has_header:
        check_columns(cells, [(name,) for name in required])
        body, columns = first + used, unique(cells)
        raw = "\n".join(lines[first:body]).removesuffix("\r")
    else:
        body, columns, raw = first, unique(_numbered(options.columns, len(cells))), ""
        check_columns(columns, [(name,) for name in required])
    offset = len("\n".join(lines[:body]).encode()) + (1 if body < len(lines) and body else 0)
    raw_bytes = raw.encode().translate(SWAP) if line_end == "\r" else raw.encode()
    header_line = first + 1 if has_header else None
    dialect = Dialect(
        encoding.name, delimiter, quote, line_end, header_line, encoding.encode(raw_bytes), columns
    )
    return Layout(dialect, encoding, offset, body + 1)


def _one(option: str, value: str) -> str:
    if len(value) != 1 or not value.isascii() or value in "\r\n\0":
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


def _line_end(text: str) -> str:
    if "\n" not in text:
        return "\r" if "\r" in text else "\n"
    crlf = text.count("\r\n")
    return "\r\n" if crlf * 2 > text.count("\n") else "\n"


def _first_line(lines: Sequence[str], start: int) -> int:
    for at in range(start, len(lines)):
        if lines[at].strip():
            return at
    raise FileFailed(message("reading.no_header"))


def find_delimiter(lines: Sequence[str], quote: str) -> str:
    """The delimiter whose count in the first line is met by most lines; a comma if none stands in it."""
    text = "\n".join(lines)
    if quote:
        escaped = re.escape(quote)
        text = re.sub(f"{escaped}[^{escaped}]*{escaped}", "", text)
    kept = [line for line in text.split("\n")[:1000] if line.strip()]
    kept = kept[:-1] if len(kept) > 2 else kept  # the last may be cut
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        wanted = kept[0].count(delimiter) if kept else 0
        if not wanted:
            continue
        score = (sum(line.count(delimiter) == wanted for line in kept) / len(kept), wanted)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _header(lines: Sequence[str], first: int, delimiter: str, quote: str) -> tuple[list[str], int]:
    """The first record → (its cells, the lines it uses)."""
    line = lines[first].removesuffix("\r")
    if not quote or quote not in line:
        return line.split(delimiter), 1
    for used in range(1, min(MAX_JOIN_LINES, len(lines) - first) + 1):
        joined = "\n".join(lines[first : first + used]).removesuffix("\r")
        cells, is_open = scan(joined, delimiter, quote)
        if cells is not None:
            return cells, used
        if not is_open:
            break
    width = line.count(delimiter) + 1
    return tolerant(line, delimiter, quote, width) or line.split(delimiter), 1


def _numbered(names: Sequence[str], width: int) -> list[str]:
    return [*names, *(f"column_{i + 1}" for i in range(len(names), width))]


def unique(names: Sequence[str]) -> tuple[str, ...]:
    """Names for the frame: none empty, none twice, none `_line`; the first of equal ones keeps its name."""
    taken = {LINE, *names}
    seen: set[str] = {LINE}
    result: list[str] = []
    for place, name in enumerate(names, 1):
        new = name if name else f"column_{place}"
        count = 1
        while new in seen or (new != name and new in taken):
            count += 1
            new = f"{name or 'column'} ({count})"
        seen.add(new)
        result.append(new)
    return tuple(result)


def normal(name: str) -> str:
    """A column name without case, accents, marks; one blank for any run of blanks and underscores."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
    return " ".join(plain.replace("_", " ").split())


def match_column(wanted: str, columns: Sequence[str]) -> str | None:
    """The column meant by a name: the same text, else the first with the same normalised name."""
    if wanted in columns:
        return wanted
    key = normal(wanted)
    return next((column for column in columns if normal(column) == key), None)


def check_columns(
    columns: Sequence[str], required: Iterable[Sequence[str]], named: Iterable[str] = ()
) -> None:
    """Of each group of `required` names one stands in the header; no name in use stands there twice.

    Raises FileFailed with what was expected, what was found, and the nearest."""
    for names in required:
        if all(match_column(name, columns) is None for name in names):
            normals = {normal(column): column for column in columns}
            near = next(filter(None, (_near(name, normals) for name in names)), "-")
            shown = ", ".join(columns[:30]) + (", …" if len(columns) > 30 else "")
            facts = {"column": " / ".join(names), "found": shown, "near": near}
            raise FileFailed(message("reading.missing_column", **facts))
    for name in [*(name for names in required for name in names), *named]:
        found = match_column(name, columns)
        same = columns.count(found) if found == name else sum(normal(c) == normal(name) for c in columns)
        if found is not None and same > 1:
            raise FileFailed(message("reading.duplicate_column", column=found))


def _near(name: str, normals: dict[str, str]) -> str | None:
    close = difflib.get_close_matches(normal(name), list(normals), 1, 0.5)
    return normals[close[0]] if close else None
