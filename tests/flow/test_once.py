"""From a dropped file to rows: the whole program on real folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline import Pipeline
from pipeline.events import Event
from tests.flow.conftest import ORDERS, Installation


def test_a_dropped_file_becomes_rows_and_is_archived(installation: Installation) -> None:
    installation.drop("orders.csv", ORDERS)
    result = installation.once()
    assert result.exit_code == 0
    assert [(f.state, f.rows_read, f.inserted, f.refused) for f in result.files] == [("archived", 3, 3, 0)]
    assert installation.sql("SELECT number, gross_amount, status FROM sales_order ORDER BY number") == [
        ("0001", 12_500_000, "paid"),
        ("0002", 99_900_000, "open"),
        ("0003", 7_050_000, "open"),
    ]
    assert installation.names("processed/sales") == ["orders.csv"]
    assert installation.names("inbox/sales") == []


def test_the_same_content_again_is_a_duplicate_and_archived_as_usual(installation: Installation) -> None:
    installation.drop("orders.csv", ORDERS)
    installation.once()
    log = installation.sql("SELECT count(*) FROM pipeline_change")
    installation.drop("orders.csv", ORDERS)
    result = installation.once()
    assert [f.state for f in result.files] == ["duplicate"]
    assert installation.sql("SELECT count(*) FROM pipeline_change") == log
    assert len(installation.names("processed/sales")) == 2


def test_a_changed_file_writes_only_its_differences(installation: Installation) -> None:
    installation.drop("orders.csv", ORDERS)
    installation.once()
    installation.drop("orders.csv", ORDERS.replace(b"99.90", b"89.90") + b"0004,1.00,open\n")
    (file,) = installation.once().files
    assert (file.inserted, file.updated, file.unchanged) == (1, 1, 2)


def test_a_bad_row_is_refused_with_its_own_bytes_and_the_others_go_in(installation: Installation) -> None:
    installation.drop("orders.csv", ORDERS + b"0005,9.9O,paid\n")
    result = installation.once()
    assert result.exit_code == 3
    assert result.files[0].refused == 1
    refused = (installation.root / "failed/sales/orders.csv.refused.csv").read_bytes()
    assert b"0005,9.9O,paid" in refused
    with Pipeline(installation.config) as pipeline:
        story = pipeline.show(result.files[0].id or 0)
    assert story is not None
    assert [(r.line, r.column, r.value) for r in story.refused] == [(5, "Total", "9.9O")]


def test_a_file_that_cannot_be_loaded_fails_with_the_reason_beside_it_and_the_next_goes_on(
    installation: Installation,
) -> None:
    installation.drop("a.csv", b"Number,Total\n1,2\n")
    installation.drop("b.csv", ORDERS)
    result = installation.once()
    assert result.exit_code == 1
    assert sorted(f.state for f in result.files) == ["archived", "failed"]
    assert installation.names("failed/sales") == ["a.csv", "a.csv.why.txt"]
    assert "Order No" in (installation.root / "failed/sales/a.csv.why.txt").read_text()


def test_an_empty_file_and_a_header_alone_have_a_clear_state(installation: Installation) -> None:
    def drop(event: Event) -> None:  # while it watches: a file renamed in needs no time to prove itself
        if event.name == "service.started":
            installation.drop("empty.csv", b"")
            installation.drop("header.csv", b"Order No,Total,State\n")

    with Pipeline(installation.config, listener=drop) as pipeline:
        states = {f.name: (f.state, f.rows_read) for f in pipeline.once().files}
    assert states == {"empty.csv": ("failed", 0), "header.csv": ("archived", 0)}


def test_what_is_not_a_file_stays_and_is_named(installation: Installation) -> None:
    inbox = installation.root / "inbox/sales"
    (inbox / "folder.csv").mkdir()
    os.mkfifo(inbox / "fifo.csv")
    secret = installation.root / "secret"
    secret.write_text("x")
    (inbox / "link.csv").symlink_to(secret)
    installation.drop("orders.csv", ORDERS)
    result = installation.once()
    assert [f.name for f in result.files] == ["orders.csv"]
    assert sorted(w.name for w in result.waiting) == ["fifo.csv", "folder.csv", "link.csv"]
    assert {w.state for w in result.waiting} == {"rejected"}


@pytest.mark.parametrize("name", ["sales.csv.part", "~$sales.csv", "sales.filepart", ".sales.csv"])
def test_temporary_names_are_left_alone(installation: Installation, name: str) -> None:
    place = installation.drop(name, ORDERS)
    installation.once(wait=1)
    assert place.exists()


def test_a_latin_1_name_is_imported(installation: Installation) -> None:
    installation.drop(b"R\xe9glements.csv", ORDERS)
    (file,) = installation.once().files
    assert file.state == "archived"
    assert installation.names("processed/sales") == [os.fsdecode(b"R\xe9glements.csv")]


def test_a_daily_job_does_not_run_before_its_hour_unless_told_so(installation: Installation) -> None:
    place = installation.drop("orders.csv", ORDERS, "nightly")
    assert installation.once(wait=5).files == ()
    assert place.exists()
    with Pipeline(installation.config) as pipeline:
        why = pipeline.why(place)
    assert not why.imported
    assert len(installation.once("nightly", now=True).files) == 1


def test_the_switch_is_written_back_with_its_comments_and_stops_new_files(installation: Installation) -> None:
    text = installation.config.read_text().replace("active = true", "active = true  # master switch")
    installation.config.write_text(text)
    with Pipeline(installation.config) as pipeline:
        pipeline.switch(False)
    assert installation.config.read_text() == text.replace("active = true", "active = false")
    place = installation.drop("orders.csv", ORDERS)
    assert installation.once(wait=2).files == ()
    assert place.exists()


def test_a_file_cut_short_is_never_loaded(installation: Installation) -> None:
    inbox: Path = installation.root / "inbox/sales"
    (inbox / "cut.csv").write_bytes(ORDERS[:-12])
    result = installation.once(wait=4)
    assert result.files == ()
    assert [w.name for w in result.waiting] == ["cut.csv"]
    assert result.exit_code == 1


def test_a_big_file_tells_how_far_its_reading_is(installation: Installation) -> None:
    rows = b"".join(b"%d,12.50,%s\n" % (n, b"a state" * 3) for n in range(250_000))
    installation.drop("big.csv", b"Order No,Total,State\n" + rows)
    heard: list[Event] = []
    with Pipeline(installation.config, listener=heard.append) as pipeline:
        assert pipeline.once().exit_code == 0
    told = [event.facts for event in heard if event.name == "file.reading"]
    assert told
    assert [facts["rows"] for facts in told] == sorted({facts["rows"] for facts in told})
    assert all(0 < int(facts["bytes"]) <= int(facts["size"]) == len(rows) + 21 for facts in told)


def test_no_worker_outlives_the_pass_that_started_it(installation: Installation) -> None:
    """Also one that was still starting when there was nothing left to do."""
    before = _workers()
    for wait in (0.0, 0.05, 0.2, 0.5):
        (installation.root / "inbox/sales/held.csv").write_bytes(b"Order No,Total")
        installation.once(wait=wait)
    assert _workers() <= before


def _workers() -> set[str]:
    """The worker processes of this process."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    places = [Path(f"/proc/{pid}/cmdline") for pid in children]
    return {str(place) for place in places if place.exists() and b"pipeline.worker" in place.read_bytes()}
