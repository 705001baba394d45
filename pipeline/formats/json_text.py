"""JSON as a stream: one value after another out of a window of the text."""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from pipeline.errors import FileFailed
from pipeline.formats.flatten import Json
from pipeline.formats.limits import Limits
from pipeline.formats.text import Encoding, has_bad, rescued
from pipeline.words import Message, message

DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)  # money never passes a float
CHUNK = 1 << 18
NEAR_END = 20  # characters: a word or an escape that the window's end may have cut
TRIES = 200  # places where the next record may begin
_NEXT = re.compile(r"\}\s*(,)\s*(?=\{)")


@dataclass(frozen=True, slots=True)
class Broken:
    """The text of a record that is no JSON, and why."""

    text: str
    said: Message


def json_text(file: BinaryIO, encoding: Encoding) -> io.TextIOWrapper:
    """The text after the mark. Bytes that mean nothing: see `rescued`."""
    file.seek(encoding.bom)
    return io.TextIOWrapper(file, encoding.name, encoding.errors, newline="")


class JsonText:
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
                open_ended = error.pos > len(self._window) - NEAR_END or error.msg.startswith("Unterminated")
                if not open_ended:
                    raise self.damaged(error.msg, error.pos) from error
                if len(self._window) - self.at > self._limits.record:
                    raise FileFailed(
                        message("reading.record_too_long", limit=self._limits.record_mb)
                    ) from error
                if not self._more(size):
                    raise self.damaged(error.msg, error.pos) from error
            except RecursionError as error:
                raise self.damaged("nested too deeply", self.at) from error
            size *= 2

    def element(self, keys: frozenset[str], depth: int) -> Json | Broken:
        """The next value; what is damaged in it costs itself, up to an object with more than half of these keys,
        or to the end of the list, after which so many objects (`depth`) end."""
        try:
            return self.value()
        except FileFailed as fault:
            if not keys or fault.said.code != "reading.json_damaged":
                raise
            while (end := self._next_like(keys, depth)) is None:
                if self._ended or len(self._window) - self.at > self._limits.record:
                    raise
                self._more()
            broken = Broken(self._window[self.at : end].rstrip(), fault.said)
            self.at = end
            return broken

    def _next_like(self, keys: frozenset[str], depth: int) -> int | None:
        """The place of the comma before the next object like the others, or of the bracket that ends the list."""
        for found in islice(_NEXT.finditer(self._window, self.at + 1), TRIES):
            with contextlib.suppress(json.JSONDecodeError, RecursionError):
                value, _ = DECODER.raw_decode(self._window, found.end())
                if isinstance(value, dict) and len(keys & value.keys()) * 2 > len(keys):
                    return found.start(1)
        if not self._ended:
            return None
        last = re.compile(r"\}\s*(\])" + r"\s*\}" * depth + r"\s*$").search(self._window, self.at)
        return last.start(1) if last else None

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
