"""What the running service says: one line an event, for people or for machines, and never a secret."""

from __future__ import annotations

import sys
from collections.abc import Collection
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING

from pipeline.cli.output import Voice

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger

    from pipeline.events import Event

WARNINGS = frozenset({
    "file.failed", "file.held", "file.missing", "file.rejected", "job.waiting", "job.paused", "worker.died",
    "watch.lost", "clock.jumped", "config.refused", "rows.refused", "job.late", "file.unlike", "notice.failed",
})  # fmt: skip
"""Events that a person may have to do something about."""

ORDER = ["at", "level", "event", "job", "file"]
HIDDEN = "***"


class LogFormat(StrEnum):
    console = "console"
    json = "json"
    logfmt = "logfmt"


class Log:
    """A listener that writes one line an event to stderr. `style` None: for people on a terminal, else `logfmt`."""

    def __init__(self, voice: Voice, style: LogFormat | None = None) -> None:
        import structlog

        if style is None:
            style = LogFormat.console if sys.stderr.isatty() else LogFormat.logfmt
        self._voice, self._style, self._secrets = voice, style, frozenset[str]()
        last: dict[LogFormat, Processor] = {
            LogFormat.console: self._line,
            LogFormat.json: structlog.processors.JSONRenderer(ensure_ascii=False),
            LogFormat.logfmt: structlog.processors.LogfmtRenderer(key_order=ORDER, drop_missing=True),
        }
        chain = [structlog.processors.add_log_level, self._hide, last[style]]
        self._logger = structlog.wrap_logger(structlog.PrintLogger(sys.stderr), processors=chain)

    def hide(self, secrets: Collection[str]) -> None:
        """From now on these texts are shown as `***`, wherever they stand."""
        self._secrets = frozenset(secrets)

    def __call__(self, event: Event) -> None:
        from pipeline.events import EVENTS

        if event.name == "file.reading":  # several a second of a big file: for a screen, not for a log
            return
        facts: dict[str, object] = {k: v for k, v in (("job", event.job), ("file", event.file)) if v}
        facts.update(event.facts)
        facts.pop("event", None)
        if self._style is not LogFormat.logfmt:
            facts["words"] = EVENTS[event.name]
        if event.said is not None:
            facts["said"] = self._voice.text(event.said)
        facts["at"] = event.at.isoformat(timespec="milliseconds")
        say = self._logger.warning if event.name in WARNINGS else self._logger.info
        say(event.name, **facts)
        if event.name == "config.changed":
            self._hide_more()

    def _hide_more(self) -> None:
        """A config that was saved may have brought other secrets."""
        from pipeline.config import load, secrets_of
        from pipeline.errors import PipelineError

        with suppress(PipelineError):
            self.hide(self._secrets | secrets_of(load(self._voice.config)))

    def _hide(self, logger: WrappedLogger, method: str, facts: EventDict) -> EventDict:
        """By value: whatever way a secret took, a driver's own error or a file's name."""
        for key, value in facts.items():
            if isinstance(value, str):
                facts[key] = hidden(value, self._secrets)
        return facts

    def _line(self, logger: WrappedLogger, method: str, facts: EventDict) -> str:
        """`14:03:09 file.failed sales a.csv: the file cannot be loaded … | There is no column Total.`"""
        at, name = str(facts.pop("at"))[11:19], facts.pop("event")
        told = [facts.pop(key, "") for key in ("job", "file")]
        words, said, level = facts.pop("words"), facts.pop("said", ""), facts.pop("level")
        more = " ".join(f"{key}={value}" for key, value in facts.items())
        mark = "!" if level == "warning" else " "
        head = " ".join(part for part in (f"{mark} {at} {name}", *map(str, told)) if part)
        return f"{head}: " + " | ".join(part for part in (str(words), str(said), more) if part)


def hidden(text: str, secrets: Collection[str]) -> str:
    """The text with each secret shown as `***`, longer ones first."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text
