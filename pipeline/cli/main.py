"""`pipeline`: the commands together, and the one place where an unexpected error becomes a sentence."""

from __future__ import annotations

import gc
import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from pipeline import __version__
from pipeline.cli import (
    backup,
    correcting,
    demo,
    doctor,
    exporting,
    facts,
    fec,
    hold,
    mapping,
    people,
    reading,
    service,
    start,
    syncing,
    tables,
    trying,
    undoing,
    versions,
    watchfulness,
    work,
)
from pipeline.cli.output import Voice
from pipeline.errors import PipelineError
from pipeline.words import message
from pipeline.worker import GC_OBJECTS

app = typer.Typer(
    name="pipeline",
    help="Drop a file into a folder; its rows are in the database exactly once.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for command in (
    start.init, demo.demo, work.run, work.once, facts.check, facts.status, facts.files, facts.show, facts.why,
    doctor.doctor, hold.pause, hold.resume, hold.replay, hold.approve, hold.reject, undoing.undo, correcting.corrections,
    exporting.export, work.on, work.off, reading.inspect, reading.read,
    backup.backup, backup.restore, watchfulness.keep,
):  # fmt: skip
    app.command()(command)
app.command(name="try")(trying.try_)

for more in (versions.history, versions.edit):
    mapping.app.command()(more)
for group in (
    mapping.app,
    tables.table,
    tables.field,
    fec.app,
    syncing.app,
    people.user,
    people.token,
    service.app,
    watchfulness.expect,
    watchfulness.notify,
):
    app.add_typer(group)

_voice = Voice(Path(os.environ.get("PIPELINE_CONFIG", "config.toml")))


def _version(wanted: bool) -> None:
    if wanted:
        print(f"pipeline {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    config: Annotated[Path, typer.Option(envvar="PIPELINE_CONFIG", help="The config file.")] = Path(
        "config.toml"
    ),
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    global _voice
    _voice = context.obj = Voice(config)


def main() -> None:
    """Run the command line and exit: 0 done, 1 something failed, 2 wrong use or config, 3 with refused rows."""
    gc.set_threshold(GC_OBJECTS)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that cannot show a letter gets it escaped
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except PipelineError as error:
        _voice.error(error)
        sys.exit(error.exit_code)
    except Exception as error:  # noqa: BLE001 - what is not ours is a bug: a sentence for the user, details for us
        _voice.say(message("cli.bug", error=f"{type(error).__name__}: {error}", place=_details()))
        sys.exit(1)


def _details() -> str:
    """Write the current traceback to a file of its own and give its path."""
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile(
        "w",
        prefix="pipeline-error-",
        suffix=".txt",
        delete=False,
        encoding="utf-8",
        errors="backslashreplace",
    ) as file:
        traceback.print_exc(file=file)
    return file.name
