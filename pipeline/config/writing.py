"""A file that a person wrote, written again by the program: the whole of it or nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.words import message


@contextmanager
def draft(path: Path, text: str) -> Iterator[Path]:
    """A hidden file with the new text, beside the old one; it takes its place when the block ends without an error.
    Atomic: temporary file, fsync, rename, fsync folder. Raises ConfigError when it cannot be written."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), path.stat().st_mode & 0o7777)
            os.fsync(file.fileno())
        yield temporary
        temporary.replace(path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise ConfigError(message("config.unwritable", file=str(path), detail=str(error))) from error
    finally:
        temporary.unlink(missing_ok=True)
