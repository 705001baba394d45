"""The verb *import*: hash, look up, read, map, one transaction, archive. Plain code, run in a worker process.

It may be killed between any two lines. What it finds at the next start tells it where it was: the row of
the ledger (written in the same transaction as the file's rows) and the place of the file.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO, Literal, TypeVar

import polars as pl
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from pipeline import files as disk
from pipeline.clock import Clock
from pipeline.errors import Environment, FileFailed, MappingUnfit
from pipeline.faults import point
from pipeline.formats import check_columns, match_column, open_reading
from pipeline.formats.model import LINE, Batch, Reading
from pipeline.jobs import ImportJob
from pipeline.mapping import map_batch
from pipeline.mapping.model import Plan, Refusal
from pipeline.store.model import Arrival, LedgerFile, Load, Query, RefusedRow, Staging, Store
from pipeline.words import Language, Message, message, render

T = TypeVar("T")
Deed = Literal["archived", "duplicate", "failed", "changed", "gone", "environment", "paused"]
Emit = Callable[[str, "Taken", Message | None, dict[str, int]], None]
PATIENCE_S = 6.0  # tried again at once for so long; then the service waits and other work goes on


@dataclass(frozen=True, slots=True)
class Taken:
    """A claimed file: where it lies now, and what is known of its way here."""

    claim: str
    name: bytes
    path: Path
    seen_at: datetime


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
        self._patience_s = patience_s

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
        except FileNotFoundError:
            if not work.files[0].path.exists():
                return [Outcome(work.files[0].claim, "gone")]
            raise
        except OSError as error:
            raise Environment(_trouble(error, work.files[0])) from error

    def _together(self, work: Work) -> list[Outcome]:
        outcomes: dict[str, Outcome] = {}
        with ExitStack() as stack:
            ready: list[_Ready] = []
            for taken in work.files:
                known = self._store.by_claim(taken.claim)
                if known is not None:
                    outcomes[taken.claim] = self._finish(work, taken, known)
                    continue
                prepared = self._prepare(work, taken, stack)
                if isinstance(prepared, LedgerFile):
                    outcomes[taken.claim] = self._finish(work, taken, prepared)
                else:
                    ready.append(prepared)
            for one in ready:
                _unchanged(one.file, one.before, one.taken.path)
            rows = self._store.commit([one.load for one in ready], self._now()) if ready else []
        for one, row in zip(ready, rows, strict=True):
            outcomes[one.taken.claim] = self._finish(work, one.taken, row)
        return [outcomes[taken.claim] for taken in work.files]

    def _prepare(self, work: Work, taken: Taken, stack: ExitStack) -> _Ready | LedgerFile:
        """Hash, look up, read, map, stage: everything before the transaction."""
        file = stack.enter_context(disk.open_regular(taken.path))
        before = os.fstat(file.fileno())
        arrival = Arrival(
            claim=taken.claim,
            job=work.job.name,
            name=taken.name,
            size=before.st_size,
            fingerprint=disk.fingerprint(file),
            seen_at=taken.seen_at,
            claimed_at=disk.claimed_at(taken.claim),
            mapping=work.plan.mapping.name,
        )
        point("hash.after")
        repeat = self._store.record_duplicate(arrival, self._now())
        if repeat is not None:
            return repeat
        file.seek(0)
        self._emit("file.loading", taken, None, {})
        plan, reading, columns = _fit(work.plan, file)
        staging = stack.enter_context(self._store.staging(plan))
        for batch, rows, refused in _ahead(_mapped(plan, reading, columns, work.zone)):
            damaged = [RefusedRow(d.line, "", "", d.said, d.raw) for d in batch.damaged]
            staging.add(rows)
            _refuse(staging, damaged, refused, batch.raw)
        point("stage.after")
        account = reading.account
        load = Load(
            arrival,
            staging,
            plan,
            account.records,
            _describe(reading),
            _most(work, account.records),
            partial(_raws, taken.path, plan),
        )
        return _Ready(taken, load, file, before)

    def _finish(self, work: Work, taken: Taken, row: LedgerFile) -> Outcome:
        """After the commit: refused rows to their file, the file to its folder. Each step may be repeated."""
        if row.state == "failed":
            self._quarantine(work, taken, row)
            return Outcome(taken.claim, "failed", row.reason, row.id)
        counts = {
            "rows_read": row.rows_read,
            "inserted": row.inserted,
            "updated": row.updated,
            "unchanged": row.unchanged,
            "refused": row.refused,
        }
        if row.state == "duplicate":
            self._emit("file.duplicate", taken, row.reason, {})
        else:
            self._emit("file.committed", taken, None, counts)
        if row.refused:
            content = _correction(row, self._store.refused(row.id), work.language)
            work.job.failed.mkdir(parents=True, exist_ok=True)
            disk.write_beside(work.job.failed, taken.name + b".refused.csv", content)
            self._emit("rows.refused", taken, None, {"refused": row.refused})
        point("refused.written")
        self._move(work.job.processed, taken)
        self._emit("file.archived", taken, None, {})
        return Outcome(
            taken.claim, "duplicate" if row.state == "duplicate" else "archived", row.reason, row.id
        )

    def _fail(self, work: Work, taken: Taken, said: Message) -> Outcome:
        """The file is at fault: noted in the ledger first, then moved, with the reason beside it."""
        size = taken.path.lstat().st_size
        arrival = Arrival(
            claim=taken.claim,
            job=work.job.name,
            name=taken.name,
            size=size,
            fingerprint=_fingerprint_if_readable(taken.path),
            seen_at=taken.seen_at,
            claimed_at=disk.claimed_at(taken.claim),
            mapping=work.plan.mapping.name,
        )
        row = self._store.record_failed(arrival, said, self._now())
        point("failed.noted")
        return self._finish(work, taken, row)

    def fail(self, work: Work, said: Message) -> list[Outcome]:
        """Give these files up, for a reason that somebody else found (they kill their reader)."""
        return [self._fail(work, taken, said) for taken in work.files]

    def _quarantine(self, work: Work, taken: Taken, row: LedgerFile) -> None:
        text = render(row.reason, work.language) if row.reason else ""
        work.job.failed.mkdir(parents=True, exist_ok=True)
        disk.write_beside(work.job.failed, taken.name + b".why.txt", (text + "\n").encode())
        self._move(work.job.failed, taken)
        self._emit("file.failed", taken, row.reason, {})

    def _move(self, folder: Path, taken: Taken) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        place = disk.archive(taken.path, folder, taken.name)
        self._store.mark_archived(taken.claim, str(place), self._now())
        point("archived.noted")

    def _now(self) -> datetime:
        return self._clock.now().wall


def note_moved(store: Store, jobs: Sequence[ImportJob], now: datetime) -> None:
    """Finish the notes of files whose move was the last thing an earlier process did: they lie in their folder
    and no longer in the work folder, and only the ledger does not say so. Raises Environment."""
    for job in jobs:
        taken = {entry.name[:32] for entry in job.work.iterdir()} if job.work.is_dir() else set()
        for row in store.files(Query(job=job.name, moved=False)):
            folder = job.failed if row.state == "failed" else job.processed
            place = None if row.claim in taken else disk.find(folder, row.name, row.fingerprint)
            if place is not None:
                store.mark_archived(row.claim, str(place), now)


def _fit(plan: Plan, file: BinaryIO) -> tuple[Plan, Reading, dict[str, str]]:
    """Open the file and narrow the plan to the columns it has: a column that is absent is never touched."""
    mapped = plan.mapping.fields
    needed = [f for f in mapped if f.columns and (f.target in plan.key or plan.column(f.target).required)]
    reading = open_reading(file, plan.mapping.read)
    named = [name for f in mapped for name in f.columns]
    check_columns(reading.dialect.columns, [f.columns for f in needed], named)
    columns: dict[str, str] = {}
    fields = []
    for field in plan.mapping.fields:
        found = tuple(c for c in field.columns if match_column(c, reading.dialect.columns) is not None)
        columns.update({c: match_column(c, reading.dialect.columns) or c for c in found})
        if found or not field.columns:
            fields.append(replace(field, columns=found))
    return replace(plan, mapping=replace(plan.mapping, fields=tuple(fields))), reading, columns


def _ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items, each made in a second thread while the one before is used."""
    with ThreadPoolExecutor(1) as maker:
        coming = maker.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = maker.submit(next, items, None)
            yield item


