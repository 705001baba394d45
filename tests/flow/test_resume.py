"""What an earlier process left is finished, and what the database alone refuses is told in words."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from pipeline import Pipeline
from pipeline.words import render
from tests.flow.conftest import ORDERS, Installation


def test_a_move_that_was_the_last_deed_is_noted_at_the_next_start(installation: Installation) -> None:
    installation.drop("orders.csv", ORDERS)
    killed = subprocess.run(
        [sys.executable, "-m", "pipeline", "--config", str(installation.config), "once"],
        env={**os.environ, "PIPELINE_FAULT": "worker/archive.after:1:killall"},
        capture_output=True,
    )
    assert killed.returncode == -signal.SIGKILL
    assert installation.sql("SELECT state, archived_as FROM pipeline_file") == [("committed", "")]
    installation.once(wait=5)
    (place,) = map(str, (installation.root / "processed/sales").rglob("*-1-orders.csv"))
    assert installation.sql("SELECT state, archived_as FROM pipeline_file") == [("archived", place)]


def test_a_worker_that_dies_between_a_move_and_its_note_leaves_nothing_unsaid(
    installation: Installation,
) -> None:
    for n in range(3):
        installation.drop(f"o{n}.csv", ORDERS.replace(b"000", b"%03d" % n))
    ended = subprocess.run(
        [sys.executable, "-m", "pipeline", "--config", str(installation.config), "once"],
        env={**os.environ, "PIPELINE_FAULT": "worker/archive.after:2:kill"},
        capture_output=True,
    )
    assert ended.returncode == 0, ended.stderr
    states = installation.sql("SELECT state, archived_as <> '' FROM pipeline_file")
    assert states == [("archived", 1)] * 3


def test_a_row_that_only_the_database_refuses_keeps_its_bytes_and_its_reason(
    installation: Installation,
) -> None:
    (installation.root / "mappings" / "sales.toml").write_text(
        'version = 1\ntable = "product_variant"\nkey = ["sku"]\n[fields]\nsku = "SKU"\nbarcode = "EAN"\n'
    )
    installation.drop("a.csv", b"SKU,EAN\nA,4006381333931\nB,5000112637922\nC,4006381333931\n")
    result = installation.once()
    assert result.exit_code == 3
    assert (result.files[0].inserted, result.files[0].refused) == (2, 1)
    with Pipeline(installation.config) as pipeline:
        story = pipeline.show(result.files[0].id or 0)
    assert story is not None
    (row,) = story.refused
    assert (row.line, row.column, row.raw) == (4, "EAN", b"C,4006381333931")
    assert "another row has this barcode (Barcode) already" in render(row.said, "en")
    assert "Code-barres" in render(row.said, "fr")
    assert b"C,4006381333931," in (installation.root / "failed/sales/a.csv.refused.csv").read_bytes()


def test_status_tells_what_a_running_service_waits_for(installation: Installation) -> None:
    (installation.root / "processed/sales").rmdir()
    (installation.root / "processed/sales").write_text("in the way")
    installation.drop("orders.csv", ORDERS)
    service = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "--config", str(installation.config), "run"]
    )
    try:

        def waits() -> bool:
            with Pipeline(installation.config) as pipeline:
                return any(job.trouble for job in pipeline.status().jobs)

        installation.wait_until("the job says that it waits", waits, 60)
        (installation.root / "processed/sales").unlink()
        installation.wait_until("it goes on by itself", lambda: installation.names("processed/sales"), 60)
    finally:
        service.send_signal(signal.SIGTERM)
        assert service.wait(30) == 0
    assert installation.names("processed/sales") == ["orders.csv"]


def test_a_key_of_which_the_file_has_no_column_fails_the_file(installation: Installation) -> None:
    (installation.root / "mappings" / "sales.toml").write_text(
        'version = 1\ntable = "product_variant"\nkey = ["sku"]\n[fields]\nsku = ["SKU", "Code"]\nname = "Name"\n'
    )
    installation.drop("a.csv", b"Skuu,Name\nA,x\n")
    (file,) = installation.once().files
    assert file.state == "failed"
    assert file.reason is not None
    assert dict(file.reason.args) == {"column": "SKU / Code", "found": "Skuu, Name", "near": "Skuu"}


def test_a_mapping_whose_unit_is_the_file_loads_nothing_of_a_file_with_a_bad_row(
    installation: Installation,
) -> None:
    path = installation.root / "mappings" / "sales.toml"
    path.write_text(path.read_text().replace("[fields]", 'unit = "file"\n[fields]'))
    installation.drop("a.csv", ORDERS + b"0005,9.9O,paid\n")
    (file,) = installation.once().files
    assert (file.state, file.inserted) == ("failed", 0)
    assert installation.sql("SELECT count(*) FROM sales_order") == [(0,)]
