"""Results as JSON values and as cells of a table."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pipeline.cli.schedules import schedule as schedule
from pipeline.words import Message

if TYPE_CHECKING:
    from pipeline.cli.output import Voice
    from pipeline.expecting import Verdict
    from pipeline.results import FileRow, FileStory, JobStatus, OnceResult, Reason, Status, Why
    from pipeline.store.model import Pause, RefusedRow

Json = dict[str, object]


def moment(at: datetime | None) -> str | None:
    """ISO 8601 in UTC."""
    return None if at is None else at.isoformat()


def local(at: datetime | None, zone: str) -> str:
    """A moment for people, in the config's time zone; "" for none."""
    return "" if at is None else at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")


def age(seconds: float) -> str:
    """How long ago, in its two biggest units: 3 h 12 min, 2 d 5 h, 40 s."""
    left, parts = max(0, int(seconds)), []
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        if left >= size:
            parts.append(f"{left // size} {unit}")
            left %= size
    return " ".join(parts[:2]) or "0 s"


def read_as(voice: Voice, dialect: str) -> str:
    """How a file was read, in a sentence; what was left out by which rule; what a person should know."""
    found = json.loads(dialect)
    form = found.get("format", "csv")
    told = form.upper()
    if form == "csv":
        facts = {name: found.get(name, "?") for name in ("encoding", "delimiter")}
        told = voice.word("cli.read_as", **facts)
    aside = ", ".join(f"{rule} {count}" for rule, count in found.get("set_aside", {}).items())
    told += f"; {voice.word('cli.inspect.set_aside')}: {aside}" if aside else ""
    notes = [voice.text(Message(note["code"], note["args"])) for note in found.get("notes", [])]
    return ". ".join([told, *notes])


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


def paused(voice: Voice, pause: Pause, zone: str) -> str:
    """Who paused it, until when and why, as the middle of a sentence."""
    until = voice.word("cli.until_resumed")
    if pause.until is not None:
        until = voice.word("cli.until", at=local(pause.until, zone)[:16])
    why = voice.word("cli.because", why=pause.why) if pause.why else ""
    return voice.word("cli.paused_by", who=pause.who, until=until, why=why)


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


MORE = ("deleted", "stale", "absent")  # counts that are told only where there are some
FILE_HEADS = ("id", "job", "name", "state", "when", "became")


def file_cells(voice: Voice, file: FileRow, zone: str) -> list[str]:
    """The cells of one file under `FILE_HEADS`."""
    when = local(file.committed_at or file.seen_at, zone)[:16]
    number = "" if file.id is None else str(file.id)
    state = voice.word(f"cli.state.{file.state}")
    return [number, file.job, called(file), state, when, became(voice, file)]


def became(voice: Voice, file: FileRow) -> str:
    """What became of its rows, `4 = 3 new + 1 refused`, or why nothing did. One row may make rows of several tables:
    then `4: 9 new + 1 refused`."""
    if file.state == "exported" and not file.reason:
        return str(file.rows_read)
    if file.state not in ("committed", "archived"):
        return voice.text(file.reason)
    names = ("new", "changed", "same", "refused", "repeats", "waiting", *MORE)
    more = (file.waiting, file.deleted, file.stale, file.absent)
    counts = (file.inserted, file.updated, file.unchanged, file.refused, file.duplicates, *more)
    parts = [f"{n} {voice.word(f'cli.head.{name}')}" for name, n in zip(names, counts, strict=True) if n]
    sign = " =" if sum(counts) == file.rows_read else ":"
    told = f"{file.rows_read}{sign} {' + '.join(parts)}" if parts else str(file.rows_read)
    return f"{told}. {voice.text(file.reason)}" if file.reason else told


def called(file: FileRow) -> str:
    """Its name, with the folder below the inbox where it came from such a one."""
    return f"{file.folder}/{file.name}" if file.folder else file.name


def file_heads(voice: Voice) -> list[str]:
    return [voice.word(f"cli.head.{name}") for name in FILE_HEADS]
