"""The command `pipeline`: one short function per command. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.errors import ConfigError, PipelineError
from pipeline.words import Language, Message, message, render

if TYPE_CHECKING:
    from pipeline import Pipeline
    from pipeline.events import Event

app = typer.Typer(
    help="Files dropped into folders become rows in the business database, exactly once.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)
AsJson = Annotated[bool, typer.Option("--json", help="Print facts as JSON.")]
_state: dict[str, str] = {"config": "config.toml"}


def main() -> None:
    """Run the command line. Whatever goes wrong, a person reads a sentence and no traceback."""
    try:
        app()
    except PipelineError as error:
        tell_error(error)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 - the one place: a bug becomes a sentence with what to do
        say(message("cli.bug", error=f"{type(error).__name__}: {error}"))
        if os.environ.get("PIPELINE_DEBUG"):
            raise
        sys.exit(1)


@app.callback()
def options(
    config: Annotated[Path, typer.Option(help="The config file.", envvar="PIPELINE_CONFIG")] = Path("config.toml"),
) -> None:
    _state["config"] = str(config)


@contextmanager
def opened(listener: Callable[[Event], None] | None = None) -> Iterator[Pipeline]:
    from pipeline import Pipeline

    with Pipeline(_state["config"], listener=listener) as pipeline:
        _state["language"] = pipeline.settings.language
        yield pipeline


def language() -> Language:
    return "fr" if _state.get("language") == "fr" else "en"


def say(said: Message) -> None:
    """Words go to stderr."""
    print(render(said, language()), file=sys.stderr)


def tell_error(error: PipelineError) -> None:
    if isinstance(error, ConfigError) and error.mistakes:
        for mistake in error.mistakes:
            print(mistake.text(language()), file=sys.stderr)
    else:
        say(error.said)


@app.command()
def init(folder: Annotated[Path, typer.Argument()] = Path(".")) -> None:
    """Make a ready folder: config, mappings, inbox, processed."""
    from pipeline.cli.start import make

    make(folder)
    say(message("cli.made", folder=str(folder)))


@app.command()
def demo(folder: Annotated[Path, typer.Argument()] = Path("pipeline-demo")) -> None:
    """Make a folder with sample files, import them, and show the rows."""
    from pipeline.cli.start import show_demo

    show_demo(folder)


@app.command()
def run() -> None:
    """The service: import what comes, until SIGTERM."""
    from pipeline.cli.log import log_event

    with opened(log_event) as pipeline:
        pipeline.run()


@app.command()
def once(
    jobs: Annotated[list[str] | None, typer.Argument(help="Only these jobs.")] = None,
    now: Annotated[bool, typer.Option("--now", help="Pass the time gate once.")] = False,
    wait: Annotated[float, typer.Option(help="Wait so many seconds for what still settles.")] = 60.0,
    as_json: AsJson = False,
) -> None:
    """Import everything that is there and due, then exit."""
    from pipeline.cli.show import json_row, line

    with opened() as pipeline:
        result = pipeline.once(jobs or (), now=now, wait=wait)
    if as_json:
        rows = {"files": [json_row(f) for f in result.files], "waiting": [json_row(f) for f in result.waiting]}
        print(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for file in result.files:
            print(line(file, language()))
        for file in result.waiting:
            print(line(file, language()), file=sys.stderr)
        if not result.files and not result.waiting:
            say(message("cli.nothing"))
    for trouble in result.troubles:
        say(trouble)
    raise typer.Exit(result.exit_code)


@app.command()
def check(as_json: AsJson = False) -> None:
    """Config and mappings: every mistake at once."""
    with opened() as pipeline:
        mistakes = pipeline.check()
    if as_json:
        print(json.dumps([{"file": m.file, "line": m.line, "text": m.text(language())} for m in mistakes]))
    else:
        for mistake in mistakes:
            print(mistake.text(language()))
    if mistakes:
        raise typer.Exit(2)
    say(message("cli.all_well"))


@app.command()
def status(as_json: AsJson = False) -> None:
    """Switch, jobs, next opening, waiting and failed files, last results."""
    from pipeline.cli.show import print_status, status_json

    with opened() as pipeline:
        found = pipeline.status()
        if as_json:
            print(json.dumps(status_json(found, language()), ensure_ascii=False, indent=2))
        else:
            print_status(found, language(), pipeline.settings.timezone)


@app.command()
def files(
    job: Annotated[str | None, typer.Option()] = None,
    state: Annotated[str | None, typer.Option()] = None,
    as_json: AsJson = False,
) -> None:
    """Every file: what lies in the inboxes, and what was imported."""
    from pipeline.cli.show import json_row, line

    with opened() as pipeline:
        rows = pipeline.files(job, state)
    if as_json:
        print(json.dumps([json_row(f, language()) for f in rows], ensure_ascii=False, indent=2))
    else:
        for file in rows:
            print(line(file, language()))


@app.command()
def show(id: int, as_json: AsJson = False) -> None:
    """One file's whole story, with its refused rows."""
    from pipeline.cli.show import print_story, story_json

    with opened() as pipeline:
        story = pipeline.show(id)
    if story is None:
        say(message("cli.no_file", id=id))
        raise typer.Exit(1)
    if as_json:
        print(json.dumps(story_json(story, language()), ensure_ascii=False, indent=2))
    else:
        print_story(story, language())


@app.command()
def why(file: str, as_json: AsJson = False) -> None:
    """Why this file is, or is not, in the database."""
    with opened() as pipeline:
        found = pipeline.why(file)
    text = render(found.said, language())
    remedy = render(found.remedy, language()) if found.remedy else None
    if as_json:
        facts = {"imported": found.imported, "why": text, "do": remedy, "id": found.file.id if found.file else None}
        print(json.dumps(facts, ensure_ascii=False))
        return
    print(text)
    if remedy:
        print(remedy)


@app.command()
def on() -> None:
    """Switch the automatic function on."""
    _switch(True)


@app.command()
def off() -> None:
    """Switch the automatic function off: nothing new is taken; what is being imported ends."""
    _switch(False)


def _switch(active: bool) -> None:
    with opened() as pipeline:
        pipeline.switch(active)
        say(message("cli.on" if active else "cli.off"))
