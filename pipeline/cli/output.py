"""How commands speak: data to stdout, words to stderr, in the language of the config."""

from __future__ import annotations

import json
import os
import sys
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.words import Fact, Language, Message, message, render

if TYPE_CHECKING:
    from pipeline.app import Pipeline
    from pipeline.errors import PipelineError
    from pipeline.events import Listener


def language_of(config: Path) -> Language:
    """The language a config asks for, also when the rest of it is wrong; the user's when it cannot be read."""
    try:
        found = tomllib.loads(config.read_text("utf-8")).get("language")
    except (OSError, ValueError):
        return user_language()
    return "fr" if found == "fr" else "en"


def user_language() -> Language:
    """The language that the user's terminal is set to; English for any that we do not speak."""
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "fr" if next(filter(None, names), "").lower().startswith("fr") else "en"


class Voice:
    """What a command speaks with. `config` is the file it works on."""

    def __init__(self, config: Path) -> None:
        self.config = config
        self.language = language_of(config)

    @contextmanager
    def pipeline(self, listener: Listener | None = None, *, forks: bool = False) -> Iterator[Pipeline]:
        """The installation of the config, closed at the end. Raises ConfigError."""
        from pipeline.app import Pipeline
        from pipeline.files import ignore_sigio

        ignore_sigio()  # a writer that comes at the moment we look whether there is one would end the command
        with Pipeline(self.config, listener=listener, forks=forks) as pipeline:
            yield pipeline

    def text(self, said: Message | None) -> str:
        return "" if said is None else render(said, self.language)

    def tinted(self, said: Message, level: str) -> str:
        """A sentence in amber (`warn`) or red (`bad`), where a terminal shows colours."""
        if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
            return self.text(said)
        return f"\x1b[{'31' if level == 'bad' else '33'}m{self.text(said)}\x1b[0m"

    def word(self, code: str, **facts: Fact) -> str:
        return render(message(code, **facts), self.language)

    def say(self, said: Message | None) -> None:
        """One sentence to stderr."""
        if said is not None:
            print(self.text(said), file=sys.stderr, flush=True)

    def error(self, error: PipelineError) -> None:
        """An error's sentences to stderr: every mistake by itself, or the one sentence."""
        mistakes = getattr(error, "mistakes", ())
        for mistake in mistakes:
            print(mistake.text(self.language), file=sys.stderr)
        if not mistakes:
            self.say(error.said)

    def json(self, value: object) -> None:
        """One JSON document to stdout."""
        print(json.dumps(value, ensure_ascii=False, indent=2))

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]], title: str | None = None) -> None:
        """A table to stdout: as wide as the terminal, and never cut when it goes into a pipe."""
        from rich import box
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
        for head in heads:
            table.add_column(Text(head), overflow="fold")
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        width = None if sys.stdout.isatty() else 400
        Console(width=width, markup=False, highlight=False, emoji=False).print(table)
