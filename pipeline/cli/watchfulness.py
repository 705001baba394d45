"""`expect suggest` and `notify test`: what is expected of a job's files, and whether messages arrive."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.cli.facts import known_job
from pipeline.cli.output import Voice
from pipeline.words import message, render

expect = typer.Typer(name="expect", help="Files that are expected.", no_args_is_help=True)
notify = typer.Typer(name="notify", help="Messages to people.", no_args_is_help=True)


@expect.callback()
def _expect() -> None:
    """Files that are expected: [imports.NAME.expect]."""


@notify.callback()
def _notify() -> None:
    """Messages to people: [notify]."""


@expect.command()
def suggest(
    context: typer.Context,
    job: Annotated[str | None, typer.Argument(metavar="JOB", help="Only this job.")] = None,
) -> None:
    """Propose, from what came in the last eight weeks, when a job's files are due and how big they are."""
    from pipeline.answers.learning import learnt
    from pipeline.clock import Clock
    from pipeline.expecting import toml

    voice: Voice = context.obj
    with voice.pipeline() as pipeline:
        jobs = [each.name for each in pipeline.settings.imports]
        if job is not None:
            known_job(job, jobs)
        for name in [job] if job is not None else jobs:
            found = learnt(pipeline.settings, name, Clock().now().wall)
            if found is None:
                voice.say(message("servers.not_learnt", job=name))
                continue
            voice.say(message("servers.learnt", files=found.files_seen, days=found.days_seen))
            print(toml(name, found))


def keep(context: typer.Context) -> None:
    """Pack and remove old files, and forget old changes, now, as [keep] and [imports.NAME.keep] say."""
    from pipeline.clock import Clock
    from pipeline.engine.upkeep import asked
    from pipeline.imports.upkeep import keep as let_go

    voice: Voice = context.obj
    with voice.pipeline() as pipeline:
        settings = pipeline.settings
        if not asked(settings):
            voice.say(message("servers.keep_all"))
            return
        done = let_go(settings, pipeline.store(), Clock().now().wall)
    voice.say(message("servers.kept", packed=done.packed, removed=done.removed, changes=done.changes))


@notify.command()
def test(context: typer.Context) -> None:
    """Send a test to every address of [notify.to]; exit 1 when one does not take it."""
    from pipeline.errors import ConfigError
    from pipeline.post import send

    voice: Voice = context.obj
    with voice.pipeline() as pipeline:
        settings = pipeline.settings
    if not settings.notify.to:
        raise ConfigError(message("servers.nobody"))
    failed = False
    for name, address in settings.notify.to:
        texts = (render(message(code), settings.language) for code in ("servers.title.test", "servers.test"))
        sent = send(address, *texts)
        failed |= not sent
        voice.say(message("servers.sent" if sent else "servers.not_sent", name=name))
    raise typer.Exit(1 if failed else 0)
