"""What the service knows of each job at work, and how it tells what happens."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from pipeline import files as disk
from pipeline.clock import Clock, Now
from pipeline.engine.gates import Gate
from pipeline.events import Event, Listener
from pipeline.exports.periods import Period
from pipeline.jobs import ImportJob, Settings
from pipeline.mapping.model import ReadOptions
from pipeline.retry import next_attempt_s
from pipeline.words import Message, printable

JUMP_S = 60.0
LONGEST_WAIT_S = 60.0  # between two attempts: what is back is noticed within a minute


@dataclass(frozen=True, slots=True)
class MappingText:
    """A mapping as the worker gets it, and what of it readiness needs."""

    text: str
    options: ReadOptions


@dataclass(frozen=True, slots=True)
class Setup:
    """What the service works by: the config, and the mappings of its jobs by name. Replaced as a whole."""

    settings: Settings
    mappings: Mapping[str, MappingText]

    def options(self) -> dict[str, ReadOptions]:
        """How each job's files are written, as far as its mapping says."""
        return {job.name: self.mappings[job.mapping].options for job in self.settings.imports}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a job waits. `paused`: a person must mend it; it is looked at again all the same."""

    said: Message
    since: datetime
    failures: int
    until_mono: float
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Once:
    """What `once` asks: these jobs (empty: all), with `--now`, for at most so many seconds."""

    jobs: tuple[str, ...]
    now: bool
    wait_s: float
    period: Period | None = None  # of exports that a person asks for


@dataclass(frozen=True, slots=True)
class Arrived:
    """Where a taken file came from: the folder, its path below the job's inbox, when it was first seen, and for
    a copy the state of its original. `fresh`: taken just now, nobody has tried it yet."""

    folder: Path
    below: str = ""
    seen_at: datetime | None = None
    source_state: str = ""
    fresh: bool = False


@dataclass(slots=True)
class Desk:
    """One job at work. `held`: files taken, to be tried (again), in order of their claims; `alone`: those that
    share no group any more, because a worker died over a group they were in; `copied`: the states of originals
    that stay and were taken."""

    job: ImportJob
    gate: Gate
    busy: bool = False
    held: list[disk.Claimed] = field(default_factory=list)
    alone: set[str] = field(default_factory=set)
    arrived: dict[str, Arrived] = field(default_factory=dict)
    copied: dict[tuple[str, bytes], str] = field(default_factory=dict)  # shared with the inboxes
    trouble: Trouble | None = None
    given_back_mono: float = 0.0  # when a file last went back into its inbox

    def waits(self, now: Now) -> bool:
        """Is it too early for another attempt?"""
        return self.trouble is not None and now.mono < self.trouble.until_mono

    def hold(self, *claimed: disk.Claimed) -> None:
        """Keep these for another attempt: older ones go first."""
        for each in claimed:
            if each.claim in self.arrived:
                self.arrived[each.claim] = replace(self.arrived[each.claim], fresh=False)
        self.held = sorted([*self.held, *claimed], key=lambda c: c.claim)

    def give_back(self, claimed: disk.Claimed) -> None:
        """Back to where it came from; of a copy the original is still there. Raises OSError."""
        arrived = self.arrived.get(claimed.claim, Arrived(self.job.inbox))
        if self.job.take == "copy":
            self.copied.pop((str(arrived.folder), claimed.name), None)  # it may be taken again as it is
            disk.discard(claimed)
        else:
            disk.unclaim(claimed, arrived.folder)
        self.arrived.pop(claimed.claim, None)


@dataclass(frozen=True, slots=True)
class Announcer:
    """Tells events to the listener, with the moment they happened."""

    listener: Listener
    clock: Clock

    def tell(
        self,
        name: str,
        job: str = "",
        claimed: disk.Claimed | None = None,
        said: Message | None = None,
        facts: Mapping[str, str | int | float] | None = None,
    ) -> None:
        file = "" if claimed is None else os.fsdecode(claimed.name)
        self.tell_of(name, job, file, said, facts, "" if claimed is None else claimed.claim)

    def tell_of(
        self,
        name: str,
        job: str,
        file: str,
        said: Message | None,
        facts: Mapping[str, str | int | float] | None,
        claim: str = "",
    ) -> None:
        """The same of a file that nobody claimed."""
        self.listener(
            Event(name, self.clock.now().wall, job, printable(file), claim, said, dict(facts or {}))
        )

    def trouble(self, job: str, before: Trouble | None, said: Message, *, paused: bool = False) -> Trouble:
        """Another failure of the world: told once, tried again later and later."""
        now = self.clock.now()
        failures = before.failures + 1 if before else 1
        if before is None or before.paused != paused:
            self.tell("job.paused" if paused else "job.waiting", job=job, said=said)
        chance = now.wall.microsecond / 1_000_000
        wait_s = LONGEST_WAIT_S if paused else min(next_attempt_s(failures, chance), LONGEST_WAIT_S)
        return Trouble(said, before.since if before else now.wall, failures, now.mono + wait_s, paused)


@dataclass(slots=True)
class WallClock:
    """Tells when the wall clock was set: against the monotonic clock it moved by over a minute."""

    announcer: Announcer
    drift: float | None = None

    def watch(self, now: Now) -> None:
        drift = now.wall.timestamp() - now.mono
        if self.drift is not None and abs(drift - self.drift) > JUMP_S:
            self.announcer.tell("clock.jumped", facts={"seconds": round(drift - self.drift)})
        self.drift = drift


Wake = Callable[[], None]
