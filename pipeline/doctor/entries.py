"""What lies in a folder that no job can take, or not as it is."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.engine import proofs
from pipeline.jobs import TEMPORARY, ImportJob, fits, matches_any
from pipeline.results import Level
from pipeline.words import Fact, Message, printable

NAMED = 3  # so many names are shown
LONG = 200  # bytes: a longer name is shortened where it is kept

Trouble = tuple[Level, Message, Message]
KINDS: dict[str, tuple[str, str]] = {
    "kind": ("doctor.kinds", "doctor.kinds_remedy"),
    "stray": ("doctor.strays", "doctor.strays_remedy"),
    "odd": ("doctor.odd_names", "doctor.odd_names_remedy"),
    "long": ("doctor.long_names", "doctor.long_names_remedy"),
}


def lying(folder: Path, jobs: Sequence[ImportJob]) -> list[Trouble]:
    """Each kind of it, how many, and a few names. What cannot be read has none."""
    found: dict[str, list[bytes]] = {}
    try:
        with os.scandir(os.fsencode(folder)) as entries:
            for entry in entries:
                for kind in _kinds(entry, jobs):
                    found.setdefault(kind, []).append(entry.name)
    except OSError:
        return []
    return [_said(kind, found[kind], jobs) for kind in KINDS if kind in found]


def _kinds(entry: os.DirEntry[bytes], jobs: Sequence[ImportJob]) -> Iterator[str]:
    if entry.name.startswith(b"."):
        return
    text = os.fsdecode(entry.name)
    if not entry.is_file(follow_symlinks=False):
        yield "kind"
        return
    if not any(fits(text, job.patterns) or proofs.could_accompany(job, entry.name) for job in jobs):
        if not matches_any(text, TEMPORARY):  # on its way
            yield "stray"
        return
    if not text.isprintable() or "\udc80" <= max(text) <= "\udcff":
        yield "odd"
    if len(entry.name) > LONG:
        yield "long"


def _said(kind: str, names: list[bytes], jobs: Sequence[ImportJob]) -> Trouble:
    shown = ", ".join(printable(os.fsdecode(name)) for name in sorted(names)[:NAMED])
    if len(names) > NAMED:
        shown += ", …"
    code, remedy = KINDS[kind]
    patterns = ", ".join(dict.fromkeys(pattern for job in jobs for pattern in job.patterns))
    facts: dict[str, Fact] = {"count": len(names), "names": shown, "patterns": patterns}
    return "warn", Message(code, facts), Message(remedy)
