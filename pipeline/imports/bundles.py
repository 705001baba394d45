"""Many small files read as one: of files written alike, what follows the header stands under one header.

Reading, mapping and staging cost some milliseconds a file, whatever its size; of a thousand small files that is
all there is. So plain files of one header go through them together, and each keeps its own ledger row, counts and
changes by the lines that are its own. What is not plain in every point (a quote, another header, a row that is
refused, a record too short) goes its own way: a bundle never decides anything about a file.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO

from pipeline import files as disk
from pipeline.errors import FileFailed
from pipeline.faults import point
from pipeline.formats.model import LINE
from pipeline.formats.tail import may_be_total
from pipeline.imports.corrections import ADDED, describe
from pipeline.imports.reading import fit
from pipeline.imports.work import Taken, Work
from pipeline.jobs import corrected
from pipeline.mapping import map_batch
from pipeline.mapping.evidence import Evidence
from pipeline.mapping.model import Plan, ReadOptions
from pipeline.store.model import Staging, Store

MOST_BYTES = 65_536  # of a file that goes into a bundle


@dataclass(frozen=True, slots=True)
class Small:
    """A small file, read whole. `before`: what the system said of it then."""

    taken: Taken
    content: bytes
    before: os.stat_result

    @property
    def fingerprint(self) -> bytes:
        return hashlib.sha256(self.content).digest()

    @property
    def header(self) -> bytes:
        return self.content.partition(b"\n")[0]


@dataclass(frozen=True, slots=True)
class Part:
    """One file's lines in the bundle, first and last, and how many records they are."""

    small: Small
    first: int
    last: int
    records: int


@dataclass(frozen=True, slots=True)
class Bundle:
    """Files read, mapped and staged as one. `dialect`: how each of them is written, JSON."""

    plan: Plan
    staging: Staging
    parts: tuple[Part, ...]
    dialect: str


def allowed(work: Work) -> bool:
    """Can files of this job stand under one header at all?"""
    plain: ReadOptions = work.plan.mapping.read
    told = any(field.file for field in work.plan.mapping.fields) or work.plan.mapping.where is not None
    told = told or any(sql.told for sql in work.plan.mapping.expressions)
    apart = work.plan.sections or work.job.trailer or told or work.plan.looks
    return not (apart or plain.skip or plain.columns or plain.header is False)


def read_small(taken: Taken) -> Small | None:
    """The file with its content, if it is small and plain. Raises OSError."""
    with disk.open_regular(taken.path) as file:
        before = os.fstat(file.fileno())
        if not 0 < before.st_size <= MOST_BYTES:
            return None
        content = file.read(MOST_BYTES + 1)
    if len(content) != before.st_size or not _plain(content):
        return None
    if corrected(os.fsdecode(taken.name)) is not None or ADDED[-1].encode() in content.partition(b"\n")[0]:
        return None
    return Small(taken, content, before)


def _plain(content: bytes) -> bool:
    """Each line a record, whatever stands before and after the file: no quote, no other line end, UTF-8."""
    if not content.endswith(b"\n") or b'"' in content or b"'" in content or b"\0" in content:
        return False
    if content.count(b"\r") not in (0, content.count(b"\r\n")) or content.startswith((b"\n", b"\r")):
        return False
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not may_be_total(
        text[text.rfind("\n", 0, -1) + 1 :]
    )  # a total is one at the end of its own file only


@dataclass(frozen=True, slots=True)
class Run:
    """Files that follow each other. `smalls`: the same, read, when they may go through as one."""

    files: tuple[Taken, ...]
    smalls: tuple[Small, ...] = ()


def runs(work: Work) -> list[Run]:
    """The files in their order: small plain ones with one header together, and the others. Raises OSError."""
    if len(work.files) < 2 or not allowed(work):
        return [Run(work.files)]
    out: list[Run] = []
    for taken in work.files:
        small = read_small(taken) if taken.fresh else None
        last = out[-1] if out else Run(())
        if small is not None and last.smalls and last.smalls[0].header == small.header:
            out[-1] = Run((*last.files, taken), (*last.smalls, small))
        elif small is None and last.files and not last.smalls:
            out[-1] = Run((*last.files, taken))
        else:
            out.append(Run((taken,), (small,) if small else ()))
    return out


def halves(run: Run) -> tuple[Run, Run]:
    """The run in two, to find which of its files cannot go with the others."""
    middle = len(run.files) // 2
    return (
        Run(run.files[:middle], run.smalls[:middle]),
        Run(run.files[middle:], run.smalls[middle:]),
    )


def _as_asked(asked: Plan, fitted: Plan) -> Plan:
    """The columns that the files have, but of numbers and dates only what the mapping says: what one file shows of
    them must decide nothing in another."""
    fields = {field.target: field for field in asked.mapping.fields}
    mapped = tuple(replace(fields[f.target], columns=f.columns) for f in fitted.mapping.fields)
    return replace(fitted, mapping=replace(fitted.mapping, fields=mapped))


def bundle(work: Work, smalls: Sequence[Small], store: Store) -> Bundle | None:
    """Read, map and stage them as one; None when one of them is not as plain as it looked. The caller closes the
    staging."""
    point("hash.after")
    parts, at = [], 2  # line 1 is the header
    bodies = [smalls[0].header + b"\n"]
    for small in smalls:
        body = small.content[len(small.header) + 1 :]
        lines = body.count(b"\n")
        parts.append(Part(small, at, at + lines - 1, lines))
        bodies.append(body)
        at += lines
    try:
        plan, reading, columns = fit(work.plan, BytesIO(b"".join(bodies)))
    except FileFailed:
        return None
    if reading.dialect.header_line != 1 or reading.dialect.format != "csv":
        return None
    evidence = Evidence(_as_asked(work.plan, plan), columns)
    frames = []
    for batch in reading:
        evidence.add(batch.frame)
        rows, refused = map_batch(plan, batch.frame, columns, work.zone)
        if refused or batch.damaged or evidence.doubtful:
            return None
        frames.append(rows)
    account = reading.account
    if account.records != at - 2 or account.damaged or account.repaired or any(account.set_aside.values()):
        return None
    staging = store.staging(plan)
    for rows in frames:
        if rows.height:
            assert int(rows[LINE].item(-1)) < at
            staging.add(rows)
    return Bundle(plan, staging, tuple(parts), describe(reading))
