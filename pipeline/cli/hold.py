"""What a person does to a job or a file by hand: pause, resume, replay."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING, Annotated, NoReturn
from zoneinfo import ZoneInfo

import typer

from pipeline.cli import plain
from pipeline.cli.facts import AsJson, known_job, names
from pipeline.cli.output import Voice
from pipeline.cli.work import tell
from pipeline.words import message

if TYPE_CHECKING:
    from pipeline.results import OnceResult

SPANS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "j": 86400}
"""Unit → seconds; j: jours."""

Job = Annotated[str, typer.Argument(metavar="JOB", help="The job, as config.toml names it.")]


def pause(
    context: typer.Context,
    job: Job,
    why: Annotated[str, typer.Option(metavar="TEXT", help="The reason, for those who ask later.")] = "",
    until: Annotated[
        str | None, typer.Option(metavar="T", help="18h00, 2026-12-01, 2026-12-01 08h00, 2h, 30min.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Stop one job: take nothing more until it is resumed."""
    voice: Voice = context.obj
    with voice.pipeline() as pipeline:
        known_job(job, names(pipeline))
        zone = pipeline.settings.timezone
        now = datetime.now(timezone.utc)  # noqa: UP017
        noted = pipeline.pause(job, why=why, until=None if until is None else moment(until, now, zone))
    if as_json:
        voice.json(plain.pause_json(noted))
    else:
        voice.say(message("cli.paused", job=job, paused=plain.paused(voice, noted, zone)))


def resume(context: typer.Context, job: Job, as_json: AsJson = False) -> None:
    """End a job's pause; what it missed runs once."""
    voice: Voice = context.obj
    with voice.pipeline() as pipeline:
        known_job(job, names(pipeline))
        was = pipeline.resume(job)
    if as_json:
        voice.json({"job": job, "was_paused": was})
    else:
        voice.say(message("cli.resumed" if was else "cli.not_paused", job=job))


def replay(
    context: typer.Context,
    id: Annotated[int, typer.Argument(help="The file's number, as `pipeline files` shows it.")],
    mapping: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="By this mapping, or NAME@3: by its third version."),
    ] = None,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for the database or a disc.")] = 60.0,
    as_json: AsJson = False,
) -> None:
    """Import a file again from the archive, now, also while its job is paused."""
    voice: Voice = context.obj
    with voice.pipeline(forks=True) as pipeline:
        result, zone = pipeline.replay(id, mapping=mapping, wait=wait), pipeline.settings.timezone
    _loaded(voice, result, zone, as_json, "cli.replayed", id)


def _loaded(voice: Voice, result: OnceResult, zone: str, as_json: bool, said: str, id: int) -> NoReturn:
    """What became of a file that a person had loaded; `said` tells it of one that went in."""
    if as_json:
        voice.json(plain.once_json(voice, result))
    else:
        tell(voice, result, zone)
        for file in result.files:
            if file.state == "archived" and file.id is not None:
                voice.say(message(said, id=id, new=file.id))
    raise typer.Exit(result.exit_code)


def approve(
    context: typer.Context,
    id: Annotated[int, typer.Argument(help="The file's number, as `pipeline files --state held` shows it.")],
    as_json: AsJson = False,
) -> None:
    """Import a file that looked unusual all the same."""
    voice: Voice = context.obj
    with voice.pipeline() as pipeline:
        result, zone = pipeline.approve(id), pipeline.settings.timezone
    _loaded(voice, result, zone, as_json, "cli.approved", id)


def reject(
    context: typer.Context,
    id: Annotated[int, typer.Argument(help="The file's number, as `pipeline files --state held` shows it.")],
    as_json: AsJson = False,
) -> None:
    """Leave a file that looked unusual out of the database."""
    voice: Voice = context.obj
    with voice.pipeline() as pipeline:
        file = pipeline.reject(id)
    if as_json:
        voice.json(plain.file_json(voice, file))
    else:
        voice.say(message("cli.rejected", id=id, place=file.archived_as))


def moment(text: str, now: datetime, zone: str) -> datetime:
    """The moment that a person means, aware: `2h` from now, `18h00` when it comes next, a date with or without a
    time, both in this IANA zone. Raises ConfigError for what is none, or has passed."""
    from pipeline.errors import ConfigError

    found = _span(text, now) or _next(text, now, zone) or _date(text, zone)
    if found is None:
        raise ConfigError(message("cli.no_moment", text=text))
    if found <= now:
        raise ConfigError(message("cli.past_moment", text=text, now=plain.local(now, zone)[:16]))
    return found


def _span(text: str, now: datetime) -> datetime | None:
    found = re.fullmatch(r"\s*(\d{1,6})\s*(s|min|m|h|d|j)\s*", text, re.ASCII | re.IGNORECASE)
    return now + timedelta(seconds=int(found[1]) * SPANS[found[2].lower()]) if found else None


def _next(text: str, now: datetime, zone: str) -> datetime | None:
    from pipeline.schedule import parse_at

    at = parse_at(text)
    if at is None:
        return None
    today = now.astimezone(ZoneInfo(zone)).date()
    first = _local(today, at, zone)
    return first if first > now else _local(today + timedelta(days=1), at, zone)


def _date(text: str, zone: str) -> datetime | None:
    from pipeline.schedule import parse_at

    found = re.fullmatch(r"\s*(\d{4}-\d{2}-\d{2})(?:[T\s]\s*(\S+))?\s*", text, re.ASCII)
    at = parse_at(found[2]) if found and found[2] else time()
    if found is None or at is None:
        return None
    try:
        return _local(date.fromisoformat(found[1]), at, zone)
    except ValueError:
        return None


def _local(day: date, at: time, zone: str) -> datetime:
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(timezone.utc)  # noqa: UP017
