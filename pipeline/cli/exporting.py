"""Commands about exports: export, and what `try` and `once` need for them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.output import Voice
from pipeline.words import message, printable

if TYPE_CHECKING:
    from pipeline.app import Pipeline
    from pipeline.exports.periods import Period


def days(first: str | None, last: str | None) -> Period | None:
    """The period that a person names; None when none is named. Raises ConfigError."""
    if first is None and last is None:
        return None
    from pipeline.errors import ConfigError
    from pipeline.exports.periods import named_period

    try:
        ends = date.fromisoformat(first or ""), date.fromisoformat(last or "")
    except ValueError:
        raise ConfigError(message("exports.period_words")) from None
    if ends[0] > ends[1]:
        raise ConfigError(message("exports.period_words"))
    return named_period(*ends)


def export(
    context: typer.Context,
    mapping: Annotated[str, typer.Option(metavar="NAME", help="What to write, as this mapping says.")],
    to: Annotated[Path, typer.Option(metavar="FILE", help="Where; never over a file that is there.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write one file by a mapping: its ending says the format (.csv, .xlsx, .json, .parquet … also .gz)."""
    voice: Voice = context.obj
    with voice.pipeline(forks=True) as pipeline:
        rows = pipeline.export(mapping, to)
    if as_json:
        voice.json({"mapping": mapping, "path": str(to.absolute()), "rows": rows})
        return
    voice.say(message("exports.written", name=mapping, rows=rows, path=str(to)))


def show(voice: Voice, pipeline: Pipeline, name: str, as_json: bool) -> None:
    """What an export would write: files and rows to stdout, the sentence to stderr."""
    found = pipeline.try_export(name)
    if as_json:
        files = [
            {"name": f.name, "rows": f.rows, "columns": list(f.columns), "first": [list(r) for r in f.first]}
            for f in found
        ]
        voice.json({"job": name, "files": files})
        return
    rows = sum(file.rows for file in found)
    voice.say(message("exports.tried", job=name, files=len(found), rows=rows))
    for file in found:
        cells = [[printable(cell) if cell is not None else "" for cell in row] for row in file.first]
        voice.table(file.columns, cells, title=f"{file.name}: {file.rows}")
        if not file.rows and file.only:
            voice.say(message("exports.only", name=file.name, what=", ".join(file.only)))
