"""Commands about what users add to the database: tables of their own, fields of their own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.facts import AsJson
from pipeline.cli.output import Voice
from pipeline.words import message

if TYPE_CHECKING:
    from pipeline.saved.making import NewTable

table = typer.Typer(name="table", help="Tables: list, create from a file.", no_args_is_help=True)
field = typer.Typer(
    name="field", help="Your own fields: list, add, promote to a column.", no_args_is_help=True
)


@table.command()
def create(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file as those that will be imported.")],
    name: Annotated[str | None, typer.Option(help="The table's name; without it the file's.")] = None,
    key: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="A column that tells the rows apart; may be repeated."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what it would make.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a table of your own from a file, and a mapping that imports such files into it."""
    from pipeline.saved import making

    voice: Voice = context.obj
    with voice.pipeline() as pipeline:
        made = making.derive(file, name, key or (), pipeline.settings.timezone)
        path = (
            None
            if dry_run
            else making.make(made, pipeline.store(), pipeline.settings.mappings, voice.language)
        )
    if as_json:
        voice.json({
            "table": made.name, "key": list(made.key), "rows": made.rows, "mapping": path and str(path),
            "columns": [
                {"name": c.name, "type": c.kind.value, "decimals": c.scale, "column": own} for own, c, _ in made.columns
            ],
        })  # fmt: skip
        return
    _tell(voice, made)
    if path is not None:
        voice.say(message("guessing.table_made", table=made.name, file=str(path), name=made.name))


def _tell(voice: Voice, made: NewTable) -> None:
    heads = [voice.word(f"guessing.{one}") for one in ("column", "field", "type", "key")]
    rows = [
        [
            own,
            f"{made.name}.{c.name}",
            voice.word(f"guessing.kind_{c.kind.value}"),
            "✓" if c.name in made.key else "",
        ]
        for own, c, _ in made.columns
    ]
    voice.table(heads, rows)


@table.command("list")
def list_tables(context: typer.Context, as_json: AsJson = False) -> None:
    """Every table that a mapping can write: Pipeline's, your own, or those of another program."""
    from pipeline import saved

    voice: Voice = context.obj
    with voice.pipeline() as pipeline:
        found = saved.tables(pipeline.settings)
    if as_json:
        voice.json([
            {"table": t.name, "own": not t.identified, "columns": list(t.columns), "keys": [list(key) for key in t.keys]}
            for t in found.values()
        ])  # fmt: skip
        return
    heads = [voice.word(f"guessing.{one}") for one in ("table", "label", "fields", "key")]
    rows = []
    for t in found.values():
        label = (t.label_fr if voice.language == "fr" else t.label_en) or "-"
        rows.append([t.name, label, str(len(t.columns)), ", ".join(t.keys[0]) if t.keys else "-"])
    voice.table(heads, rows)


Table = Annotated[str, typer.Argument(metavar="TABLE", help="One of Pipeline's tables.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The field; a mapping says custom.NAME.")]


@field.command()
def add(
    context: typer.Context,
    table: Table,
    name: Name,
    type_: Annotated[
        str, typer.Option("--type", help="text, integer, decimal, date, datetime or boolean.")
    ] = "text",
    label: Annotated[str, typer.Option(help="What people read.")] = "",
) -> None:
    """Add a field of your own to a table."""
    from pipeline.errors import ConfigError
    from pipeline.mapping.model import Kind
    from pipeline.store.added import OwnField
    from pipeline.store.ownership import KINDS

    voice: Voice = context.obj
    if type_ not in [kind.value for kind in KINDS]:
        raise ConfigError(message("mapping.choice", key="--type", choices=", ".join(k.value for k in KINDS)))
    with voice.pipeline() as pipeline:
        pipeline.store().add_field(OwnField(table, name, Kind(type_), label or name))
    voice.say(message("guessing.field_added", table=table, name=name))


@field.command("list")
def list_fields(context: typer.Context, as_json: AsJson = False) -> None:
    """Your own fields: table, name, type, label."""
    voice: Voice = context.obj
    with voice.pipeline() as pipeline:
        found = pipeline.store().fields()
    if as_json:
        voice.json([
            {"table": f.table, "name": f.name, "type": f.kind.value, "label": f.label, "column": f.promoted} for f in found
        ])  # fmt: skip
        return
    heads = [voice.word(f"guessing.{one}") for one in ("table", "field", "type", "label")]
    rows = [
        [
            f.table,
            f.name if f.promoted else f"custom.{f.name}",
            voice.word(f"guessing.kind_{f.kind.value}"),
            f.label,
        ]
        for f in found
    ]
    voice.table(heads, rows)


@field.command()
def promote(context: typer.Context, table: Table, name: Name) -> None:
    """Make a field a real column of its table; mappings that say custom.NAME go on working."""
    voice: Voice = context.obj
    with voice.pipeline() as pipeline:
        pipeline.store().promote_field(table, name)
    voice.say(message("guessing.field_promoted", table=table, name=name))
