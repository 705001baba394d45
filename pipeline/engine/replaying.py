"""Loading one file of the ledger again, because a person asked: from where it is kept, by a worker of our own.

The copy is ours from its first byte, so no service takes it; after a kill the next start finishes it as it
would any other file, and its claim tells what it is.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import anyio

from pipeline import files as disk
from pipeline.brake import Closed
from pipeline.clock import Clock
from pipeline.engine.desk import Announcer, Arrived, Desk, Setup
from pipeline.engine.gates import Gate
from pipeline.engine.process import WorkerProcess
from pipeline.engine.workshop import Workshop
from pipeline.errors import ConfigError, Environment, PipelineError
from pipeline.events import Listener
from pipeline.imports.finishing import place_of
from pipeline.jobs import ImportJob, Settings
from pipeline.mapping import examine
from pipeline.store.model import LedgerFile, MappingVersion, Query, Store
from pipeline.words import Message, message, printable


@dataclass(frozen=True, slots=True)
class Replayed:
    """`ids`: the new rows of the ledger. None: it waits in the work folder, because of `trouble`."""

    ids: tuple[int, ...]
    trouble: Message | None


class _Again(Desk):
    """A desk whose file has a second life in the archive: given back, it just goes."""

    __slots__ = ()

    def give_back(self, claimed: disk.Claimed) -> None:
        self.arrived.pop(claimed.claim, None)
        disk.discard(claimed)


def begin(
    settings: Settings, store: Store, id: int, mapping: str | None, who: str, now: datetime
) -> tuple[ImportJob, list[tuple[disk.Claimed, Arrived]]]:
    """Note the replay and put a copy of its file into the work folder, with those that go in together with it. `mapping`: `NAME`, `NAME@3`, None: the job's.

    Raises PipelineError, ConfigError for a mapping that is not there or does not fit, Environment."""
    row = store.by_id(id)
    if row is None:
        raise PipelineError(message("cli.no_file", id=id))
    job = next((j for j in settings.imports if j.name == row.job), None)
    if job is None:
        raise PipelineError(message("cli.replay_no_job", id=id, job=row.job))
    chosen = None if mapping is None else chosen_mapping(settings, store, mapping, now)
    rows = [row] if row.delivery is None else store.files(Query(delivery=row.delivery))[::-1]
    archived = [kept(job, one, settings.timezone) for one in rows]
    claims = [disk.new_claim(now) for _ in rows]
    for claim, one in zip(claims, rows, strict=True):
        store.begin_replay(claim, one.id, who, now, chosen)
    return job, [take(job, *one) for one in zip(rows, archived, claims, strict=True)]


def closed_for(settings: Settings, row: LedgerFile | None) -> Closed | None:
    """The months that are closed for a file, by its job or, when that is gone, by the config."""
    job = next((j for j in settings.imports if row is not None and j.name == row.job), None)
    until = settings.closed_until if job is None else job.closed_until
    return None if until is None else Closed(until, settings.timezone)


def chosen_mapping(settings: Settings, store: Store, asked: str, now: datetime) -> MappingVersion:
    """The mapping that a person named, kept as a version. Raises ConfigError."""
    name, _, number = asked.partition("@")
    path = settings.mappings / f"{name}.toml"
    if number:
        known = {str(one.number): one for one in store.mapping_versions(name)}
        if number not in known:
            raise ConfigError(message("versions.none_such", asked=asked, known=", ".join(known) or "-"))
        text = known[number].text
    elif "/" in name or not path.is_file():
        names = sorted(p.stem for p in settings.mappings.glob("*.toml"))
        raise ConfigError(message("guessing.no_mapping", name=name, known=", ".join(names) or "-"))
    else:
        text = path.read_text("utf-8", "replace")
    plan, mistakes = examine(name, text, f"mappings/{asked}.toml", store.catalogue())
    if plan is None:
        raise ConfigError(message("mapping.unusable", mapping=asked), mistakes)
    return store.note_mapping(name, text, now)


def kept(job: ImportJob, row: LedgerFile, zone: str) -> Path:
    """Where the file of a ledger row is kept, with the content it had then. Raises PipelineError when it is gone
    or has changed."""
    noted = Path(row.archived_as)
    folder, name = noted.parent, os.fsencode(noted.name)
    if not row.archived_as or not os.path.lexists(noted):  # not noted yet, or a name that is no text
        folder, name = (job.failed, row.name) if row.state == "failed" else place_of(job, row, zone)
    there = folder / os.fsdecode(name)
    if not row.fingerprint and there.is_file():
        return there  # it could not be read then: nothing to hold it against
    found = disk.find(folder, name, row.fingerprint, row.name)
    if found is not None:
        return found
    shown, named = row.archived_as or str(there), printable(os.fsdecode(row.name))
    if os.path.lexists(there):
        raise PipelineError(message("cli.replay_changed", id=row.id, name=named, place=shown))
    raise PipelineError(message("cli.replay_gone", id=row.id, name=named, place=shown))


def take(job: ImportJob, row: LedgerFile, archived: Path, claim: str) -> tuple[disk.Claimed, Arrived]:
    """A copy of the archived file in the job's work folder, under this claim. Raises Environment."""
    folder = Path(row.folder or job.inbox)
    if not folder.is_relative_to(job.inbox):
        folder = job.inbox
    below = folder.relative_to(job.inbox).as_posix()
    try:
        taken = disk.take_again(archived, job.work_in(folder), claim, row.name)
    except OSError as error:
        place = str(error.filename or archived)
        raise Environment(
            message("files.environment", path=place, why=error.strerror or str(error))
        ) from error
    assert taken is not None, "a claim is new"
    return taken, Arrived(folder, "" if below == "." else below)


async def load(
    setup: Setup,
    job: ImportJob,
    files: Sequence[tuple[disk.Claimed, Arrived]],
    listener: Listener,
    clock: Clock,
    wait_s: float,
    first: WorkerProcess | None = None,
) -> Replayed:
    """Have this file, or these that go in together, loaded, trying again for so many seconds while something stands in the way."""
    workshop = Workshop(setup, Announcer(listener, clock), lambda: None, first)
    desk = _Again(job, Gate(job))
    desk.arrived.update({taken.claim: arrived for taken, arrived in files})
    end = clock.now().mono + wait_s
    group = [taken for taken, _ in files]
    try:
        while group:
            await workshop.do(desk, group)
            group = desk.held if desk.trouble is None or desk.trouble.until_mono < end else []
            if group and desk.trouble is not None:
                await anyio.sleep(max(0.0, desk.trouble.until_mono - clock.now().mono))
            desk.held = [c for c in desk.held if c not in group]
    finally:
        for left in (*group, *desk.held):
            left.release()
        with anyio.CancelScope(shield=True):
            await workshop.pool.close()
    ids = tuple(done.id for done in workshop.done if done.id is not None)
    return Replayed(ids, None if desk.trouble is None else desk.trouble.said)
