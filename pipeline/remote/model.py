"""What every kind of remote folder can do, and how it fails: as Environment, in words, and nothing else."""

from __future__ import annotations

import errno
import os
import re
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from pipeline.errors import Environment
from pipeline.jobs import Remote
from pipeline.words import Message, message, printable

CHUNK = 256 * 1024
CONNECT_S, SILENT_S = 15.0, 20.0  # below the time that a stop waits
NAME_MAX = 255


class Changed(Environment):
    """What was listed is gone, or is another file by now: the next listing tells."""


class Occupied(Environment):
    """Something of that name is there already."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file as a listing has it. `key` says where it lies, in printable ASCII; another `mark` means that it is another
    file or was written again; `size` in bytes, None when only reading tells; `whole` is what moving or deleting takes
    with it, a mail for its attachments."""

    name: bytes  # the one it gets here: no folder, not hidden
    key: str
    mark: str
    size: int | None
    age: tuple[float, str] = (0.0, "")  # the order in which files are fetched
    whole: str = ""

    @property
    def carrier(self) -> str:
        return self.whole or self.key


class Far(Protocol):
    """A folder on another machine. Every verb raises Environment (Changed, Occupied)."""

    instant: bool
    """What is listed is whole by the nature of the protocol: nothing must be seen twice."""

    def list(self) -> Sequence[Found]: ...

    def read(self, found: Found, offset: int) -> tuple[int, Iterator[bytes]]:
        """Its bytes, and where they begin: at `offset`, or at 0 when it cannot be gone on with."""

    def put(self, name: str, source: Path) -> None:
        """A file of ours appears there under its name, whole, never over something."""

    def move(self, found: Found, folder: str) -> None:
        """Away from the listing, into this folder beside it, never over something."""

    def remove(self, found: Found) -> None: ...

    def close(self) -> None: ...


def safe_name(name: bytes) -> bytes | None:
    """The name of a file here, without folders; None for one that is hidden, or cannot be a name."""
    bare = name.replace(b"\\", b"/").rpartition(b"/")[2]
    bare = bytes(c for c in bare if c >= 32 and c != 127)
    return None if not bare.strip(b". ") or bare.startswith(b".") or len(bare) > NAME_MAX else bare


def other_names(name: str, many: int = 100) -> Iterator[str]:
    """The name, then what it becomes when that is taken: `a.csv`, `a~1.csv`, …"""
    stem, dot, rest = name.partition(".")
    yield name
    for n in range(1, many):
        yield f"{stem}~{n}{dot}{rest}"


def shown(remote: Remote) -> str:
    """The address as people may read it."""
    parts = urlsplit(remote.url)
    return printable(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}")


@dataclass(frozen=True, slots=True)
class Spot:
    """An address taken apart."""

    host: str
    port: int | None
    user: str
    path: str


def spot(remote: Remote) -> Spot:
    parts = urlsplit(remote.url)
    return Spot(parts.hostname or "", parts.port, unquote(parts.username or ""), unquote(parts.path))


def place_mistake(remote: Remote) -> Message | None:
    """What is wrong with the address; None: nothing."""
    left = re.sub(r"\{date:(?:%[YymdjHMS%]|[^{}%])+\}", "", remote.url + remote.save_as)
    if remote.scheme in ("http", "https") and re.search(r"[{}]", left):
        return message("remote.template", why=left.rpartition("@")[2])
    try:
        parts = urlsplit(remote.url)
        _ = parts.port
    except ValueError:
        return message("remote.address", url=remote.url.rpartition("@")[2])
    if parts.password is not None:
        return message("remote.password_in_url", scheme=parts.scheme, host=parts.hostname or "")
    if not parts.hostname or (parts.fragment and parts.scheme not in ("http", "https")):
        return message("remote.address", url=remote.url.rpartition("@")[2])
    return None


def unreachable(remote: Remote, error: BaseException) -> Environment:
    """An error of the network in words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message or str(error)
        return Environment(message("remote.not_verified", url=shown(remote), why=why))
    if isinstance(error, TimeoutError | socket.timeout):
        why = os.strerror(errno.ETIMEDOUT)
    elif isinstance(error, OSError) and error.strerror:
        why = error.strerror
    else:
        why = str(error) or type(error).__name__
    return Environment(message("remote.unreachable", url=shown(remote), why=printable(why)))


@contextmanager
def worded(remote: Remote) -> Iterator[None]:
    """Inside, an error of the network is told in words."""
    try:
        yield
    except (OSError, EOFError) as error:
        raise unreachable(remote, error) from error
