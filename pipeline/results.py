"""What the Python API and the commands give back: plain frozen values. All times are aware UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.store.model import Pause, RefusedRow
from pipeline.words import Message


@dataclass(frozen=True, slots=True)
class FileRow:
    """One arrival of a file and what became of it. `id` None: not in the database (yet); the scan sees it."""

    id: int | None
    job: str
    name: str  # printable
    state: str
    reason: Message | None
    fingerprint: str | None  # SHA-256, 64 hex digits
    rows_read: int
    inserted: int
    updated: int
    unchanged: int
    refused: int
    seen_at: datetime | None
    claimed_at: datetime | None
    committed_at: datetime | None
    archived_at: datetime | None
    archived_as: str  # path, "" until moved
    duplicates: int = 0  # rows that a later row of the file with the same key replaced


@dataclass(frozen=True, slots=True)
class FileStory:
    """One file's whole story. `dialect`: JSON of how it was read, "" when it was not."""

    file: FileRow
    refused: tuple[RefusedRow, ...]
    dialect: str


@dataclass(frozen=True, slots=True)
class OnceResult:
    """What one pass did: `files` it finished, `waiting` still incomplete, `troubles` what stood in the way,
    `paused` the jobs that it left alone because a person had paused them."""

    files: tuple[FileRow, ...]
    waiting: tuple[FileRow, ...]
    troubles: tuple[Message, ...]
    paused: tuple[Pause, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 done; 1 something failed or is still incomplete; 3 done with refused rows."""
        if self.waiting or self.troubles or any(f.state in ("failed", "rejected") for f in self.files):
            return 1
        return 3 if any(f.refused for f in self.files) else 0


@dataclass(frozen=True, slots=True)
class JobStatus:
    """One job now. `schedule` in words; `next_opening` None: at once; `waiting`, `failed`: counts of files."""

    name: str
    schedule: str
    next_opening: datetime | None
    waiting: int
    failed: int
    last: FileRow | None
    trouble: Message | None


@dataclass(frozen=True, slots=True)
class Status:
    """Everything `pipeline status` says. `trouble`: what keeps all jobs waiting (the database, mostly)."""

    active: bool
    jobs: tuple[JobStatus, ...]
    trouble: Message | None
    running: bool = False  # a service runs on this config


@dataclass(frozen=True, slots=True)
class Why:
    """Why a file is, or is not, in the database, and what would change that."""

    imported: bool
    said: Message
    remedy: Message | None
    file: FileRow | None
