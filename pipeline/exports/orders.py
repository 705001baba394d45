"""A work order for an export, as it goes over the pipe to a worker."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypedDict, cast

from pipeline.exports.periods import Period
from pipeline.jobs import ExportJob, Settings
from pipeline.words import Language

Deed = Literal["run", "try", "file", "replay"]


class ExportOrder(TypedDict):
    """`export`: the job's name; `deed`: make it, only show it, write one file at `target`, write file `id` again."""

    export: str
    deed: Deed
    database: str
    schema: str
    mapping: str
    mapping_text: str
    to: str
    template: str
    kept: str
    what: str
    empty: str
    deletions: str
    ready: list[str]
    unit: str
    keep_days: int | None
    zone: str
    station: str
    language: Language
    opening: str | None
    period: list[str] | None  # label, first day, day after the last
    target: str
    id: int


def export_order(
    job: ExportJob,
    settings: Settings,
    mapping_text: str,
    deed: Deed = "run",
    *,
    opening: datetime | None = None,
    period: Period | None = None,
    target: str = "",
    id: int = 0,
) -> ExportOrder:
    """The order for one export of this job."""
    return ExportOrder(
        export=job.name, deed=deed, database=settings.database, schema=settings.schema, mapping=job.mapping,
        mapping_text=mapping_text, to=str(job.to), template=job.template, kept=str(job.kept), what=job.what,
        empty=job.empty, deletions=job.deletions, ready=list(job.ready), unit=job.period, keep_days=job.keep_days,
        zone=settings.timezone,
        station=settings.station, language=settings.language,
        opening=None if opening is None else opening.isoformat(),
        period=None if period is None else [period.label, period.first.isoformat(), period.end.isoformat()],
        target=target, id=id,
    )  # fmt: skip


def job_of(order: ExportOrder) -> ExportJob:
    """The job as the worker sees it; its hours are the service's business."""
    return ExportJob(
        order["export"], order["mapping"], Path(order["to"]), order["template"], Path(order["kept"]),
        what=cast(Any, order["what"]), empty=cast(Any, order["empty"]), deletions=cast(Any, order["deletions"]),
        ready=tuple(order["ready"]), period=cast(Any, order["unit"]), keep_days=order["keep_days"],
    )  # fmt: skip
