"""The folders that exports write to, and those of their copies: there, writable, one file system within."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.doctor.probes import can_rename, nearest, writable
from pipeline.jobs import ExportJob
from pipeline.results import Level
from pipeline.words import Message, message

Told = tuple[Level, Message, Message | None]


def outbox(job: ExportJob) -> Iterator[Told]:
    """What was found out about an export's folder, and that of its copies. A folder that is not there yet is made by
    the first export, where its parent can be written to."""
    for kind, folder in (("to", job.to), ("exported", job.kept)):
        if kind == "to" and job.remote is not None:
            continue  # what it is sent from is made at the start
        here = nearest(folder)
        why = writable(here) if here.is_dir() else "–"
        if why is not None:
            said = message("doctor.no_outbox", kind=kind, folder=str(folder), job=job.name, why=why)
            yield "bad", said, message("doctor.allow", folder=str(here))
        elif kind == "to":
            yield from _appearing(job, here)


def _appearing(job: ExportJob, here: Path) -> Iterator[Told]:
    if here != job.to:
        yield (
            "warn",
            message("doctor.outbox_absent", job=job.name),
            message("doctor.outbox_made", folder=str(job.to)),
        )
        return
    try:
        renamed = can_rename(here, here)
        why = "–"
    except OSError as error:
        renamed, why = False, error.strerror or str(error)
    if renamed:
        yield "ok", message("doctor.outbox", job=job.name), None
    else:
        yield "bad", message("doctor.outbox_rename", job=job.name, why=why), message("doctor.outbox_disc")
