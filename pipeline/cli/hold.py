"""What a person does to a job or a file by hand: pause, resume, replay."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from pipeline.cli import plain
from pipeline.cli.facts import AsJson, known_job, names
from pipeline.cli.output import Voice
from pipeline.cli.work import tell
from pipeline.words import message

if TYPE_CHECKING:
    from pipeline.results import OnceResult

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
    from pipeline.moments import moment

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
