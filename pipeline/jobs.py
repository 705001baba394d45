"""The saved work: what a job is, as frozen values. Made by `config`, read by everybody, changed by nobody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fnmatch import translate
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from pipeline.brake import Brake
from pipeline.expecting import Expect
from pipeline.keeping import Keep
from pipeline.notices import Notify
from pipeline.schedule import Always, Schedule
from pipeline.turns import ARRIVAL, Gap, Order
from pipeline.words import Language

WORK = ".pipeline"  # the private folder inside an inbox, on the inbox's file system
ARCHIVE = "{year}/{month}/{day}/{time}-{id}-{name}"  # below `processed`: sortable, and never twice the same

TEMPORARY = (
    "*.part", "*.partial", "*.filepart", "*.crdownload", "*.download", "*.tmp", "*.temp", "*.swp", "*.swx",
    "*.writing", "*.upload", "*.uploading", "*.inprogress", "*.lock", "*.~lock*", "~$*", "~*.tmp", ".*", "*~",
    "._*", "thumbs.db", "desktop.ini", "@eadir", "*.ready-tmp", "*.nfs*",
)  # fmt: skip
"""Names that uploaders, offices and file systems use for what is not finished or not a file of the user's."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A folder on another machine, and what becomes of its files there. What is secret is a reference, `env:NAME`,
    `file:PATH` or `cred:NAME`, and is looked up when it is needed."""

    url: str  # sftp://user@host/folder, never with a password
    spool: Path  # the hidden folder here through which its files go
    root: Path  # where paths begin
    name: str = ""  # of its [remotes.NAME]; "" where none says more
    password: str = ""
    key: str = ""  # path of a private key for SSH, or the name of one for S3
    passphrase: str = ""
    secret: str = ""  # of an S3 key
    known_hosts: str = ""
    ca: str = ""  # path of a certificate that signs theirs
    pin: str = ""  # SHA-256 of the one key or certificate that is trusted, 64 hex digits
    after: Literal["keep", "delete", "move"] = "keep"
    archive: str = "done"  # the folder there, for `after = "move"`
    every_s: float = 60.0
    settle_s: float = 10.0
    headers: tuple[tuple[str, str], ...] = ()  # of HTTP; a value may be a reference
    save_as: str = ""  # the name of what HTTP gives
    days: int = 2  # so many days are asked for, where the address has a date in it
    items: str = ""  # where in a page of JSON the records stand, `data.orders`
    next: str = ""  # where in a page of JSON the address of the next stands
    endpoint: str = ""  # of S3
    region: str = ""
    zone: str = "UTC"  # of dates in addresses

    @property
    def scheme(self) -> str:
        return self.url.partition(":")[0]


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
    below: tuple[str, ...] = ()  # patterns of sub-folders: the files lie in those, not in `inbox` itself
    repeat: Literal["", "skip", "apply"] = ""  # what a known content means; "": as suits the table
    take: Literal["move", "copy"] = "move"
    ready: str = ""  # the companion's name that says a file is complete, `{stem}.ok`; "": none is waited for
    trailer: str = ""  # how the last line begins, `FIN;{rows}`; "": there is none
    order: Order = ARRIVAL
    gap: Gap | None = None  # how long a file waits for one that is missing before it; None: not at all
    after: tuple[str, ...] = ()  # jobs whose files go first
    archive: str = ARCHIVE
    compress: Literal["", "gzip"] = ""
    watch: Literal["auto", "native", "poll"] = "auto"
    brake: Brake | None = None
    closed_until: date | None = None  # the books are closed up to that day
    keep: Keep = field(default_factory=Keep)  # for how long
    expect: Expect | None = None  # when its files come, and how big
    receipts: Path | None = None  # where senders find what became of their files
    copies: Path | None = None  # where `take = "copy"` works
    remote: Remote | None = None  # `inbox` is then the hidden folder that its files come into

    @property
    def work(self) -> Path:
        """The private folder of the inbox itself."""
        return self.work_in(self.inbox)

    def work_in(self, folder: Path) -> Path:
        """The private folder for what was taken from this folder: `<folder>/.pipeline/<job>`. Of a folder that
        is only read from, a place of our own with the same path below it."""
        if self.take == "copy" and self.copies is not None:
            return self.copies / folder.relative_to(self.inbox)
        return folder / WORK / self.name

    def companion(self, name: bytes) -> bytes | None:
        """The name of the companion that this file waits for, or None."""
        if not self.ready:
            return None
        stem = name.rpartition(b".")[0] or name
        return self.ready.encode().replace(b"{stem}", stem).replace(b"{name}", name)


@dataclass(frozen=True, slots=True)
class ExportJob:
    """One `[exports.NAME]`. All folders are absolute."""

    name: str
    mapping: str
    to: Path  # where the files appear
    template: str  # of their names, see `pipeline.exports.naming`
    kept: Path  # where a copy of each is kept, for a replay
    schedule: Schedule = field(default_factory=Always)  # Always: only when somebody asks for it
    what: Literal["all", "changes", "new", "period"] = "all"
    empty: Literal["skip", "write"] = "skip"
    deletions: Literal["skip", "mark", "file"] = "skip"
    ready: tuple[str, ...] = ()  # names of companions that say a file is complete, `{name}.done`
    period: Literal["day", "week", "month", "year"] = "month"
    keep_days: int | None = None  # how long a copy is kept; None: until somebody deletes it
    remote: Remote | None = None  # `to` is then the hidden folder that its files are sent from


@dataclass(frozen=True, slots=True)
class SyncJob:
    """A database that ours becomes equal with. `remote`: a database URL, or http(s) of another Pipeline; `token`: where
    its secret lies, "file:…" or "env:…"; `tables`: None for all that can take part; `directions`: table → "pull" or
    "push" where it is not both; `ca`: the certificate of who signed the other's; `pin`: SHA-256 of the other's, hex."""

    name: str
    remote: str
    schedule: Schedule
    token: str = ""
    tables: tuple[str, ...] | None = None
    directions: Mapping[str, str] = field(default_factory=dict)
    ca: Path | None = None
    pin: str = ""


@dataclass(frozen=True, slots=True)
class Listen:
    """`[server]`: where people, programs and other Pipelines find the HTTP door."""

    host: str  # an address of this machine; "" for a unix socket
    port: int  # 0: any free one
    socket: Path | None  # of a unix socket
    hosts: tuple[str, ...]  # the names that a browser may call it by, lower case
    cert: Path | None = None  # TLS of our own
    key: Path | None = None
    proxies: tuple[str, ...] = ()  # addresses whose word is taken for who asks; some: one stands before us
    upload_mb: int = 2048  # the biggest file that may be dropped

    @property
    def local(self) -> bool:
        """Can nobody but this machine reach it?"""
        return self.socket is not None or self.host == "localhost" or ip_address(self.host).is_loopback

    @property
    def secure(self) -> bool:
        """Do browsers speak TLS to it, or to what stands before it?"""
        return self.cert is not None or bool(self.proxies)

    @property
    def url(self) -> str:
        """Where people find it."""
        if self.socket is not None:
            return f"unix:{self.socket}"
        name = f"[{self.hosts[0]}]" if ":" in self.hosts[0] else self.hosts[0]
        return f"{'https' if self.secure else 'http'}://{name}:{self.port}"


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
    closed_until: date | None = None  # as a job has it, for those that say nothing
    schema: str = ""  # "": our own tables; "NAME": in that schema; "none": another program's tables
    workers: int = 4
    memory_mb: int = 4096  # address space of one worker process
    deadline_s: int = 3600  # longest work on one file or group
    limits: Mapping[str, int] = field(
        default_factory=dict
    )  # how much a file may ask for, where not the usual
    exports: tuple[ExportJob, ...] = ()
    station: str = ""  # the name of this branch, where there are several
    server: Listen | None = None
    keep_log: int | None = None  # days that the change log is kept; None: for ever
    notify: Notify = field(default_factory=Notify)
    syncs: tuple[SyncJob, ...] = ()
    shared: tuple[str, ...] | None = None  # the tables that take part in synchronisation; None: all that can


def foreign(schema: str) -> bool:
    """Do the business tables belong to another program? `schema` as in `Settings`."""
    return schema.partition(":")[0] == "none"


_CORRECTION = re.compile(
    r"(.+)\.refused(?:-([0-9]{1,18}))?(?:[ ~_(][^.]*)?\.(?:csv|xlsx)", re.IGNORECASE | re.DOTALL
)


def corrected(name: str) -> tuple[str, int | None] | None:
    """The name of the file whose refused rows a file of this name brings, and that file's number if it says so:
    `orders.csv.refused.csv`, `orders.csv.refused-12.xlsx`. None: it is no correction."""
    found = _CORRECTION.fullmatch(name)
    return None if found is None else (found[1], int(found[2]) if found[2] else None)


def fits(name: str, patterns: tuple[str, ...]) -> bool:
    """Does a job with these patterns take a file of this name? Case does not count; temporary names never fit. A
    job takes the corrections of its files too."""
    if matches_any(name, TEMPORARY):
        return False
    mended = corrected(name)
    return matches_any(name, patterns) or (mended is not None and matches_any(mended[0], patterns))


def matches_any(name: str, patterns: tuple[str, ...]) -> bool:
    """Shell-style match (`*`, `?`, `[abc]`, `[!abc]`) of one of the patterns, without regard to case."""
    return _matcher(patterns).match(name.casefold()) is not None


@lru_cache(maxsize=4096)  # asked for every entry of every folder
def _matcher(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(translate(pattern.casefold()) for pattern in patterns))


def patterns_overlap(a: str, b: str) -> bool:
    """Is there a name that both patterns match? Exact: both are walked together, one character at a time."""
    first, second = _parts(a), _parts(b)
    if not _ends_agree(first, second) or not _ends_agree(first[::-1], second[::-1]):
        return False
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


def _ends_agree(first: list[str], second: list[str]) -> bool:
    """Do the letters before the first wildcard agree? Nearly all pairs of many jobs end here."""
    for a, b in zip(first, second, strict=False):
        if len(a) > 1 or len(b) > 1 or a in "*?" or b in "*?":
            return True
        if a != b:
            return False
    return True


def _parts(pattern: str) -> list[str]:
    return re.findall(r"\[!?+\]?+[^\]]*\]|.", pattern.casefold(), re.DOTALL)


def _meet(a: str, b: str) -> bool:
    """Is there one character that both parts match? The ends of ranges and their neighbours are enough."""
    from fnmatch import fnmatchcase

    wide = {"*": "?"}
    a, b = wide.get(a, a), wide.get(b, b)
    ends = {ord(c) for c in a + b} | {0xE000}
    tries = {chr(n + d) for n in ends for d in (-1, 0, 1) if 0 <= n + d < 0x110000}
    return any(fnmatchcase(c, a) and fnmatchcase(c, b) for c in tries)
