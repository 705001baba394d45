"""One tree of errors. Each says what, where and what to do; none reaches a user as a traceback.

PipelineError
  ConfigError        a person mends config.toml or a mapping (exit 2)
  FileFailed         this file cannot be loaded; the next one goes on
  Environment        database, disc, folder: nobody's file is at fault; it is tried again
  MappingUnfit       the mapping does not fit the database; its job stops and says so
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.words import Language, Message, message, render


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in a file that a person wrote: where it is, what is wrong, and the nearest right word."""

    file: str
    line: int  # 1-based
    path: str  # dotted, "imports.web-sales.evry"; "" for the whole file
    said: Message
    near: str | None = None

    def text(self, language: Language = "en") -> str:
        words = f"{self.file}:{self.line}: {render(self.said, language)}"
        if self.near is not None:
            words += " " + render(message("config.near", near=self.near), language)
        return words


class PipelineError(Exception):
    """The root. `said` is the sentence; `transient` says whether trying again can help."""

    exit_code = 1
    transient = False

    def __init__(self, said: Message) -> None:
        super().__init__(render(said))
        self.said = said


class ConfigError(PipelineError):
    """config.toml, a mapping or a command line that cannot be used: every mistake at once."""

    exit_code = 2

    def __init__(self, said: Message, mistakes: Sequence[Mistake] = ()) -> None:
        super().__init__(said)
        self.mistakes = tuple(mistakes)


class FileFailed(PipelineError):
    """The file itself is at fault: it goes to the failed folder with the reason beside it."""


class Environment(PipelineError):
    """The world is at fault (database, disc, folder): the job waits, nothing is quarantined."""

    transient = True


class MappingUnfit(PipelineError):
    """The database does not have what the mapping writes to: the job stops until a person mends it."""
