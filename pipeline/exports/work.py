"""What one export is asked, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pipeline.exports.periods import Period
from pipeline.jobs import ExportJob
from pipeline.mapping.outward.model import OutPlan
from pipeline.words import Message

Deed = Literal["exported", "nothing"]
Emit = Callable[[str, str, Message | None, Mapping[str, int | str]], None]  # event, file, said, facts


@dataclass(frozen=True, slots=True)
class ExportWork:
    """One export to be made. `opening`: of the job's gate, None when a person asks; `period`: what a person names."""

    job: ExportJob
    plan: OutPlan
    zone: str
    station: str = ""
    opening: datetime | None = None
    period: Period | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What became of it: the ledger ids of its files; `said`: what a person should know all the same."""

    deed: Deed
    ids: tuple[int, ...] = ()
    said: Message | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A file as it would be written: its name, how many rows, the first of them as texts; `only`: by what the
    mapping's constants choose its rows, `warehouse.code = MAIN`."""

    name: str
    rows: int
    columns: tuple[str, ...]
    first: tuple[tuple[str | None, ...], ...]
    only: tuple[str, ...] = ()
