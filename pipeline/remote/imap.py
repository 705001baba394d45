"""Attachments of mails in an IMAP mailbox, by the standard library. `imap://` begins with STARTTLS: never in the clear."""

from __future__ import annotations

import base64
import binascii
import contextlib
import imaplib
import mimetypes
import quopri
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.errors import Environment
from pipeline.jobs import Remote
from pipeline.remote.imap_parts import Part, parts_of
from pipeline.remote.model import SILENT_S, Changed, Found, safe_name, shown, spot, unreachable
from pipeline.remote.secrets import resolve
from pipeline.remote.tls import context, pinned
from pipeline.words import message, printable

imaplib._MAXLINE = 20_000_000  # type: ignore[attr-defined] # the description of a mail is one line
UID = re.compile(rb"\bUID (\d+)")


class _Box(imaplib.IMAP4):
    """With TLS from the first byte, its certificate looked at before anything is sent."""

    def __init__(self, remote: Remote, host: str, port: int) -> None:
        self._remote, self._tls = remote, context(remote)
        super().__init__(host, port, timeout=SILENT_S)

    def _create_socket(self, timeout: float | None) -> Any:
        plain = super()._create_socket(timeout)  # type: ignore[misc]
        if self._remote.scheme == "imap":
            return plain
        made = self._tls.wrap_socket(plain, server_hostname=self.host)
        pinned(self._remote, made)
        return made


