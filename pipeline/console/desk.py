"""Work that a person begins on a page and that goes on after the answer."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.app import Pipeline
from pipeline.errors import PipelineError
from pipeline.words import Message

NOTES = 5


@dataclass(frozen=True, slots=True)
class Note:
    """What became of such work."""

    good: bool
    said: Message


@dataclass(slots=True)
class Desk:
    """The work of one installation, each in a thread of its own. `after` is called when one has ended."""

    config: Path
    after: Callable[[], None] = lambda: None
    notes: deque[Note] = field(default_factory=lambda: deque(maxlen=NOTES))
    at_work: int = 0

    def begin(self, work: Callable[[Pipeline], Message], who: str) -> None:
        """Do this; what it says becomes a note."""
        self.at_work += 1
        threading.Thread(target=self._work, args=(work, who), daemon=True).start()

    def _work(self, work: Callable[[Pipeline], Message], who: str) -> None:
        try:
            with Pipeline(self.config) as pipeline:
                pipeline.who = who
                self.notes.append(Note(True, work(pipeline)))
        except PipelineError as error:
            self.notes.append(Note(False, error.said))
        finally:
            self.at_work -= 1
            self.after()
