"""Secrets by reference: `env:NAME`, `file:PATH` below the config's folder, `cred:NAME` as systemd hands it over."""

from __future__ import annotations

import os
from pathlib import Path

from pipeline.errors import Environment
from pipeline.words import Message, message

KINDS = ("env:", "file:", "cred:")


def is_reference(text: str) -> bool:
    return text.startswith(KINDS)


def _look(reference: str, root: Path) -> str:
    """The secret. Raises OSError, UnicodeDecodeError, KeyError."""
    kind, _, name = reference.partition(":")
    if kind == "env":
        return os.environ[name]
    folder = root if kind == "file" else Path(os.environ["CREDENTIALS_DIRECTORY"])
    return (folder / os.path.expanduser(name)).read_text("utf-8").strip("\r\n")


def resolve(reference: str, root: Path) -> str:
    """The secret as it is now; "" for no reference. Raises Environment when it is not there."""
    if not reference:
        return ""
    mistake = secret_mistake(reference, root)
    if mistake is not None:
        raise Environment(mistake)
    return _look(reference, root)


def secret_mistake(reference: str, root: Path) -> Message | None:
    """Why this is no reference to a secret that is there; None: it is."""
    if not is_reference(reference):
        return message("remote.bare_secret", key="")
    try:
        found = _look(reference, root)
    except (OSError, UnicodeDecodeError, KeyError):
        found = ""
    return None if found else message("remote.no_secret", reference=reference, key="")
