"""What people are told, and when it is over: one message for each trouble, never a storm. Pure, `now` is an argument."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time


@dataclass(frozen=True, slots=True)
class Notify:
    """`[notify]`. `to`: each name and address; `link`: how the address of a file's page begins."""

    to: tuple[tuple[str, str], ...] = ()
    waiting_s: int = 1800  # a job that waits for longer is told of
    digest: time | None = None  # local time of the daily one
    link: str = ""
