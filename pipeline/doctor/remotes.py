"""Remote folders: reached, verified, let in, and looked into once. Nothing is changed there."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.errors import Environment
from pipeline.jobs import Remote, Settings
from pipeline.remote import open_far
from pipeline.remote.model import shown
from pipeline.results import Finding
from pipeline.words import message


def remotes(settings: Settings) -> Iterator[Finding]:
    """Each address once, whichever jobs use it."""
    places = [*(job.remote for job in settings.imports), *(job.remote for job in settings.exports)]
    for remote in {place.url: place for place in places if place is not None}.values():
        yield _tried(remote)


def _tried(remote: Remote) -> Finding:
    try:
        far = open_far(remote)
        try:
            count = len(far.list())
        finally:
            far.close()
    except Environment as trouble:
        return Finding(shown(remote), "bad", trouble.said, message("remote.doctor_remedy"))
    return Finding(shown(remote), "ok", message("remote.ok", count=count))
