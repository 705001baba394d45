"""Commands that work: run, once, on, off."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import plain
from pipeline.cli.door import opened
from pipeline.cli.exporting import days
from pipeline.cli.facts import AsJson, known_job, names
from pipeline.cli.output import Voice
from pipeline.cli.progress import Progress
from pipeline.words import message

if TYPE_CHECKING:
    from pipeline.events import Event, Listener
    from pipeline.results import OnceResult


def run(context: typer.Context) -> None:
    """The service: import files as they come, until Ctrl-C or SIGTERM."""
    voice: Voice = context.obj
    with voice.pipeline(log(voice), forks=True) as pipeline:
        voice.say(message("cli.running", config=str(pipeline.settings.path)))
        pipeline.run(opened(voice, pipeline))
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
    if as_json:
        voice.json(plain.once_json(voice, result))
    else:
        tell(voice, result, zone)
    raise typer.Exit(result.exit_code)


def tell(voice: Voice, result: OnceResult, zone: str) -> None:
    """What one pass did: its files as a table, what stands in the way in words."""
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
        voice.say(message("cli.nothing"))


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


def log(voice: Voice) -> Listener:
    """A listener that writes one structured line an event to stderr."""
    import structlog

    logger = structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[structlog.processors.add_log_level, structlog.processors.LogfmtRenderer(
            key_order=["at", "level", "event", "job", "file"], drop_missing=True
        )],
    )  # fmt: skip

    def hear(event: Event) -> None:
        if event.name == "file.reading":  # several a second of a big file: for a screen, not for a log
            return
        facts: dict[str, object] = {k: v for k, v in (("job", event.job), ("file", event.file)) if v}
        facts.update(event.facts)
        facts.pop("event", None)
        if event.said is not None:
            facts["said"] = voice.text(event.said)
        logger.info(event.name, **{**facts, "at": event.at.isoformat(timespec="milliseconds")})

    return hear
