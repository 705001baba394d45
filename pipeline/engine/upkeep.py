"""Old files and changes let go of by the running service, every hour, a few at a time."""

from __future__ import annotations

from dataclasses import dataclass, field

from anyio import to_thread
from anyio.abc import TaskGroup

from pipeline.clock import Now
from pipeline.engine.desk import Announcer, Setup
from pipeline.errors import Environment
from pipeline.imports.upkeep import Tally, keep
from pipeline.jobs import Settings
from pipeline.keeping import Keep
from pipeline.store import connect

FIRST_S = 600.0
EVERY_S = 3600.0


def asked(settings: Settings) -> bool:
    """Is there anything that is not kept for ever?"""
    return settings.keep_log is not None or any(job.keep != Keep() for job in settings.imports)


@dataclass(slots=True)
class Upkeep:
    """The rounds of one service, on a connection of their own."""

    setup: Setup
    announcer: Announcer
    _due: float = field(default=0.0)
    _busy: bool = False

    def step(self, now: Now, tasks: TaskGroup) -> None:
        """Begin a round when it is due."""
        self._due = self._due or now.mono + FIRST_S
        if self._busy or now.mono < self._due or not asked(self.setup.settings):
            return
        self._due, self._busy = now.mono + EVERY_S, True
        tasks.start_soon(self._round)

    async def _round(self) -> None:
        try:
            done = await to_thread.run_sync(self._keep, abandon_on_cancel=True)
            if done:
                facts = {"packed": done.packed, "removed": done.removed, "changes": done.changes}
                self.announcer.tell("keep.done", facts=facts)
        except (OSError, Environment):
            self._due -= EVERY_S - FIRST_S  # a disc or the database is away: again in ten minutes
        finally:
            self._busy = False

    def _keep(self) -> Tally:
        settings = self.setup.settings
        store = connect(settings.database, settings.schema)
        try:
            return keep(settings, store, self.announcer.clock.now().wall)
        finally:
            store.close()
