"""Commands that tell facts and change nothing: check, status, files, show, why."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import plain, telling
from pipeline.cli.output import Voice
from pipeline.clock import Clock
from pipeline.words import message

if TYPE_CHECKING:
    from pipeline.app import Pipeline
    from pipeline.results import JobStatus, Status

STATES = (
    "waiting", "queued", "ready", "companion", "rejected", "claimed", "committed", "archived", "duplicate", "failed",
    "undone", "undo", "held", "approved", "written", "exported",
)  # fmt: skip
"""What `files --state` takes: the first five lie in an inbox, `claimed` in a work folder, the others are in the
database."""

NOT_YET = ("store.absent", "store.older")
"""What `pipeline run` mends by itself: no failure."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def check(context: typer.Context, as_json: AsJson = False) -> None:
    """Check config.toml and the mappings; name every mistake."""
    from pipeline.errors import ConfigError

    voice: Voice = context.obj
    try:
        with voice.pipeline() as pipeline:
            mistakes = pipeline.check()
            announced = [] if mistakes else pipeline.announce()
            announced += [note.text(voice.language) for note in ([] if mistakes else pipeline.irreversible())]
    except ConfigError as error:
        if not error.mistakes:
            raise
        mistakes = list(error.mistakes)
    if as_json:
        voice.json([
            {"file": m.file, "line": m.line, "path": m.path, "said": voice.text(m.said), "near": m.near}
            for m in mistakes
        ])  # fmt: skip
    else:
        for mistake in mistakes:
            print(mistake.text(voice.language))
        for sentence in () if mistakes else announced:
            print(sentence)
    if mistakes:
        raise typer.Exit(2)
    voice.say(message("cli.check_ok", config=str(voice.config)))


def status(context: typer.Context, as_json: AsJson = False) -> None:
    """The switch and each job: next run, files, last result."""
    from pipeline.errors import ConfigError

    voice: Voice = context.obj
    try:
        with voice.pipeline() as pipeline:
            found, zone = pipeline.status(), pipeline.settings.timezone
    except ConfigError:
        _tell_services(voice, as_json)
        raise
    if as_json:
        voice.json(plain.status_json(voice, found))
    else:
        _tell_status(voice, found, zone)
    if found.mistakes:
        raise ConfigError(
            message("config.mistakes", file="mappings", count=len(found.mistakes)), found.mistakes
        )
    if found.trouble is not None and found.trouble.code not in NOT_YET:
        raise typer.Exit(1)


def _tell_services(voice: Voice, as_json: bool = False) -> None:
    """With a config that cannot be used: what the services do that still run with the last good one."""
    from pipeline.answers import Services
    from pipeline.results import Status

    services = Services.of(voice.config.absolute().parent).status()
    if as_json:
        voice.json(plain.status_json(voice, Status(True, (), None, bool(services), services)))
        return
    for service in services:
        print(voice.word("cli.goes_on", pid=service.pid))
        for job, wait in service.waits.items():
            print(f"  {job or voice.word('cli.database')}: {telling.reason(voice, wait, 'UTC')}")


def _tell_status(voice: Voice, found: Status, zone: str) -> None:
    print(voice.word("cli.is_on" if found.active else "cli.is_off"))
    for service in found.services:
        print(voice.word("cli.service_runs", pid=service.pid))
        if service.config is not None:
            print(telling.since(voice, voice.text(service.config), service.since, zone))
    if not found.services:
        print(voice.word("cli.no_service"))
    voice.say(found.trouble)
    heads = [voice.word(f"cli.head.{h}") for h in ("job", "schedule", "next", "waiting", "failed", "last")]
    voice.table(heads, [_job_cells(voice, job, zone) for job in found.jobs])
    for job in found.jobs:
        for note in _notes(voice, job, zone):
            print(f"{job.name}: {note}")


def _job_cells(voice: Voice, job: JobStatus, zone: str) -> list[str]:
    last = f"{plain.called(job.last)}: {voice.word(f'cli.state.{job.last.state}')}" if job.last else ""
    codes = {"always": "cli.at_once", "asked": "cli.when_asked"}
    none = voice.word(codes.get(job.schedule, "schedule.no_day_left"))
    opening = plain.local(job.next_opening, zone)[:16] or none
    if job.pause is not None:
        opening = voice.word("cli.is_paused")
    waiting = str(job.waiting)
    if job.oldest is not None:
        waiting += f" ({plain.age((Clock().now().wall - job.oldest).total_seconds())})"
    return [job.name, plain.schedule(voice, job.schedule, zone), opening, waiting, str(job.failed), last]


