"""What the history of a job says of when its files come and how big they are."""

from __future__ import annotations

from datetime import datetime, timedelta

from pipeline.errors import PipelineError
from pipeline.expecting import WEEKS, Proposal, learn
from pipeline.jobs import Settings
from pipeline.store import connect


def learnt(settings: Settings, job: str, now: datetime) -> Proposal | None:
    """A proposal; None when there is too little history, or no database yet. Raises PipelineError when it cannot be
    read."""
    store = connect(settings.database, settings.schema)
    try:
        store.require()
        came = store.notices().came(job, now - timedelta(weeks=WEEKS + 1))
    except PipelineError as error:
        if error.said.code == "store.absent":
            return None
        raise
    finally:
        store.close()
    return learn(came, settings.timezone, now)
