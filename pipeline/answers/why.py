"""`why`: which file is meant, and what is to be said of it wherever it lies or lay."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from pipeline import files as disk
from pipeline.answers.elsewhere import not_taken, out_of_place
from pipeline.answers.facts import Facts
from pipeline.answers.faraway import came_from, not_here
from pipeline.answers.lying import Taken
from pipeline.answers.outgoing import written_why
from pipeline.answers.reasons import reasons
from pipeline.answers.rows import ledger_row, taken_row, waiting_row
from pipeline.engine.orphans import orphans
from pipeline.engine.turns import NAMES, expected
from pipeline.results import Reason, Why
from pipeline.store.model import LedgerFile, Query
from pipeline.turns import missing, place
from pipeline.words import Fact, Message, message, printable

NEWEST = 200  # ledger files of one name that are looked at
CUT = 200  # bytes: a longer name may have lost its end in a work folder
BESIDE = (".why.txt", ".refused.csv")  # what we put beside a failed file


def why(facts: Facts, file: str | os.PathLike[str]) -> Why:
    """Why this file is, or is not, in the database. `file`: a path, or only the name that it had."""
    given = os.fspath(file)
    path = Path(os.path.abspath(given))
    anywhere = os.path.basename(given) == given and not os.path.lexists(path)
    found = _anywhere(facts, path.name) if anywhere else _at(facts, path)
    if not found:
        return _unknown(facts, path)
    return replace(found[0], others=tuple(found[1:]))


def _unknown(facts: Facts, path: Path) -> Why:
    shown = printable(path.name)
    if facts.away is not None:
        return Why(False, facts.away, message("states.database_remedy"), None)
    if found := out_of_place(facts, path) or not_here(facts, path):
        return found
    return Why(False, message("states.unknown", name=shown), message("states.unknown_remedy"), None)


def _anywhere(facts: Facts, text: str) -> list[Why]:
    """A name alone: wherever it lies now, then what became of it before."""
    name = os.fsencode(text)
    here = [folder for folder in facts.lying.inboxes.folders if os.path.lexists(folder / text)]
    found = [_lying(facts, folder, name) for folder in here]
    return found + _taken(facts, name) + _known_by_name(facts, name)


def _at(facts: Facts, path: Path) -> list[Why]:
    """A path: into an inbox, a work folder or an archive."""
    name = os.fsencode(path.name)
    folder = facts.lying.place(path.parent)
    if folder is not None:
        here = [_lying(facts, folder, name)] if os.path.lexists(path) else []
        return here + _taken(facts, name, folder) + _known_by_name(facts, name, folder)
    work = disk.parse_work_name(name)
    if work is not None:
        return _by_claim(facts, work[0])
    row = _archived(facts, path)
    if row is not None:
        return [_known(facts, row)]
    return [] if os.path.lexists(path) else _taken(facts, name) + _known_by_name(facts, name)


def _lying(facts: Facts, folder: Path, name: bytes) -> Why:
    """It lies in a folder that files are taken from."""
    waiting = facts.lying.waiting(folder, name)
    job = facts.job(waiting.job) if waiting is not None else None
    if waiting is None or job is None:
        copier = facts.lying.copied(folder, name)
        if copier is not None:
            return _copied(facts, folder, name, copier)
        return not_taken(facts, folder, name)
    first, *besides = reasons(facts, job, waiting)
    row = replace(waiting_row(job, waiting), reason=first.said)
    return Why(False, first.said, first.remedy, row, first.since, tuple(besides))


def _copied(facts: Facts, folder: Path, name: bytes, job: str) -> Why:
    """An original that stays, taken in this very state."""
    rows = [row for row in _rows(facts, name) if row.job == job and row.folder == printable(str(folder))]
    if not rows:  # its copy is at work
        found = _taken(facts, name, folder)
        return found[0] if found else not_taken(facts, folder, name)
    known = _known(facts, rows[0])
    stays = Reason(message("states.original_stays", name=printable(os.fsdecode(name)), folder=str(folder)))
    return replace(known, besides=(*known.besides, stays))


def _taken(facts: Facts, name: bytes, folder: Path | None = None) -> list[Why]:
    """It was taken, and the ledger does not know it yet."""
    found = []
    for job, lists in facts.lying.taken.items():
        for taken in lists:
            if folder in (None, taken.folder) and _same(taken.entry.name, name):
                found += _at_work(facts, job, taken)
    for orphan in orphans(facts.lying.inboxes):
        if folder in (None, orphan.folder) and _same(orphan.entry.name, name):
            told = message("states.orphan", name=printable(os.fsdecode(name)), job=orphan.job)
            found.append(Why(False, told, message("states.orphan_remedy", job=orphan.job), None))
    return found


def _same(entry: bytes, name: bytes) -> bool:
    return entry == name or (len(entry) > CUT and name.startswith(entry))


def _at_work(facts: Facts, job_name: str, taken: Taken) -> list[Why]:
    job, claim = facts.job(job_name), taken.entry.claim
    if job is None or (facts.store is not None and facts.store.by_claim(claim) is not None):
        return []
    name, waits = printable(os.fsdecode(taken.entry.name)), facts.services.waits
    said: Message = message("states.loading", name=name)
    remedy, since = message("states.loading_remedy"), disk.claimed_at(claim)
    if not facts.services.known:
        said, remedy = message("states.left", name=name), message("states.no_service_remedy", job=job_name)
    elif wait := waits.get("") or waits.get(job_name):
        (said, since), remedy = wait, message("states.trouble_remedy")
    row = taken_row(job, facts.lying.inboxes.below(taken.folder), taken.entry, said)
    return [Why(False, said, remedy, row, since)]


def _by_claim(facts: Facts, claim: str) -> list[Why]:
    row = facts.store.by_claim(claim) if facts.store is not None else None
    if row is not None:
        return [_known(facts, row)]
    lists = ((job, t) for job, found in facts.lying.taken.items() for t in found)
    return next((_at_work(facts, job, t) for job, t in lists if t.entry.claim == claim), [])


def _rows(facts: Facts, name: bytes) -> list[LedgerFile]:
    """What the ledger knows of this name, newest first."""
    if facts.store is None:
        return []
    found = facts.store.files(Query(name=name, limit=NEWEST))
    if not found and len(name) > CUT:  # found again after a kill, when its end was lost
        short = disk.parse_work_name(disk.work_name("0" * 32, 1, name))
        found = facts.store.files(Query(name=short[2], limit=NEWEST)) if short else []
    return [row for row in found if row.undo_of is None]  # what it took back says so itself


def _known_by_name(facts: Facts, name: bytes, folder: Path | None = None) -> list[Why]:
    """The newest of each job and folder."""
    newest: dict[tuple[str, str], LedgerFile] = {}
    for row in _rows(facts, name):
        if folder is None or row.folder in ("", printable(str(folder))):
            newest.setdefault((row.job, row.folder), row)
    return [_known(facts, row) for row in newest.values()]


def _archived(facts: Facts, path: Path) -> LedgerFile | None:
    """The ledger file that lies at this path: its number mostly stands in its name."""
    if facts.store is None:
        return None
    text = str(path)
    for ending in BESIDE:
        text = text.removesuffix(ending)
    there, name = printable(text), os.path.basename(text)
    ids = (int(number) for number in re.findall(r"[0-9]{1,18}", name))
    for row in (facts.store.by_id(id) for id in ids):
        if row is not None and row.archived_as == there:
            return row
    plain = re.sub(r"~[0-9]+(?=\.|$)", "", name)
    rows: Iterable[LedgerFile] = (*_rows(facts, os.fsencode(name)), *_rows(facts, os.fsencode(plain)))
    return next((row for row in rows if row.archived_as == there), None)


def _beside(facts: Facts, file: LedgerFile) -> Iterable[Reason]:
    """That it brings mended rows of another, or another brought those of this one; that one before it is missing."""
    if file.correction_of is not None:
        yield Reason(message("versions.corrects", id=file.correction_of))
    if file.delivery is not None and facts.store is not None:
        mates = [one for one in facts.store.files(Query(delivery=file.delivery)) if one.id != file.id]
        names = ", ".join(f"{printable(os.fsdecode(one.name))} ({one.id})" for one in mates)
        yield Reason(message("turns.together", names=names))
    job = facts.job(file.job)
    if job is not None and job.gap is not None and facts.store is not None and file.correction_of is None:
        known = facts.store.names(file.job, NAMES)
        places = {place(job.order, printable(os.fsdecode(n))) for at, n in known if at == file.folder}
        name = printable(os.fsdecode(file.name))
        lost = missing(
            job.order, name, {one for one in places if one} - {place(job.order, name) or ()}, expected(job)
        )
        if lost:
            yield Reason(message("turns.without", name=name, missing=lost[0], count=len(lost)))
    if file.refused and facts.store is not None:
        for one in facts.store.files(Query(correction_of=file.id, limit=NEWEST)):
            counts = {"rows": one.rows_read, "refused": one.refused}
            name = printable(os.fsdecode(one.name))
            yield Reason(message("versions.corrected_by", id=one.id, name=name, **counts))


def _known(facts: Facts, file: LedgerFile) -> Why:
    """What became of it."""
    if file.kind == "export":
        return written_why(facts, file)
    job, zone = facts.job(file.job), facts.settings.timezone
    row = ledger_row(file, job, zone)
    name = row.name
    gone = () if job is not None else (Reason(message("states.job_gone", job=file.job)),)
    if file.state in ("committed", "archived"):
        counts = {
            "rows": file.rows_read,
            "inserted": file.inserted,
            "updated": file.updated,
            "unchanged": file.unchanged,
            "refused": file.refused,
            "repeats": file.duplicates,
        }
        when = facts.local(file.committed_at)
        told: dict[str, Fact] = {"name": name, "id": file.id, "when": when, **counts}
        if file.archived_as:
            said = message("states.imported", place=file.archived_as, **told)
        else:
            said = message("states.imported_unmoved", **told)
        mended = (*_beside(facts, file), *came_from(facts, file))
        remedy = message("states.refused_remedy", id=file.id) if file.refused else None
        more = {"deleted": file.deleted, "stale": file.stale, "absent": file.absent}
        also = [Reason(message("states.imported_also", **more))] if any(more.values()) else []
        also += [Reason(row.reason)] if row.reason else []
        also += [Reason(message("states.rows_wait", rows=file.waiting))] if file.waiting else []
        return Why(True, said, remedy, row, besides=(*mended, *also, *gone))
    if file.state == "duplicate":
        earlier = file.reason.args.get("id", file.id) if file.reason else file.id
        remedy = message("states.duplicate_remedy", id=earlier)
        return Why(True, row.reason or message("states.duplicate", name=name), remedy, row, besides=gone)
    if file.state == "held":
        remedy = message("states.held_remedy", id=file.id)
        return Why(
            False, row.reason or message("states.failed", name=name), remedy, row, file.committed_at, gone
        )
    if file.state in ("approved", "rejected"):
        return Why(
            file.state == "approved", row.reason or message("states.failed", name=name), None, row, None, gone
        )
    if file.state == "undone":
        return Why(False, row.reason or message("states.undone", name=name), None, row, None, gone)
    remedy = message("states.failed_remedy", place=file.archived_as or name)
    said = row.reason or message("states.failed", name=name)
    return Why(False, said, remedy, row, file.committed_at, gone)
