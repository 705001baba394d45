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


def patterns_overlap(a: str, b: str) -> bool:
    """Is there a name that both patterns match? Exact: both are walked together, one character at a time."""
    first, second = _parts(a), _parts(b)
    seen: set[tuple[int, int]] = set()
    todo = [(0, 0)]
    while todo:
        i, j = todo.pop()
        if (i, j) in seen:
            continue
        seen.add((i, j))
        if i == len(first) and j == len(second):
            return True
        star_i = i < len(first) and first[i] == "*"
        star_j = j < len(second) and second[j] == "*"
        if star_i:
            todo.append((i + 1, j))
        if star_j:
            todo.append((i, j + 1))
        if i < len(first) and j < len(second) and _meet(first[i], second[j]):
            todo.append((i if star_i else i + 1, j if star_j else j + 1))
    return False


def _parts(pattern: str) -> list[str]:
    import re

    return re.findall(r"\[!?+\]?+[^\]]*\]|.", pattern.casefold(), re.DOTALL)


def _meet(a: str, b: str) -> bool:
    """Is there one character that both parts match? The ends of ranges and their neighbours are enough."""
    from fnmatch import fnmatchcase

    wide = {"*": "?"}
    a, b = wide.get(a, a), wide.get(b, b)
    ends = {ord(c) for c in a + b} | {0xE000}
    tries = {chr(n + d) for n in ends for d in (-1, 0, 1) if 0 <= n + d < 0x110000}
    return any(fnmatchcase(c, a) and fnmatchcase(c, b) for c in tries)
