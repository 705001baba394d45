"""Commands about saved mappings: guess one from a file, list, show, start a new one, check. See also `versions`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.facts import AsJson
from pipeline.cli.output import Voice
from pipeline.words import message

if TYPE_CHECKING:
    from pipeline.saved import Checked, Kept, Proposal
    from pipeline.saved.checking import Problem

app = typer.Typer(
    name="mapping",
    help="Saved mappings: guess, presets, list, show, new, edit, check, history.",
    no_args_is_help=True,
)

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
        tables, zone = saved.tables(pipeline.settings), pipeline.settings.timezone
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
    if made.preset:
        ready = made.preset
        voice.say(message("guessing.ready", preset=ready.name, purpose=ready.purpose))


@app.command("presets")
def presets_(context: typer.Context, as_json: AsJson = False) -> None:
    """Ready mappings for known programs, to import their files or to write for them, and what each was made from."""
    from pipeline.guessing.presets import presets

    voice: Voice = context.obj
    ready = presets().values()
    if as_json:
        voice.json(
            [{"name": p.name, "way": p.way, "for": p.purpose, "made_from": p.made_from} for p in ready]
        )
        return
    heads = [voice.word(f"guessing.{key}") for key in ("preset_head", "way", "purpose", "made_from")]
    ways = {way: voice.word(f"guessing.way.{way}") for way in ("import", "export")}
    voice.table(heads, [[p.name, ways[p.way], p.purpose, p.made_from] for p in ready])


@app.command("list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """Every saved mapping: its table, who uses it, whether it has mistakes."""
    from pipeline import saved

    voice: Voice = context.obj
    with voice.pipeline() as pipeline:
        settings = pipeline.settings
        found = saved.kept(settings.mappings, saved.tables(settings))
    users = {one.name: [job.name for job in settings.imports if job.mapping == one.name] for one in found}
    if as_json:
        voice.json([
            {
                "name": k.name, "table": k.table, "fields": k.fields, "jobs": users[k.name],
                "mistakes": [m.text(voice.language) for m in k.mistakes],
            }
            for k in found
        ])  # fmt: skip
        return
    heads = [voice.word(f"guessing.{key}") for key in ("mapping_head", "table", "fields", "job", "mistakes")]
    unused = voice.word("guessing.unused")
    rows = [
        [k.name, k.table, str(k.fields), ", ".join(users[k.name]) or unused, str(len(k.mistakes) or "-")]
        for k in found
    ]
    voice.table(heads, rows)


Name = Annotated[str, typer.Argument(help="The mapping.")]


@app.command()
def show(context: typer.Context, name: Name) -> None:
    """A mapping as it is written; its mistakes to stderr."""
    from pipeline import saved

    voice: Voice = context.obj
    with voice.pipeline() as pipeline:
        settings = pipeline.settings
    print(saved.text_of(settings.mappings, name), end="")
    mistakes = saved.load(settings.mappings, name, saved.tables(settings)).mistakes
    for mistake in mistakes:
        print(mistake.text(voice.language), file=sys.stderr)
    if mistakes:
        raise typer.Exit(2)


@app.command()
def new(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Its name: mappings/NAME.toml.")],
    file: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="Guess it from this file.")
    ] = None,
    table: Annotated[str | None, typer.Option(help="The table it writes to.")] = None,
    preset: Annotated[
        str | None, typer.Option(help="A ready mapping; `pipeline mapping presets` lists them.")
    ] = None,
) -> None:
    """Start a mapping: guessed from a file, a ready one, or a table's columns to choose from."""
    from pipeline import saved
    from pipeline.errors import ConfigError

    voice: Voice = context.obj
    with voice.pipeline() as pipeline:
        settings = pipeline.settings
    known, folder = saved.tables(settings), settings.mappings
    if file is not None:
        made = saved.propose(file, folder, known, table)
        path = saved.save(made, name, folder, known, table, zone=settings.timezone, language=voice.language)
    elif preset is not None:
        path = saved.from_preset(name, folder, preset, voice.language)
    elif table is not None:
        path = saved.skeleton(name, folder, known, table, voice.language)
    else:
        raise ConfigError(message("guessing.new_what"))
    voice.say(message("guessing.saved", file=str(path), name=name))


@app.command()
def check(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Only this mapping.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check saved mappings, and try each on the files in mappings/NAME.examples; nothing is imported."""
    from pipeline import saved

    voice: Voice = context.obj
    with voice.pipeline() as pipeline:
        settings = pipeline.settings
        known, folder = saved.tables(settings), settings.mappings
        found = [saved.load(folder, name, known)] if name else saved.kept(folder, known)
        store = pipeline.store() if any(k.plan is not None and k.plan.looks for k in found) else None
        zone = settings.timezone
        tried = {k.name: saved.check(k.name, k.plan, folder, zone, store) if k.plan else [] for k in found}
    if as_json:
        voice.json([
            {
                "name": k.name,
                "mistakes": [m.text(voice.language) for m in k.mistakes],
                "examples": [
                    {"file": c.file, "rows": c.rows, "problems": [_problem(voice, p) for p in c.problems]}
                    for c in tried[k.name]
                ],
            }
            for k in found
        ])  # fmt: skip
    else:
        for k in found:
            _tell_check(voice, k, tried[k.name])
    if any(k.mistakes for k in found):
        raise typer.Exit(2)
    if any(c.problems for each in tried.values() for c in each):
        raise typer.Exit(1)


def _problem(voice: Voice, one: Problem) -> str:
    said = voice.text(one.said)
    if not one.line:
        return said
    return voice.word(
        "guessing.refused", line=one.line, column=one.column or "-", value=one.value or "-", why=said
    )


def _tell_check(voice: Voice, kept: Kept, tried: list[Checked]) -> None:
    for mistake in kept.mistakes:
        print(mistake.text(voice.language))
    for one in tried:
        for problem in one.problems:
            facts = {"mapping": one.mapping, "file": one.file, "why": _problem(voice, problem)}
            print(voice.word("guessing.example_bad", **facts))
        if not one.problems:
            print(voice.word("guessing.example_good", mapping=one.mapping, file=one.file, rows=one.rows))
    if not kept.mistakes and not tried:
        print(voice.word("guessing.no_examples", mapping=kept.name, folder=f"mappings/{kept.name}.examples/"))
