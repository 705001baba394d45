"""Results as plain JSON values, the same for the command line and the HTTP door. Loads nothing."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from pipeline.words import Fact, Language, Message, printable

if TYPE_CHECKING:
    from pipeline.expecting import Verdict
    from pipeline.results import (
        Attempted,
        FileRow,
        FileStory,
        Finding,
        JobStatus,
        OnceResult,
        Reason,
        Status,
        Why,
    )
    from pipeline.store.model import Pause, RefusedRow, Undo

Json = dict[str, object]
COUNTS = ("rows_read", "inserted", "updated", "unchanged", "refused", "deleted")


class Voice(Protocol):
    """Who speaks, in a language."""

    @property
    def language(self) -> Language: ...

    def text(self, said: Message | None) -> str: ...

    def word(self, code: str, **facts: Fact) -> str: ...


def moment(at: datetime | None) -> str | None:
    """ISO 8601 in UTC."""
    return None if at is None else at.isoformat()


def file_json(voice: Voice, file: FileRow) -> Json:
    return {
        "id": file.id,
        "job": file.job,
        "name": file.name,
        "state": file.state,
        "reason": voice.text(file.reason) or None,
        "fingerprint": file.fingerprint,
        "rows_read": file.rows_read,
        "inserted": file.inserted,
        "updated": file.updated,
        "unchanged": file.unchanged,
        "refused": file.refused,
        "repeats": file.duplicates,
        "seen_at": moment(file.seen_at),
        "claimed_at": moment(file.claimed_at),
        "committed_at": moment(file.committed_at),
        "archived_at": moment(file.archived_at),
        "archived_as": file.archived_as,
        "folder": file.folder,
        "replay_of": file.replay_of,
        "deleted": file.deleted,
        "stale": file.stale,
        "absent": file.absent,
        "undo_of": file.undo_of,
        "waiting": file.waiting,
        "mapping": file.mapping,
        "mapping_version": file.mapping_version,
        "correction_of": file.correction_of,
        "kind": file.kind,
    }


def refused_json(voice: Voice, row: RefusedRow) -> Json:
    return {
        "line": row.own_line,
        "member": row.said.args.get("member"),
        "column": row.column,
        "value": row.value,
        "reason": voice.text(row.said),
        "text": row.raw.decode("utf-8", "backslashreplace"),
    }


def story_json(voice: Voice, story: FileStory) -> Json:
    lines = [refused_json(voice, row) for row in story.refused]
    read = json.loads(story.dialect) if story.dialect else None
    found = story.changes
    changes: Json | None = None
    if found is not None:
        changes = {"new": found.new, "gone": found.gone, "same": found.same}
        changes |= {"new_lines": list(found.new_lines), "gone_lines": list(found.gone_lines)}
    return {
        **file_json(voice, story.file),
        "read_as": read,
        "refused_rows": lines,
        "earlier": file_json(voice, story.earlier) if story.earlier else None,
        "changes": changes,
        "corrections": [file_json(voice, file) for file in story.corrections],
    }


def once_json(voice: Voice, result: OnceResult) -> Json:
    return {
        "files": [file_json(voice, file) for file in result.files],
        "waiting": [file_json(voice, file) for file in result.waiting],
        "troubles": [voice.text(said) for said in result.troubles],
        "paused": [pause_json(pause) for pause in result.paused],
    }


def pause_json(pause: Pause) -> Json:
    since, until = moment(pause.since), moment(pause.until)
    return {"job": pause.job, "who": pause.who, "why": pause.why, "since": since, "until": until}


def job_json(voice: Voice, job: JobStatus) -> Json:
    return {
        "name": job.name,
        "schedule": job.schedule,
        "next_opening": moment(job.next_opening),
        "waiting": job.waiting,
        "oldest": moment(job.oldest),
        "failed": job.failed,
        "last": file_json(voice, job.last) if job.last else None,
        "trouble": voice.text(job.trouble) or None,
        "since": moment(job.since),
        "paused": pause_json(job.pause) if job.pause else None,
        "noticing": voice.text(job.noticing) or None,
        "missing": voice.text(job.missing) or None,
        "turn": voice.text(job.turn) or None,
        "expected": None if job.expected is None else expected_json(voice, job.expected),
    }


def expected_json(voice: Voice, verdict: Verdict) -> Json:
    told = [verdict.said, *(said for _, said in verdict.unlike)]
    return {
        "state": verdict.state,
        "level": verdict.level,
        "day": None if verdict.day is None else verdict.day.isoformat(),
        "came": verdict.came,
        "said": [voice.text(said) for said in told if said is not None],
    }


def status_json(voice: Voice, status: Status) -> Json:
    services = [
        {"pid": s.pid, "config": voice.text(s.config) or None, "since": moment(s.since)}
        for s in status.services
    ]
    return {
        "active": status.active,
        "running": status.running,
        "jobs": [job_json(voice, job) for job in status.jobs],
        "trouble": voice.text(status.trouble) or None,
        "services": services,
        "mistakes": [mistake.text(voice.language) for mistake in status.mistakes],
    }


def why_json(voice: Voice, found: Why) -> Json:
    return {
        "imported": found.imported,
        "why": voice.text(found.said),
        "code": found.said.code,
        "remedy": voice.text(found.remedy) or None,
        "since": moment(found.since),
        "file": file_json(voice, found.file) if found.file else None,
        "besides": [reason_json(voice, reason) for reason in found.besides],
        "others": [why_json(voice, other) for other in found.others],
    }


def reason_json(voice: Voice, reason: Reason) -> Json:
    remedy, since = voice.text(reason.remedy) or None, moment(reason.since)
    return {"why": voice.text(reason.said), "code": reason.said.code, "remedy": remedy, "since": since}


def undo_json(voice: Voice, done: Undo) -> Json:
    """What an undo did, or would do."""
    return {
        "id": done.of.id,
        "entry": None if done.entry is None else done.entry.id,
        "tables": [
            {"table": t.table, "deleted": t.deleted, "restored": t.restored, "updated": t.updated}
            for t in done.tables
        ],
        "left": done.left_count,
        "closed": voice.text(done.closed) or None,
        "left_rows": [
            {"table": r.table, "row": printable(r.row), "code": r.said.code, "reason": voice.text(r.said)}
            for r in done.left
        ],
    }


def attempted_json(voice: Voice, found: Attempted) -> Json:
    """The whole answer."""
    return {
        "job": found.job or None,
        "mapping": found.mapping,
        "because": voice.text(found.because),
        "state": found.state,
        "reason": voice.text(found.reason) or None,
        **{name: getattr(found, name) for name in COUNTS},
        "repeats": found.duplicates,
        "stale": found.stale,
        "absent": found.absent,
        "tables": {
            name: {"inserted": n[0], "updated": n[1], "deleted": n[2]} for name, n in found.tables.items()
        },
        "columns": [
            {"table": table, "column": column, "rows": rows}
            for (table, column), rows in found.columns.items()
        ],
        "rows": [{"table": row.table, "values": dict(row.values)} for row in found.rows],
        "changes": [
            {"table": c.table, "row": c.row, "column": c.column, "old": c.old, "new": c.new}
            for c in found.changes
        ],
        "refused_rows": [refused_json(voice, row) for row in found.refused_rows],
    }


def finding_json(voice: Voice, finding: Finding) -> Json:
    return {
        "subject": finding.subject,
        "level": finding.level,
        "code": finding.said.code,
        "said": voice.text(finding.said),
        "remedy": voice.text(finding.remedy) or None,
    }
