"""`pipeline try`: what an import of a file would do, and nothing is written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import exporting
from pipeline.cli.facts import AsJson
from pipeline.cli.output import Voice
from pipeline.shapes import attempted_json
from pipeline.words import message, printable

if TYPE_CHECKING:
    from pipeline.results import Attempted

SHOWN = 20  # changes and refused rows that are listed
COUNTS = ("rows_read", "inserted", "updated", "unchanged", "deleted", "refused")


def try_(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="The file, which stays where it is, or the name of an export.")
    ],
    job: Annotated[str | None, typer.Option(metavar="JOB", help="As this job would take it.")] = None,
    mapping: Annotated[
        str | None, typer.Option(metavar="NAME", help="By this mapping, whatever the jobs.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What an import of this file, or this export, would do; nothing is written."""
    voice: Voice = context.obj
    with voice.pipeline(forks=True) as pipeline:
        if str(file) in {one.name for one in pipeline.settings.exports} and not file.exists():
            exporting.show(voice, pipeline, str(file), as_json)
            return
        found = pipeline.try_(file, job=job, mapping=mapping)
    if as_json:
        voice.json(attempted_json(voice, found))
    else:
        _tell(voice, file.name, found)
    raise typer.Exit(found.exit_code)


def _tell(voice: Voice, name: str, found: Attempted) -> None:
    """The sentences to stderr, the rows to stdout."""
    voice.say(found.because)
    name = printable(name)
    if found.state != "committed":
        voice.say(message("cli.try_not", name=name, why=voice.text(found.reason)))
    else:
        counts = {count: getattr(found, count) for count in COUNTS}
        voice.say(message("cli.tried", name=name, repeats=found.duplicates, **counts))
        if found.stale or found.absent:
            voice.say(message("cli.try_left", stale=found.stale, absent=found.absent))
        if found.reason is not None:
            voice.say(found.reason)
    for row in found.rows:
        print(f"{row.table}: " + ", ".join(f"{k} = {printable(v)}" for k, v in row.values.items()))
    if found.changes:
        heads = [voice.word(f"cli.head.{h}") for h in ("table", "row", "column", "before", "after")]
        cells = [[c.table, c.row, c.column, c.old or "", c.new or ""] for c in found.changes[:SHOWN]]
        voice.table(heads, [[printable(cell) for cell in row] for row in cells])
        for (table, column), rows in found.columns.items():
            print(voice.word("cli.try_column", table=table, column=column, rows=rows))
    if found.refused_rows:
        heads = [voice.word(f"cli.head.{h}") for h in ("line", "column", "value", "reason")]
        voice.table(
            heads,
            [[str(r.line), r.column, printable(r.value), voice.text(r.said)] for r in found.refused_rows],
        )
