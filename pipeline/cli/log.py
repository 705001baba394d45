"""The service's log: one line an event, to stderr."""

from __future__ import annotations

import sys

import structlog

from pipeline.events import Event
from pipeline.words import render

_LOG = structlog.wrap_logger(
    structlog.PrintLogger(sys.stderr),
    processors=[
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
    ],
)


def log_event(event: Event) -> None:
    """Write one event."""
    facts: dict[str, object] = {k: v for k, v in (("job", event.job), ("file", event.file)) if v}
    if event.said is not None:
        facts["text"] = render(event.said)
    _LOG.info(event.name, **facts, **event.facts)
