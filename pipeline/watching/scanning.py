"""The scan of one folder."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Literal

from pipeline.errors import Environment
from pipeline.readiness import Seen
from pipeline.words import message


def scan(folder: Path) -> list[Seen]:
    """Every entry of the folder but hidden ones, without following links.

    Raises Environment when the folder cannot be read; entries that vanish meanwhile are left out."""
    found: list[Seen] = []
    try:
        with os.scandir(os.fsencode(folder)) as entries:
            for entry in entries:
                if entry.name.startswith(b"."):
                    continue
                try:
                    facts = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                found.append(
                    Seen(
                        entry.name,
                        facts.st_dev,
                        facts.st_ino,
                        facts.st_size,
                        facts.st_mtime_ns,
                        facts.st_ctime_ns,
                        _kind(facts.st_mode),
                    )
                )
    except OSError as error:
        why = error.strerror or str(error)
        raise Environment(message("files.inbox_unreachable", path=str(folder), why=why)) from error
    return found


def _kind(mode: int) -> Literal["file", "directory", "link", "other"]:
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "directory"
    return "link" if stat.S_ISLNK(mode) else "other"
