"""`init`: a ready folder from the template that lies in this package."""

from __future__ import annotations

from importlib.resources import files as resources
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.output import Voice, user_language
from pipeline.words import Language, message

JOBS = {"web-sales": "web-sales", "prices": "prices", "till": "till"}
"""Job of the template → its folder below inbox/ and processed/."""


ChosenLanguage = Annotated[
    Language | None, typer.Option("--language", help="en or fr; as a rule, what the terminal is set to.")
]


def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where; made when it is not there.")] = Path(
        "."
    ),
    language: ChosenLanguage = None,
) -> None:
    """Make a ready folder: config.toml, mappings, inbox, processed."""
    voice: Voice = context.obj
    voice.language = language or user_language()
    make(folder, voice.language)
    voice.say(message("cli.made", folder=str(folder)))


def make(folder: Path, language: Language = "en") -> None:
    """Write the template in this language. Never overwrites: raises ConfigError when there is a config.toml already,
    PipelineError when the folder cannot be written."""
    from pipeline.errors import ConfigError, PipelineError

    template = resources("pipeline.cli") / "template"
    examples = resources("pipeline") / "saved" / "examples"
    try:
        (folder / "mappings").mkdir(parents=True, exist_ok=True)
        for name in JOBS.values():
            for parent in ("inbox", "processed"):
                (folder / parent / name).mkdir(parents=True, exist_ok=True)
        for mapping in examples.iterdir():
            if not (target := folder / "mappings" / mapping.name).exists():
                target.write_bytes(mapping.read_bytes())
        name = "config.toml" if language == "en" else f"config.{language}.toml"
        with (folder / "config.toml").open("xb") as config:  # last: with it the folder is ready
            config.write((template / name).read_bytes())
    except FileExistsError:
        raise ConfigError(message("cli.exists", folder=str(folder))) from None
    except OSError as error:
        raise PipelineError(
            message("cli.unwritable", folder=str(folder), why=error.strerror or "")
        ) from error
