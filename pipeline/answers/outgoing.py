"""What is asked of exports: how each job stands, and what became of a file that was written."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from pipeline.answers.facts import Facts
from pipeline.answers.faraway import went_to
from pipeline.answers.rows import ledger_row
from pipeline.jobs import ExportJob, SyncJob
from pipeline.results import JobStatus, Why
from pipeline.schedule import Always, describe, next_opening
from pipeline.store.model import LedgerFile
from pipeline.store.syncing.standing import Standing
from pipeline.words import Fact, message, printable

ASKED = "asked"  # the schedule of an export that runs only when a person asks


def export_status(job: ExportJob, facts: Facts, last: LedgerFile | None) -> JobStatus:
    """An export as `status` tells jobs; nothing of it waits or has failed but its trouble."""
    said, since = facts.services.waits.get(job.name, (None, None))
    memory = facts.gates.get(job.name)
    known = memory is not None and memory.schedule == describe(job.schedule)
    begun = memory.last if memory is not None and known else facts.now.wall
    asked = isinstance(job.schedule, Always)
    return JobStatus(
        name=job.name,
        schedule=ASKED if asked else describe(job.schedule),
        next_opening=None if asked else next_opening(job.schedule, begun, facts.now.wall),
        waiting=0,
        failed=0,
        last=ledger_row(last, None, facts.settings.timezone) if last else None,
        trouble=said,
        since=since,
        pause=facts.pauses.get(job.name),
    )


def sync_status(job: SyncJob, facts: Facts, standing: Standing | None) -> JobStatus:
    """A synchronisation as `status` tells jobs: `failed` are records that nobody settled."""
    found = export_status(ExportJob(job.name, "", Path(), "", Path(), schedule=job.schedule), facts, None)
    if standing is None:
        return found
    told = []
    last = next((one for one in standing.rounds if one.job == job.name), None)
    if last is not None:
        when, ways = facts.local(last.at), {"pulled": last.pulled, "pushed": last.pushed}
        told.append(message("peers.last_round", when=when, job=job.name, peer=last.peer, **ways))
    if standing.open or standing.held:
        told.append(message("peers.open_records", count=standing.open, held=standing.held))
    waiting = sum(known.waiting for known in standing.peers if last is not None and known.peer == last.peer)
    return replace(found, waiting=waiting, failed=standing.open, told=tuple(told))


def written_why(facts: Facts, file: LedgerFile) -> Why:
    """Of a file that an export wrote."""
    row = ledger_row(file, None, facts.settings.timezone)
    told: dict[str, Fact] = {"name": printable(os.fsdecode(file.name)), "job": file.job, "id": file.id}
    if file.archived_at is None:
        said = message("exports.why_unpublished", path=file.folder, **told)
        return Why(False, said, message("states.trouble_remedy"), row)
    when = facts.local(file.archived_at)
    said = message("exports.why_exported", when=when, rows=file.rows_read, path=file.archived_as, **told)
    remedy = message("exports.try_remedy", id=file.id)
    return Why(True, said, remedy, row, besides=tuple(went_to(facts, file)))
