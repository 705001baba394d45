"""Figures for Prometheus: what happened since the start, from the events; how things stand, asked when they are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from pipeline.app import Pipeline
from pipeline.errors import PipelineError
from pipeline.events import Event
from pipeline.results import Status
from pipeline.server.health import judge
from pipeline.server.routes import Route, site

ROWS = ("inserted", "updated", "unchanged", "refused", "deleted", "stale", "absent")
ENDS = {
    "file.committed": "committed",
    "file.duplicate": "duplicate",
    "file.failed": "failed",
    "file.held": "held",
    "file.rejected": "rejected",
}
STAGES = {
    "file.loading": ("queued", "file.claimed"),
    "file.committed": ("loading", "file.loading"),
    "file.archived": ("archiving", "file.committed"),
}
"""An event ends a stage that another began."""
BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)
AT_WORK = 10_000  # files whose stages are followed at once


class Metrics:
    """Hears every event; one for each service."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._stands = _Stands()
        self._registry.register(self._stands)
        self._files = self._counter(
            "files_finished", "Files that reached an end, by what became of them", "job", "state"
        )
        self._rows = self._counter("rows", "Rows of imported files, by what became of them", "job", "state")
        self._exports = self._counter("exports", "Files that exports have written", "job")
        self._exported = self._counter("exported_rows", "Rows that exports have written", "job")
        self._deaths = self._counter("worker_restarts", "Workers that ended while they worked")
        self._waits = self._counter("database_waits", "Times that everything waited for the database")
        self._job_waits = self._counter(
            "job_waits", "Times that a job waited for a folder, disc or database", "job"
        )
        self._seconds = Histogram(
            "pipeline_stage_seconds",
            "How long a stage took",
            ("job", "stage"),
            buckets=BUCKETS,
            registry=self._registry,
        )
        self._begun: dict[str, dict[str, datetime]] = {}  # by claim: when what happened

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"pipeline_{name}", meaning, labels, registry=self._registry)

    def hear(self, event: Event) -> None:
        """A listener of the service."""
        if event.name in ENDS:
            self._files.labels(event.job, ENDS[event.name]).inc()
        if event.name == "file.committed":
            for kind in ROWS:
                self._rows.labels(event.job, kind).inc(_number(event.facts, kind))
        elif event.name == "export.written":
            self._exports.labels(event.job).inc()
            self._exported.labels(event.job).inc(_number(event.facts, "rows"))
        elif event.name == "worker.died":
            self._deaths.inc()
        elif event.name == "job.waiting":
            (self._job_waits.labels(event.job) if event.job else self._waits).inc()
        if event.claim:
            self._follow(event)

    def _follow(self, event: Event) -> None:
        """The stages of a file. One that is tried again begins anew."""
        if event.name == "file.claimed":
            if len(self._begun) >= AT_WORK:
                self._begun.clear()
            self._begun[event.claim] = {}
        known = self._begun.get(event.claim)
        if known is None:
            return
        if event.name in STAGES:
            stage, before = STAGES[event.name]
            if before in known:
                took = (event.at - known[before]).total_seconds()
                self._seconds.labels(event.job, stage).observe(max(0.0, took))
        known[event.name] = event.at
        if event.name in ("file.archived", "file.failed", "file.duplicate", "file.held"):
            del self._begun[event.claim]

    def text(self, status: Status | None, counts: Mapping[tuple[str, str], int], now: datetime) -> bytes:
        """The figures as Prometheus reads them; `status` None: nothing could be asked."""
        self._stands.families = [*_standing(status, counts, now)]
        return generate_latest(self._registry)


class _Stands(Collector):
    """How things stand, as they were last asked."""

    def __init__(self) -> None:
        self.families: list[Metric] = []

    def collect(self) -> Iterable[Metric]:
        return self.families


def _number(facts: Mapping[str, str | int | float], name: str) -> float:
    value = facts.get(name, 0)
    return float(value) if isinstance(value, int | float) else 0.0


def _standing(
    status: Status | None, counts: Mapping[tuple[str, str], int], now: datetime
) -> Iterable[Metric]:
    ready = status is not None and judge(status)[0]
    yield _gauge("ready", "1 when files can be imported now", {(): float(ready)})
    if status is None:
        return
    jobs = {job.name: job for job in status.jobs}
    yield _gauge("active", "The switch of the automatic function", {(): float(status.active)})
    yield _gauge(
        "files", "Files in the database, by state", {k: float(n) for k, n in counts.items()}, "job", "state"
    )
    yield _by_job(
        "waiting_files", "Files that lie there and are not imported", {n: j.waiting for n, j in jobs.items()}
    )
    ages = {n: (now - j.oldest).total_seconds() for n, j in jobs.items() if j.oldest is not None}
    yield _by_job(
        "oldest_waiting_seconds", "Age of the file that waits longest", {n: ages.get(n, 0) for n in jobs}
    )
    openings = {n: j.next_opening.timestamp() for n, j in jobs.items() if j.next_opening is not None}
    yield _by_job("next_opening_timestamp_seconds", "When the job takes files next", openings)
    yield _by_job(
        "job_paused", "1 while a person has paused the job", {n: j.pause is not None for n, j in jobs.items()}
    )
    waits = {n: j.trouble is not None for n, j in jobs.items()}
    yield _by_job("job_waits_now", "1 while something stands in the job's way", waits)
    yield _gauge(
        "config_mistakes", "1 while the config or a mapping has mistakes", {(): float(_mistaken(status))}
    )


def _mistaken(status: Status) -> bool:
    return bool(status.mistakes) or any(service.config is not None for service in status.services)


def _by_job(name: str, meaning: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    return _gauge(name, meaning, {(job,): float(value) for job, value in values.items()}, "job")


def _gauge(
    name: str, meaning: str, values: Mapping[tuple[str, ...], float], *labels: str
) -> GaugeMetricFamily:
    made = GaugeMetricFamily(f"pipeline_{name}", meaning, labels=labels)
    for key, value in values.items():
        made.add_metric(key, value)
    return made


async def metrics(request: Request) -> Response:
    """GET /metrics"""

    def ask(pipeline: Pipeline) -> tuple[Status | None, Mapping[tuple[str, str], int]]:
        try:
            status, ledger = pipeline.status(), pipeline.ledger()
            return status, ledger.counts() if ledger else {}
        except PipelineError:
            return None, {}

    found: Metrics = request.app.state.metrics
    status, counts = await site(request).ask(ask)
    text = found.text(status, counts, site(request).clock.now().wall)
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


ROUTES = [Route("/metrics", metrics, needs="watch")]
