"""FTP, and FTP with TLS, by the standard library. Names are bytes: Latin-1 on the wire keeps every one of them."""

from __future__ import annotations

import contextlib
import ftplib
import re
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes, unquote_to_bytes

from pipeline.errors import Environment
from pipeline.jobs import Remote
from pipeline.remote.model import (
    CHUNK,
    SILENT_S,
    Changed,
    Found,
    Occupied,
    other_names,
    safe_name,
    shown,
    spot,
    unreachable,
)
from pipeline.remote.secrets import resolve
from pipeline.remote.tls import context, pinned
from pipeline.words import message, printable

WIRE = "latin-1"
list_of_str = list[str]
HIDDEN = ".pipeline-{name}.part"
MISSING = re.compile(r"no such|not found|does not exist|cannot find|can't find", re.IGNORECASE)


class _Tls(ftplib.FTP_TLS):
    """Its data connections go on with the session of the first one: many servers want to see that."""

    remote: Remote

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        conn, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        assert isinstance(self.sock, ssl.SSLSocket)
        try:
            made = self.context.wrap_socket(conn, server_hostname=self.host, session=self.sock.session)
        except BaseException:
            conn.close()
            raise
        pinned(self.remote, made)
        return made, size


class Ftp:
    """A folder of an FTP server."""

    instant = False

    def __init__(self, remote: Remote) -> None:
        self._remote, self._at = remote, spot(remote)
        self._facts = True  # the server knows MLSD and MLST
        self._ftp = ftplib.FTP(timeout=SILENT_S, encoding=WIRE)
        try:
            with self._worded():
                self._enter()
        except BaseException:
            self.close()
            raise

    def _enter(self) -> None:
        remote, at = self._remote, self._at
        if remote.scheme == "ftps":
            self._ftp = _Tls(timeout=SILENT_S, encoding=WIRE, context=context(remote))
            self._ftp.remote = remote
        self._ftp.connect(at.host, at.port or 21)
        if isinstance(self._ftp, _Tls):
            self._ftp.auth()
            pinned(remote, self._ftp.sock)
        password = resolve(remote.password, remote.root)
        try:
            ftplib.FTP.login(self._ftp, at.user or "anonymous", password or ("" if at.user else "pipeline@"))
        except ftplib.error_perm as error:
            why = printable(str(error).replace(password, "…") if password else str(error))
            raise Environment(message("remote.login", url=shown(remote), why=why)) from error
        if isinstance(self._ftp, _Tls):
            self._ftp.prot_p()
        self._ftp.voidcmd("TYPE I")
        if folder := at.path.strip("/"):
            self._ftp.cwd(_wire(folder.encode()))

    @contextmanager
    def _worded(self, name: str = "") -> Iterator[None]:
        where = shown(self._remote)
        try:
            yield
        except ftplib.error_perm as error:
            why = printable(str(error))
            if MISSING.search(why) and name:
                raise Changed(message("remote.vanished", name=printable(name), url=where)) from error
            code = "remote.forbidden" if name else "remote.no_folder"
            raise Environment(message(code, name=f"{printable(name)}: {why}", url=where)) from error
        except (ftplib.error_temp, ftplib.error_reply, ftplib.error_proto) as error:
            why = printable(str(error))
            raise Environment(message("remote.failed", name=printable(name), url=where, why=why)) from error
        except (OSError, EOFError) as error:
            raise unreachable(self._remote, error) from error

    # listing --------------------------------------------------------------------------------------------
    def list(self) -> Sequence[Found]:
        with self._worded():
            try:
                lines: list_of_str = []
                self._lines("MLSD", lines)
                return [found for line in lines if (found := _of_mlsd(line)) is not None]
            except ftplib.error_perm as error:
                if not str(error).startswith("50"):
                    raise
            self._facts = False
            return self._one_by_one()

    def _lines(self, command: str, into: list_of_str) -> None:
        try:
            self._ftp.retrlines(command, into.append)
        finally:
            self._ftp.voidcmd("TYPE I")  # that was text: sizes are asked for in bytes

    def _one_by_one(self) -> Sequence[Found]:
        """Of a server that lists names only: size and time are asked for each, in the server's own UTC."""
        names: list_of_str = []
        try:
            self._lines("NLST", names)
        except ftplib.error_perm as error:
            if not str(error).startswith("550"):  # an empty folder
                raise
        found = []
        for text in names:
            raw = text.encode(WIRE).rpartition(b"/")[2]
            name, mark = safe_name(raw), self._mark(_wire(raw))
            if name is not None and mark is not None:
                found.append(
                    Found(name, quote_from_bytes(raw), mark, int(mark.partition(":")[0]), (0.0, text))
                )
        return found

    def _mark(self, wire: str) -> str | None:
        """Size and time, as the listing has them; None: it is a folder, or gone."""
        try:
            if self._facts:
                found = _of_mlsd(self._ftp.sendcmd(f"MLST {wire}").splitlines()[1].lstrip(" "))
                return None if found is None else found.mark
            size = self._ftp.size(wire)
            when = self._ftp.sendcmd(f"MDTM {wire}").partition(" ")[2]
        except ftplib.error_perm:
            return None
        return None if size is None else f"{size}:{when.partition('.')[0]}"

    # reading --------------------------------------------------------------------------------------------
    def read(self, found: Found, offset: int) -> tuple[int, Iterator[bytes]]:
        return offset, self._pieces(found, offset)

    def _pieces(self, found: Found, offset: int) -> Iterator[bytes]:
        raw = unquote_to_bytes(found.key)
        with self._worded(raw.decode("utf-8", "replace")):
            self._still(found)
            conn = self._ftp.transfercmd(f"RETR {_wire(raw)}", offset or None)
            try:
                while piece := conn.recv(CHUNK):
                    yield piece
            finally:
                _end(conn)
            self._ftp.voidresp()
            self._still(found)

    def _still(self, found: Found) -> None:
        if self._mark(_wire(unquote_to_bytes(found.key))) != found.mark:
            name = printable(found.name.decode("utf-8", "replace"))
            raise Changed(message("remote.changed", name=name, url=shown(self._remote)))

    # writing --------------------------------------------------------------------------------------------
    def put(self, name: str, source: Path) -> None:
        final, hidden = _wire(name.encode()), _wire(HIDDEN.format(name=name).encode())
        with self._worded(name):
            self._free(final, name)
            sent = 0
            conn = self._ftp.transfercmd(f"STOR {hidden}")
            try:
                with source.open("rb") as file:
                    while piece := file.read(CHUNK):
                        conn.sendall(piece)
                        sent += len(piece)
            finally:
                _end(conn)
            self._ftp.voidresp()
            if self._ftp.size(hidden) != sent:
                raise Environment(message("remote.short", name=printable(name), url=shown(self._remote)))
            self._free(final, name)
            self._ftp.rename(hidden, final)

    def _free(self, wire: str, name: str) -> None:
        """Servers rename over what is there without a word: it is looked at before."""
        if self._mark(wire) is not None:
            raise Occupied(message("remote.occupied", name=printable(name), url=shown(self._remote)))

    def move(self, found: Found, folder: str) -> None:
        raw = unquote_to_bytes(found.key)
        name = raw.decode("utf-8", "surrogateescape")
        with self._worded(name):
            self._still(found)
            into = _wire(folder.encode())
            with contextlib.suppress(ftplib.error_perm):  # it is there, or the rename says why not
                self._ftp.mkd(into)
            for other in other_names(name):
                target = f"{into}/{_wire(other.encode('utf-8', 'surrogateescape'))}"
                if self._mark(target) is None:
                    self._ftp.rename(_wire(raw), target)
                    return
            raise Occupied(message("remote.occupied", name=printable(name), url=shown(self._remote)))

    def remove(self, found: Found) -> None:
        raw = unquote_to_bytes(found.key)
        with self._worded(raw.decode("utf-8", "replace")):
            self._still(found)
            self._ftp.delete(_wire(raw))

    def close(self) -> None:
        self._ftp.close()


def _wire(name: bytes) -> str:
    return name.decode(WIRE)


def _end(conn: socket.socket) -> None:
    with contextlib.suppress(OSError):
        if isinstance(conn, ssl.SSLSocket):
            conn.settimeout(2.0)
            conn.unwrap()
    conn.close()


def _of_mlsd(line: str) -> Found | None:
    facts_text, _, text = line.rstrip("\r\n").partition(" ")
    facts: dict[str, Any] = {
        key.lower(): value
        for key, _, value in (fact.partition("=") for fact in facts_text.split(";") if fact)
    }
    raw = text.encode(WIRE).rpartition(b"/")[2]
    name = safe_name(raw)
    if name is None or facts.get("type", "").lower() != "file" or not facts.get("size", "").isdigit():
        return None
    when = facts.get("modify", "").partition(".")[0]
    size = int(facts["size"])
    age = (float(when) if when.isdigit() else 0.0, text)
    return Found(name, quote_from_bytes(raw), f"{size}:{when}", size, age)


def connect(remote: Remote) -> Ftp:
    return Ftp(remote)
