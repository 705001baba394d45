"""Figures for Prometheus, and the rules that use them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

import yaml
from anyio.from_thread import BlockingPortal

from pipeline import Pipeline
from pipeline.events import Event
from pipeline.server.metrics import Metrics
from pipeline.words import message
from tests.flow.conftest import ORDERS, Installation
from tests.server.conftest import door

NOW = datetime(2026, 5, 12, 8, tzinfo=timezone.utc)  # noqa: UP017
RULES = Path(__file__).parents[2] / "deploy" / "alerts.yml"


def figures(text: str) -> dict[str, float]:
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def event(name: str, seconds: float = 0, claim: str = "c1", **facts: int) -> Event:
    return Event(name, NOW + timedelta(seconds=seconds), "sales", "x.csv", claim, None, dict(facts))


def test_events_are_counted() -> None:
    found = Metrics()
    for each in (
        event("file.claimed", 1), event("file.loading", 1.5), event("file.committed", 3.5, inserted=3, refused=1),
        event("file.archived", 3.6), event("file.failed", claim="c2"), event("file.loading", claim="unknown"),
        event("worker.died", claim=""), event("export.written", claim="", rows=7), event("job.waiting", claim=""),
        Event("job.waiting", NOW, said=message("cli.no_service")),
    ):  # fmt: skip
        found.hear(each)
    told = figures(found.text(None, {}, NOW).decode())
    assert told['pipeline_files_finished_total{job="sales",state="committed"}'] == 1
    assert told['pipeline_files_finished_total{job="sales",state="failed"}'] == 1
    assert told['pipeline_rows_total{job="sales",state="inserted"}'] == 3
    assert told['pipeline_rows_total{job="sales",state="refused"}'] == 1
    assert told["pipeline_worker_restarts_total"] == 1
    assert told["pipeline_database_waits_total"] == 1
    assert told['pipeline_job_waits_total{job="sales"}'] == 1
    assert told['pipeline_exported_rows_total{job="sales"}'] == 7
    assert told['pipeline_stage_seconds_sum{job="sales",stage="queued"}'] == 0.5
    assert told['pipeline_stage_seconds_sum{job="sales",stage="loading"}'] == 2
    assert told['pipeline_stage_seconds_count{job="sales",stage="archiving"}'] == 1
    assert told["pipeline_ready"] == 0
    assert not found._begun


def test_how_things_stand(installation: Installation, portal: BlockingPortal) -> None:
    installation.drop("a.csv", ORDERS)
    installation.once("sales", now=True)
    installation.drop("b.csv", ORDERS, "nightly")
    with Pipeline(installation.config) as pipeline:
        pipeline.pause("sales")
    with door(portal, installation, "viewer") as ask:
        answer = ask.get("/metrics")
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        told = figures(answer.text)
    assert told['pipeline_files{job="sales",state="archived"}'] == 1
    assert told['pipeline_waiting_files{job="nightly"}'] == 1
    assert told['pipeline_job_paused{job="sales"}'] == 1
    assert told['pipeline_oldest_waiting_seconds{job="nightly"}'] >= 0
    assert told['pipeline_next_opening_timestamp_seconds{job="nightly"}'] > 1_700_000_000
    assert told["pipeline_active"] == 1
    assert told["pipeline_ready"] == 0  # no service runs
    (installation.root / "shop.db").unlink()
    (installation.root / "shop.db").mkdir()
    with door(portal, installation, "viewer") as ask:
        assert figures(ask.get("/metrics").text)["pipeline_ready"] == 0


def test_strangers_from_elsewhere_see_no_figures(installation: Installation, portal: BlockingPortal) -> None:
    with door(portal, installation) as ask:
        assert ask.get("/metrics").status_code == 401


def test_the_rules_use_figures_that_there_are(installation: Installation, portal: BlockingPortal) -> None:
    found = Metrics()
    found.hear(event("file.claimed"))
    for name in ("file.loading", "file.committed", "file.held", "file.failed", "job.waiting", "worker.died"):
        found.hear(event(name))
    installation.drop("a.csv", ORDERS)
    installation.once("sales", now=True)
    with Pipeline(installation.config) as pipeline:
        ledger = pipeline.ledger()
        assert ledger is not None
        text = found.text(pipeline.status(), ledger.counts(), NOW).decode()
    known = {re.split(r"[{ ]", line)[0] for line in text.splitlines() if not line.startswith("#")}
    rules = yaml.safe_load(RULES.read_text())["groups"][0]["rules"]
    assert len(rules) >= 10
    for rule in rules:
        used = set(re.findall(r"\bpipeline_\w+", rule["expr"]))
        assert used <= known, rule["alert"]
        assert rule["annotations"]["summary"]
        assert rule["labels"]["severity"] in ("critical", "warning", "info")