def _mapped(
    plan: Plan, reading: Reading, columns: dict[str, str], zone: str
) -> Iterator[tuple[Batch, pl.DataFrame, list[Refusal]]]:
    for batch in reading:
        rows, refused = map_batch(plan, batch.frame, columns, zone)
        yield batch, rows, refused


def _refuse(
    staging: Staging, damaged: list[RefusedRow], refused: list[Refusal], raw: Callable[[int], bytes]
) -> None:
    rows = damaged + [RefusedRow(r.line, r.column, r.value, r.said, raw(r.line)) for r in refused]
    if rows:
        staging.refuse(sorted(rows, key=lambda row: row.line))


def _raws(path: Path, plan: Plan, lines: Sequence[int]) -> dict[int, bytes]:
    """The own bytes of these records, from the file once more: only for rows that the database refused."""
    wanted, found = set(lines), {}
    with disk.open_regular(path) as file:
        for batch in open_reading(file, plan.mapping.read):
            for line in wanted.intersection(batch.frame[LINE].to_list()):
                found[line] = batch.raw(line)
    return found


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


def _describe(reading: Reading) -> str:
    dialect = reading.dialect
    return json.dumps(
        {
            "encoding": dialect.encoding,
            "delimiter": dialect.delimiter,
            "quote": dialect.quote,
            "line_end": dialect.line_end,
            "header_line": dialect.header_line,
            "header": base64.b64encode(dialect.header_raw).decode(),
            "set_aside": reading.account.set_aside,
        }
    )


def _correction(row: LedgerFile, refused: Sequence[RefusedRow], language: Language) -> bytes:
    """The refused rows in the file's own layout and bytes, with line, column and reason added at the end."""
    dialect = json.loads(row.dialect)
    encoding, delimiter = dialect["encoding"].removesuffix("-sig"), dialect["delimiter"]
    end = dialect["line_end"]

    def cells(*texts: str) -> bytes:
        return "".join(delimiter + '"' + t.replace('"', '""') + '"' for t in texts).encode(
            encoding, "replace"
        )

    header = base64.b64decode(dialect["header"])
    lines = [header + cells("_line", "_column", "_reason")] if header else []
    lines += [r.raw + cells(str(r.line), r.column, render(r.said, language)) for r in refused]
    joined: bytes = end.encode(encoding).join([*lines, b""])
    return joined


def _fingerprint_if_readable(path: Path) -> bytes:
    try:
        with disk.open_regular(path) as file:
            return disk.fingerprint(file)
    except OSError:
        return b""


def _trouble(error: OSError, taken: Taken) -> Message:
    place = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else str(taken.path)
    return message("files.environment", path=place, why=error.strerror or str(error))


__all__ = ["Importer", "Outcome", "Taken", "Work"]