class Imap:
    """A mailbox. A mail is whole when it is there; its attachments go away together."""

    instant = True

    def __init__(self, remote: Remote) -> None:
        self._remote, self._at = remote, spot(remote)
        self._folder = self._at.path.strip("/") or "INBOX"
        self._box: imaplib.IMAP4 | None = None
        try:
            with self._worded():
                self._enter()
        except BaseException:
            self.close()
            raise

    def _enter(self) -> None:
        remote, tls = self._remote, self._remote.scheme == "imaps"
        self._box = box = _Box(remote, self._at.host, self._at.port or (993 if tls else 143))
        if not tls:
            box.starttls(context(remote))
            pinned(remote, box.sock)
        password = resolve(remote.password, remote.root)
        try:
            box.login(_quoted(self._at.user)[1:-1], password)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            why = printable(_plain(error).replace(password, "…") if password else _plain(error))
            raise Environment(message("remote.login", url=shown(remote), why=why)) from error
        self._able = box.capability()[1][0].decode().upper().split()  # more than before the login
        kind, _ = box.select(_quoted(self._folder))
        if kind != "OK":
            raise Environment(message("remote.no_folder", url=shown(remote)))
        self._validity = (box.response("UIDVALIDITY")[1] or [b"0"])[0].decode()

    @contextmanager
    def _worded(self, name: str = "") -> Iterator[None]:
        try:
            yield
        except imaplib.IMAP4.abort as error:
            raise unreachable(self._remote, OSError(0, _plain(error))) from error
        except imaplib.IMAP4.error as error:
            where, why = shown(self._remote), printable(_plain(error))
            raise Environment(message("remote.failed", name=printable(name), url=where, why=why)) from error
        except (OSError, EOFError) as error:
            raise unreachable(self._remote, error) from error

    def _ask(self, name: str, *args: str) -> Sequence[Any]:
        """A UID command. Raises IMAP4.error when it is refused."""
        assert self._box is not None
        kind, data = self._box.uid(name, *args)
        if kind != "OK":
            raise imaplib.IMAP4.error(data[0] if data else name)
        return list(data)

    def list(self) -> Sequence[Found]:
        with self._worded():
            numbers = self._ask("SEARCH", "UNDELETED")
            if not numbers or not numbers[0]:
                return []
            answer = self._ask("FETCH", ",".join(numbers[0].decode().split()), "(UID BODYSTRUCTURE)")
        found = []
        for line in _joined(answer):
            uid = UID.search(line)
            start = line.find(b"BODYSTRUCTURE ")
            if uid is not None and start >= 0:
                mail = int(uid[1])
                found += [self._found(mail, part) for part in parts_of(line[start + 14 :])]
        return found

    def _found(self, mail: int, part: Part) -> Found:
        ending = mimetypes.guess_extension(part.kind) or ".bin"
        name = safe_name(part.name.encode()) or f"mail-{mail}-{part.number}{ending}".encode()
        key = f"{self._validity}/{mail}/{part.number}/{part.encoding}"
        return Found(name, key, self._validity, None, (float(mail), part.number), str(mail))

    def read(self, found: Found, offset: int) -> tuple[int, Iterator[bytes]]:
        return 0, self._pieces(found)

    def _pieces(self, found: Found) -> Iterator[bytes]:
        _, mail, number, encoding = found.key.split("/")
        name = found.name.decode("utf-8", "replace")
        with self._worded(name):
            answer = self._ask("FETCH", mail, f"(BODY.PEEK[{number}])")
        content = next((one[1] for one in answer if isinstance(one, tuple)), None)
        if content is None:
            raise Changed(message("remote.vanished", name=printable(name), url=shown(self._remote)))
        try:
            yield (
                base64.b64decode(content)
                if encoding == "base64"
                else (quopri.decodestring(content) if encoding == "quoted-printable" else content)
            )
        except binascii.Error as error:
            raise Environment(message("remote.cut", name=printable(name), url=shown(self._remote))) from error

    def put(self, name: str, source: Path) -> None:
        raise Environment(message("remote.no_put", url=shown(self._remote)))

    def move(self, found: Found, folder: str) -> None:
        """The mail with all its attachments."""
        assert self._box is not None
        with self._worded(found.name.decode("utf-8", "replace")):
            self._still(found)
            self._box.create(_quoted(folder))  # it may be there
            if "MOVE" in self._able:
                self._ask("MOVE", found.whole, _quoted(folder))
                return
            self._ask("COPY", found.whole, _quoted(folder))
            self._gone(found)

    def remove(self, found: Found) -> None:
        with self._worded(found.name.decode("utf-8", "replace")):
            self._still(found)
            self._gone(found)

    def _gone(self, found: Found) -> None:
        self._ask("STORE", found.whole, "+FLAGS.SILENT", r"(\Deleted)")
        if "UIDPLUS" in self._able:  # else only marked: what others have marked is theirs
            self._ask("EXPUNGE", found.whole)

    def _still(self, found: Found) -> None:
        if found.mark != self._validity:
            name = printable(found.name.decode("utf-8", "replace"))
            raise Changed(message("remote.changed", name=name, url=shown(self._remote)))

    def close(self) -> None:
        if self._box is not None:
            with contextlib.suppress(imaplib.IMAP4.error, OSError):
                self._box.shutdown()


def _plain(error: Exception) -> str:
    text = error.args[0] if error.args else ""
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)


def _quoted(text: str) -> str:
    """A mailbox as IMAP writes it: modified UTF-7 where it is not ASCII."""

    def shifted(found: re.Match[str]) -> str:
        return (
            "&" + base64.b64encode(found[0].encode("utf-16-be")).decode().rstrip("=").replace("/", ",") + "-"
        )

    ascii_only = re.sub(r"[^\x20-\x7e]+", shifted, text.replace("&", "&-"))
    return '"' + ascii_only.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _joined(answer: Sequence[Any]) -> Iterator[bytes]:
    """One line for each mail; a text that came beside the line, as its length said, stands in it again in quotes."""
    line = b""
    for one in answer:
        if isinstance(one, tuple):
            head, text = one
            line += (
                re.sub(rb"\{\d+\}$", b"", head)
                + b'"'
                + text.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
                + b'"'
            )
        elif isinstance(one, bytes):
            yield line + one
            line = b""
    if line:
        yield line


def connect(remote: Remote) -> Imap:
    return Imap(remote)
