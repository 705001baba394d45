"""Whether the loops of the service still come round; the watchdog of systemd is fed by nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import anyio

from pipeline import supervisor
from pipeline.clock import Clock

LOOPS = ("folders", "database")
START_S = 0.1  # until all loops came round once, looked at this often


@dataclass(slots=True)
class Heart:
    """When each loop last came round, in monotonic seconds. One that waits for a database that is away comes round;
    one that hangs in it does not. `patient`: long work that is meant to be long is going on."""

    beats: dict[str, float] = field(default_factory=dict)
    patient: bool = False

    def beat(self, loop: str, mono: float) -> None:
        self.beats[loop] = mono

    @contextmanager
    def long_work(self) -> Iterator[None]:
        """Inside, silence is no sign of death: an upgrade of a big database takes its time."""
        self.patient = True
        try:
            yield
        finally:
            self.patient = False

    def began(self) -> bool:
        """Did every loop come round once?"""
        return all(loop in self.beats for loop in LOOPS)

    def silent_s(self, mono: float) -> dict[str, float]:
        """For how long each loop has not come round."""
        return {loop: mono - at for loop, at in self.beats.items()}

    def alive(self, mono: float, within_s: float) -> bool:
        """Did every loop come round within so many seconds?"""
        return self.patient or (self.began() and max(self.silent_s(mono).values()) <= within_s)


async def tell_supervisor(heart: Heart, clock: Clock) -> None:
    """Tell systemd when the service works, then feed its watchdog four times in its time, while the loops come
    round. Ends at once when nobody listens."""
    if not supervisor.tell("STATUS=starting"):
        return
    within_s = supervisor.watchdog_s()
    while not heart.began():
        if heart.patient:
            supervisor.tell("EXTEND_TIMEOUT_USEC=60000000")
        await anyio.sleep(START_S)
    supervisor.tell("READY=1", "STATUS=watching folders")
    while within_s is not None:
        if heart.alive(clock.now().mono, within_s / 2):
            supervisor.tell("WATCHDOG=1")
        await anyio.sleep(within_s / 4)
