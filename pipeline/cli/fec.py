"""`pipeline fec check`: a French accounting file held against every rule."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.facts import AsJson
from pipeline.cli.output import Voice
from pipeline.words import message, printable

app = typer.Typer(name="fec", help="The French accounting file (FEC).", no_args_is_help=True)
CHUNK = 1 << 20


@app.callback()
def _group() -> None:
    """The French accounting file (FEC)."""


@app.command()
def check(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file, under its legal name.")],
    as_json: AsJson = False,
) -> None:
    """Every rule that the file breaks: form, dates, amounts, balance, numbers, lettering."""
    from pipeline.errors import PipelineError
    from pipeline.fec import check as examine
    from pipeline.fec import refused

    voice: Voice = context.obj
    try:
        found = examine(file.name, _chunks(file))
    except OSError as error:
        raise PipelineError(message("files.unreadable", path=str(file), why=error.strerror or "")) from error
    if as_json:
        voice.json([
            {"rule": f.code, "level": f.level, "line": f.line or None, "count": f.count, "said": voice.text(f.said)}
            for f in found
        ])  # fmt: skip
    elif found:
        heads = [
            voice.word(c) for c in ("fec.head.rule", "fec.head.level", "fec.head.places", "cli.head.reason")
        ]
        rows = [[f.code, voice.word(f"fec.level.{f.level}"), str(f.count), voice.text(f.said)] for f in found]
        voice.table(heads, rows)
    bad = len(refused(found))
    name = printable(file.name)
    if found:
        voice.say(message("fec.told", name=name, refuse=bad, others=len(found) - bad))
    else:
        voice.say(message("fec.sound", name=name))
    if bad:
        raise typer.Exit(1)


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as source:
        while chunk := source.read(CHUNK):
            yield chunk
