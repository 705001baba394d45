"""A file is taken from its archive again: what it says becomes true again, once, and the archive stays as it is."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

import pytest

from pipeline import Pipeline
from pipeline import files as disk
from pipeline.errors import PipelineError
from pipeline.events import Event
from pipeline.store import connect
from tests.flow.conftest import ORDERS, Installation

B = ORDERS.replace(b"12.50", b"11.00").replace(b"99.90", b"80.00")
PRICES = "SELECT gross_amount / 1000000.0 FROM sales_order ORDER BY number"
A_PRICES = [(12.5,), (99.9,), (7.05,)]
LEDGER = "SELECT id, state, replay_of FROM pipeline_file ORDER BY id"


@pytest.fixture
def two(installation: Installation) -> Installation:
    """A and then B were imported."""
    imported(installation, {"a.csv": ORDERS, "b.csv": B})
    return installation


def imported(box: Installation, files: dict[str, bytes]) -> None:
    """Dropped while it watches: a file renamed in needs no time to prove itself."""

    def drop(event: Event) -> None:
        if event.name == "service.started":
            for name, content in files.items():
                box.drop(name, content)

    with Pipeline(box.config, listener=drop) as pipeline:
        assert len(pipeline.once().files) == len(files)


def process(box: Installation, *words: str, fault: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipeline", "--config", str(box.config), *words],
        env={**os.environ, "PIPELINE_FAULT": fault}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def at_work(box: Installation) -> list[str]:
    return [p.name for p in (box.root / "inbox").rglob("*") if p.is_file()]


def test_a_then_b_then_a_again_ends_with_a(installation: Installation) -> None:
    """The archive is packed."""
    text = installation.config.read_text()
    installation.config.write_text(text.replace('"*.csv"', '"*.csv"\ncompress = "gzip"'))
    imported(installation, {"a.csv": ORDERS, "b.csv": B})
    kept = installation.names("processed")
    assert kept == ["a.csv.gz", "b.csv.gz"]
    with Pipeline(installation.config) as pipeline:
        (file,) = pipeline.replay(1).files
    assert (file.id, file.name, file.state) == (3, "a.csv", "archived")
    assert (file.rows_read, file.updated, file.unchanged) == (3, 2, 1)
    assert installation.sql(PRICES) == A_PRICES
    assert installation.sql(LEDGER) == [(1, "archived", None), (2, "archived", None), (3, "archived", 1)]
    assert installation.names("processed") == kept
    assert at_work(installation) == []


def test_it_works_while_paused_off_and_before_the_hour(installation: Installation) -> None:
    installation.drop(b"R\xe9glements.csv", ORDERS, "nightly")
    installation.once("nightly", now=True)
    installation.drop("other.csv", B, "nightly")
    with Pipeline(installation.config) as pipeline:
        pipeline.pause("nightly")
        pipeline.switch(False)
    result = process(installation, "replay", "1", "--json")
    assert result.returncode == 0, result.stderr
    (file,) = json.loads(result.stdout)["files"]
    assert (file["id"], file["unchanged"]) == (2, 3)
    assert at_work(installation) == ["other.csv"]  # only this file, nothing else that waits


def test_beside_a_running_service_it_is_loaded_once(two: Installation) -> None:
    service = subprocess.Popen([sys.executable, "-m", "pipeline", "--config", str(two.config), "run"])
    try:
        two.drop("c.csv", ORDERS + b"0009,1.00,\n")
        two.wait_until("the service works", lambda: len(two.names("processed/sales")) > 2, 60)
        result = process(two, "replay", "2")
        assert result.returncode == 0, result.stderr
    finally:
        service.send_signal(signal.SIGTERM)
        assert service.wait(30) == 0
    assert [row for row in two.sql(LEDGER) if row[2]] == [(4, "archived", 2)]
    assert two.sql(PRICES)[0] == (11.0,)


def test_killed_before_it_is_loaded(two: Installation) -> None:
    """What a kill leaves there: the note alone (of B), or the note and the copy (of A)."""
    store, now = connect(f"sqlite:///{two.root}/shop.db"), datetime.now(timezone.utc)  # noqa: UP017
    store.begin_replay(disk.new_claim(now), 2, "ann", now)
    claim = disk.new_claim(now)
    store.begin_replay(claim, 1, "ann", now)
    disk.put_back(kept(two), two.root / "inbox/sales/.pipeline/sales", claim, b"a.csv")
    store.close()
    two.once(wait=20)
    assert two.sql(LEDGER)[2:] == [(3, "archived", 1)]
    assert two.sql(PRICES) == A_PRICES
    assert two.names("processed") == ["a.csv", "b.csv"]
    assert at_work(two) == []


@pytest.mark.parametrize("point", ["commit.before", "commit.after"])
def test_killed_while_it_is_loaded(two: Installation, point: str) -> None:
    killed = process(two, "replay", "1", fault=f"worker/{point}:1:killall")
    assert killed.returncode == -signal.SIGKILL
    two.once(wait=20)
    assert two.sql(LEDGER)[2:] == [(3, "archived", 1)]
    assert two.sql(PRICES) == A_PRICES
    assert two.names("processed") == ["a.csv", "b.csv"]
    assert at_work(two) == []


def test_its_worker_killed_it_goes_on_by_itself(two: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file whose move was not noted: it is found all the same."""
    with closing(sqlite3.connect(two.root / "shop.db")) as db, db:
        db.execute(
            "UPDATE pipeline_file SET state = 'committed', archived_as = '', archived_at = NULL WHERE id = 1"
        )
    monkeypatch.setenv("PIPELINE_FAULT", "worker/rows.written:1:kill")

    def die_once(event: Event) -> None:
        if event.name == "worker.died":
            monkeypatch.delenv("PIPELINE_FAULT")

    with Pipeline(two.config, listener=die_once) as pipeline:
        (file,) = pipeline.replay(1).files
    assert (file.id, file.state) == (3, "archived")
    assert two.sql(PRICES) == A_PRICES


