"""`[server]`: where the HTTP door listens, by which names it is called, and what keeps it safe."""

from __future__ import annotations

import re
from dataclasses import replace
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

from pipeline.jobs import Listen
from pipeline.mapping.source import Path as At
from pipeline.mapping.source import Source

KEYS = ("listen", "hosts", "tls", "behind_proxy", "upload_mb")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
UPLOAD_MB = 2048
ANYWHERE = ("0.0.0.0", "::")
AT: At = ("server",)
_LISTEN = re.compile(r"(?:\[(?P<six>[0-9a-fA-F:]+)\]|(?P<four>[0-9.]+|localhost)):(?P<port>[0-9]{1,5})")
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f:]+")


def read_server(source: Source, top: dict[str, Any], root: Path) -> Listen | None:
    """The section, or None where there is none or it has mistakes."""
    table = source.sub((), top, "server")
    if "server" not in top:
        return None
    source.known(AT, table, KEYS)
    before = len(source.mistakes)
    text = source.text_at(AT, table, "listen") or ""
    if not text:
        source.say((*AT, "listen"), "config.missing", key="listen", where="[server]")
        return None
    host, port, socket = _place(source, text, root)
    cert, key = _tls(source, table, root)
    proxies = _proxies(source, table.get("behind_proxy", False))
    upload = source.count_at(AT, table, "upload_mb", 1)
    hosts = _hosts(source, table)
    if len(source.mistakes) > before:
        return None
    own = () if host in ("", *ANYWHERE) else (host,)
    found = Listen(host, port, socket, (*hosts, *own), cert, key, proxies, upload or UPLOAD_MB)
    if not found.local and not found.secure:
        source.say((*AT, "listen"), "server.plain", listen=text)
    if host in ANYWHERE and not hosts:
        source.say((*AT, "listen"), "server.no_hosts", listen=text)
    if not found.local:
        return found
    return replace(found, hosts=tuple(dict.fromkeys((*found.hosts, *LOOPBACK))))


def _place(source: Source, text: str, root: Path) -> tuple[str, int, Path | None]:
    """Host and port, or the path of a unix socket."""
    if text.startswith("unix:") and len(text) > 5:
        return "", 0, root / text[5:]
    found = _LISTEN.fullmatch(text)
    try:
        if found is None or int(found["port"]) > 65535:
            raise ValueError
        host = found["six"] or found["four"]
        if host != "localhost":
            host = str(ip_address(host))
        return host, int(found["port"]), None
    except ValueError:
        source.say((*AT, "listen"), "server.listen", value=text)
        return "", 0, None


def _tls(source: Source, table: dict[str, Any], root: Path) -> tuple[Path | None, Path | None]:
    at = (*AT, "tls")
    given = source.sub(AT, table, "tls")
    if "tls" not in table:
        return None, None
    source.known(at, given, ("cert", "key"))
    paths = []
    for name in ("cert", "key"):
        text = source.text_at(at, given, name)
        if not text:
            source.say((*at, name), "config.missing", key=name, where="[server] tls")
            return None, None
        path = root / text
        if not path.is_file():
            source.say((*at, name), "server.no_file", key=name, place=str(path))
        paths.append(path)
    return paths[0], paths[1]


def _proxies(source: Source, value: object) -> tuple[str, ...]:
    if value is False:
        return ()
    if value is True:
        return ("127.0.0.1", "::1")
    given = [value] if isinstance(value, str) else value
    try:
        if not isinstance(given, list) or not given:
            raise ValueError
        return tuple(str(ip_network(str(one))).removesuffix("/32").removesuffix("/128") for one in given)
    except ValueError:
        source.say((*AT, "behind_proxy"), "server.proxy", value=repr(value))
        return ()


def _hosts(source: Source, table: dict[str, Any]) -> tuple[str, ...]:
    names = tuple(one.strip().lower().strip("[]") for one in source.texts_at(AT, table, "hosts"))
    for name in names:
        if not _NAME.fullmatch(name):
            source.say((*AT, "hosts"), "server.host_name", value=name)
    return names
