"""A JSON text as a stream of its records: the elements of its array, or of the one at the stated path."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from pipeline.errors import FileFailed
from pipeline.formats.columns import check_columns
from pipeline.formats.encodings import find_encoding
from pipeline.formats.flatten import Json, Record, table_of
from pipeline.formats.json_lines import DECODER, json_text
from pipeline.formats.limits import Limits
from pipeline.formats.model import Account
from pipeline.formats.table import Table
from pipeline.formats.text import Encoding, has_bad, rescued
from pipeline.mapping.model import ReadOptions
from pipeline.words import message

CHUNK = 1 << 18
DEPTH = 6  # of a path that is looked for


def read(file: BinaryIO, options: ReadOptions, required: Sequence[str], limits: Limits) -> Table:
    """`path` (`data.orders`) leads to the list; without one: the first list of objects, else the object itself."""
    encoding = find_encoding(file, options.encoding)
    if options.path is not None:
        path = tuple(part.removesuffix("[]") for part in options.path.strip("$.").split(".") if part)
    else:
        text = _Text(file, encoding, limits)
        path = (text.peek() == "{" and _find(text, (), DEPTH)) or ()
        text.release()
    text = _Text(file, encoding, limits)
    table = table_of("json", enumerate(_objects(text, path), 1), limits, Account())
    text.release()
    table.encoding = encoding.codec
    if text.mended:
        table.account.note(message("reading.bytes_mended"))
    if options.path is None and path:
        table.account.notes.append(message("reading.json_path", path=".".join(path)))
    check_columns(table.columns, [(name,) for name in required])
    return table


def _objects(text: _Text, path: tuple[str, ...]) -> Iterator[Record]:
    for value in _records(text, path):
        yield value if isinstance(value, dict) else {"value": value}


def _records(text: _Text, path: tuple[str, ...]) -> Iterator[Json]:
    for part in path:
        if text.peek() != "{":
            raise FileFailed(message("reading.json_no_path", path=".".join(path)))
        for key in text.members():
            if key == part:
                break
            text.skip()
        else:
            raise FileFailed(message("reading.json_no_path", path=".".join(path)))
    if text.peek() != "[":
        yield text.value()
    else:
        for _ in text.elements():
            yield text.value()
    if not path and text.peek():
        raise text.damaged("Extra data", text.at)


def _find(text: _Text, path: tuple[str, ...], depth: int) -> tuple[str, ...] | None:
    """The path to the first list of objects below."""
    for key in text.members():
        sign = text.peek()
        if sign == "[":
            for _ in text.elements():
                if text.peek() == "{":
                    return (*path, key)
                text.skip()
        elif sign == "{" and depth:
            found = _find(text, (*path, key), depth - 1)
            if found is not None:
                return found
        else:
            text.skip()
    return None


class _Text:
    """JSON being read: a window of the text, and the place in it. FileFailed with line and column."""

    def __init__(self, file: BinaryIO, encoding: Encoding, limits: Limits) -> None:
        self._source = json_text(file, encoding)
        self.mended = False
        self._limits = limits
        self._window, self.at, self._lines, self._ended = "", 0, 0, False

    def _more(self, size: int = CHUNK) -> bool:
        """Another piece of text; what was read is let go."""
        if self._ended:
            return False
        try:
            piece = self._source.read(size)
        except UnicodeError as error:
            said = message("reading.undecodable", encoding=self._source.encoding, line=self._lines + 1)
            raise FileFailed(said) from error
        if has_bad(piece):
            piece, self.mended = rescued(piece), True
        if not piece:
            self._ended = True
            return False
        self._lines += self._window.count("\n", 0, self.at)
        self._window, self.at = self._window[self.at :] + piece, 0
        return True

    def release(self) -> None:
        """Let go of the file without closing it."""
        self._source.detach()

    def peek(self) -> str:
        """The next sign that is no space; empty at the end."""
        while True:
            window, at = self._window, self.at
            while at < len(window) and window[at] in " \t\r\n\ufeff":
                at += 1
            self.at = at
            if at < len(window):
                return window[at]
            if not self._more():
                return ""

    def value(self) -> Json:
        """The next value, whole."""
        self.peek()
        size = CHUNK
        while True:
            try:
                value, end = DECODER.raw_decode(self._window, self.at)
                if end < len(self._window) or self._ended or not self._more():
                    self.at = end
                    return value  # type: ignore[no-any-return]
            except json.JSONDecodeError as error:
                if len(self._window) - self.at > self._limits.record:
                    raise FileFailed(
                        message("reading.record_too_long", limit=self._limits.record_mb)
                    ) from error
                if not self._more(size):
                    raise self.damaged(error.msg, error.pos) from error
            except RecursionError as error:
                raise self.damaged("nested too deeply", self.at) from error
            size *= 2

    def skip(self) -> None:
        """Pass over the next value, a long list or object part by part."""
        sign = self.peek()
        with contextlib.suppress(json.JSONDecodeError, RecursionError):
            _, end = DECODER.raw_decode(self._window, self.at)
            if end < len(self._window):
                self.at = end
                return
        if sign == "[":
            for _ in self.elements():
                self.value()
        elif sign == "{":
            for _ in self.members():
                self.value()
        else:
            self.value()

    def elements(self) -> Iterator[None]:
        """Stands before each element of a list in turn; the caller reads it."""
        self._take("[")
        if self.peek() == "]":
            self.at += 1
            return
        while True:
            yield
            if self._take(",]") == "]":
                return

    def members(self) -> Iterator[str]:
        """Stands before each value of an object in turn; the caller reads it."""
        self._take("{")
        if self.peek() == "}":
            self.at += 1
            return
        while True:
            if self.peek() != '"':
                raise self.damaged("Expecting property name", self.at)
            key = str(self.value())
            self._take(":")
            yield key
            if self._take(",}") == "}":
                return

    def _take(self, signs: str) -> str:
        sign = self.peek()
        if not sign or sign not in signs:
            raise self.damaged("Expecting " + " or ".join(signs), self.at)
        self.at += 1
        return sign

    def damaged(self, why: str, at: int) -> FileFailed:
        line = self._lines + self._window.count("\n", 0, at) + 1
        column = at - self._window.rfind("\n", 0, at)
        return FileFailed(message("reading.json_damaged", line=line, column=column, why=why))
