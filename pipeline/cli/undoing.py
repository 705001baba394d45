"""`pipeline undo`: shows what it would do, asks, and takes back."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.facts import AsJson
from pipeline.cli.output import Voice
from pipeline.shapes import undo_json
from pipeline.words import Message, message, printable

if TYPE_CHECKING:
    from pipeline.store.model import Undo

SHOWN = 20  # rows left alone that are named


def undo(
    context: typer.Context,
    id: Annotated[int, typer.Argument(help="The file's number, as `pipeline files` shows it.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what it would do.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    even_closed: Annotated[
        bool, typer.Option("--even-closed", help="Also rows of months that are closed.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take back what a file changed; an undo can be undone too."""
    from pipeline.errors import ConfigError, PipelineError

    voice: Voice = context.obj
    with voice.pipeline() as pipeline:
        if dry_run or not yes:
            planned = pipeline.undo(id, dry_run=True, even_closed=even_closed)
            if not (as_json and dry_run):
                _tell(voice, planned)
            if dry_run:
                if as_json:
                    voice.json(undo_json(voice, planned))
                return
            if planned.closed is not None:
                raise PipelineError(Message("states.closed_undo", {**planned.closed.args, "id": id}))
            if not sys.stdin.isatty():
                raise ConfigError(message("cli.undo_yes"))
            if not typer.confirm(voice.word("cli.undo_ask"), err=True):
                voice.say(message("cli.undo_not"))
                raise typer.Exit(1)
        done = pipeline.undo(id, even_closed=even_closed)
    if as_json:
        voice.json(undo_json(voice, done))
    else:
        _tell(voice, done)
    raise typer.Exit(3 if done.left_count else 0)


def _tell(voice: Voice, done: Undo) -> None:
    """The sentence to stderr, the tables and the rows left alone to stdout."""
    counts = {
        "deleted": sum(t.deleted for t in done.tables),
        "restored": sum(t.restored for t in done.tables),
        "updated": sum(t.updated for t in done.tables),
        "left": done.left_count,
    }
    of = done.of
    if done.entry is None:
        name = printable(of.name.decode("utf-8", "surrogateescape"))
        voice.say(message("cli.undo_plan", id=of.id, name=name, job=of.job, **counts))
    else:
        voice.say(message("cli.undone", id=of.id, entry=done.entry.id, **counts))
    if done.tables:
        heads = [voice.word(f"cli.head.{h}") for h in ("table", "removed", "restored", "set_back")]
        voice.table(heads, [[t.table, str(t.deleted), str(t.restored), str(t.updated)] for t in done.tables])
    if done.left:
        heads = [voice.word(f"cli.head.{h}") for h in ("table", "row", "reason")]
        rows = [[r.table, printable(r.row), voice.text(r.said)] for r in done.left[:SHOWN]]
        voice.table(heads, rows)
        if done.left_count > SHOWN:
            voice.say(message("cli.undo_more", count=done.left_count - SHOWN))
