"""What people ask of the synchronisation of one installation: the verbs of `pipeline sync`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from pipeline.clock import Clock
from pipeline.errors import ConfigError, PipelineError
from pipeline.jobs import Settings, SyncJob
from pipeline.store.base import SqlStore
from pipeline.store.syncing import settling
from pipeline.store.syncing.opening import SqlSyncing
from pipeline.store.syncing.settling import Keep
from pipeline.store.syncing.standing import Conflict, Standing
from pipeline.sync import running
from pipeline.sync.comparing import Compared, Plan, compare, plan
from pipeline.sync.ends import Ends, guard, opened, sync_order
from pipeline.sync.rejoining import Rejoined, rejoin
from pipeline.sync.replica import Round
from pipeline.words import Message, message


@dataclass(frozen=True, slots=True)
class Reach:
    """How a peer is reached now: its name, how many seconds its clock is ahead, or why it is not reached. `waiting`:
    its rows that are not here yet; None: of a peer behind HTTP that is not known."""

    job: str
    peer: str
    ahead_s: float
    trouble: Message | None = None
    waiting: int | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """Both sides compared. `drained`: had each side all that the other had, so that differences are drift?"""

    here: str
    there: str
    tables: tuple[Compared, ...]
    drained: bool

    @property
    def same(self) -> bool:
        return all(one.same for one in self.tables)


class Peering:
    """`store`: ready for use. Every verb raises PipelineError, Environment, ConfigError."""

    def __init__(self, settings: Settings, store: SqlStore, clock: Clock) -> None:
        self.settings, self._store, self._clock = settings, store, clock

    def job(self, name: str | None) -> SyncJob:
        """The job of this name, or the only one. Raises ConfigError."""
        jobs = {job.name: job for job in self.settings.syncs}
        known = ", ".join(jobs) or "-"
        if name is None and len(jobs) == 1:
            return next(iter(jobs.values()))
        if name is None or name not in jobs:
            raise ConfigError(message("peers.no_job", job=name or "-", known=known))
        return jobs[name]

    @contextmanager
    def _ends(self, name: str | None) -> Iterator[Ends]:
        order = sync_order(self.job(name), self.settings)
        with opened(order, self._store, lambda: self._clock.now().wall) as ends:
            yield ends

    def plan(self, name: str | None = None) -> Plan:
        """Both databases held against each other; nothing is written but what synchronisation notes of itself."""
        with self._ends(name) as ends:
            mine, theirs = ends.here.hello(None), ends.there.hello(None)
            return plan(ends.here, ends.there, mine, theirs, ends.here.about(), ends.there.about())

    def now(
        self, name: str | None = None, *, accept: bool = False, told: running.Told | None = None
    ) -> Round:
        """One round now. `accept`: two filled databases may become one."""
        with self._ends(name) as ends:
            return running.now(ends, self._clock, accept=accept, told=told)

    def verify(self, name: str | None = None) -> Verified:
        """Every table on both sides, row by row where their checksums differ. Nothing is mended."""
        with self._ends(name) as ends:
            theirs = ends.there.hello(None)
            mine = ends.here.hello(None)
            shapes = [s for s in mine.tables if s.name in {shape.name for shape in theirs.tables}]
            tables = tuple(compare(ends.here, ends.there, shape) for shape in shapes)
            return Verified(mine.site, theirs.site, tables, _drained(ends))

    def rejoin(self, name: str | None = None, *, accept: bool = False) -> Rejoined:
        """A database that forgot what its peer has of it joins again; without `accept` only what that would do."""
        with self._ends(name) as ends:
            guard(ends.here, ends.store)
            return rejoin(ends.here, ends.there, only_try=not accept)

    def standing(self) -> Standing:
        """How synchronisation stands here."""
        return self._store.syncing().standing()

    def reach(self) -> list[Reach]:
        """Each peer asked now."""
        return [self._reached(job) for job in self.settings.syncs]

    def _reached(self, job: SyncJob) -> Reach:
        try:
            with self._ends(job.name) as ends:
                begun = self._clock.now().wall
                theirs = ends.there.hello(None)
                middle = begun + (self._clock.now().wall - begun) / 2
                known = () if ends.remote is None else ends.remote.syncing().standing().peers
                waiting = next((one.waiting for one in known if one.peer == self.settings.station), None)
                ahead = (theirs.wall - middle).total_seconds()
                return Reach(job.name, theirs.site, ahead, waiting=waiting)
        except PipelineError as error:
            return Reach(job.name, "", 0.0, error.said)

    def conflicts(self, *, everything: bool = False) -> list[Conflict]:
        """What was not kept, newest first."""
        return self._store.syncing().conflicts(everything=everything)

    def resolve(self, id: str, keep: Keep, who: str, claim: str) -> int | None:
        """Settle a record. The number of the entry by which it is taken back, None when no row was changed."""
        syncing = self._shared()
        job = self.settings.syncs[0].name if self.settings.syncs else "sync"
        return settling.resolve(syncing, id, keep, job, who, claim, self._clock.now().wall)

    def install(self, tables: Sequence[str]) -> list[str]:
        """Record the changes of these tables, or of all that take part; those that were not recorded before."""
        return self._shared().install_named(tables)

    def remove(self, tables: Sequence[str]) -> list[str]:
        """No longer record the changes of these tables of other programs, or of all of them."""
        return self._shared().remove_named(tables)

    def _shared(self) -> SqlSyncing:
        shared = None if self.settings.shared is None else list(self.settings.shared)
        return self._store.syncing(shared)


def _drained(ends: Ends) -> bool:
    """Has each side sent all that it has? Of a peer behind HTTP only what it says is known."""
    known = ends.store.syncing().standing()
    if any(one.waiting for one in known.peers):
        return False
    with ends.here.syncing.reading() as desk:
        site = desk.site()
        return site is not None and next(iter(desk.log(site.log_mark)[0]), None) is None
