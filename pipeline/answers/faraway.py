"""What is to be said of files on other machines: not here yet, where one came from, where one went."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pipeline.answers.facts import Facts
from pipeline.jobs import ImportJob, fits
from pipeline.remote.model import shown
from pipeline.results import Reason, Why
from pipeline.store.model import LedgerFile
from pipeline.words import message, printable


def not_here(facts: Facts, path: Path) -> Why | None:
    """A file that nobody here knows, and that a remote folder may have. None: no job would take it from one."""
    name, told = os.fsencode(path.name), printable(path.name)
    jobs = [job for job in facts.settings.imports if job.remote is not None and fits(path.name, job.patterns)]
    if not jobs:
        return None
    remedy = message("remote.why_remedy")
    known = facts.store.afar().of_name(name) if facts.store is not None else []
    job = next((job for job in jobs if known and _url(job) == known[0].source), jobs[0])
    where = shown(job.remote) if job.remote is not None else ""
    if known and known[0].state == "here":
        return Why(False, message("remote.why_here", name=told, url=where), None, None, known[0].fetched_at)
    said = message("remote.why_taken" if known else "remote.why_afar", name=told, url=where)
    wait = facts.services.waits.get(job.name)
    besides = [Reason(wait[0], message("states.trouble_remedy"), wait[1])] if wait else []
    if not facts.services.known:
        besides.append(
            Reason(message("states.no_service"), message("states.no_service_remedy", job=job.name))
        )
    since = known[0].seen_at if known else None
    return Why(False, said, remedy, None, since, tuple(besides))


def _url(job: ImportJob) -> str:
    return "" if job.remote is None else job.remote.url


def came_from(facts: Facts, file: LedgerFile) -> Iterator[Reason]:
    """Of an imported file: the machine it came from."""
    job = facts.job(file.job)
    if job is None or job.remote is None or facts.store is None:
        return
    if file.folder == printable(str(job.remote.spool)):
        yield Reason(message("remote.came", url=shown(job.remote)))


def went_to(facts: Facts, file: LedgerFile) -> Iterator[Reason]:
    """Of a written file: the machine it was sent to."""
    job = next((job for job in facts.settings.exports if job.name == file.job), None)
    if job is None or job.remote is None or facts.store is None:
        return
    sent = facts.store.afar().sent_to(file.id)
    if sent is not None:
        yield Reason(message("remote.sent", url=sent[0], when=facts.local(sent[1])))
    elif file.folder == str(job.to):
        yield Reason(message("remote.unsent", url=shown(job.remote)), message("remote.why_remedy"))
