"""Results as cells of a table."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pipeline.hours import schedule as schedule
from pipeline.shapes import expected_json as expected_json
from pipeline.shapes import file_json as file_json
from pipeline.shapes import moment as moment
from pipeline.shapes import once_json as once_json
from pipeline.shapes import pause_json as pause_json
from pipeline.shapes import refused_json as refused_json
from pipeline.shapes import status_json as status_json
from pipeline.shapes import story_json as story_json
from pipeline.shapes import why_json as why_json
from pipeline.words import Message

if TYPE_CHECKING:
    from pipeline.cli.output import Voice
    from pipeline.results import FileRow
    from pipeline.store.model import Pause

Json = dict[str, object]


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


def paused(voice: Voice, pause: Pause, zone: str) -> str:
    """Who paused it, until when and why, as the middle of a sentence."""
    until = voice.word("cli.until_resumed")
    if pause.until is not None:
        until = voice.word("cli.until", at=local(pause.until, zone)[:16])
    why = voice.word("cli.because", why=pause.why) if pause.why else ""
    return voice.word("cli.paused_by", who=pause.who, until=until, why=why)


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
