"""What a running service waits for, in a file that `pipeline status` reads.

The database may be the very thing that is away, so this stands in `.pipeline/service-<pid>.json` beside the
config. The service holds a lock on the file: a file without its lock belongs to a service that is gone.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline.engine.desk import Trouble
from pipeline.words import Message

FOLDER = ".pipeline"


@dataclass(frozen=True, slots=True)
class Known:
    """A running service as its report tells: its process and what its jobs wait for ("" is the database)."""

    pid: int
    waiting: Mapping[str, tuple[Message, datetime]]


class Report:
    """Written when something changed. A disc that takes no file costs the report, never the service."""

    def __init__(self, root: Path) -> None:
        self._path = root / FOLDER / f"service-{os.getpid()}.json"
        self._fd = -1
        self._last = ""
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def write(self, troubles: Mapping[str, Trouble]) -> None:
        """Say what is waited for now."""
        facts = {job: [t.said.to_json(), t.since.isoformat()] for job, t in sorted(troubles.items())}
        text = json.dumps({"pid": os.getpid(), "waiting": facts})
        if text == self._last or self._fd < 0:
            return
        with contextlib.suppress(OSError):
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, text.encode(), 0)
            self._last = text

    def close(self) -> None:
        """The service ends; its report goes. Safe twice."""
        if self._fd >= 0:
            self._path.unlink(missing_ok=True)
            os.close(self._fd)
            self._fd = -1


def running(root: Path) -> list[Known]:
    """The services that run on this config now."""
    found = []
    for path in sorted((root / FOLDER).glob("service-*.json")):
        try:
            with path.open("rb") as file:
                if _locked(file.fileno()):
                    facts = json.loads(file.read() or b'{"pid": 0, "waiting": {}}')
                    waiting = {
                        job: (Message.from_json(said), datetime.fromisoformat(since))
                        for job, (said, since) in facts["waiting"].items()
                    }
                    found.append(Known(facts["pid"], waiting))
        except (OSError, ValueError):  # it ended, or is being written: the next look tells
            continue
    return found


def _locked(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
