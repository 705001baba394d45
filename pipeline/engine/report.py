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
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.clock import UTC
from pipeline.engine.desk import Trouble
from pipeline.watching import Detection
from pipeline.words import Message

FOLDER = ".pipeline"
BEAT_S = 10.0  # the file is touched this often while the loops come round


@dataclass(frozen=True, slots=True)
class Known:
    """A running service as its report tells: its process, what its jobs wait for ("" is the database), why it
    does not follow the config as it is now, and how it notices the files of each folder."""

    pid: int
    waiting: Mapping[str, tuple[Message, datetime]]
    config: tuple[Message, datetime] | None = None
    noticing: Mapping[str, Message] = field(default_factory=dict)
    beat: datetime | None = None  # when its loops last came round, to some seconds


class Report:
    """Written when something changed. A disc that takes no file costs the report, never the service."""

    def __init__(self, root: Path) -> None:
        self._path = root / FOLDER / f"service-{os.getpid()}.json"
        self._fd = -1
        self._last = ""
        self._beat = float("-inf")
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:  # of another service in this process: it is that one's
                os.close(fd)
            else:
                self._fd = fd

    def write(
        self, troubles: Mapping[str, Trouble], config: Trouble | None, noticing: Mapping[Path, Detection]
    ) -> None:
        """Say what is waited for now."""
        facts = {
            "pid": os.getpid(),
            "waiting": {job: _pair(t) for job, t in sorted(troubles.items())},
            "config": None if config is None else _pair(config),
            "noticing": {str(folder): how.said.to_json() for folder, how in noticing.items()},
        }
        text = json.dumps(facts)
        if text == self._last or self._fd < 0:
            return
        with contextlib.suppress(OSError):
            os.pwrite(self._fd, text.encode(), 0)
            os.ftruncate(self._fd, len(text.encode()))
            self._last = text

    def beat(self, mono: float) -> None:
        """The loops came round: `pipeline service health` and the like go by the time of the file."""
        if self._fd >= 0 and mono - self._beat >= BEAT_S:
            self._beat = mono
            with contextlib.suppress(OSError):
                os.utime(self._fd)

    def close(self) -> None:
        """The service ends; its report goes. Safe twice."""
        if self._fd >= 0:
            self._path.unlink(missing_ok=True)
            os.close(self._fd)
            self._fd = -1


def _pair(trouble: Trouble) -> list[str]:
    return [trouble.said.to_json(), trouble.since.isoformat()]


def running(root: Path) -> list[Known]:
    """The services that run on this config now."""
    found = []
    for path in sorted((root / FOLDER).glob("service-*.json")):
        try:
            with path.open("rb") as file:
                if _locked(file.fileno()):
                    beat = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
                    found.append(_known(json.loads(file.read() or b"{}"), beat))
        except (OSError, ValueError):  # it ended, or is being written: the next look tells
            continue
    return found


def _known(facts: dict[str, Any], beat: datetime) -> Known:
    def said(pair: list[str]) -> tuple[Message, datetime]:
        return Message.from_json(pair[0]), datetime.fromisoformat(pair[1])

    return Known(
        facts.get("pid", 0),
        {job: said(pair) for job, pair in facts.get("waiting", {}).items()},
        said(facts["config"]) if facts.get("config") else None,
        {folder: Message.from_json(text) for folder, text in facts.get("noticing", {}).items()},
        beat,
    )


def _locked(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
