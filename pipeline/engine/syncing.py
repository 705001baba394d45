"""Synchronisations in the service: their gates, and a round in a worker for each that is due."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.engine.exporting import Exporting
from pipeline.jobs import ImportJob, SyncJob
from pipeline.sync.ends import sync_order


def gated(job: SyncJob) -> ImportJob:
    """The gate of a synchronisation is a gate like any other."""
    return ImportJob(job.name, "", Path(), Path(), Path(), schedule=job.schedule)


class Syncing(Exporting):
    """As exports go, with other orders."""

    def every(self) -> tuple[Any, ...]:
        return self.workshop.setup.settings.syncs

    def gate(self, job: SyncJob) -> ImportJob:
        return gated(job)

    def order(self, job: SyncJob, opening: datetime | None) -> Any:
        return sync_order(job, self.workshop.setup.settings)
