"""Texts that stand elsewhere: in a variable of the environment, a file, or a credential that systemd hands over."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pipeline.jobs import Settings
from pipeline.mapping.source import Path as At
from pipeline.mapping.source import Source

KINDS = ("env:", "file:", "cred:")
CREDENTIALS = (
    "/run/credentials/pipeline.service"  # where those of the unit lie, for a person who may read them
)


def resolve(source: Source, at: At, text: str, root: Path) -> str | None:
    """What `env:NAME`, `file:PATH` or `cred:NAME` stands for; any other text is itself. None: it cannot be had
    (told to the source)."""
    kind, name = text[: text.find(":") + 1], text.partition(":")[2]
    if kind not in KINDS:
        return text
    if kind == "env:":
        if not os.environ.get(name):
            source.say(at, "config.no_env", name=name)
            return None
        return os.environ[name]
    folder = root if kind == "file:" else Path(os.environ.get("CREDENTIALS_DIRECTORY") or CREDENTIALS)
    try:
        return (folder / name).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        source.say(at, "config.no_secret" if kind == "file:" else "servers.no_credential", name=name)
        return None


def secrets_of(settings: Settings) -> frozenset[str]:
    """The texts of these settings that nobody may read in a log: passwords, and whole addresses that hold one."""
    found = set()
    for url in (settings.database, *(target for _, target in settings.notify.to)):
        parts = urlsplit(url)
        found |= {parts.password or "", unquote(parts.password or "")}
    for _, url in settings.notify.to:  # of these any part may be a token
        found |= {url, *(part for part in re.split(r"[/?&=:@]", url.partition("://")[2]) if len(part) >= 12)}
    return frozenset(found - {""})
