"""Commands that tell facts and change nothing: check, status, files, show, why."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import plain
from pipeline.cli.output import Voice
from pipeline.words import message

if TYPE_CHECKING:
    from pipeline.results import Status

STATES = ("waiting", "ready", "rejected", "committed", "archived", "duplicate", "failed")
"""What `files --state` takes: the first three lie in an inbox, the others in the database."""

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
    if mistakes:
        raise typer.Exit(2)
    voice.say(message("cli.check_ok", config=str(voice.config)))


def status(context: typer.Context, as_json: AsJson = False) -> None:
    """The switch and each job: next run, files, last result."""
    voice: Voice = context.obj
    with voice.pipeline() as pipeline:
        found, zone = pipeline.status(), pipeline.settings.timezone
    if as_json:
        voice.json(plain.status_json(voice, found))
    else:
        _tell_status(voice, found, zone)
    if found.trouble is not None and found.trouble.code not in NOT_YET:
        raise typer.Exit(1)


def _tell_status(voice: Voice, found: Status, zone: str) -> None:
    voice.say(message("cli.is_on" if found.active else "cli.is_off"))
    voice.say(found.trouble)
    heads = [
        voice.word(f"cli.head.{h}")
        for h in ("job", "schedule", "next", "waiting", "failed", "last", "reason")
    ]
    rows = []
    for job in found.jobs:
        last = f"{job.last.name}: {voice.word(f'cli.state.{job.last.state}')}" if job.last else ""
        opening = plain.local(job.next_opening, zone) or voice.word("cli.at_once")
        rows.append(
            [
                job.name,
                plain.schedule(voice, job.schedule, zone),
                opening,
                str(job.waiting),
                str(job.failed),
                last,
                voice.text(job.trouble),
            ]
        )
    voice.table(heads, rows)


def files(
    context: typer.Context,
    job: Annotated[str | None, typer.Option(help="Only this job.")] = None,
    state: Annotated[str | None, typer.Option(help="Only this state, such as failed or waiting.")] = None,
    as_json: AsJson = False,
) -> None:
    """Every file that was imported, failed or waits, newest first."""
    from pipeline.errors import ConfigError

    voice: Voice = context.obj
    if state is not None and state not in STATES:
        raise ConfigError(message("cli.no_state", state=state, known=", ".join(STATES)))
    with voice.pipeline() as pipeline:
        if job is not None:
            known_job(job, [j.name for j in pipeline.settings.imports])
        found, zone = pipeline.files(job, state), pipeline.settings.timezone
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
    voice.table(plain.file_heads(voice), [plain.file_cells(voice, story.file, zone)])
    if story.file.archived_as:
        print(voice.word("cli.lies_in", place=story.file.archived_as))
    if story.dialect:
        print(plain.read_as(voice, story.dialect))
    if story.refused:
        heads = [voice.word(f"cli.head.{h}") for h in ("line", "column", "value", "reason")]
        voice.table(heads, [[str(r.line), r.column, r.value, voice.text(r.said)] for r in story.refused])


def why(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file, or the name it had.")],
    as_json: AsJson = False,
) -> None:
    """Why this file is, or is not, in the database."""
    voice: Voice = context.obj
    with voice.pipeline() as pipeline:
        found = pipeline.why(file)
    if as_json:
        row = plain.file_json(voice, found.file) if found.file else None
        said, remedy = voice.text(found.said), voice.text(found.remedy) or None
        voice.json({"imported": found.imported, "why": said, "remedy": remedy, "file": row})
        return
    print(voice.text(found.said))
    if found.remedy is not None:
        print(voice.text(found.remedy))
    sys.stdout.flush()


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
