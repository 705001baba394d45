"""`pipeline mapping history` and `pipeline mapping edit`."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pipeline.cli import plain
from pipeline.cli.facts import AsJson
from pipeline.cli.mapping import Name
from pipeline.cli.output import Voice
from pipeline.words import message, printable

if TYPE_CHECKING:
    from pipeline.errors import Mistake


def history(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Every version of a mapping that files were imported with, and what changed between them."""
    from pipeline import saved

    voice: Voice = context.obj
    with voice.pipeline() as pipeline:
        settings = pipeline.settings
    found = saved.history(settings, name)
    if as_json:
        voice.json([
            {
                "name": one.name, "version": one.number, "first_used": plain.moment(one.first_used),
                "current": one.current, "changes": list(one.changes), "text": one.text,
            }
            for one in found
        ])  # fmt: skip
        return
    for one in found:
        now = voice.word("versions.current") if one.current else ""
        when = plain.local(one.first_used, settings.timezone)[:16]
        if one.number is None:
            print(voice.word("versions.unused", name=name))
        else:
            print(voice.word("versions.version", name=name, number=one.number, when=when, now=now))
        for line in one.changes:
            print(f"  {printable(line)}")


def edit(context: typer.Context, name: Name) -> None:
    """Change a mapping in your editor ($VISUAL or $EDITOR); it is saved only without mistakes."""
    from pipeline import saved
    from pipeline.errors import ConfigError

    voice: Voice = context.obj
    with voice.pipeline() as pipeline:
        settings = pipeline.settings
    editor = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "")
    if not editor:
        raise ConfigError(message("versions.no_editor", file=str(settings.mappings / f"{name}.toml")))
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigError(message("versions.no_terminal", file=str(settings.mappings / f"{name}.toml")))

    def open_in_editor(draft: Path) -> None:
        try:
            done = subprocess.run([*editor, str(draft)], check=False)
        except OSError as error:
            why = error.strerror or str(error)
            raise ConfigError(message("versions.bad_editor", editor=editor[0], why=why)) from error
        if done.returncode:
            why = voice.word("versions.exit_code", number=done.returncode)
            raise ConfigError(message("versions.bad_editor", editor=editor[0], why=why))

    def again(mistakes: Sequence[Mistake]) -> bool:
        for mistake in mistakes:
            print(mistake.text(voice.language), file=sys.stderr)
        return typer.confirm(voice.word("versions.again"), default=True, err=True)

    voice.say(saved.edit(settings.mappings, name, saved.tables(settings), open_in_editor, again))
