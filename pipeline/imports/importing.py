"""The verb *import*: hash, look up, read, map, one transaction, archive. Plain code, run in a worker process.

It may be killed between any two lines. What it finds at the next start tells it where it was: the row of
the ledger (written in the same transaction as the file's rows) and the place of the file.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from pipeline import files as disk
from pipeline.brake import Brake, Closed
from pipeline.clock import Clock
from pipeline.errors import Environment, FileFailed, MappingUnfit
from pipeline.faults import point
from pipeline.imports.bundles import Bundle, Run, bundle, halves, runs
from pipeline.imports.corrections import describe
from pipeline.imports.delivering import deliver
from pipeline.imports.finishing import Finisher
from pipeline.imports.looking import Looks
from pipeline.imports.mending import mending
from pipeline.imports.reading import ahead, content, fit, raws, stage
from pipeline.imports.sections import fit_sections, mapped, put
from pipeline.imports.work import Changed, Emit, Outcome, Taken, Work
from pipeline.mapping import rests_on
from pipeline.mapping.model import Plan
from pipeline.store.model import Arrival, Attempt, LedgerFile, Load, SectionsStaging, Staging, Store
from pipeline.words import Message, message, printable

FEW = 4  # files of a bundle that failed are taken each by itself; more of them are tried in halves
ONE_BATCH = 1 << 22  # bytes that the reader takes at once
TELL_S = 0.3
PATIENCE_S = 6.0  # tried again at once for so long; then the service waits and other work goes on


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
        self._at: Taken | None = None  # the file that is being read
        self._tried: set[str] = set()  # claims that the ledger may know by now

    def run(self, work: Work) -> list[Outcome]:
        """Import the files, together when they can be, else one by one. Never raises for a file's or the
        world's fault: that is an outcome. Safe to repeat after any interruption."""
        self._tried.clear()  # a claim that comes again comes as one that was tried
        if work.plan.mapping.read.delivery:
            return deliver(work, self._together, self._fail, lambda: self._at, self._patience_s)
        outcomes: list[Outcome] = []
        try:
            todo = runs(work)
        except OSError:  # gone or unreadable: that file's turn will tell
            todo = [Run(work.files)]
        while todo:
            run = todo.pop(0)
            done = self._bundled(work, run) if len(run.smalls) > 1 else None
            if done is not None:
                outcomes += done
            elif len(run.smalls) > FEW:
                todo[:0] = halves(run)
            else:
                outcomes += self._group(replace(work, files=run.files))
            trouble = outcomes[-1] if outcomes and outcomes[-1].deed == "environment" else None
            if trouble is not None:  # the others would only wait for the same
                left = [taken for run in todo for taken in run.files]
                return outcomes + [Outcome(t.claim, "environment", trouble.said) for t in left]
        return outcomes

    def _bundled(self, work: Work, run: Run) -> list[Outcome] | None:
        """Files that are read as one, if they can be, or one by one (several write the same row); in one transaction.
        None: one of them is at fault; whatever was done is found in the ledger."""
        if any(taken.claim in self._tried for taken in run.files):
            return None
        made: Bundle | None = None
        try:
            made = bundle(work, run.smalls, self._store)
            done = None if made is None else self._commit_bundle(work, made)
            return self._together(replace(work, files=run.files)) if done is None else done
        except (FileFailed, Environment, MappingUnfit, OSError, Changed):
            self._tried.update(taken.claim for taken in run.files)
            return None
        finally:
            if made is not None:
                made.staging.close()

    def _commit_bundle(self, work: Work, made: Bundle) -> list[Outcome] | None:
        loads = []
        for part in made.parts:
            small = part.small
            arrival = self._arrival(work, small.taken, small.before.st_size, small.fingerprint)
            self._emit("file.loading", small.taken, None, {})
            lines = (part.first, part.last)
            load = Load(arrival, made.staging, made.plan, part.records, made.dialect, lines=lines)
            loads.append(replace(load, brake=brake(work), closed=closed(work)))
        point("stage.after")
        for part in made.parts:
            path = part.small.taken.path
            _unchanged(part.small.before, path.lstat(), path)
            if work.job.take == "move":
                _unopened(path)
        rows = self._store.commit_bundle(loads, self._now())
        if rows is None:
            return None
        files = [(part.small.taken, row) for part, row in zip(made.parts, rows, strict=True)]
        return self._finisher.finish(work, files)

    def _group(self, work: Work) -> list[Outcome]:
        if len(work.files) > 1:
            try:
                return self._together(work)
            except (FileFailed, Environment, MappingUnfit, OSError, Changed):
                pass  # one of them is at fault: each alone, so that it takes no other with it
        outcomes: list[Outcome] = []
        for taken in work.files:
            if outcomes and outcomes[-1].deed == "environment":
                outcomes.append(Outcome(taken.claim, "environment", outcomes[-1].said))
            else:
                outcomes.append(self._alone(work, taken))
        return outcomes

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
        except Changed:
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
                self._at = taken
                prepared = self._known(taken) or self._prepare(work, taken, stack, last_known=not ready)
                if isinstance(prepared, LedgerFile):
                    rows[taken.claim] = prepared
                else:
                    ready.append(prepared)
            self._at = None
            for one in ready:
                _unchanged(one.before, os.fstat(one.file.fileno()), one.taken.path)
                if work.job.take == "move" and one.load.arrival.replay_of is None:
                    _unopened(one.taken.path)
            done = self._store.commit([one.load for one in ready], self._now()) if ready else []
            rows |= {one.taken.claim: row for one, row in zip(ready, done, strict=True)}
        return self._finisher.finish(work, [(taken, rows[taken.claim]) for taken in work.files])

    def _known(self, taken: Taken) -> LedgerFile | None:
        """The ledger's row of a file whose import was cut off."""
        if taken.fresh and taken.claim not in self._tried:
            self._tried.add(taken.claim)
            return None
        return self._store.by_claim(taken.claim)

    def attempt(self, work: Work) -> Attempt:
        """What an import of this one file would do; nothing is written, and the file stays. Raises FileFailed for
        what would fail it, OSError, Environment and MappingUnfit."""
        with ExitStack() as stack:
            ready = self._prepare(work, work.files[0], stack, last_known=False, dry=True)
            assert isinstance(ready, _Ready)
            return self._store.attempt(ready.load, self._now())

    def _prepare(
        self, work: Work, taken: Taken, stack: ExitStack, *, last_known: bool, dry: bool = False
    ) -> _Ready | LedgerFile:
        """Hash, look up, read, map, stage: everything before the transaction. `last_known`: no file before this
        one waits for that transaction, so what the job loaded last stands in the ledger already. `dry`: a repeat
        is not noted here, for nothing may be written."""
        file = stack.enter_context(disk.open_regular(taken.path))
        before = os.fstat(file.fileno())
        arrival = self._arrival(work, taken, before.st_size, disk.fingerprint(file))
        point("hash.after")
        asked = not (dry or arrival.delivery) and (last_known or arrival.repeat == "skip")
        repeat = self._store.record_duplicate(arrival, self._now()) if asked else None
        if repeat is not None:
            return repeat
        file.seek(0)
        self._emit("file.loading", taken, None, {})
        mended = mending(work, taken, file, self._store)
        arrival = replace(arrival, correction_of=mended.of)
        records = content(mended.file, mended.trailer)
        name = printable(os.fsdecode(taken.name))
        told = mended.plan
        big = before.st_size >= ONE_BATCH
        tell = self._teller(taken, file, before.st_size) if big else None
        source = taken.path if mended.file is file else mended.file
        own = partial(raws, source, told, mended.trailer, work.limits)
        staging: Staging | SectionsStaging
        if told.sections:
            plan, reading, columns = fit_sections(told, records.file, name, work.limits)
            several = staging = stack.enter_context(self._store.sections(plan))
            items = mapped(plan, reading, columns, work.zone, self._looks(plan, columns, work.zone, stack))
            put(items if tell is None else ahead(items), reading, several, own, tell)
        else:
            plan, reading, columns = fit(told, records.file, name, work.limits)
            single = staging = stack.enter_context(self._store.staging(plan))
            stage(
                plan, reading, columns, work.zone, single, tell, self._looks(plan, columns, work.zone, stack)
            )
        records.balance(reading.account.records)
        point("stage.after")
        load = Load(
            arrival,
            staging,
            plan,
            reading.account.taken,
            describe(reading),
            _most(work, reading.account.taken),
            own,
            brake(work),
            closed(work),
            of_member=reading.account.of_member,
        )
        return _Ready(taken, load, file, before)

    def _looks(self, plan: Plan, columns: dict[str, str], zone: str, stack: ExitStack) -> Looks:
        """What a batch looks up in the database's tables."""
        looker = stack.enter_context(self._store.looker(plan)) if plan.looks else None
        return Looks(plan, columns, zone, looker)

    def _teller(self, taken: Taken, file: BinaryIO, size: int) -> Callable[[int], None]:
        """Tells of a big file how far its reading is, a few times a second."""
        told = self._clock.now().mono

        def tell(rows: int) -> None:
            nonlocal told
            now = self._clock.now().mono
            if now - told >= TELL_S:
                told = now
                self._emit("file.reading", taken, None, {"bytes": file.tell(), "size": size, "rows": rows})

        return tell

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
            repeat=work.job.repeat or ("skip" if all(t.appended for t in work.plan.tables) else "apply"),
            folder=printable(taken.folder),
            source_state=taken.source_state,
            replay_of=None if taken.fresh else self._store.replay_of(taken.claim),
            rests_on=rests_on(work.plan),
            mapping_version=work.version,
            delivery=work.files[0].claim if work.plan.mapping.read.delivery and len(work.files) > 1 else None,
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


def brake(work: Work) -> Brake:
    """The job's limits, and where it sets none the mapping's."""
    return (work.job.brake or Brake()).over(work.plan.mapping.brake)


def closed(work: Work) -> Closed | None:
    """The months that the job must not touch."""
    return None if work.job.closed_until is None else Closed(work.job.closed_until, work.zone)


def _unchanged(before: os.stat_result, after: os.stat_result, path: Path) -> None:
    if (before.st_size, before.st_mtime_ns, before.st_ino) != (
        after.st_size,
        after.st_mtime_ns,
        after.st_ino,
    ):
        raise Changed(str(path))


def _unopened(path: Path) -> None:
    """A writer that opened the file just before it was taken may write to it after the commit: never loaded then.
    Copies are ours alone, and open for writing in the service itself."""
    if disk.writer_free(path) == "busy":
        raise Changed(str(path))


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
