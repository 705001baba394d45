"""Where files go: by template, packed, with their companion; found again after a kill; loaded again."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from pipeline import files as disk
from pipeline.imports import note_moved
from tests.imports.conftest import ORDERS, ZONE, Desk, unpacked


def test_a_file_is_kept_by_day_time_and_number_in_the_jobs_zone(desk: Desk) -> None:
    outcome = desk.run(desk.take())
    row = desk.row(outcome)
    assert (outcome.deed, row.state) == ("archived", "archived")
    assert desk.listing() == [desk.expected(row, "orders.csv")]
    assert row.archived_as == str(desk.root / desk.expected(row, "orders.csv"))
    assert [name for name, _ in desk.said] == ["file.loading", "file.committed", "file.archived"]


def test_a_duplicate_is_kept_beside_the_first(desk: Desk) -> None:
    first, second = desk.run(desk.take()), desk.run(desk.take())
    assert second.deed == "duplicate"
    assert desk.listing() == sorted(desk.expected(desk.row(o), "orders.csv") for o in (first, second))


def test_the_folder_below_the_inbox_may_be_part_of_the_place(desk: Desk) -> None:
    desk.set(archive="{folder}/{id}-{name}", below=("caisse-*",))
    outcome = desk.run(desk.take(below="caisse-1"))
    assert desk.listing() == [f"processed/caisse-1/{outcome.id}-orders.csv"]


def test_an_archive_may_be_packed(desk: Desk) -> None:
    desk.set(compress="gzip")
    row = desk.row(desk.run(desk.take()))
    assert desk.listing() == [desk.expected(row, "orders.csv.gz")]
    assert unpacked(Path(row.archived_as)) == ORDERS


@pytest.mark.parametrize("ready", ["{stem}.ok", "{name}.sha256"])
@pytest.mark.parametrize("archive", ["{id}-{name}", "{id}{ext}", "{name}"])
@pytest.mark.parametrize("compress", ["", "gzip"])
def test_the_companion_is_kept_beside_its_file(desk: Desk, ready: str, archive: str, compress: str) -> None:
    desk.set(ready=ready, archive=archive, compress=compress)
    outcome = desk.run(desk.take())
    companion = ready.format(stem="orders", name="orders.csv")
    places = {
        "{id}-{name}": (f"{outcome.id}-{companion}", f"{outcome.id}-orders.csv"),
        "{id}{ext}": (f"{outcome.id}-{companion}", f"{outcome.id}.csv"),
        "{name}": (companion, "orders.csv"),
    }
    beside, name = places[archive]
    packed = ".gz" if compress else ""
    assert desk.listing() == sorted([f"processed/{beside}", f"processed/{name}{packed}"])


def test_a_failed_file_lies_flat_with_its_reason_and_its_companion(desk: Desk) -> None:
    desk.set(ready="{stem}.ok")
    outcome = desk.run(desk.take(b"Nothing,Here\n1,2\n"))
    assert outcome.deed == "failed"
    names = ["orders.csv", "orders.csv.why.txt", "orders.ok"]
    assert desk.listing() == [f"failed/{name}" for name in names]


def test_refused_rows_lie_flat_in_failed(desk: Desk) -> None:
    row = desk.row(desk.run(desk.take(ORDERS + b"0003,9.9O,paid\n")))
    assert desk.listing() == ["failed/orders.csv.refused.csv", desk.expected(row, "orders.csv")]


# Cut off and begun again


def committed(desk: Desk) -> None:
    """The file is in the database, and the process died before it did anything more."""
    processed = desk.job.processed
    processed.write_text("in the way")
    assert desk.run(desk.take()).deed == "environment"
    processed.unlink()


def test_a_committed_file_in_the_work_folder_goes_where_its_row_says(desk: Desk) -> None:
    desk.set(ready="{stem}.ok", compress="gzip")
    committed(desk)
    row = desk.row(desk.run(desk.left()))
    places = [desk.expected(row, "orders.csv.gz"), desk.expected(row, "orders.ok")]
    assert desk.listing() == places
    assert (row.rows_read, row.inserted) == (2, 2)


def test_a_companion_that_was_moved_before_the_kill_is_not_missed(desk: Desk) -> None:
    desk.set(ready="{stem}.ok", archive="{id}-{name}")
    committed(desk)
    taken = desk.left()
    assert taken.companion is not None
    desk.job.processed.mkdir()
    disk.archive(taken.companion, desk.job.processed, b"1-orders.ok")
    desk.run(desk.left())
    assert desk.listing() == ["processed/1-orders.csv", "processed/1-orders.ok"]


@pytest.mark.parametrize("compress", ["", "gzip"])
def test_a_move_that_was_not_noted_is_noted_at_the_next_start(desk: Desk, compress: str) -> None:
    desk.set(compress=compress, below=("a",))
    desk.job.processed.write_text("in the way")
    taken = desk.take(below="a")
    assert desk.run(taken).deed == "environment"
    desk.job.processed.unlink()
    now = taken.seen_at
    note_moved(desk.store, [desk.job], now, ZONE)
    row = desk.store.by_claim(taken.claim)
    assert row is not None
    assert row.archived_as == ""  # it lies in the work folder still
    place = desk.root / desk.expected(row, "orders.csv")
    place.parent.mkdir(parents=True)
    moved = disk.archive(taken.path, place.parent, os.fsencode(place.name), compress=compress == "gzip")
    note_moved(desk.store, [desk.job], now, ZONE)
    row = desk.store.by_claim(taken.claim)
    assert row is not None
    assert (row.state, row.archived_as) == ("archived", str(moved))


def test_a_move_that_was_not_noted_is_noted_when_its_file_is_asked_for_again(desk: Desk) -> None:
    committed(desk)
    taken = desk.left()
    row = desk.store.by_claim(taken.claim)
    assert row is not None
    place = desk.root / desk.expected(row, "orders.csv")
    place.parent.mkdir(parents=True)
    taken.path.rename(place)
    outcome = desk.run(taken)
    assert (outcome.deed, outcome.id) == ("archived", row.id)
    assert desk.row(outcome).archived_as == str(place)
    place.unlink()
    assert desk.run(taken).deed == "archived"  # noted already: wherever somebody has put it since


def test_what_was_taken_away_while_it_was_loaded_is_gone(desk: Desk) -> None:
    committed(desk)
    taken = desk.left()
    taken.path.unlink()
    assert desk.run(taken).deed == "gone"


def test_of_a_big_group_the_first_file_is_noted_too(desk: Desk) -> None:
    """A hundred files of a group that was cut off wait; the one that was moved is the oldest of them."""
    desk.job.processed.write_text("in the way")
    files = [desk.take(ORDERS.replace(b"000", b"%04d" % n), b"o%d.csv" % n) for n in range(110)]
    outcomes = desk.importer().run(desk.work(*files))
    assert {o.deed for o in outcomes} == {"environment"}
    desk.job.processed.unlink()
    row = desk.row(outcomes[0])
    place = desk.root / desk.expected(row, "o0.csv")
    place.parent.mkdir(parents=True)
    files[0].path.rename(place)
    note_moved(desk.store, [desk.job], files[0].seen_at, ZONE)
    assert desk.row(outcomes[0]).archived_as == str(place)


def test_a_place_that_cannot_be_made_is_the_worlds_fault(desk: Desk) -> None:
    desk.set(processed=Path("/proc/none/processed"))
    outcome = desk.run(desk.take())
    assert outcome.deed == "environment"
    assert outcome.said is not None
    assert outcome.said.code == "files.environment"
    assert len(disk.entries(desk.job.work)) == 1


# Again from the archive


def test_a_file_is_loaded_again_from_its_archive_and_stays_there(desk: Desk) -> None:
    desk.set(compress="gzip")
    taken = desk.take()
    first = desk.row(desk.run(taken))
    claim = disk.new_claim(taken.seen_at)
    desk.store.begin_replay(claim, first.id, "anna", taken.seen_at)
    disk.put_back(Path(first.archived_as), desk.job.work, claim, first.name)
    again = desk.row(desk.run(desk.left()))
    assert (again.state, again.replay_of, again.archived_as) == ("archived", first.id, first.archived_as)
    assert (again.rows_read, again.unchanged) == (2, 2)
    assert desk.listing() == [desk.expected(first, "orders.csv.gz")]


def test_a_failed_file_that_loads_now_goes_to_processed(desk: Desk) -> None:
    desk.set(trailer="FIN;{rows}")
    taken = desk.take()
    failed = desk.row(desk.run(taken))
    assert failed.state == "failed"
    desk.set(trailer="")
    claim = disk.new_claim(taken.seen_at)
    desk.store.begin_replay(claim, failed.id, "anna", taken.seen_at)
    disk.put_back(Path(failed.archived_as), desk.job.work, claim, failed.name)
    again = desk.row(desk.run(desk.left()))
    assert again.state == "archived"
    assert desk.listing() == [
        "failed/orders.csv",
        "failed/orders.csv.why.txt",
        desk.expected(again, "orders.csv"),
    ]


def test_the_arrival_tells_where_it_came_from(desk: Desk) -> None:
    desk.set(below=("a",), take="copy", copies=desk.root / "copies")
    folder = desk.job.inbox / "a"
    folder.mkdir(parents=True)
    (folder / "orders.csv").write_bytes(ORDERS)
    there = (folder / "orders.csv").stat()
    seen = (there.st_dev, there.st_ino, there.st_size, there.st_mtime_ns)
    now = datetime.now(timezone.utc)  # noqa: UP017
    copy = disk.claim_copy(folder, b"orders.csv", desk.job.work_in(folder), now, seen)
    assert copy is not None
    copy.release()

    row = desk.row(desk.run(replace(desk.left("a"), source_state="1:2:3")))
    assert (row.folder, row.source_state) == (str(folder), "1:2:3")
    assert desk.store.sources("sales") == {(str(folder), b"orders.csv"): "1:2:3"}
    assert desk.listing() == sorted(["inbox/a/orders.csv", desk.expected(row, "orders.csv")])
