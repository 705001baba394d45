"""The pages of an API as one file, all of them or none: records of JSON in one list, or tables with one header line."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterator
from email.message import Message as Headers
from typing import IO
from urllib.parse import urljoin, urlsplit

from pipeline.errors import Environment
from pipeline.jobs import Remote
from pipeline.remote.model import shown
from pipeline.words import Message, message, render

MOST = 10_000  # pages
LINK = re.compile(r"<([^>]*)>\s*;[^,]*?rel=\"?next\"?", re.IGNORECASE)
Page = Callable[[str], tuple[Headers, Iterator[bytes]] | None]


def join(remote: Remote, url: str, into: IO[bytes], page: Page) -> Headers | None:
    """Write what lies at this address, and at those that it leads on to. Returns the first headers; None: nothing is
    there. Raises Environment when the pages do not fit together."""
    first, seen, joined = None, set[str](), _Joined(remote, into)
    while url:
        answer = page(url)
        if answer is None:
            return first
        headers, pieces = answer
        first = headers if first is None else first
        seen.add(url)
        following = joined.add(headers, pieces)
        following = urljoin(url, following) if following else ""
        if following and (following in seen or len(seen) >= MOST or _origin(following) != _origin(url)):
            raise unfit(remote, message("remote.why_circle", most=MOST))
        url = following
    joined.end()
    return first


def _origin(url: str) -> tuple[str, str]:
    return urlsplit(url).scheme, urlsplit(url).netloc


def unfit(remote: Remote, why: Message) -> Environment:
    facts = {"why": render(why), "why_fr": render(why, "fr")}
    return Environment(Message("remote.pages", {"url": shown(remote), **facts}))


class _Joined:
    """The one file that is made of pages."""

    def __init__(self, remote: Remote, into: IO[bytes]) -> None:
        self._remote, self._into, self._pages = remote, into, 0
        self._header = b""
        self._nonce = secrets.token_hex(8)
        self._numbers = re.compile(rf'"{self._nonce}([^"]*)"')

    def add(self, headers: Headers, pieces: Iterator[bytes]) -> str:
        """One page; returns the address of the next, or ""."""
        self._pages += 1
        link = LINK.search(", ".join(headers.get_all("Link", [])))
        following = link[1] if link and self._remote.next == "link" else ""
        if self._remote.items or self._remote.next not in ("", "link"):
            return self._records(b"".join(pieces), following)
        if not self._remote.next:
            for piece in pieces:
                self._into.write(piece)
            return ""
        self._lines(b"".join(pieces))
        return following

    def _records(self, text: bytes, following: str) -> str:
        try:
            page = json.loads(text, parse_float=self._kept, parse_int=self._kept)
        except ValueError as error:
            raise unfit(self._remote, message("remote.why_json", detail=str(error))) from error
        records = _at(page, self._remote.items)
        if not isinstance(records, list):
            raise unfit(self._remote, message("remote.why_items", items=self._remote.items or "-"))
        for record in records:
            self._into.write(b"[\n" if not self._into.tell() else b",\n")
            self._into.write(self._numbers.sub(r"\1", json.dumps(record, ensure_ascii=False)).encode())
        if self._remote.next == "link":
            return following
        found = _at(page, self._remote.next) if self._remote.next else None
        return found if isinstance(found, str) else ""

    def _kept(self, number: str) -> str:
        """A number goes through as the text that it is: amounts never become binary fractions."""
        return self._nonce + number

    def _lines(self, text: bytes) -> None:
        header, _, rest = text.partition(b"\n")
        if self._pages == 1:
            self._header = header.rstrip(b"\r")
            rest = text
        elif header.rstrip(b"\r") != self._header:
            raise unfit(self._remote, message("remote.why_header"))
        self._into.write(rest if rest.endswith(b"\n") or not rest else rest + b"\n")

    def end(self) -> None:
        if self._remote.items or self._remote.next not in ("", "link"):
            self._into.write(b"\n]\n" if self._into.tell() else b"[]\n")


def _at(value: object, path: str) -> object:
    """What stands at `data.orders`; "" is the whole."""
    for key in filter(None, path.split(".")):
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value
