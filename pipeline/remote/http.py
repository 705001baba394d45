"""HTTP and HTTPS by the standard library: a file at an address, one for each day, or the pages of an API as one file."""

from __future__ import annotations

import base64
import http.client
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from email.message import Message as Headers
from hashlib import sha256
from pathlib import Path
from typing import IO
from urllib.parse import unquote_to_bytes, urljoin, urlsplit
from zoneinfo import ZoneInfo

from pipeline.errors import Environment
from pipeline.jobs import Remote
from pipeline.remote.http_pages import join
from pipeline.remote.model import CHUNK, SILENT_S, Changed, Found, safe_name, shown, spot, unreachable
from pipeline.remote.secrets import is_reference, resolve
from pipeline.remote.tls import context, pinned
from pipeline.words import Message, message, printable

UTC = timezone.utc  # noqa: UP017
DATED = re.compile(r"\{date:((?:%[YymdjHMS%]|[^{}%])+)\}")
REDIRECTS, HOPS = (301, 302, 303, 307, 308), 5
ABSENT = (404, 410)
WEB_PAGE = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html)", re.IGNORECASE)
ENDINGS = {"text/csv": ".csv", "application/json": ".json", "application/xml": ".xml", "text/xml": ".xml"}


@dataclass(slots=True)
class _Answer:
    """An answer whose body has not been read."""

    url: str
    status: int
    headers: Headers
    body: http.client.HTTPResponse
    connection: http.client.HTTPConnection

    def close(self) -> None:
        self.body.close()
        self.connection.close()


