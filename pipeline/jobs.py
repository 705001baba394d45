"""The saved work: what a job is, as frozen values. Made by `config`, read by everybody, changed by nobody."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pipeline.schedule import Always, Schedule
from pipeline.words import Language

WORK = ".pipeline"  # the private folder inside an inbox, on the inbox's file system

TEMPORARY = (
    "*.part", "*.partial", "*.filepart", "*.crdownload", "*.download", "*.tmp", "*.temp", "*.swp", "*.swx",
    "*.writing", "*.upload", "*.uploading", "*.inprogress", "*.lock", "*.~lock*", "~$*", "~*.tmp", ".*", "*~",
    "._*", "thumbs.db", "desktop.ini", "@eadir", "*.ready-tmp", "*.nfs*",
)  # fmt: skip
"""Names that uploaders, offices and file systems use for what is not finished or not a file of the user's."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When too many rows are refused the file fails instead. None: no limit."""

    max_rows: int | None = None
    max_percent: float | None = None


@dataclass(frozen=True, slots=True)
class ImportJob:
    """One `[imports.NAME]`. All folders are absolute."""

    name: str
    mapping: str
    inbox: Path
    processed: Path
    failed: Path
    patterns: tuple[str, ...] = ("*",)
    schedule: Schedule = field(default_factory=Always)
    errors: Limits = Limits()

    @property
    def work(self) -> Path:
        """The job's private folder for taken files: `<inbox>/.pipeline/<job>`."""
        return self.inbox / WORK / self.name


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole of `config.toml`, checked. `root` is the folder it lies in."""

    path: Path
    root: Path
    active: bool
    database: str  # an SQLAlchemy URL; secrets already resolved
    timezone: str
    language: Language
    imports: tuple[ImportJob, ...]
    mappings: Path  # the folder of mappings/NAME.toml
    workers: int = 4
    memory_mb: int = 4096  # address space of one worker process
    deadline_s: int = 3600  # longest work on one file or group


def fits(name: str, patterns: tuple[str, ...]) -> bool:
    """Does a job with these patterns take a file of this name? Case does not count; temporary names never fit."""
    return not matches_any(name, TEMPORARY) and matches_any(name, patterns)


def matches_any(name: str, patterns: tuple[str, ...]) -> bool:
    return any(matches(name, pattern) for pattern in patterns)


def matches(name: str, pattern: str) -> bool:
    """Shell-style match (`*`, `?`, `[abc]`, `[!abc]`) without regard to case."""
    from fnmatch import fnmatchcase

    return fnmatchcase(name.casefold(), pattern.casefold())
