"""Facts as lines, tables and JSON."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.results import FileRow, FileStory, Status
from pipeline.words import Fact, Language, message, render


def json_row(file: FileRow, language: Language = "en") -> dict[str, Any]:
    """A file as the JSON of `files`."""
    return {
        "id": file.id,
        "job": file.job,
        "name": file.name,
        "state": file.state,
        "reason": render(file.reason, language) if file.reason else None,
        "fingerprint": file.fingerprint,
        "rows_read": file.rows_read,
        "inserted": file.inserted,
        "updated": file.updated,
        "unchanged": file.unchanged,
        "refused": file.refused,
        "seen_at": _iso(file.seen_at),
        "claimed_at": _iso(file.claimed_at),
        "committed_at": _iso(file.committed_at),
        "archived_at": _iso(file.archived_at),
        "archived_as": file.archived_as,
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def line(file: FileRow, language: Language) -> str:
    """A file on one line."""
    state = render(message(f"cli.state.{file.state}"), language)
    head = f"{'' if file.id is None else file.id:>6}  {file.job:<14} {file.name:<32} {state:<12}"
    if file.state in ("committed", "archived"):
        facts = {n: getattr(file, n) for n in ("rows_read", "inserted", "updated", "unchanged", "refused")}
        return head + " " + render(message("cli.counts", **facts), language)
    return head + (" " + render(file.reason, language) if file.reason else "")


def story_json(story: FileStory, language: Language) -> dict[str, Any]:
    """A file's story as JSON."""
    rows = [
        {
            "line": r.line,
            "column": r.column,
            "value": r.value,
            "reason": render(r.said, language),
            "text": r.raw.decode("utf-8", "backslashreplace"),
        }
        for r in story.refused
    ]
    read = json.loads(story.dialect) if story.dialect else None
    return {**json_row(story.file, language), "read_as": read, "refused_rows": rows}


def print_story(story: FileStory, language: Language) -> None:
    """A file's story for people."""
    file = story.file
    print(line(file, language))
    for moment, code in (
        (file.claimed_at, "cli.taken"),
        (file.committed_at, "cli.decided"),
        (file.archived_at, "cli.moved"),
    ):
        if moment is not None:
            print(
                "  "
                + render(
                    message(code, at=f"{moment:%Y-%m-%d %H:%M:%S} UTC", place=file.archived_as), language
                )
            )
    for row in story.refused:
        facts: dict[str, Fact] = {
            "line": row.line,
            "column": row.column,
            "reason": render(row.said, language),
            "value": row.value,
        }
        print("  " + render(message("cli.refused", **facts), language))


def print_status(status: Status, language: Language, zone: str) -> None:
    """The state of everything, a line a job."""
    print(render(message("cli.active" if status.active else "cli.inactive"), language))
    if status.trouble:
        print(render(status.trouble, language))
    for job in status.jobs:
        opening = job.next_opening
        when = "" if opening is None else f"{opening.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S}"
        more: dict[str, Fact] = {
            "job": job.name,
            "schedule": job.schedule,
            "waiting": job.waiting,
            "failed": job.failed,
        }
        print(render(message("cli.job", **more), language) + (f"  {when}" if when else ""))
        if job.last is not None:
            print("    " + line(job.last, language).strip())


def status_json(status: Status, language: Language) -> dict[str, Any]:
    """The state of everything as JSON."""
    return {
        "active": status.active,
        "trouble": render(status.trouble, language) if status.trouble else None,
        "jobs": [
            {
                "name": job.name,
                "schedule": job.schedule,
                "next_opening": _iso(job.next_opening),
                "waiting": job.waiting,
                "failed": job.failed,
                "last": json_row(job.last, language) if job.last else None,
            }
            for job in status.jobs
        ],
    }
