"""A replica behind HTTP(S): another Pipeline. A slow or silent peer is given up, an unknown certificate refused."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ssl
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pipeline.errors import Environment, PipelineError
from pipeline.sync.replica import (
    PROTOCOL,
    About,
    Applied,
    Batch,
    Entries,
    Hello,
    Memory,
    Page,
    Progress,
    Sums,
    SyncRefused,
    Taken,
    from_plain,
)  # fmt: skip
from pipeline.sync.wire import MEDIA, MOST, PATH, body, packed, page_of, parted, raised, unpacked
from pipeline.words import message

CONNECT_S = 10
SILENCE_S = 30  # without a byte
WORK_S = 600  # what the other side may take to do what it is asked
WHOLE_S = 900  # for a whole answer
SLOW = ("offer", "apply", "take", "progress", "settle", "memory", "sums", "entries", "page")
CHUNK = 1 << 16
T = TypeVar("T")


class RemoteReplica:
    """`url`: http(s)://host[:port][/path]. `ca`: a file with the certificate of who signed the peer's; `pin`: SHA-256
    of the peer's own certificate in hex, which is then all that counts."""

    def __init__(
        self, url: str, token: str, *, ca: Path | None = None, pin: str = "", silence_s: float = SILENCE_S
    ) -> None:
        parts = urlsplit(url)
        self._url, self._token, self._pin, self._silence_s = url, token, pin, silence_s
        self._host, self._port = parts.hostname or "", parts.port
        self._path, self._secure = parts.path.rstrip("/") + PATH, parts.scheme == "https"
        self._ca = ca
        self._line: http.client.HTTPConnection | None = None

    def close(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    # the verbs ---------------------------------------------------------------------------------------------
    def hello(self, said: Hello | None) -> Hello:
        return self._ask(Hello, "hello", {"said": said})

    def offer(self, peer: str, since: int, last: str) -> Batch:
        return self._ask(Batch, "offer", {"peer": peer, "since": since, "last": last})

    def part(self, batch: str, n: int) -> bytes:
        return self._call("part", {"batch": batch, "n": n})[1]

    def missing(self, batch: Batch) -> list[int]:
        found = self._call("missing", {"batch": batch})[0]
        if not isinstance(found, list) or not all(type(one) is int for one in found):
            raise self._nonsense("missing")
        return found

    def store(self, batch: Batch, n: int, data: bytes) -> None:
        self._call("store", {"batch": batch, "n": n}, data)

    def apply(self, batch: Batch) -> Applied:
        return self._ask(Applied, "apply", {"batch": batch})

    def page(self, peer: str, table: str, after: str) -> Page:
        told, data = self._call("page", {"peer": peer, "table": table, "after": after})
        try:
            return page_of(told, data)
        except (ValueError, KeyError) as error:
            raise self._nonsense("page") from error

    def progress(self, said: Hello) -> Progress:
        return self._ask(Progress, "progress", {"said": said})

    def take(self, peer: str, page: Page) -> Taken:
        told = {"table": page.table, "columns": page.columns, "count": page.count, "last": page.last}
        return self._ask(Taken, "take", {"peer": peer, "page": told}, page.rows)

    def settle(self, said: Hello, since: int, seen: int) -> None:
        self._call("settle", {"said": said, "since": since, "seen": seen})

    def memory(self, peer: str) -> Memory:
        return self._ask(Memory, "memory", {"peer": peer})

    def sums(self, table: str, buckets: int) -> Sums:
        return self._ask(Sums, "sums", {"table": table, "buckets": buckets})

    def entries(self, table: str, by: Sequence[str], after: str, buckets: Collection[int]) -> Entries:
        args = {"table": table, "by": list(by), "after": after, "buckets": sorted(buckets)}
        return self._ask(Entries, "entries", args)

    def about(self) -> About:
        return self._ask(About, "about", {})

    # the way there -----------------------------------------------------------------------------------------
    def _ask(self, kind: type[T], verb: str, args: dict[str, Any], data: bytes = b"") -> T:
        told, _ = self._call(verb, args, data)
        try:
            return from_plain(kind, told)
        except ValueError as error:
            raise self._nonsense(str(error)) from error

    def _call(self, verb: str, args: dict[str, Any], data: bytes = b"") -> tuple[Any, bytes]:
        """One question and its answer; once more on a new connection when the old one was closed meanwhile."""
        content, gzipped = packed(body(args, data)) if not data else (body(args, data), False)
        headers = {
            "Authorization": f"Bearer {self._token}", "Content-Type": MEDIA, "Accept": MEDIA, "Accept-Encoding": "gzip",
            "X-Pipeline-Sync": str(PROTOCOL),
        }  # fmt: skip
        if gzipped:
            headers["Content-Encoding"] = "gzip"
        kept = self._line is not None
        try:
            status, told, answer = self._exchange(verb, content, headers)
        except (ConnectionError, http.client.RemoteDisconnected) as error:
            self.close()
            if not kept:
                raise self._away(error) from error
            try:
                status, told, answer = self._exchange(verb, content, headers)
            except (OSError, http.client.HTTPException) as again:
                self.close()
                raise self._away(again) from again
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise self._away(error) from error
        return self._judged(status, told, answer)

    def _exchange(self, verb: str, content: bytes, headers: dict[str, str]) -> tuple[int, Any, bytes]:
        line = self._line or self._connected()
        self._line = line
        if line.sock is not None:
            line.sock.settimeout(max(WORK_S, self._silence_s) if verb in SLOW and self._silence_s >= SILENCE_S else self._silence_s)  # fmt: skip
        line.request("POST", self._path + verb, content, headers)
        answer = line.getresponse()
        if line.sock is not None:
            line.sock.settimeout(self._silence_s)
        return answer.status, answer.headers, self._whole(answer)

    def _whole(self, answer: http.client.HTTPResponse) -> bytes:
        """The body, as long as it keeps coming."""
        if answer.length is None and not answer.chunked:  # its head was cut off
            raise http.client.IncompleteRead(b"")
        end, parts, size, left = time.monotonic() + WHOLE_S, [], 0, answer.length
        while left is None or left > 0:
            part = answer.read1(CHUNK if left is None else min(CHUNK, left))
            if not part:
                break
            parts.append(part)
            size += len(part)
            left = None if left is None else left - len(part)
            if size > MOST:
                raise http.client.HTTPException("too much")
            if time.monotonic() > end:
                raise TimeoutError("too slow")
        if left:
            raise http.client.IncompleteRead(b"", left)
        answer.close()  # else the line takes no other question
        return b"".join(parts)

    def _connected(self) -> http.client.HTTPConnection:
        line: http.client.HTTPConnection
        if not self._secure:
            line = http.client.HTTPConnection(self._host, self._port, timeout=min(CONNECT_S, self._silence_s))
        else:
            context = ssl.create_default_context(cafile=None if self._ca is None else str(self._ca))
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            if self._pin:
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            line = http.client.HTTPSConnection(
                self._host, self._port, timeout=min(CONNECT_S, self._silence_s), context=context
            )
        try:
            line.connect()
        except OSError:
            line.close()
            raise
        if self._pin and isinstance(line.sock, ssl.SSLSocket):
            found = hashlib.sha256(line.sock.getpeercert(binary_form=True) or b"").hexdigest()
            if not hmac.compare_digest(found, self._pin):
                line.close()
                raise SyncRefused(message("peers.other_certificate", url=self._url, found=found))
        return line

    def _judged(self, status: int, headers: Any, content: bytes) -> tuple[Any, bytes]:
        ours = str(headers.get("Content-Type", "")).partition(";")[0].strip() == MEDIA
        if headers.get("Content-Encoding") == "gzip":
            try:
                content = unpacked(content)
            except ValueError as error:
                raise self._nonsense(str(error)) from error
        if status == 200 and ours:
            try:
                return parted(content)
            except ValueError as error:
                raise self._nonsense(str(error)) from error
        if status in (409, 503) and ours:
            try:
                error_: PipelineError = raised(content)
            except ValueError as error:
                raise self._nonsense(str(error)) from error
            raise error_
        pipeline = "problem+json" in str(headers.get("Content-Type", ""))
        if status in (401, 403) and pipeline:
            raise SyncRefused(
                message("peers.token_refused" if status == 401 else "peers.scope", url=self._url)
            )
        if status in (413, 404, 405) and pipeline:
            raise SyncRefused(message("peers.older", url=self._url))
        if status in (408, 429, 500, 502, 503, 504):
            raise Environment(message("peers.away", url=self._url, why=f"HTTP {status}"))
        raise SyncRefused(message("peers.not_pipeline", url=self._url, status=status))

    def _away(self, error: Exception) -> PipelineError:
        """What went wrong on the way, as a sentence."""
        if isinstance(error, ssl.SSLCertVerificationError):
            return SyncRefused(message("peers.certificate", url=self._url, why=error.verify_message))
        if isinstance(error, ssl.SSLError):
            return SyncRefused(message("peers.no_tls", url=self._url, why=error.reason or str(error)))
        if isinstance(error, TimeoutError):
            return Environment(message("peers.silent", url=self._url))
        line = getattr(error, "line", "HTTP/1.1").strip().strip("'")
        if isinstance(error, http.client.BadStatusLine) and not "HTTP/1.1".startswith(line[:8]):
            return SyncRefused(message("peers.not_pipeline", url=self._url, status="?"))
        why = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
        return Environment(message("peers.away", url=self._url, why=why))

    def _nonsense(self, why: str) -> SyncRefused:
        with suppress(OSError):
            self.close()
        return SyncRefused(message("syncing.nonsense", peer=self._url, why=why))
