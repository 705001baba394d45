"""The hidden folder through which files go: one process at a time, its errors in words."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pipeline import files as disk
from pipeline.errors import Environment
from pipeline.jobs import Remote
from pipeline.remote.model import shown
from pipeline.words import message

Emit = Callable[[str, str, Mapping[str, str | int]], None]  # event, file, facts


class Stopped(Environment):
    """The service ends: what has come stays, and is gone on with."""


@contextmanager
def alone(remote: Remote) -> Iterator[None]:
    """One process of this machine at a time goes through a folder. Raises Environment."""
    disk.make_folder(remote.spool)
    with (remote.spool / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise
            raise Environment(message("remote.busy", url=shown(remote))) from error
        yield


@contextmanager
def worded(folder: Path) -> Iterator[None]:
    """An error of our own disc in words."""
    try:
        yield
    except OSError as error:
        path = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else str(folder)
        why = error.strerror or str(error)
        raise Environment(message("files.environment", path=path, why=why)) from error
