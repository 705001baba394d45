"""What an import is asked to do, and what became of it: plain frozen values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from pipeline.formats.limits import LIMITS, Limits
from pipeline.jobs import ImportJob
from pipeline.mapping.model import Plan
from pipeline.words import Language, Message

Deed = Literal["archived", "duplicate", "failed", "changed", "gone", "environment", "paused"]


@dataclass(frozen=True, slots=True)
class Taken:
    """A claimed file: where it lies now, and what is known of its way here.

    `folder`: the inbox folder it came from; `below`: that folder's path below the job's inbox, "" if none;
    `source_state`: of an original that stays where it is; `fresh`: taken just now by a living process, so that
    the ledger cannot know its claim yet."""

    claim: str
    name: bytes
    path: Path
    seen_at: datetime
    folder: str = ""
    below: str = ""
    source_state: str = ""
    companion: Path | None = None
    fresh: bool = False


class Changed(Exception):
    """The file was written to while it was read: it goes back and settles again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file. `id` is its row in the ledger, when it has one."""

    claim: str
    deed: Deed
    said: Message | None = None
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """Files of one job that go in together, in order of arrival."""

    job: ImportJob
    plan: Plan
    files: tuple[Taken, ...]
    zone: str
    language: Language
    limits: Limits = LIMITS
    version: int | None = None  # of the mapping


Emit = Callable[[str, Taken, Message | None, dict[str, int]], None]
