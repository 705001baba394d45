"""`[remotes.NAME]`, and addresses in place of folders: `inbox = "sftp://shop@example.com/out"`."""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from pipeline.config.schedules import UNITS
from pipeline.config.section import read_choices
from pipeline.jobs import WORK, Remote
from pipeline.mapping.source import Path as At
from pipeline.mapping.source import Source, nearest
from pipeline.remote import is_reference, place_mistake, secret_mistake

ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
SCHEMES = ("sftp", "ftp", "ftps", "imap", "imaps", "http", "https", "s3")
OUTWARD = ("sftp", "ftp", "ftps", "s3")
EXTRAS = {"sftp": ("asyncssh", "sftp"), "s3": ("obstore", "s3")}
SECRET = ("password", "passphrase", "secret")
PLAIN = ("key", "known_hosts", "ca", "archive", "save_as", "items", "next", "endpoint", "region")
SENSITIVE = ("authorization", "cookie", "x-api-key", "api-key", "x-auth-token")
KEYS = ("url", *SECRET, *PLAIN, "pin", "after", "every", "settle", "days", "headers")


@dataclass(slots=True)
class Remotes:
    """The sections, and which of them an address belongs to."""

    source: Source
    root: Path
    zone: str
    known: dict[str, Remote] = field(default_factory=dict)

    def inbox(self, at: At, table: dict[str, Any], text: str) -> Remote | None:
        """The remote folder that a job's inbox names; None: it is a folder here."""
        found = self._at((*at, "inbox"), text, "remote", SCHEMES)
        if found is not None and table.get("take") == "copy":
            self.source.say((*at, "take"), "remote.no_copy")
        return found

    def outbox(self, at: At, text: str) -> Remote | None:
        """The remote folder that an export's `to` names; None: it is a folder here."""
        found = self._at((*at, "to"), text, "outgoing", OUTWARD)
        return None if found is None else replace(found, spool=self.root / WORK / "outgoing" / at[-1])

    def _at(self, at: At, text: str, kind: str, schemes: Sequence[str]) -> Remote | None:
        if not ADDRESS.match(text):
            return None
        scheme = text.partition(":")[0].lower()
        if scheme not in schemes:
            self.source.say(
                at, "remote.scheme", nearest(scheme, schemes), scheme=scheme, known=", ".join(schemes)
            )
            return None
        known = [one for one in self.known.values() if _belongs(text, one.url)]
        said = max(known, key=lambda one: len(one.url), default=Remote("", self.root, self.root))
        name = re.sub(r"[^A-Za-z0-9.-]+", "_", text.partition("://")[2].rpartition("@")[2])[:60]
        spool = self.root / WORK / kind / f"{name.strip('_.')}-{sha256(text.encode()).hexdigest()[:8]}"
        found = replace(said, url=text, spool=spool, zone=self.zone)
        if (mistake := place_mistake(found)) is not None:
            self.source.say(at, mistake.code, None, **mistake.args)
        if scheme in ("http", "https") and found.after != "keep":
            self.source.say(at, "remote.not_kept", scheme=scheme, after=found.after)
        module, extra = EXTRAS.get(scheme, ("", ""))
        if module and find_spec(module) is None:
            self.source.say(at, "remote.extra", scheme=scheme, extra=extra)
        return found


def _belongs(address: str, base: str) -> bool:
    """Is the address at or below this one: same kind, user, machine and the beginning of the path?"""
    one, two = urlsplit(address), urlsplit(base)
    same = (one.scheme, one.netloc.casefold()) == (two.scheme, two.netloc.casefold())
    path = two.path.rstrip("/")
    return bool(base) and same and (one.path == path or one.path.startswith(path + "/"))


def read_remotes(source: Source, top: dict[str, Any], root: Path, zone: str) -> Remotes:
    """All sections; what is wrong with them is told to the source."""
    remotes = Remotes(source, root, zone)
    for name, table in source.sub((), top, "remotes").items():
        at: At = ("remotes", name)
        if not isinstance(table, dict):
            source.say(at, "config.section", key=name)
            continue
        source.known(at, table, KEYS)
        url = source.text_at(at, table, "url") or ""
        if not ADDRESS.match(url):
            source.say((*at, "url"), "config.missing", key="url", where=f"[remotes.{name}]")
            continue
        remotes.known[name] = _read(source, at, table, url, root)
    return remotes


def _read(source: Source, at: At, table: dict[str, Any], url: str, root: Path) -> Remote:
    made = Remote(url, root, root, at[-1])
    texts = {key: source.text_at(at, table, key) or "" for key in (*SECRET, *PLAIN)}
    for key in SECRET:
        if texts[key] and (mistake := secret_mistake(texts[key], root)) is not None:
            source.say((*at, key), mistake.code, None, **{**mistake.args, "key": key})
    for key in ("known_hosts", "ca", *(("key",) if url.startswith("sftp") else ())):
        if texts[key] and not (path := _path(root, texts[key])).is_file():
            source.say((*at, key), "remote.no_file", key=key, place=str(path))
    if texts["archive"] and (".." in texts["archive"].split("/") or texts["archive"].startswith("/")):
        source.say((*at, "archive"), "remote.archive", value=texts["archive"])
    chosen = read_choices(source, at, table, {"after": ("keep", "delete", "move")})
    given = {key: value for key, value in {**texts, **chosen}.items() if value}
    return replace(
        made,
        pin=_pin(source, at, table),
        every_s=_seconds(source, at, table, "every", made.every_s),
        settle_s=_seconds(source, at, table, "settle", made.settle_s),
        headers=_headers(source, at, table, root),
        days=source.count_at(at, table, "days", 1) or made.days,
        **cast(Any, given),
    )


def _path(root: Path, text: str) -> Path:
    return root / os.path.expanduser(text.removeprefix("file:"))


def _pin(source: Source, at: At, table: dict[str, Any]) -> str:
    """`SHA256:` and base64, as ssh-keygen shows it, or `sha256:` and hex digits, as OpenSSL does."""
    text = source.text_at(at, table, "pin") or ""
    if not text:
        return ""
    digits = re.sub(r"^sha256:", "", text, flags=re.IGNORECASE)
    bare = digits.replace(":", "")
    if re.fullmatch(r"[0-9A-Fa-f]{64}", bare):
        return bare.lower()
    try:
        raw = base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except binascii.Error:
        raw = b""
    if len(raw) != 32:
        source.say((*at, "pin"), "remote.pin", value=text)
        return ""
    return raw.hex()


def _seconds(source: Source, at: At, table: dict[str, Any], key: str, usual: float) -> float:
    value = table.get(key)
    if value is None:
        return usual
    shape = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?(s|sec|min|m|h)?", str(value))
    if shape is None or isinstance(value, bool) or (key == "every" and not float(shape[1])):
        source.say((*at, key), "remote.seconds", key=key, value=str(value))
        return usual
    return float(shape[1]) * UNITS[shape[2] or ""]


def _headers(source: Source, at: At, table: dict[str, Any], root: Path) -> tuple[tuple[str, str], ...]:
    given, found = source.sub(at, table, "headers"), []
    for key, value in given.items():
        if not isinstance(value, str) or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", key):
            source.say((*at, "headers", key), "remote.header", key=key)
        elif key.casefold() in SENSITIVE or is_reference(value.rpartition(" ")[2]):
            if (mistake := secret_mistake(value.rpartition(" ")[2], root)) is not None:
                source.say((*at, "headers", key), mistake.code, None, **{**mistake.args, "key": key})
            found.append((key, value))
        else:
            found.append((key, value))
    return tuple(found)
