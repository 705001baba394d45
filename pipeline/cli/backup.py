"""`backup` and `restore`: the database with the config and its mappings, proven table by table."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path
from typing import Annotated

import typer

from pipeline import __version__
from pipeline.cli.output import Voice
from pipeline.clock import Clock
from pipeline.words import message


def backup(
    context: typer.Context,
    to: Annotated[Path, typer.Argument(metavar="TO", help="A folder that is not there yet.")],
) -> None:
    """Copy the database, config.toml and mappings into a new folder, also while the service runs."""
    from pipeline.errors import Environment, PipelineError
    from pipeline.store.backup import backup as save

    voice: Voice = context.obj
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise PipelineError(message("servers.backup_there", folder=str(to)))
    with voice.pipeline() as pipeline:
        settings, secret = pipeline.settings, pipeline.secrets()
    to = to.absolute()
    hidden = to.with_name(f".{to.name}.{secrets.token_hex(4)}.part")
    try:
        hidden.mkdir(mode=0o700, parents=True)
        made = save(settings.database, hidden, Clock().now().wall, __version__)
        if settings.mappings.is_dir():
            shutil.copytree(settings.mappings, hidden / "mappings")
        told = settings.path.read_text("utf-8")
        open_secret = any(text in told for text in secret)
        if not open_secret:
            (hidden / "config.toml").write_text(told, "utf-8")
        hidden.replace(to)
    except OSError as error:
        why = error.strerror or str(error)
        raise Environment(message("cli.unwritable", folder=str(to), why=why)) from error
    finally:
        shutil.rmtree(hidden, ignore_errors=True)
    if open_secret:
        voice.say(message("servers.backup_without_config"))
    rows = sum(rows for rows, _ in made.tables.values())
    voice.say(message("servers.backup_made", folder=str(to), tables=len(made.tables), rows=rows))


def restore(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="FROM", help="A folder that `backup` wrote.")],
    yes: Annotated[bool, typer.Option("--yes", help="Replace the database that is there.")] = False,
) -> None:
    """Put a backup in the place of the database; refused while the service runs."""
    from pipeline.engine.report import running
    from pipeline.errors import PipelineError
    from pipeline.store import connect
    from pipeline.store.backup import read
    from pipeline.store.backup import restore as put

    voice: Voice = context.obj
    made = read(source)
    root = voice.config.absolute().parent
    if running(root):
        raise PipelineError(message("servers.restore_running"))
    if not voice.config.exists():
        _bring_config(source, voice.config)
    with voice.pipeline() as pipeline:
        settings = pipeline.settings
    store = connect(settings.database, settings.schema)
    facts = store.facts()
    store.close()
    if facts.state not in ("", "absent") and not yes:
        raise PipelineError(message("servers.restore_over", where=facts.where))
    kept = put(settings.database, source, made, Clock().now().wall)
    if kept is not None:
        voice.say(message("servers.restore_kept", path=str(kept)))
    rows = sum(rows for rows, _ in made.tables.values())
    voice.say(message("servers.restored", at=made.at[:16], tables=len(made.tables), rows=rows))


def _bring_config(source: Path, config: Path) -> None:
    """The config and mappings of the backup, where there are none."""
    if (source / "config.toml").is_file():
        config.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / "config.toml", config)
        mappings = config.absolute().parent / "mappings"
        if not mappings.exists():
            shutil.copytree(source / "mappings", mappings)
