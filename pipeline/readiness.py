"""Has the writer finished? Pure: what was seen and measured are arguments. Rules and figures: docs/decisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from pipeline.words import Message, message

QUIET_S, QUIET_NETWORK_S = 2.0, 10.0
STILL_S = 30.0  # without a final line end, or empty: so long must it be still
OLD_S = 60.0
UNFINISHED_S = (
    300.0  # without the end that its format has: then it is taken all the same, and says what it lacks
)


@dataclass(frozen=True, slots=True)
class Seen:
    """An entry of a folder as the scan saw it."""

    name: bytes
    dev: int
    ino: int
    size: int
    mtime_ns: int
    ctime_ns: int
    kind: Literal["file", "directory", "link", "other"]

    @property
    def state(self) -> tuple[int, int, int, int]:
        return (self.dev, self.ino, self.size, self.mtime_ns)


@dataclass(slots=True)
class History:
    """Since when it is there, since when it is still (monotonic seconds), and whether it was renamed in."""

    seen_at: datetime
    first_seen_mono: float
    changed_mono: float
    renamed_in: bool = False


class Moment(Protocol):
    @property
    def wall(self) -> datetime: ...

    @property
    def mono(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Facts:
    """What was measured just now."""

    writer: Literal["free", "busy", "unknown"]
    incomplete: Message | None
    network: bool
    now_wall: datetime
    now_mono: float
    lacks: Message | None = None  # the companion, or the last line, that the job waits for
    proven: bool = False  # the sender itself says that the file is whole: companion or last line are there


@dataclass(frozen=True, slots=True)
class Ready:
    """It may be taken."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet: why, and after how many seconds another look can tell more (None: a person must act)."""

    said: Message
    seconds: float | None


def observe(history: History | None, before: Seen | None, seen: Seen, now: Moment) -> History:
    """Carry a file's history on: a change of size or of any time starts its stillness again, for a writer may put
    the old time back after each part; another inode is another file."""
    if history is None or before is None or (before.dev, before.ino) != (seen.dev, seen.ino):
        return History(now.wall, now.mono, now.mono)
    if (before.state, before.ctime_ns) != (seen.state, seen.ctime_ns):
        history.changed_mono = now.mono
    return history


def readiness(seen: Seen, history: History, facts: Facts) -> Ready | Wait:
    """Ready, or why not. Never ready while a writer holds it."""
    if facts.writer == "busy":
        return Wait(message("files.busy"), 0.5)
    if facts.lacks is not None:
        return Wait(facts.lacks, None)
    if facts.proven:
        return Ready()
    trusted = facts.writer == "free" and not facts.network
    code = facts.incomplete.code if facts.incomplete else ""
    still = facts.now_mono - history.changed_mono
    # On a mount ctime is the other machine's clock: it proves nothing there.
    age = _age_s(seen, history, facts) if trusted else 0.0
    old = age > OLD_S
    if code in ("reading.no_final_newline", "reading.empty") and facts.incomplete is not None:
        if not history.renamed_in and still < STILL_S and not old:
            return Wait(facts.incomplete, STILL_S - still)
    elif code == "reading.unfinished" and facts.incomplete is not None:
        if max(still, age) < UNFINISHED_S:
            return Wait(facts.incomplete, UNFINISHED_S - max(still, age))
    elif facts.incomplete is not None:
        return Wait(facts.incomplete, None)
    if old or (trusted and history.renamed_in):
        return Ready()
    quiet = QUIET_NETWORK_S if facts.network else QUIET_S
    if still >= quiet:
        return Ready()
    return Wait(message("files.settling"), quiet - still)


def _age_s(seen: Seen, history: History, facts: Facts) -> float:
    """Since the last change of any kind, by the wall clock now, and by the wall clock when it was first seen with
    our own seconds since then: a clock that is set in between, either way, makes no fresh file old."""
    changed = seen.ctime_ns / 1e9
    since_seen = facts.now_mono - history.first_seen_mono
    return min(facts.now_wall.timestamp() - changed, history.seen_at.timestamp() + since_seen - changed)
