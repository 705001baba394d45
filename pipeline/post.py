"""Messages to people, sent by apprise: e-mail, Teams, Slack, ntfy, a webhook … Addresses are secrets."""

from __future__ import annotations

import logging

from pipeline.errors import PipelineError
from pipeline.words import message


def send(address: str, title: str, body: str) -> bool:
    """Send one message; blocks for some seconds at most. False: it could not be sent. Raises PipelineError when
    apprise is not installed."""
    try:
        import apprise
    except ImportError as error:
        raise PipelineError(message("servers.no_apprise")) from error
    logger = logging.getLogger("apprise")  # it names addresses in what it logs
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    post = apprise.Apprise()
    if not post.add(address):
        return False
    return bool(post.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT))
