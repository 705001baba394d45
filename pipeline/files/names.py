"""Names of files as bytes: claim numbers, the names of taken files, and names that always fit a folder."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from threading import Lock

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)  # noqa: UP017
_WORK_NAME = re.compile(rb"([0-9a-f]{32})\.([1-9]\d*)@(.+)", re.DOTALL)
_COMPANION = re.compile(rb"([0-9a-f]{32})\.0@(.+)", re.DOTALL)
_HIDDEN = re.compile(rb"\.([0-9a-f]{32})\.part")
NAME_MAX = 255
_BACK = 1000 << 12  # a clock that goes back by less than a second does not change the order of claims
_last, _making = 0, Lock()


def new_claim(now: datetime) -> str:
    """A UUIDv7 as 32 hex digits: unique for ever, ordered by time, and those of this process as they were made."""
    global _last
    with _making:
        stamp = int((now - _EPOCH) / timedelta(milliseconds=1)) << 12
        if 0 <= _last - stamp < _BACK:
            stamp = _last + 1  # twelve bits count what is made within one millisecond
        _last = stamp
    tail = secrets.randbits(62) | (0b10 << 62)
    return f"{stamp >> 12:012x}7{stamp & 0xFFF:03x}{tail:016x}"


def claimed_at(claim: str) -> datetime:
    """The moment that a claim carries, to the millisecond."""
    return _EPOCH + timedelta(milliseconds=int(claim[:12], 16))


def work_name(claim: str, attempt: int, name: bytes) -> bytes:
    """The name of a taken file: `<claim>.<attempt>@<name>`, its end shortened when too long for a folder.
    Attempt 0 marks its companion."""
    head = f"{claim}.{attempt}@".encode()
    return head + cut(name, NAME_MAX - len(head))


def parse_work_name(entry: bytes) -> tuple[str, int, bytes] | None:
    """Claim, attempt and name of a taken file; None for anything else, a companion too."""
    found = _WORK_NAME.fullmatch(entry)
    return (found[1].decode(), int(found[2]), found[3]) if found else None


def parse_companion_name(entry: bytes) -> tuple[str, bytes] | None:
    """Claim and name of a taken file's companion; None for anything else."""
    found = _COMPANION.fullmatch(entry)
    return (found[1].decode(), found[2]) if found else None


def hidden_name(claim: str) -> str:
    """Where a copy is made: a second attempt finds it and writes it anew, so that none is left over."""
    return f".{claim}.part"


def is_hidden_copy(entry: bytes) -> bool:
    """Is this a copy that was never finished?"""
    return _HIDDEN.fullmatch(entry) is not None


def cut(name: bytes, length: int) -> bytes:
    """At most so many bytes, never ending inside a UTF-8 character: some file systems refuse such a name."""
    if len(name) <= length:
        return name
    while length and name[length] & 0xC0 == 0x80:
        length -= 1
    return name[:length]


def candidates(folder: Path, name: bytes) -> Iterator[Path]:
    """The name, then `stem~1.ext`, `stem~2.ext` …, each short enough for a folder."""
    yield folder / os.fsdecode(fit(name))
    for n in range(1, 100_000):
        yield folder / os.fsdecode(fit(name, b"~%d" % n))


def fit(name: bytes, mark: bytes = b"", length: int = NAME_MAX) -> bytes:
    """The name with a mark before its endings; when too long, the middle goes and the end stays."""
    stem, dot, suffix = name.partition(b".")
    if not stem:
        stem, dot, suffix = name, b"", b""
    ending = dot + suffix
    if len(stem) + len(mark) + len(ending) <= length:
        return stem + mark + ending
    start = max(0, len(name) - min(40, length // 2))
    while start < len(name) and name[start] & 0xC0 == 0x80:
        start += 1
    ending = name[start:]
    return cut(name, max(0, length - len(mark) - len(ending))) + mark + ending
