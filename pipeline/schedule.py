"""When a job may run: pure, `now` is an argument."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time


@dataclass(frozen=True, slots=True)
class Always:
    """As soon as a file is complete."""


@dataclass(frozen=True, slots=True)
class Every:
    """Look every so many seconds."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Daily:
    """Daily at these local times in this IANA zone."""

    times: tuple[time, ...]
    zone: str


Schedule = Always | Every | Daily
