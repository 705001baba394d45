"""Which folders and patterns may stand beside each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from pipeline.jobs import ImportJob, patterns_overlap
from pipeline.mapping.source import Source

KINDS = ("inbox", "processed", "failed")


def check_folders(source: Source, jobs: Sequence[ImportJob]) -> None:
    """No folder may lie in another; one inbox may serve several jobs whose patterns take different files."""
    uses: dict[Path, list[tuple[ImportJob, str]]] = defaultdict(list)
    for job in jobs:
        for kind in KINDS:
            uses[getattr(job, kind)].append((job, kind))
    for folder, here in uses.items():
        for at, (job, kind) in enumerate(here):
            for other, other_kind in here[:at]:
                if job is other or (kind == "inbox") != (other_kind == "inbox"):
                    _nested(source, job, kind, folder, other, other_kind)
        around = next((uses[p][0] for p in folder.parents if p in uses), None)
        if around is not None:
            _nested(source, *here[0], folder, *around)
    by_inbox: dict[Path, list[ImportJob]] = defaultdict(list)
    for job in jobs:
        by_inbox[job.inbox].append(job)
    for sharing in by_inbox.values():
        for at, job in enumerate(sharing):
            for other in sharing[:at]:
                if _could_meet(job, other):
                    source.say(("imports", job.name, "pattern"), "config.overlap", other=other.name)


def _nested(
    source: Source, job: ImportJob, kind: str, folder: Path, other: ImportJob, other_kind: str
) -> None:
    facts = {"folder": str(folder), "other": f"{other.name}.{other_kind}"}
    source.say(("imports", job.name, kind), "config.nested", **facts)


def _could_meet(job: ImportJob, other: ImportJob) -> bool:
    """Is there a folder and a name that both jobs would take?"""
    if len(job.below) != len(other.below):
        return False
    if not all(patterns_overlap(a, b) for a, b in zip(job.below, other.below, strict=True)):
        return False
    return any(patterns_overlap(a, b) for a in job.patterns for b in other.patterns)
