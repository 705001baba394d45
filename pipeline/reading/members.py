"""The files that a command was given: one, those of a folder, or those of an archive."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR, S_ISREG


@dataclass(frozen=True, slots=True)
class Given:
    """A file to read: its place, and its name relative to what was given."""

    path: Path
    name: str


def each_file(given: Path) -> Iterator[Given]:
    """The file itself, or every regular file in the folder and those below it, by name.

    Links, pipes and devices are not followed; names that begin with a dot are left out."""
    if not given.is_dir():
        yield Given(given.resolve(), given.name)
        return
    for path in _walk(given):
        yield Given(path, path.relative_to(given).as_posix())


def _walk(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        if entry.name.startswith("."):
            continue
        mode = entry.stat(follow_symlinks=False).st_mode
        if S_ISDIR(mode):
            yield from _walk(Path(entry.path))
        elif S_ISREG(mode):
            yield Path(entry.path)
