"""Work that a person begins on a page and that goes on after the answer."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.app import Pipeline
from pipeline.errors import PipelineError
from pipeline.words import Message

if TYPE_CHECKING:
    from pipeline.sync.peering import Verified

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
    begun: deque[threading.Thread] = field(default_factory=lambda: deque(maxlen=NOTES))
    verified: dict[str, tuple[datetime, Verified]] = field(default_factory=dict)  # job → when, what was found

    def begin(self, work: Callable[[Pipeline], Message], who: str) -> None:
        """Do this; what it says becomes a note."""
        self.at_work += 1
        thread = threading.Thread(target=self._work, args=(work, who), daemon=True)
        self.begun.append(thread)
        thread.start()

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
