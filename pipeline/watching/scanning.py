"""The scan of one folder, and which folders a job has."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
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


def folders_below(inbox: Path, below: Sequence[str]) -> dict[Path, str]:
    """The folders that files are taken from, each with its path below the inbox: the inbox itself with "", or
    the sub-folders that fit the patterns now, one pattern a level. What cannot be read has none."""
    found = {inbox: ""}
    for pattern in below:
        found = {
            place / name: f"{path}/{name}" if path else name
            for place, path in found.items()
            for name in _subfolders(place, pattern)
        }
    return found


def _subfolders(folder: Path, pattern: str) -> list[str]:
    from fnmatch import fnmatchcase

    try:
        with os.scandir(folder) as entries:
            return sorted(
                e.name
                for e in entries
                if not e.name.startswith(".")
                and fnmatchcase(e.name.casefold(), pattern.casefold())
                and e.is_dir(follow_symlinks=False)
            )
    except OSError:
        return []


def _kind(mode: int) -> Literal["file", "directory", "link", "other"]:
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "directory"
    return "link" if stat.S_ISLNK(mode) else "other"
