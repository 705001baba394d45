"""Commands that work: run, once, on, off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import plain
from pipeline.cli.door import opened
from pipeline.cli.exporting import days
from pipeline.cli.facts import AsJson, known_job, names
from pipeline.cli.logs import Log, LogFormat
from pipeline.cli.output import Voice
from pipeline.cli.progress import Progress
from pipeline.words import message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.events import Event, Listener
    from pipeline.results import OnceResult


def run(
    context: typer.Context,
    log_format: Annotated[
        LogFormat | None, typer.Option(help="As a rule console on a terminal, logfmt elsewhere.")
    ] = None,
) -> None:
    """The service: import files as they come, until Ctrl-C or SIGTERM."""
    voice: Voice = context.obj
    log = Log(voice, log_format)
    heard: list[Listener] = [log]

    def hear(event: Event) -> None:
        for one in heard:
            one(event)

    with voice.pipeline(hear, forks=True) as pipeline:
        log.hide(pipeline.secrets())
        voice.say(message("cli.running", config=str(pipeline.settings.path)))
        pipeline.run(opened(voice, pipeline, heard))
    voice.say(message("cli.stopped"))


def once(
    context: typer.Context,
    jobs: Annotated[list[str] | None, typer.Argument(help="Only these jobs.")] = None,
    now: Annotated[bool, typer.Option("--now", help="Do not wait for the job's hour.")] = False,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for unfinished files.")] = 60.0,
    first: Annotated[
        str | None, typer.Option("--from", metavar="DAY", help="Export from this day on.")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DAY", help="Export to this day.")] = None,
    as_json: AsJson = False,
) -> None:
    """Import everything that is there and due, make the exports that are due, then exit."""
    voice: Voice = context.obj
    period = days(first, last)
    bar = Progress(voice)
    with voice.pipeline(bar.hear, forks=True) as pipeline:
        for name in jobs or []:
            known_job(name, names(pipeline))
        if not pipeline.settings.active:
            voice.say(message("cli.is_off"))
        try:
            result, zone = (
                pipeline.once(jobs or (), now=now, wait=wait, period=period),
                pipeline.settings.timezone,
            )
        finally:
            bar.end()
        outward = {export.name for export in pipeline.settings.exports}
    if as_json:
        voice.json(plain.once_json(voice, result))
    else:
        tell(voice, result, zone, jobs if jobs and outward.issuperset(jobs) else ())
    raise typer.Exit(result.exit_code)


def tell(voice: Voice, result: OnceResult, zone: str, exports: Sequence[str] = ()) -> None:
    """What one pass did: its files as a table, what stands in the way in words. `exports`: those that were asked for,
    where nothing else was."""
    for said in result.troubles:
        voice.say(said)
    for pause in result.paused:
        voice.say(message("cli.left_paused", job=pause.job, paused=plain.paused(voice, pause, zone)))
    rows = [plain.file_cells(voice, file, zone) for file in (*result.files, *result.waiting)]
    if rows:
        voice.table(plain.file_heads(voice), rows)
        for file in result.files:
            if file.state == "held" and file.id is not None:
                voice.say(message("cli.held", name=file.name, why=voice.text(file.reason), id=file.id))
    elif not result.troubles:
        for said in [message("exports.nothing", job=job) for job in exports] or [message("cli.nothing")]:
            voice.say(said)


def on(context: typer.Context) -> None:
    """Switch the automatic function on."""
    _switch(context.obj, True)


def off(context: typer.Context) -> None:
    """Switch it off; what is being imported is finished."""
    _switch(context.obj, False)


def _switch(voice: Voice, active: bool) -> None:
    from pipeline.config import set_active

    set_active(voice.config, active)  # not through the whole config: the switch works when a job is wrong
    voice.say(message("cli.is_on" if active else "cli.is_off"))
