"""`init`: a ready folder from the template that lies in this package."""

from __future__ import annotations

from importlib.resources import files as resources
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.output import Voice
from pipeline.words import message

JOBS = {"web-sales": "web-sales", "prices": "prices", "till": "till"}
"""Job of the template → its folder below inbox/ and processed/."""


def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where; made when it is not there.")] = Path(
        "."
    ),
) -> None:
    """Make a ready folder: config.toml, mappings, inbox, processed."""
    voice: Voice = context.obj
    make(folder)
    voice.say(message("cli.made", folder=str(folder)))


def make(folder: Path) -> None:
    """Write the template. Never overwrites: raises ConfigError when there is a config.toml already,
    PipelineError when the folder cannot be written."""
    from pipeline.errors import ConfigError, PipelineError

    template = resources("pipeline.cli") / "template"
    try:
        (folder / "mappings").mkdir(parents=True, exist_ok=True)
        for name in JOBS.values():
            for parent in ("inbox", "processed"):
                (folder / parent / name).mkdir(parents=True, exist_ok=True)
        for mapping in (template / "mappings").iterdir():
            if not (target := folder / "mappings" / mapping.name).exists():
                target.write_bytes(mapping.read_bytes())
        with (folder / "config.toml").open("xb") as config:  # last: with it the folder is ready
            config.write((template / "config.toml").read_bytes())
    except FileExistsError:
        raise ConfigError(message("cli.exists", folder=str(folder))) from None
    except OSError as error:
        raise PipelineError(
            message("cli.unwritable", folder=str(folder), why=error.strerror or "")
        ) from error
