"""Commands about saved mappings: guess one from a file, list, show, start a new one, check."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.facts import AsJson
from pipeline.cli.output import Voice
from pipeline.words import message

if TYPE_CHECKING:
    from pipeline.saved import Proposal

app = typer.Typer(name="mapping", help="Saved mappings: guess, list, show, new, check.", no_args_is_help=True)

Table = Annotated[str | None, typer.Option(help="Only this table.")]


@app.command()
def guess(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to look at.")],
    table: Table = None,
    save: Annotated[str | None, typer.Option(metavar="NAME", help="Save it as mappings/NAME.toml.")] = None,
    as_json: AsJson = False,
) -> None:
    """What each column of a file probably is; saved only when asked."""
    from pipeline import saved

    voice: Voice = context.obj
    folder = voice.config.absolute().parent / "mappings"
    with voice.pipeline() as pipeline:
        tables, zone = pipeline.tables(), pipeline.settings.timezone
    made = saved.propose(file, folder, tables, table)
    if as_json:
        voice.json([
            {"column": g.column, "field": g.field, "confidence": g.confidence, "because": voice.text(g.because)}
            for g in made.guessed.columns
        ])  # fmt: skip
    else:
        _tell(voice, made)
    if save is not None:
        path = saved.save(made, save, folder, tables, table, zone=zone, language=voice.language)
        voice.say(message("guessing.saved", file=str(path), name=save))


def _tell(voice: Voice, made: Proposal) -> None:
    heads = [voice.word(f"guessing.{key}") for key in ("column", "field", "sure", "because", "examples")]
    rows = []
    for one in made.guessed.columns:
        examples = " | ".join(value[:30] for value in made.sample.values(one.column)[:2])
        whose = f" ({voice.word(f'guessing.{one.whose}')})" if one.whose else ""
        field, sure = (f"{one.field}{whose}", f"{one.confidence:.0%}") if one.field else ("-", "")
        rows.append([one.column, field, sure, voice.text(one.because), examples])
    voice.table(heads, rows)
