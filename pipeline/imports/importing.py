"""The verb *import*: hash, look up, read, map, one transaction, archive. Plain code, run in a worker process.

It may be killed between any two lines. What it finds at the next start tells it where it was: the row of
the ledger (written in the same transaction as the file's rows) and the place of the file.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from pipeline import files as disk
from pipeline.clock import Clock
from pipeline.errors import Environment, FileFailed, MappingUnfit
from pipeline.faults import point
from pipeline.imports.corrections import describe
from pipeline.imports.finishing import Finisher
from pipeline.imports.reading import content, fit, raws, stage
from pipeline.imports.work import Emit, Outcome, Taken, Work
from pipeline.mapping import told_of_file
from pipeline.store.model import Arrival, LedgerFile, Load, Store
from pipeline.words import Message, message, printable

ONE_BATCH = 1 << 22  # bytes that the reader takes at once
PATIENCE_S = 6.0  # tried again at once for so long; then the service waits and other work goes on


class _Changed(Exception):
    """The file was written to while it was read: it goes back and settles again."""


@dataclass(slots=True)
class _Ready:
    taken: Taken
    load: Load
    file: BinaryIO
    before: os.stat_result


class Importer:
    """Imports files of one database. `emit` hears of each step."""

    def __init__(self, store: Store, clock: Clock, emit: Emit, patience_s: float = PATIENCE_S) -> None:
        self._store, self._clock, self._emit = store, clock, emit
        self._finisher = Finisher(store, clock, emit)
        self._patience_s = patience_s
        self._tried: set[str] = set()  # claims that the ledger may know by now

    def run(self, work: Work) -> list[Outcome]:
        """Import the files, together when they can be, else one by one. Never raises for a file's or the
        world's fault: that is an outcome. Safe to repeat after any interruption."""
        if len(work.files) > 1:
            try:
                return self._together(work)
            except (FileFailed, Environment, MappingUnfit, OSError, _Changed):
                pass  # one of them is at fault: each alone, so that it takes no other with it
        return [self._alone(work, taken) for taken in work.files]

    def _alone(self, work: Work, taken: Taken) -> Outcome:
        one = replace(work, files=(taken,))
        tries = Retrying(
            retry=retry_if_exception_type(Environment),
            stop=stop_after_delay(self._patience_s),
            wait=wait_random_exponential(multiplier=0.2, max=5),
            reraise=True,
        )
        try:
            return tries(self._attempt, one)[0]
        except Environment as trouble:
            return Outcome(taken.claim, "environment", trouble.said)
        except MappingUnfit as unfit:
            return Outcome(taken.claim, "paused", unfit.said)
        except _Changed:
            return Outcome(taken.claim, "changed")

    def _attempt(self, work: Work) -> list[Outcome]:
        try:
            return self._together(work)
        except FileFailed as fault:
            return [self._fail(work, work.files[0], fault.said)]
        except OSError as error:
            if isinstance(error, FileNotFoundError) and not work.files[0].path.exists():
                return [Outcome(work.files[0].claim, "gone")]
            raise Environment(_trouble(error, work.files[0])) from error

    def _together(self, work: Work) -> list[Outcome]:
        rows: dict[str, LedgerFile] = {}
        with ExitStack() as stack:
            ready: list[_Ready] = []
            for taken in work.files:
                prepared = self._known(taken) or self._prepare(work, taken, stack)
                if isinstance(prepared, LedgerFile):
                    rows[taken.claim] = prepared
                else:
                    ready.append(prepared)
            for one in ready:
                _unchanged(one.file, one.before, one.taken.path)
            done = self._store.commit([one.load for one in ready], self._now()) if ready else []
            rows |= {one.taken.claim: row for one, row in zip(ready, done, strict=True)}
        return self._finisher.finish(work, [(taken, rows[taken.claim]) for taken in work.files])

    def _known(self, taken: Taken) -> LedgerFile | None:
        """The ledger's row of a file whose import was cut off."""
        if taken.fresh and taken.claim not in self._tried:
            self._tried.add(taken.claim)
            return None
        return self._store.by_claim(taken.claim)

    def _prepare(self, work: Work, taken: Taken, stack: ExitStack) -> _Ready | LedgerFile:
        """Hash, look up, read, map, stage: everything before the transaction."""
        file = stack.enter_context(disk.open_regular(taken.path))
        before = os.fstat(file.fileno())
        arrival = self._arrival(work, taken, before.st_size, disk.fingerprint(file))
        point("hash.after")
        repeat = self._store.record_duplicate(arrival, self._now())
        if repeat is not None:
            return repeat
        file.seek(0)
        self._emit("file.loading", taken, None, {})
        records = content(file, work.job.trailer)
        told = told_of_file(work.plan, printable(os.fsdecode(taken.name)), taken.below)
        plan, reading, columns = fit(told, records.file)
        staging = stack.enter_context(self._store.staging(plan))
        stage(plan, reading, columns, work.zone, staging, small=before.st_size < ONE_BATCH)
        records.balance(reading.account.records)
        point("stage.after")
        load = Load(
            arrival,
            staging,
            plan,
            reading.account.records,
            describe(reading),
            _most(work, reading.account.records),
            partial(raws, taken.path, plan, work.job.trailer),
        )
        return _Ready(taken, load, file, before)

    def _arrival(self, work: Work, taken: Taken, size: int, fingerprint: bytes) -> Arrival:
        return Arrival(
            claim=taken.claim,
            job=work.job.name,
            name=taken.name,
            size=size,
            fingerprint=fingerprint,
            seen_at=taken.seen_at,
            claimed_at=disk.claimed_at(taken.claim),
            mapping=work.plan.mapping.name,
            repeat=work.job.repeat or "apply",  # every mapping has a key: what comes again is set again
            folder=printable(taken.folder),
            source_state=taken.source_state,
            replay_of=None if taken.fresh else self._store.replay_of(taken.claim),
        )

    def _fail(self, work: Work, taken: Taken, said: Message) -> Outcome:
        """The file is at fault: noted in the ledger first, then moved, with the reason beside it."""
        size = taken.path.lstat().st_size
        arrival = self._arrival(work, taken, size, _fingerprint_if_readable(taken.path))
        row = self._store.record_failed(arrival, said, self._now())
        point("failed.noted")
        return self._finisher.finish(work, [(taken, row)])[0]

    def fail(self, work: Work, said: Message) -> list[Outcome]:
        """Give these files up, for a reason that somebody else found (they kill their reader)."""
        return [self._fail(work, taken, said) for taken in work.files]

    def _now(self) -> datetime:
        return self._clock.now().wall


def _unchanged(file: BinaryIO, before: os.stat_result, path: Path) -> None:
    after = os.fstat(file.fileno())
    if (before.st_size, before.st_mtime_ns, before.st_ino) != (
        after.st_size,
        after.st_mtime_ns,
        after.st_ino,
    ):
        raise _Changed(str(path))


def _most(work: Work, records: int) -> int | None:
    """How many refused rows the file may have; None: any number."""
    job = work.job
    if work.plan.mapping.unit == "file":
        return 0
    limits = [] if job.errors.max_rows is None else [job.errors.max_rows]
    if job.errors.max_percent is not None:
        limits.append(int(records * job.errors.max_percent / 100))
    return min(limits, default=None)


def _fingerprint_if_readable(path: Path) -> bytes:
    try:
        with disk.open_regular(path) as file:
            return disk.fingerprint(file)
    except OSError:
        return b""


def _trouble(error: OSError, taken: Taken) -> Message:
    place = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else str(taken.path)
    return message("files.environment", path=place, why=error.strerror or str(error))
