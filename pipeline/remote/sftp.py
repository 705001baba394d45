"""SFTP by asyncssh, on an event loop of this thread's own."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import posixpath
import stat
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote_from_bytes, unquote_to_bytes

import asyncssh

from pipeline.errors import Environment
from pipeline.jobs import Remote
from pipeline.remote.model import (
    CHUNK,
    CONNECT_S,
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
from pipeline.words import message, printable

T = TypeVar("T")
HIDDEN = ".pipeline-{name}.part"


class _Client(asyncssh.SSHClient):
    """Trusts the one key that is pinned, and remembers what a server showed that nobody knows."""

    def __init__(self, pin: str) -> None:
        self.pin, self.seen = pin, ""

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.seen = key.get_fingerprint("sha256")
        digest = self.seen.partition(":")[2]
        return base64.b64decode(digest + "=" * (-len(digest) % 4)).hex() == self.pin


class Sftp:
    """A folder of an SFTP server."""

    instant = False

    def __init__(self, remote: Remote) -> None:
        self._remote, self._at = remote, spot(remote)
        self._folder = _folder(self._at.path)
        self._client = _Client(remote.pin)
        self._runner = asyncio.Runner()
        self._connection: asyncssh.SSHClientConnection | None = None
        try:
            with self._worded():
                self._sftp = self._run(self._connect(), CONNECT_S * 2)
        except BaseException:
            self.close()
            raise

    def _run(self, deed: Coroutine[Any, Any, T], limit_s: float = SILENT_S) -> T:
        return self._runner.run(asyncio.wait_for(deed, limit_s))

    async def _connect(self) -> asyncssh.SFTPClient:
        remote = self._remote
        known = remote.root / os.path.expanduser(remote.known_hosts or "~/.ssh/known_hosts")
        trusted: str | bytes = str(known) if not remote.pin and known.is_file() else b""
        login: dict[str, Any] = {"password": resolve(remote.password, remote.root) or None}
        if remote.key:
            path = remote.root / os.path.expanduser(remote.key.removeprefix("file:"))
            phrase = resolve(remote.passphrase, remote.root) or None
            login["client_keys"] = [asyncssh.read_private_key(str(path), phrase)]
        elif remote.password:
            login["client_keys"] = None
        self._connection = await asyncssh.connect(
            self._at.host, self._at.port or 22, username=self._at.user or (), known_hosts=trusted, config=None,
            connect_timeout=CONNECT_S, login_timeout=CONNECT_S, client_factory=lambda: self._client, **login,
        )  # fmt: skip
        return await self._connection.start_sftp_client()

    @contextmanager
    def _worded(self, name: str = "") -> Iterator[None]:
        """Inside, errors of SSH and of the network become ours. `name`: of the file it is about."""
        where = shown(self._remote)
        try:
            yield
        except asyncssh.HostKeyNotVerifiable as error:
            code = "remote.other_key" if self._remote.pin else "remote.unknown_key"
            seen = self._client.seen or str(error)
            raise Environment(message(code, url=where, seen=seen)) from error
        except (asyncssh.PermissionDenied, asyncssh.KeyImportError) as error:
            raise Environment(message("remote.login", url=where, why=printable(str(error)))) from error
        except asyncssh.SFTPNoSuchFile as error:
            if name:
                raise Changed(message("remote.vanished", name=printable(name), url=where)) from error
            raise Environment(message("remote.no_folder", url=where)) from error
        except asyncssh.SFTPPermissionDenied as error:
            raise Environment(message("remote.forbidden", name=printable(name), url=where)) from error
        except asyncssh.SFTPError as error:
            if isinstance(error, asyncssh.SFTPConnectionLost | asyncssh.SFTPNoConnection):
                raise unreachable(self._remote, error) from error
            why = printable(error.reason or str(error))
            raise Environment(message("remote.failed", name=printable(name), url=where, why=why)) from error
        except (OSError, asyncssh.Error) as error:
            raise unreachable(self._remote, error) from error

    def list(self) -> Sequence[Found]:
        with self._worded():
            return self._run(self._list(), SILENT_S * 3)

    async def _list(self) -> Sequence[Found]:
        found = []
        async for entry in self._sftp.scandir(
            self._folder
        ):  # bytes: one name that is not UTF-8 would end it all
            raw, attrs = entry.filename, entry.attrs
            assert isinstance(raw, bytes)
            name = safe_name(raw)
            if name is None or b"/" in raw or not _regular(attrs):
                continue
            mark = f"{attrs.size}:{attrs.mtime}"
            age = (float(attrs.mtime or 0), os.fsdecode(raw))
            found.append(Found(name, quote_from_bytes(raw), mark, attrs.size, age))
        return found

    async def _open(self, path: bytes, mode: str) -> asyncssh.SFTPClientFile:
        return await self._sftp.open(path, mode)

    def _of(self, found: Found) -> bytes:
        return posixpath.join(self._folder, unquote_to_bytes(found.key))

    def read(self, found: Found, offset: int) -> tuple[int, Iterator[bytes]]:
        return offset, self._chunks(found, offset)

    def _chunks(self, found: Found, offset: int) -> Iterator[bytes]:
        with self._worded(os.fsdecode(found.name)):
            path = self._of(found)
            self._still(found, self._run(self._sftp.lstat(path)))
            file = self._run(self._open(path, "rb"))
            try:
                while chunk := self._run(file.read(CHUNK, offset)):
                    assert isinstance(chunk, bytes)
                    yield chunk
                    offset += len(chunk)
                self._still(found, self._run(self._sftp.lstat(path)))
            finally:
                with contextlib.suppress(asyncssh.Error, OSError):
                    self._run(file.close())

    def _still(self, found: Found, attrs: asyncssh.SFTPAttrs) -> None:
        if f"{attrs.size}:{attrs.mtime}" != found.mark:
            raise Changed(message("remote.changed", name=os.fsdecode(found.name), url=shown(self._remote)))

    def put(self, name: str, source: Path) -> None:
        final = posixpath.join(self._folder, os.fsencode(name))
        hidden = posixpath.join(self._folder, os.fsencode(HIDDEN.format(name=name)))
        with self._worded(name):
            self._free(final, name)
            with source.open("rb") as here:
                there = self._run(self._open(hidden, "wb"))
                sent = 0
                try:
                    while chunk := here.read(CHUNK):
                        self._run(there.write(chunk, sent))
                        sent += len(chunk)
                    with contextlib.suppress(asyncssh.SFTPOpUnsupported):
                        self._run(there.fsync())
                finally:
                    with contextlib.suppress(asyncssh.Error, OSError):
                        self._run(there.close())
            if self._run(self._sftp.lstat(hidden)).size != sent:
                raise Environment(message("remote.short", name=printable(name), url=shown(self._remote)))
            self._rename(hidden, final, name)

    def _exists(self, path: bytes) -> bool:
        try:
            self._run(self._sftp.lstat(path))
        except asyncssh.SFTPNoSuchFile:
            return False
        return True

    def _free(self, path: bytes, name: str) -> None:
        if self._exists(path):
            raise Occupied(message("remote.occupied", name=printable(name), url=shown(self._remote)))

    def _rename(self, old: bytes, new: bytes, name: str) -> None:
        """Most servers refuse to rename over something, some do it: it is looked at before."""
        self._free(new, name)
        try:
            self._run(self._sftp.rename(old, new))
        except asyncssh.SFTPNoSuchFile:
            raise
        except asyncssh.SFTPError:
            self._free(new, name)
            raise

    def move(self, found: Found, folder: str) -> None:
        name = os.fsdecode(unquote_to_bytes(found.key))
        with self._worded(name):
            self._still(found, self._run(self._sftp.lstat(self._of(found))))
            into = posixpath.join(self._folder, os.fsencode(folder))
            self._run(self._sftp.makedirs(into, exist_ok=True))
            for other in other_names(name):
                with contextlib.suppress(Occupied):
                    self._rename(self._of(found), posixpath.join(into, os.fsencode(other)), other)
                    return
            raise Occupied(message("remote.occupied", name=printable(name), url=shown(self._remote)))

    def remove(self, found: Found) -> None:
        with self._worded(os.fsdecode(found.name)):
            self._still(found, self._run(self._sftp.lstat(self._of(found))))
            self._run(self._sftp.remove(self._of(found)))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.abort()
        self._runner.close()


def _folder(path: str) -> bytes:
    """`/~/out` begins at the home of the user, as curl has it."""
    return os.fsencode((path[3:] if path.startswith("/~/") else path) or ".")


def _regular(attrs: asyncssh.SFTPAttrs) -> bool:
    """Links and folders are left alone; some servers say it by the rights only."""
    if attrs.type == asyncssh.FILEXFER_TYPE_REGULAR:
        return True
    unknown = attrs.type == asyncssh.FILEXFER_TYPE_UNKNOWN
    return unknown and attrs.permissions is not None and stat.S_ISREG(attrs.permissions)


def connect(remote: Remote) -> Sftp:
    return Sftp(remote)
