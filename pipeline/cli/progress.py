"""Long work shows how far it is: on stderr, and only when that is a terminal."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli.output import Voice

if TYPE_CHECKING:
    from pipeline.events import Event


def size_of(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


class Progress:
    """Bytes, rows and time left of one file after another; silent for the first second."""

    def __init__(self, voice: Voice, size: int = 0) -> None:
        self._voice, self._size = voice, size
        self._begun = time.monotonic()
        self._told = 0.0
        self._file = ""
        self._shown = False
        self._on = os.isatty(2)

    def hear(self, event: Event) -> None:
        """As a listener: files that are being imported, each from its beginning."""
        if event.name != "file.reading":
            return
        if event.file != self._file:
            self._file, self._begun, self._size = event.file, time.monotonic() - 1, int(event.facts["size"])
        self.tell(int(event.facts["bytes"]), int(event.facts["rows"]))

    def tell(self, place: int, rows: int) -> None:
        """So many bytes of the file were read, so many rows."""
        now = time.monotonic()
        if not self._on or now - self._begun < 1 or now - self._told < 0.2:
            return
        self._told, self._shown = now, True
        left = int((now - self._begun) * (self._size - place) / place) if 0 < place <= self._size else 0
        percent = min(100, place * 100 // self._size) if self._size else 0
        said = self._voice.word("cli.progress", percent=percent, mb=place >> 20, rows=rows, left=left)
        head = f"{self._file}: " if self._file else ""
        print(f"\r{head}{said}\x1b[K", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Wipe the line."""
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
