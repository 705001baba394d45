"""What happens, in one table. Log, console, metrics, notifications and library users read the same events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.words import Message

EVENTS: dict[str, str] = {
    "file.seen": "a file that a job would take was noticed in its inbox",
    "file.ready": "the file is complete: its writer has finished",
    "file.claimed": "the file was taken into the work folder",
    "file.loading": "its rows are being written",
    "file.reading": "a big file is being read: bytes of its size, and rows, until now",
    "rows.refused": "rows of the file could not be taken; they stand in the failed folder",
    "file.committed": "its rows are in the database",
    "file.duplicate": "the same content was imported before; nothing was loaded",
    "file.held": "the file looks unlike the earlier ones of its job; nothing was loaded, and a person is asked",
    "file.archived": "the file was moved to its processed folder",
    "file.failed": "the file cannot be loaded; it stands in the failed folder with the reason",
    "file.missing": "files are numbered, one has not come in time, and those after it are imported without it",
    "file.rejected": "something in the inbox is not a file that can be taken; it stays where it is",
    "file.unlike": "a file came with fewer or more rows than its job expects; it was imported all the same",
    "file.fetched": "a file was brought from another machine; it goes on as one that was dropped here",
    "file.settled": "a file that was imported was moved away or deleted on the machine it came from, as asked",
    "export.sent": "a file of an export has appeared on another machine",
    "export.written": "a file of an export has appeared in its folder: its rows, its number, its size",
    "sync.finished": "a whole round of a synchronisation: with whom, rows each way, what waits",
    "conflict.recorded": "two sites changed the same; what was not kept is recorded for a person",
    "job.opened": "the hour or interval of a job has come",
    "job.waiting": "a job waits for the database, a disc or a folder",
    "job.resumed": "what a job waited for is back, or its pause has ended",
    "job.paused": "a person paused a job, or its mapping does not fit the database",
    "job.late": "a file that a job expects has not come by its hour",
    "notice.sent": "a message was sent to people",
    "notice.failed": "a message to people could not be sent; it is tried again",
    "keep.done": "old files were packed or removed, old changes forgotten, as the config says",
    "clock.jumped": "the wall clock moved against the monotonic clock",
    "watch.lost": "a folder cannot be watched; it is looked at regularly instead",
    "worker.died": "a worker process ended while it was working",
    "config.changed": "the config or a mapping was saved; the service goes by it from now on",
    "config.refused": "the config or a mapping was saved with mistakes; the last good one stays in force",
    "switch.changed": "the master switch was turned",
    "service.started": "the service runs",
    "service.stopped": "the service has ended",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One happening: `name` is a key of `EVENTS`; `at` is aware UTC; `facts` are plain values."""

    name: str
    at: datetime
    job: str = ""
    file: str = ""  # the file's name, printable
    claim: str = ""
    said: Message | None = None
    facts: dict[str, str | int | float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.name not in EVENTS:
            raise ValueError(f"no event {self.name!r}")


Listener = Callable[[Event], None]
