"""Results as JSON values and as cells of a table."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from pipeline.cli.output import Voice
    from pipeline.results import FileRow, FileStory, JobStatus, OnceResult, Status
    from pipeline.store.model import RefusedRow

Json = dict[str, object]


def moment(at: datetime | None) -> str | None:
    """ISO 8601 in UTC."""
    return None if at is None else at.isoformat()


def local(at: datetime | None, zone: str) -> str:
    """A moment for people, in the config's time zone; "" for none."""
    return "" if at is None else at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")


def schedule(voice: Voice, text: str, zone: str) -> str:
    """The text of `pipeline.schedule.describe` for people: `every 30 s`, `at 08:00, 20:00 Europe/Paris`, `always`.
    The zone is named only where it is another than the config's."""
    kind, _, rest = text.partition(" ")
    if kind == "every":
        return voice.word("cli.every", interval=interval(int(rest.removesuffix(" s"))))
    if kind == "at":
        hours, _, named = rest.rpartition(" ")
        return voice.word("cli.daily", hours=hours if named == zone else rest)
    return voice.word("cli.always")


def interval(seconds: int) -> str:
    """30 → 30 s, 300 → 5 min, 7200 → 2 h."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def read_as(voice: Voice, dialect: str) -> str:
    """How a file was read, in a sentence."""
    found = json.loads(dialect)
    return voice.word(
        "cli.read_as", encoding=found.get("encoding", "?"), delimiter=found.get("delimiter", "?")
    )


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
    }


def refused_json(voice: Voice, row: RefusedRow) -> Json:
    return {
        "line": row.line,
        "column": row.column,
        "value": row.value,
        "reason": voice.text(row.said),
        "text": row.raw.decode("utf-8", "backslashreplace"),
    }


def story_json(voice: Voice, story: FileStory) -> Json:
    lines = [refused_json(voice, row) for row in story.refused]
    read = json.loads(story.dialect) if story.dialect else None
    return {**file_json(voice, story.file), "read_as": read, "refused_rows": lines}


def once_json(voice: Voice, result: OnceResult) -> Json:
    return {
        "files": [file_json(voice, file) for file in result.files],
        "waiting": [file_json(voice, file) for file in result.waiting],
        "troubles": [voice.text(said) for said in result.troubles],
    }


def job_json(voice: Voice, job: JobStatus) -> Json:
    return {
        "name": job.name,
        "schedule": job.schedule,
        "next_opening": moment(job.next_opening),
        "waiting": job.waiting,
        "failed": job.failed,
        "last": file_json(voice, job.last) if job.last else None,
        "trouble": voice.text(job.trouble) or None,
    }


def status_json(voice: Voice, status: Status) -> Json:
    jobs = [job_json(voice, job) for job in status.jobs]
    return {"active": status.active, "jobs": jobs, "trouble": voice.text(status.trouble) or None}


FILE_HEADS = (
    "id",
    "job",
    "name",
    "state",
    "rows",
    "new",
    "changed",
    "same",
    "refused",
    "repeats",
    "when",
    "reason",
)


def file_cells(voice: Voice, file: FileRow, zone: str) -> list[str]:
    """The cells of one file under `FILE_HEADS`."""
    counts = (file.rows_read, file.inserted, file.updated, file.unchanged, file.refused, file.duplicates)
    when = local(file.committed_at or file.seen_at, zone)
    head = [
        "" if file.id is None else str(file.id),
        file.job,
        file.name,
        voice.word(f"cli.state.{file.state}"),
    ]
    return [*head, *map(str, counts), when, voice.text(file.reason)]


def file_heads(voice: Voice) -> list[str]:
    return [voice.word(f"cli.head.{name}") for name in FILE_HEADS]
