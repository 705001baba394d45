"""A file that comes in pieces, from a network, into an inbox: hidden until it is whole, and never over another."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import time
from pathlib import Path
from types import TracebackType

from pipeline.files.archiving import is_same
from pipeline.files.names import candidates
from pipeline.files.places import rename_noreplace, sync_folder

_HIDDEN = re.compile(r"\.[0-9a-f]{16}\.part")
OLD_S = 86_400


def _forget(folder: Path) -> None:
    """What a killed service left half written a day ago goes."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if _HIDDEN.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                with contextlib.suppress(FileNotFoundError):
                    if time.time() - entry.stat(follow_symlinks=False).st_mtime > OLD_S:
                        os.unlink(entry.path)


class Delivery:
    """Written under a hidden name in the folder itself. What did not `appear` is gone at the end. Raises OSError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        _forget(folder)
        self._hidden = folder / f".{secrets.token_hex(8)}.part"
        self._file = self._hidden.open("xb")
        self._digest, self.size = hashlib.sha256(), 0

    @property
    def digest(self) -> bytes:
        """SHA-256 of what came until now."""
        return self._digest.digest()

    def write(self, part: bytes) -> None:
        self._file.write(part)
        self._digest.update(part)
        self.size += len(part)

    def appear(self, name: bytes) -> Path:
        """Whole and under its name, or the next that is free. Content that lies there already under this name is not
        put there twice: who got no answer may send it again."""
        self._file.flush()
        os.fsync(self._file.fileno())
        for place in candidates(self._folder, name):
            if os.path.lexists(place):
                if is_same(place, self.digest, self.size):
                    return place
                continue
            try:
                rename_noreplace(self._hidden, place)
            except FileExistsError:
                continue
            sync_folder(self._folder)
            return place
        raise OSError(errno.EEXIST, "no free name", str(self._folder))

    def __enter__(self) -> Delivery:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._hidden.unlink(missing_ok=True)
