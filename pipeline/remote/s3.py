"""Buckets that speak S3, by obstore. An object is whole or absent, and is made only where there is none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import obstore
from obstore import exceptions as failures
from obstore.store import S3Store

from pipeline.errors import Environment
from pipeline.jobs import Remote
from pipeline.remote.model import (
    CHUNK,
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

CERTIFICATE = re.compile(r"certificate|UnknownIssuer|self.signed", re.IGNORECASE)
STATUS = re.compile(r"(?:status|response with status)[ :(]*(\d{3})", re.IGNORECASE)
REFUSED = (failures.PermissionDeniedError, failures.UnauthenticatedError)


class S3:
    """What lies in a bucket below a prefix, not in what would be folders there."""

    instant = True

    def __init__(self, remote: Remote) -> None:
        self._remote, self._at = remote, spot(remote)
        self._prefix = self._at.path.strip("/")
        login: dict[str, Any] = {}
        if remote.secret:
            login = {"access_key_id": remote.key, "secret_access_key": resolve(remote.secret, remote.root)}
        elif not remote.key:
            login = {"skip_signature": True}
        if remote.endpoint:
            login["endpoint"] = remote.endpoint
        client: Any = {
            "allow_http": remote.endpoint.startswith("http://"),
            "connect_timeout": timedelta(seconds=15),
        }
        retry: Any = {"max_retries": 0, "retry_timeout": timedelta(seconds=15)}
        self._store = S3Store(
            self._at.host,
            region=remote.region or "us-east-1",
            client_options=client,
            retry_config=retry,
            **login,
        )

    @contextmanager
    def _worded(self, name: str = "") -> Iterator[None]:
        where = shown(self._remote)
        try:
            yield
        except REFUSED as error:
            code = "remote.forbidden" if name else "remote.login"
            raise Environment(message(code, url=where, name=printable(name), why="S3")) from error
        except (failures.NotFoundError, FileNotFoundError) as error:
            code = "remote.vanished" if name else "remote.no_folder"
            raise (Changed if name else Environment)(
                message(code, url=where, name=printable(name))
            ) from error
        except failures.PreconditionError as error:
            raise Changed(message("remote.changed", name=printable(name), url=where)) from error
        except failures.AlreadyExistsError as error:
            raise Occupied(message("remote.occupied", name=printable(name), url=where)) from error
        except failures.BaseError as error:
            raise self._generic(error) from error

    def _generic(self, error: Exception) -> Environment:
        """obstore's texts are long and hold the whole request: only what a person needs is told."""
        text, where = str(error), shown(self._remote)
        if CERTIFICATE.search(text):
            why = "the issuer of its certificate is not known"
            return Environment(message("remote.not_verified", url=where, why=why))
        if status := STATUS.search(text):
            if status[1] in ("401", "403"):
                return Environment(message("remote.login", url=where, why=status[1]))
            return Environment(message("remote.status", url=where, status=status[1], why="S3"))
        first = re.sub(r"^Generic \S+ error: ", "", text.strip().splitlines()[0])[:160]
        return unreachable(self._remote, OSError(0, first))

    def list(self) -> Sequence[Found]:
        with self._worded():
            listed = obstore.list_with_delimiter(self._store, self._prefix or None)
        found = []
        for entry in listed["objects"]:
            path, tag = entry["path"], entry["e_tag"] or ""
            name = safe_name(path.encode())
            if name is None or path == self._prefix:
                continue
            mark = f"{tag}:{entry['size']}:{entry['version'] or ''}"
            age = (entry["last_modified"].timestamp(), path)
            found.append(Found(name, quote(path), mark, entry["size"], age))
        return found

    def read(self, found: Found, offset: int) -> tuple[int, Iterator[bytes]]:
        return offset, self._pieces(found, offset)

    def _pieces(self, found: Found, offset: int) -> Iterator[bytes]:
        if found.size is not None and offset >= found.size:
            return
        tag = found.mark.rpartition(":")[0].rpartition(":")[0]
        options: Any = {"if_match": tag} if tag else {}
        if offset:
            options["range"] = {"offset": offset}
        with self._worded(found.name.decode("utf-8", "replace")):
            answer = obstore.get(self._store, unquote(found.key), options=options)
            for piece in answer.stream(min_chunk_size=CHUNK):
                yield bytes(piece)

    def put(self, name: str, source: Path) -> None:
        path = f"{self._prefix}/{name}" if self._prefix else name
        with self._worded(name):
            obstore.put(self._store, path, source, mode="create", use_multipart=False)

    def move(self, found: Found, folder: str) -> None:
        """A copy beside, then an end: a bucket cannot rename."""
        name = found.name.decode("utf-8", "replace")
        head = f"{self._prefix}/" if self._prefix else ""
        self._still(found, name)
        for other in other_names(name):
            target = f"{head}{folder}/{other}"
            if not self._exists(target, name):
                with self._worded(name):
                    obstore.copy(self._store, unquote(found.key), target)
                self.remove(found)
                return
        raise Occupied(message("remote.occupied", name=printable(name), url=shown(self._remote)))

    def _exists(self, path: str, name: str) -> bool:
        try:
            with self._worded(name):
                obstore.head(self._store, path)
        except Changed:
            return False
        return True

    def _still(self, found: Found, name: str) -> None:
        with self._worded(name):
            there = obstore.head(self._store, unquote(found.key))
        if not found.mark.startswith(f"{there['e_tag'] or ''}:{there['size']}:"):
            raise Changed(message("remote.changed", name=printable(name), url=shown(self._remote)))

    def remove(self, found: Found) -> None:
        name = found.name.decode("utf-8", "replace")
        self._still(found, name)
        with self._worded(name):
            obstore.delete(self._store, unquote(found.key))

    def close(self) -> None:
        return None


def connect(remote: Remote) -> S3:
    return S3(remote)
