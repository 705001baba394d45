"""`pipeline corrections`: the refused lines of a file, to be mended and dropped again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.facts import AsJson
from pipeline.cli.output import Voice
from pipeline.words import message


def corrections(
    context: typer.Context,
    id: Annotated[int, typer.Argument(help="The file's number, as `pipeline files` shows it.")],
    xlsx: Annotated[
        bool, typer.Option("--xlsx", help="As a workbook of text cells: no spreadsheet alters them.")
    ] = False,
    to: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it there.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write the refused lines of a file to a file of their own, to be mended and dropped again."""
    voice: Voice = context.obj
    with voice.pipeline() as pipeline:
        place = pipeline.corrections(id, xlsx=xlsx, to=to)
        story = pipeline.show(id)
        jobs = {job.name: job for job in pipeline.settings.imports}
    assert story is not None
    job = jobs.get(story.file.job)
    inbox = str(job.inbox) if job else story.file.job
    if as_json:
        voice.json({"id": id, "file": str(place), "refused": len(story.refused), "inbox": inbox})
    else:
        voice.say(message("versions.corrections", count=len(story.refused), place=str(place), inbox=inbox))
        print(place)
