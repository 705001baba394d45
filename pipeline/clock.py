"""The only place that reads a clock. Everything pure takes `now` as an argument."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timezone

UTC = timezone.utc  # noqa: UP017 - the name the rest of the program uses


@dataclass(frozen=True, slots=True)
class Now:
    """One moment read from both clocks: `wall` is aware UTC, `mono` is monotonic seconds."""

    wall: datetime
    mono: float


class Clock:
    """The machine's clocks. A test passes its own object with the same method."""

    def now(self) -> Now:
        return Now(datetime.now(UTC), time.monotonic())
