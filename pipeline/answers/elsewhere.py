"""Files that no job takes where they lie: why not, and which job would."""

from __future__ import annotations

import os
from pathlib import Path

from pipeline.answers.facts import Facts
from pipeline.engine import proofs
from pipeline.jobs import TEMPORARY, ImportJob, fits, matches_any
from pipeline.results import Why
from pipeline.words import Message, message, printable

NAMED = 3  # so many jobs that would take it are named


def not_taken(facts: Facts, folder: Path, name: bytes) -> Why:
    """It lies in a folder of ours, and no job takes it there."""
    shown, text = printable(os.fsdecode(name)), os.fsdecode(name)
    jobs = facts.lying.inboxes.of_folder(folder)
    for job in jobs:
        if proofs.could_accompany(job, name):
            lying = facts.lying.inboxes.of(job)
            mains = (w.seen.name for w in lying if w.folder == folder and job.companion(w.seen.name) == name)
            main = next(mains, None)
            if main is not None:
                said = message("states.accompanies", name=shown, main=printable(os.fsdecode(main)))
                return Why(False, said, None, None)
    if matches_any(text, TEMPORARY):
        return Why(False, message("states.temporary", name=shown), message("states.temporary_remedy"), None)
    if any(fits(text, job.patterns) for job in jobs):  # it went away, or came, since the folder was looked at
        return Why(False, message("states.just_changed", name=shown), message("states.loading_remedy"), None)
    if folder in facts.lying.unreachable:
        return Why(False, facts.lying.unreachable[folder], None, None)
    patterns = ", ".join(dict.fromkeys(pattern for job in jobs for pattern in job.patterns))
    said = message("states.no_pattern", name=shown, patterns=patterns)
    return Why(False, said, _other_job(facts, text, jobs) or message("states.no_pattern_remedy"), None)


def out_of_place(facts: Facts, path: Path) -> Why | None:
    """It lies in no folder that files are taken from; None when it is not there at all."""
    if not os.path.lexists(path):
        return None
    shown, remedy = printable(path.name), _other_job(facts, path.name, ())
    for job in facts.settings.imports:
        if path.parent == job.inbox or job.inbox in path.parents:
            places = str(job.inbox.joinpath(*job.below))
            facts_said = {"name": shown, "folder": str(path.parent), "job": job.name, "places": places}
            return Why(False, message("states.wrong_folder", **facts_said), _move(job), None)
    said = message("states.elsewhere", name=shown, folder=str(path.parent))
    return Why(False, said, remedy or message("states.unknown_remedy"), None)


def _move(job: ImportJob) -> Message:
    return message("states.move_there", job=job.name, place=str(job.inbox.joinpath(*job.below)))


def _other_job(facts: Facts, name: str, but: tuple[ImportJob, ...]) -> Message | None:
    """Which jobs of other folders take files of this name; those that take any name come last."""
    takers = [job for job in facts.settings.imports if job not in but and fits(name, job.patterns)]
    takers.sort(key=lambda job: "*" in job.patterns)
    if not takers:
        return None
    if len(takers) == 1:
        return _move(takers[0])
    named = ", ".join(f"{job.name} ({job.inbox.joinpath(*job.below)})" for job in takers[:NAMED])
    return message("states.move_to_one", jobs=named)