def test_a_repeat_is_loaded_when_it_is_asked_for(two: Installation) -> None:
    imported(two, {"b2.csv": B, "a2.csv": ORDERS + b"0004,1.00,\n"})
    assert two.sql(LEDGER)[2:] == [(3, "duplicate", None), (4, "archived", None)]
    with Pipeline(two.config) as pipeline:
        (file,) = pipeline.replay(3).files
    assert (file.state, file.updated) == ("archived", 2)
    assert two.sql(PRICES)[0] == (11.0,)


def test_a_failed_file_is_loaded_when_the_mapping_is_mended(installation: Installation) -> None:
    mapping = installation.root / "mappings/sales.toml"
    good = mapping.read_text()
    mapping.write_text(good.replace('"Order No"', '"Order Number"'))
    imported(installation, {"a.csv": ORDERS})
    with Pipeline(installation.config) as pipeline:
        assert pipeline.replay(1).exit_code == 1  # as wrong as before, and noted as such
        mapping.write_text(good)
        (file,) = pipeline.replay(1).files
    assert (file.state, file.inserted) == ("archived", 3)
    assert installation.names("processed/sales") == ["a.csv"]
    assert installation.sql(PRICES) == A_PRICES


def refused(box: Installation, id: int) -> str:
    with pytest.raises(PipelineError) as wrong, Pipeline(box.config) as pipeline:
        pipeline.replay(id)
    assert at_work(box) == []
    return wrong.value.said.code


def kept(box: Installation) -> Path:
    (place,) = (box.root / "processed/sales").rglob("*-1-a.csv")
    return place


def test_what_cannot_be_loaded_again_says_why(two: Installation) -> None:
    assert refused(two, 99) == "cli.no_file"
    content = kept(two).read_bytes()
    kept(two).write_bytes(content.replace(b"12.50", b"0.50"))
    assert refused(two, 1) == "cli.replay_changed"
    kept(two).unlink()
    assert refused(two, 1) == "cli.replay_gone"
    two.config.write_text(two.config.read_text().replace("[imports.sales]", "[imports.shop]"))
    assert refused(two, 2) == "cli.replay_no_job"
    assert two.sql("SELECT count(*) FROM pipeline_file") == [(2,)]


def test_before_there_is_a_database(installation: Installation) -> None:
    (installation.root / "shop.db").unlink()
    assert refused(installation, 1) == "cli.no_file"
    assert not (installation.root / "shop.db").exists()
