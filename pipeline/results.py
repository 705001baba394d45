"""What the Python API and the commands give back: plain frozen values. All times are aware UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from pipeline.errors import Mistake
from pipeline.expecting import Verdict
from pipeline.store.model import ChangedCell, Pause, RefusedRow, WrittenRow
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
    folder: str = ""  # below the inbox of its job, "" for the inbox itself; printable
    replay_of: int | None = None  # the earlier import that this one repeats from the archive
    deleted: int = 0  # rows taken out
    waiting: int = 0  # rows that wait for a document of a later file
    stale: int = 0  # older than what the database had
    absent: int = 0  # to be changed or deleted, and not there
    undo_of: int | None = None  # the file that this entry takes back
    mapping: str = ""
    mapping_version: int | None = None  # which version of it: `pipeline mapping history`
    correction_of: int | None = None  # the file whose refused rows it brings, mended
    kind: str = "import"  # or "export": a file that was written; `rows_read` are its rows


@dataclass(frozen=True, slots=True)
class Changes:
    """A file against the earlier one of its name, line by line wherever a line stands: how many are new, gone and
    the same, and the first few of each, printable."""

    new: int
    gone: int
    same: int
    new_lines: tuple[str, ...]
    gone_lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FileStory:
    """One file's whole story. `dialect`: JSON of how it was read, "" when it was not. `earlier`: the file of this
    name that was imported before; `changes` against it, or None and in `uncompared` why not."""

    file: FileRow
    refused: tuple[RefusedRow, ...]
    dialect: str
    earlier: FileRow | None = None
    changes: Changes | None = None
    uncompared: Message | None = None
    corrections: tuple[FileRow, ...] = ()  # files that brought refused rows of this one, mended


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
        if (
            self.waiting
            or self.troubles
            or any(f.state in ("failed", "rejected", "held") for f in self.files)
        ):
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
    since: datetime | None = None  # of the trouble
    pause: Pause | None = None
    oldest: datetime | None = None  # since when the file lies there that waits longest
    noticing: Message | None = None  # how new files are noticed, where the system does not tell of them
    missing: Message | None = None  # files that should stand between those that came
    expected: Verdict | None = None  # how it stands with the files that it expects
    turn: Message | None = None  # why the first complete file waits for its turn
    told: tuple[Message, ...] = ()  # what else a person should know: of a synchronisation its last round


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """A service that runs now: its process, why it does not go by the config as it is now, and what its jobs wait
    for ("" is the database)."""

    pid: int
    config: Message | None
    since: datetime | None  # of `config`
    waits: Mapping[str, Reason] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Status:
    """Everything `pipeline status` says. `trouble`: what keeps all jobs waiting (the database, mostly).
    `mistakes`: in the mappings; the jobs that use them do not run."""

    active: bool
    jobs: tuple[JobStatus, ...]
    trouble: Message | None
    running: bool = False  # a service runs on this config
    services: tuple[ServiceStatus, ...] = ()
    mistakes: tuple[Mistake, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that keeps a file from the database, since when where that is known, and what a person can do."""

    said: Message
    remedy: Message | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """Why a file is, or is not, in the database, and what would change that. `besides`: what would keep it back
    next. `others`: the same name in other inboxes, and what became of earlier files of this name."""

    imported: bool
    said: Message
    remedy: Message | None
    file: FileRow | None
    since: datetime | None = None
    besides: tuple[Reason, ...] = ()
    others: tuple[Why, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempted:
    """What an import of a file would do; nothing was written. `job` "": none was asked. `state`: what would become of
    the file (`committed`, `duplicate`, `held` or `failed`), and for all but the first `reason`. `tables`: rows of each
    (inserted, updated, deleted); `columns`: in how many rows a column would change, by (table, column); `rows`: the
    first rows as they would be written; `changes`: old and new values of the first that would change."""

    job: str
    mapping: str
    because: Message
    state: str
    reason: Message | None
    rows_read: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    refused: int = 0
    duplicates: int = 0
    stale: int = 0
    absent: int = 0
    tables: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)
    columns: Mapping[tuple[str, str], int] = field(default_factory=dict)
    rows: tuple[WrittenRow, ...] = ()
    changes: tuple[ChangedCell, ...] = ()
    refused_rows: tuple[RefusedRow, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 it would be imported, or was before; 1 it would fail, or wait for a person; 3 some rows would be refused."""
        return 1 if self.state in ("failed", "held") else 3 if self.refused else 0


Level = Literal["ok", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What `pipeline doctor` found out about one thing, and what to do about it."""

    subject: str  # a folder, `config.toml`, "service", "database"
    level: Level
    said: Message
    remedy: Message | None = None