def _notes(voice: Voice, job: JobStatus, zone: str) -> list[str]:
    """What a person should know of a job besides its numbers."""
    found = []
    if job.pause is not None:
        paused = plain.paused(voice, job.pause, zone)
        text = telling.since(voice, paused, job.pause.since, zone)
        found.append(f"{text} {voice.word('cli.resume', job=job.name)}")
    if job.trouble is not None:
        found.append(telling.since(voice, voice.text(job.trouble), job.since, zone))
    found += [voice.text(said) for said in (job.turn, job.missing, *job.told) if said is not None]
    if job.expected is not None:
        told = [job.expected.said, *(said for _, said in job.expected.unlike)]
        found += [voice.tinted(said, job.expected.level) for said in told if said is not None]
    if job.noticing is not None:
        found.append(voice.text(job.noticing))
    return found


def files(
    context: typer.Context,
    job: Annotated[str | None, typer.Option(help="Only this job.")] = None,
    state: Annotated[str | None, typer.Option(help="Only this state, such as failed or waiting.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only import, or only export.")] = None,
    as_json: AsJson = False,
) -> None:
    """Every file that was imported or exported, failed or waits, newest first."""
    from pipeline.errors import ConfigError

    voice: Voice = context.obj
    if state is not None and state not in STATES:
        raise ConfigError(message("cli.no_state", state=state, known=", ".join(STATES)))
    if kind not in (None, "import", "export"):
        raise ConfigError(message("cli.no_state", state=str(kind), known="import, export"))
    with voice.pipeline() as pipeline:
        if job is not None:
            known_job(job, names(pipeline))
        found, zone = pipeline.files(job, state, kind), pipeline.settings.timezone
    if as_json:
        voice.json([plain.file_json(voice, file) for file in found])
        return
    voice.table(plain.file_heads(voice), [plain.file_cells(voice, file, zone) for file in found])


def show(
    context: typer.Context,
    id: Annotated[int, typer.Argument(help="The file's number, as `pipeline files` shows it.")],
    as_json: AsJson = False,
) -> None:
    """One file's whole story, with its refused lines."""
    from pipeline.errors import PipelineError

    voice: Voice = context.obj
    with voice.pipeline() as pipeline:
        story, zone = pipeline.show(id), pipeline.settings.timezone
    if story is None:
        raise PipelineError(message("cli.no_file", id=id))
    if as_json:
        voice.json(plain.story_json(voice, story))
        return
    for line in telling.story(voice, story, zone):
        print(line)
    if story.refused:
        heads = [voice.word(f"cli.head.{h}") for h in ("line", "column", "value", "reason")]
        voice.table(heads, [[str(r.own_line), r.column, r.value, voice.text(r.said)] for r in story.refused])


def why(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file, or the name it had.")],
    as_json: AsJson = False,
) -> None:
    """Why this file is, or is not, in the database."""
    from pipeline.errors import ConfigError

    voice: Voice = context.obj
    try:
        with voice.pipeline() as pipeline:
            found, zone = pipeline.why(file), pipeline.settings.timezone
    except ConfigError:
        if not as_json:
            _tell_services(voice)
        raise
    if as_json:
        voice.json(plain.why_json(voice, found))
        return
    for line in telling.why_lines(voice, found, zone):
        print(line)
    sys.stdout.flush()


def names(pipeline: Pipeline) -> list[str]:
    """Every job, imports first."""
    settings = pipeline.settings
    return [*(job.name for job in settings.imports), *(job.name for job in settings.exports)]


def known_job(name: str, known: list[str]) -> None:
    """Raises ConfigError with the nearest name when there is no such job."""
    if name in known:
        return
    from difflib import get_close_matches

    from pipeline.errors import ConfigError

    near = get_close_matches(name, known, 1)
    if near:
        raise ConfigError(message("cli.no_job_near", job=name, near=near[0]))
    raise ConfigError(message("cli.no_job", job=name, known=", ".join(known)))