class Http:
    """What lies at an address. Nothing there can be moved or deleted."""

    instant = True

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self._copies: dict[
            str, IO[bytes]
        ] = {}  # of what has no mark of its own: read once, kept until the end
        own = {key: self._resolved(value) for key, value in remote.headers}
        password = resolve(remote.password, remote.root)
        if password:
            pair = f"{spot(remote).user}:{password}".encode()
            own["Authorization"] = "Basic " + base64.b64encode(pair).decode()
        self._own = own

    def _resolved(self, value: str) -> str:
        head, space, last = value.rpartition(" ")
        return head + space + resolve(last, self._remote.root) if is_reference(last) else value

    # asking ---------------------------------------------------------------------------------------------
    @contextmanager
    def _worded(self) -> Iterator[None]:
        try:
            yield
        except (OSError, EOFError, http.client.HTTPException) as error:
            raise unreachable(self._remote, error) from error

    def _ask(self, url: str, method: str = "GET", **more: str) -> _Answer:
        """One answer, after redirections; what is ours is told to our machine only."""
        home = _origin(url)
        for _ in range(HOPS):
            own = self._own if _origin(url) == home else {}
            answer = self._once(url, method, {"Accept-Encoding": "identity", **own, **more})
            if answer.status not in REDIRECTS:
                return answer
            target = urljoin(url, answer.headers.get("Location", ""))
            answer.close()
            if _origin(target) != home and (self._remote.pin or urlsplit(target).scheme != "https"):
                other = printable(urlsplit(target).hostname or "")
                raise Environment(message("remote.redirected", url=shown(self._remote), other=other))
            url = target
        raise Environment(message("remote.status", url=shown(self._remote), status=310, why="redirects"))

    def _once(self, url: str, method: str, headers: dict[str, str]) -> _Answer:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            connection = http.client.HTTPSConnection(
                host, port, timeout=SILENT_S, context=context(self._remote)
            )
        else:
            connection = http.client.HTTPConnection(host, port, timeout=SILENT_S)
        try:
            connection.connect()
            if parts.scheme == "https":
                pinned(self._remote, connection.sock)
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request(method, path, headers=headers)
            body = connection.getresponse()
        except BaseException:
            connection.close()
            raise
        return _Answer(url, body.status, body.headers, body, connection)

    def _good(self, answer: _Answer) -> _Answer:
        if answer.status in (200, 206):
            return answer
        answer.close()
        code = "remote.login" if answer.status in (401, 403, 407) else "remote.status"
        why = printable(answer.body.reason or "")
        raise Environment(
            Message(
                code, {"url": shown(self._remote), "status": answer.status, "why": why or str(answer.status)}
            )
        )

    # the folder -----------------------------------------------------------------------------------------
    def list(self) -> Sequence[Found]:
        dated = bool(DATED.search(self._remote.url))
        found = []
        for url, day in _addresses(self._remote):
            with self._worded():
                one = self._look(url, day, dated)
            if one is not None:
                found.append(one)
        return found

    def _look(self, url: str, day: date, dated: bool) -> Found | None:
        """None: nothing is there on that day, or not yet."""
        if self._remote.next or self._remote.items:
            return self._copied(url, day)
        answer = self._ask(url, "HEAD")
        if answer.status not in (200, *ABSENT, 401):  # not everybody answers to it
            answer.close()
            answer = self._ask(url)
        answer.close()
        if dated and answer.status in ABSENT:
            return None
        headers = self._good(answer).headers
        tag, changed, length = (headers.get(key, "") for key in ("ETag", "Last-Modified", "Content-Length"))
        if not tag and not changed:
            return self._copied(url, day)
        size = int(length) if length.isdigit() and not headers.get("Content-Encoding") else None
        mark = tag or f"{changed}:{length}"
        return Found(self._name(url, headers, day), _bare(url), mark, size, (day.toordinal(), url))

    def _copied(self, url: str, day: date) -> Found | None:
        """What says nothing of its state is read whole: its content is its mark."""
        copy = tempfile.TemporaryFile(dir=self._remote.spool)  # noqa: SIM115 - read later
        try:
            headers = join(self._remote, url, copy, self._page)
        except BaseException:
            copy.close()
            raise
        if headers is None:
            copy.close()
            return None
        digest, size = sha256(), copy.tell()
        copy.seek(0)
        while piece := copy.read(CHUNK):
            digest.update(piece)
        key = _bare(url)
        if key in self._copies:
            self._copies[key].close()
        self._copies[key] = copy
        name = self._name(url, headers, day)
        return Found(name, key, f"sha256:{digest.hexdigest()}", size, (day.toordinal(), url))

    def _page(self, url: str) -> tuple[Headers, Iterator[bytes]] | None:
        """The next page of an answer. None: nothing is there."""
        answer = self._ask(url)
        if answer.status in ABSENT and DATED.search(self._remote.url):
            answer.close()
            return None
        return self._good(answer).headers, self._pieces(answer, first=True)

    def _name(self, url: str, headers: Headers, day: date) -> bytes:
        if self._remote.save_as:
            return _filled(self._remote.save_as, day).encode()
        given = headers.get_filename() or ""
        name = safe_name(given.encode()) or safe_name(unquote_to_bytes(urlsplit(url).path)) or b"download"
        ending = ENDINGS.get(headers.get_content_type(), "")
        return name if b"." in name else name + ending.encode()

    # reading --------------------------------------------------------------------------------------------
    def read(self, found: Found, offset: int) -> tuple[int, Iterator[bytes]]:
        copy = self._copies.get(found.key)
        if copy is not None:
            copy.seek(offset)
            read = copy.read
            return offset, iter(lambda: read(CHUNK), b"")
        url = next(url for url, _ in _addresses(self._remote) if _bare(url) == found.key)
        weak = found.mark.startswith("W/")
        more = {}
        if offset and not weak:
            condition = found.mark if found.mark.startswith('"') else found.mark.rpartition(":")[0]
            more = {"Range": f"bytes={offset}-", "If-Range": condition}
        with self._worded():
            answer = self._ask(url, **more)
            if answer.status == 416:
                answer.close()
                answer = self._ask(url)
            if answer.status in ABSENT:
                answer.close()
                name = printable(found.name.decode("utf-8", "replace"))
                raise Changed(message("remote.vanished", name=name, url=shown(self._remote)))
            self._good(answer)
        here = re.match(rf"bytes {offset}-", answer.headers.get("Content-Range", ""))
        start = offset if answer.status == 206 and here else 0
        if answer.status == 206 and not here:
            answer.close()
            raise Environment(message("remote.cut", name=found.key, url=shown(self._remote)))
        return start, self._pieces(answer, first=start == 0)

    def _pieces(self, answer: _Answer, *, first: bool) -> Iterator[bytes]:
        headers, body = answer.headers, answer.body
        named = f"{headers.get_content_type()} {self._remote.save_as} {urlsplit(answer.url).path}"
        if body.length is None and not body.chunked and "json" not in named and "xml" not in named:
            answer.close()
            raise Environment(message("remote.no_end", url=shown(self._remote)))
        try:
            with self._worded():
                while piece := body.read(CHUNK):
                    if first and WEB_PAGE.match(piece[:512]) and "html" not in self._remote.save_as:
                        raise Environment(message("remote.web_page", url=shown(self._remote)))
                    first = False
                    yield piece
                if body.length:  # it ended early, and read() with a size does not say so
                    raise http.client.IncompleteRead(b"", body.length)
        finally:
            answer.close()

    def put(self, name: str, source: Path) -> None:
        raise Environment(message("remote.no_put", url=shown(self._remote)))

    def move(self, found: Found, folder: str) -> None:
        raise Environment(message("remote.no_put", url=shown(self._remote)))

    def remove(self, found: Found) -> None:
        raise Environment(message("remote.no_put", url=shown(self._remote)))

    def close(self) -> None:
        for copy in self._copies.values():
            copy.close()


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    usual = 443 if parts.scheme == "https" else 80
    return parts.scheme, (parts.hostname or "").casefold(), parts.port or usual


def _bare(url: str) -> str:
    """The address without the user, as the key of a row."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()


def _filled(template: str, day: date) -> str:
    return DATED.sub(lambda found: day.strftime(found[1]), template)


def _addresses(remote: Remote) -> list[tuple[str, date]]:
    """The address; one with a date in it for each of the last days, the oldest first: what could not be fetched before
    midnight is fetched after it."""
    today = datetime.now(UTC).astimezone(ZoneInfo(remote.zone)).date()
    days = remote.days if DATED.search(remote.url) else 1
    every = [today - timedelta(days=back) for back in reversed(range(days))]
    return list({_filled(remote.url, day): (_filled(remote.url, day), day) for day in every}.values())


def connect(remote: Remote) -> Http:
    return Http(remote)
