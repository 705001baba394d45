"""What is let go of: by age, from the ledger, and never what an undo in time, an export or a question needs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from pipeline import Pipeline
from pipeline import files as disk
from pipeline.cli.main import app
from pipeline.errors import PipelineError
from pipeline.imports.upkeep import Tally, keep
from pipeline.keeping import Keep, days
from pipeline.store.base import SqlStore
from pipeline.store.exporting.tables import ExportJobRow
from tests.flow.conftest import CONFIG, ORDERS, Installation, installation

assert installation
UTC = timezone.utc  # noqa: UP017
BAD = ORDERS.replace(b"99.90", b"9x.90")


def later(box: Installation, number: int, **keeps: int) -> Tally:
    """One round so many days from now."""
    now = datetime.now(UTC) + timedelta(days=number)
    with Pipeline(box.config) as pipeline:
        settings = pipeline.settings
        jobs = tuple(replace(job, keep=Keep(**keeps)) for job in settings.imports)
        return keep(replace(settings, imports=jobs), pipeline.store(), now)


def test_archived_files_are_packed_then_removed(installation: Installation) -> None:
    box = installation
    box.drop("a.csv", ORDERS)
    box.drop("b.csv", b"Nothing,Known\n1,2\n")
    box.drop("c.csv", BAD.replace(b"000", b"100"))
    box.once()
    rules = {"archive": 365, "compress": 30, "failed": 90}
    assert later(box, 29, **rules) == Tally()
    assert later(box, 31, **rules) == Tally(packed=2)
    assert box.names("processed/sales") == ["a.csv.gz", "c.csv.gz"]
    assert later(box, 31, **rules) == Tally()
    with Pipeline(box.config) as pipeline:  # a replay finds it, and what it rests on is kept
        again = pipeline.replay(1)
        assert again.files[0].state == "archived"
    assert box.names("failed/sales") == ["b.csv", "b.csv.why.txt", "c.csv.refused.csv"]
    assert later(box, 91, **rules).removed == 2
    assert box.names("failed/sales") == []
    assert later(box, 366, **rules) == Tally(removed=2)
    assert [p for p in (box.root / "processed/sales").iterdir() if p.name != ".gitkeep"] == []
    assert later(box, 366, **rules) == Tally()
    with Pipeline(box.config) as pipeline:
        assert pipeline.show(1) is not None  # that it was imported is known for ever
        with pytest.raises(PipelineError):
            pipeline.replay(1)
    box.drop("a2.csv", ORDERS)
    assert box.once().files[0].state == "duplicate"


def test_what_a_person_changed_or_moved_is_left(installation: Installation) -> None:
    box = installation
    for name in ("a", "b", "c"):
        box.drop(f"{name}.csv", ORDERS.replace(b"000", f"{ord(name)}".encode()))
    box.once()
    changed, gone, kept = sorted((box.root / "processed/sales").rglob("*.csv"))
    changed.write_bytes(b"notes of mine")
    gone.unlink()
    assert later(box, 11, archive=10) == Tally(removed=1)
    assert changed.exists()
    assert not kept.exists()


def test_a_file_that_waits_for_a_person_is_kept(installation: Installation) -> None:
    box = installation
    box.drop("a.csv", ORDERS)
    box.once()
    with Pipeline(box.config) as pipeline:
        store = pipeline.store()
        assert isinstance(store, SqlStore)
        with store._transaction() as conn:
            conn.exec_driver_sql("UPDATE pipeline_file SET state = 'held'")
    assert later(box, 5000, archive=10, compress=1, failed=1) == Tally()


@pytest.mark.parametrize("point", ["placed", "noted"])
def test_a_packing_that_was_cut_off_is_done_again(installation: Installation, point: str) -> None:
    box = installation
    box.drop("a.csv", ORDERS)
    box.once()
    (place,) = (box.root / "processed/sales").rglob("*.csv")
    disk.pack_beside(place)  # and then it was killed
    if point == "noted":
        with Pipeline(box.config) as pipeline:
            book, soon = pipeline.store().keeping(), datetime.now(UTC) + timedelta(days=1)
            (old,) = book.old_files("sales", ("archived",), soon, 9)
            book.replaced(old, f"{place}.gz")
        assert later(box, 31, compress=30) == Tally()
        return  # the unpacked one is left over: nothing is lost
    assert later(box, 31, compress=30) == Tally(packed=1)
    assert box.names("processed/sales") == ["a.csv.gz"]


def test_an_undo_within_the_time_works_and_later_is_refused(installation: Installation) -> None:
    box = installation
    box.drop("a.csv", ORDERS)
    box.drop("b.csv", ORDERS.replace(b"000", b"100"))
    box.once()
    now = datetime.now(UTC)
    with Pipeline(box.config) as pipeline:
        store = pipeline.store()
        assert store.keeping().prune_log(now - timedelta(days=1), (), 1000) == 0
        assert pipeline.undo(2).tables[0].deleted == 3
        assert store.keeping().prune_log(now + timedelta(days=1), (), 1000) > 0
        with pytest.raises(PipelineError) as old:
            pipeline.undo(1)
        assert old.value.said.code == "store.undo_unrecorded"
        assert store.keeping().prune_log(now + timedelta(days=1), (), 1000) == 0  # the newest stays
    assert box.sql("SELECT count(*) FROM sales_order") == [(3,)]


def change(store: SqlStore, times: int) -> None:
    with store.connection().begin():
        for n in range(times):
            row = f"00000000-0000-0000-0000-{n:012}"
            store.connection().execute(
                sa.text("INSERT INTO party (id, code) VALUES (:i, :c)"), {"i": row, "c": str(n)}
            )


def log(store: SqlStore) -> list[int]:
    with store.connection().begin():
        return list(
            store.connection().execute(sa.text("SELECT seq FROM pipeline_change ORDER BY seq")).scalars()
        )


def test_an_export_that_has_not_written_yet_keeps_its_changes(store: SqlStore) -> None:
    change(store, 10)
    numbers, future = log(store), datetime.now(UTC) + timedelta(days=1)
    mark = (
        f"{numbers[3]}"
        if store.kind == "sqlite"
        else f'{{"x": 5, "f": {numbers[3]}, "t": [9, {numbers[7]}]}}'
    )
    jobs: sa.Table = ExportJobRow.__table__  # type: ignore[attr-defined]
    with store.connection().begin():
        row = {"job": "shop", "next_sequence": 2, "mark": mark, "place": ""}
        store.connection().execute(jobs.insert(), row)
    assert store.keeping().prune_log(future, ("shop",), 2) == 2  # some at a time
    assert store.keeping().prune_log(future, ("shop",), 100) == 1
    assert log(store) == numbers[3:]
    assert store.keeping().prune_log(future, (), 100) == 6  # it is no longer in the config
    assert log(store) == numbers[-1:]


def test_what_is_synchronised_keeps_everything(store: SqlStore) -> None:
    change(store, 3)
    with store.connection().begin():
        columns = "peer, since, seen, load_since, load_seen, accepted, lapsed"
        store.connection().execute(
            sa.text(f"INSERT INTO pipeline_sync_peer ({columns}) VALUES ('lyon', 0, 0, 0, 0, true, false)")
        )
    assert store.keeping().prune_log(datetime.now(UTC) + timedelta(days=1), (), 100) == 0


@pytest.mark.parametrize(
    ("text", "number"),
    [("90 days", 90), ("90d", 90), ("1 an", 366), ("10 ans", 3660), ("6 mois", 186), ("2 weeks", 14), ("5", None),
     ("0d", None), ("m", None), ("", None), ("1 year ago", None)],
)  # fmt: skip
def test_spans(text: str, number: int | None) -> None:
    assert days(text) == number


@given(st.text(max_size=20))
def test_any_text_is_a_span_or_none(text: str) -> None:
    assert days(text) is None or days(text)


def test_the_command(installation: Installation, tmp_path: Path) -> None:
    box = installation
    told = CliRunner().invoke(app, ["--config", str(box.config), "keep"])
    assert "Everything is kept" in told.output
    box.config.write_text(CONFIG + '[imports.sales.keep]\narchive = "10 years"\n[keep]\nlog = "2 years"\n')
    told = CliRunner().invoke(app, ["--config", str(box.config), "keep"])
    assert told.output == "Packed: 0 files. Removed: 0 files, 0 remembered changes.\n"
