"""`why` on real folders: each reason there can be, by its code, each time with what to do."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from pipeline import Pipeline
from pipeline import files as disk
from pipeline.cli.main import app
from pipeline.engine.report import running
from pipeline.results import Why
from pipeline.words import catalogue, render
from tests.flow.conftest import CONFIG, MAPPING, ORDERS, Installation

UTC = timezone.utc  # noqa: UP017
MORE = """
[imports.till]
mapping = "sales"
inbox = "inbox/till"
processed = "processed/till"
take = "copy"

[imports.stations]
mapping = "sales"
inbox = "inbox/stations/*"
processed = "processed/stations"

[imports.announced]
mapping = "sales"
inbox = "inbox/announced"
processed = "processed/announced"
pattern = "*.csv"
ready = "{stem}.sha256"

[imports.ended]
mapping = "sales"
inbox = "inbox/ended"
processed = "processed/ended"
pattern = "*.csv"
trailer = "FIN;{rows}"

[imports.past]
mapping = "sales"
inbox = "inbox/past"
processed = "processed/past"
pattern = "*.csv"
at = "03h00"
on = "2020-02-03"

[imports.reports]
mapping = "sales"
inbox = "inbox/reports"
processed = "processed/reports"
pattern = "*.txt"
"""
LONG = b"a\nb" + b"x" * 248 + b".csv"
LATIN = b"R\xe9glements.csv"


def orders(number: int) -> bytes:
    return b"Order No,Total,State\n" + f"{number},1.00,paid\n".encode()


def build(root: Path) -> Installation:
    (root / "config.toml").write_text(CONFIG + MORE)
    (root / "mappings").mkdir()
    (root / "mappings/sales.toml").write_text(MAPPING)
    inboxes = "sales nightly till stations/north stations/south announced ended past reports"
    for name in inboxes.split():
        (root / "inbox" / name).mkdir(parents=True)
    return Installation(root)


@pytest.fixture
def box(tmp_path: Path) -> Installation:
    return build(tmp_path)


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation after one pass over all kinds of files; nobody changes it."""
    box = build(tmp_path_factory.mktemp("after"))
    box.drop("good.csv", orders(1))
    box.drop("again.csv", orders(1))
    box.drop("bad.csv", b"Nothing,Here\n1,2\n")
    box.drop(LONG, orders(2))
    box.drop(LATIN, orders(3))
    box.drop("day.csv", orders(4), "till")
    box.drop("a.csv", orders(5), "stations/north")
    box.drop("a.csv", orders(6), "stations/south")
    box.drop("a.csv", orders(7), "till")
    assert len(box.once().files) == 9
    return box


def ask(box: Installation, file: str | Path) -> Why:
    with Pipeline(box.config) as pipeline:
        return pipeline.why(file)


def codes(found: Why) -> list[str]:
    """The codes of all reasons; each can be said."""
    reasons = [found, *found.besides]
    for reason in reasons:
        for said in (reason.said, reason.remedy):
            assert said is None or said.code in catalogue()
    return [reason.said.code for reason in reasons]


def remedy(found: Why) -> str:
    assert found.remedy is not None, found.said
    return render(found.remedy)


def whole(said: Why) -> str:
    return render(said.said)


def reports(box: Installation) -> bool:
    return any(known.noticing for known in running(box.root))


@contextmanager
def service(box: Installation) -> Iterator[subprocess.Popen[bytes]]:
    """A running service, stopped afterwards."""
    words = [sys.executable, "-P", "-m", "pipeline", "--config", str(box.config), "run"]
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as process:
        try:
            box.wait_until("the service reports", lambda: reports(box) or process.poll() is not None, 60)
            assert reports(box), f"the service ended: {process.returncode}"
            yield process
        finally:
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGTERM)
            process.wait(30)


# no job takes it -------------------------------------------------------------------------------------------------
def test_a_name_that_no_job_takes_there_and_the_one_that_would_elsewhere(box: Installation) -> None:
    place = box.drop("notes.txt", b"x\n")
    found = ask(box, place)
    assert codes(found) == ["states.no_pattern"]
    assert "*.csv" in whole(found)
    assert "reports" in remedy(found)
    assert str(box.root / "inbox/reports") in remedy(found)


def test_a_file_outside_of_every_inbox(box: Installation) -> None:
    place = box.root / "orders.csv"
    place.write_bytes(ORDERS)
    found = ask(box, place)
    assert codes(found) == ["states.elsewhere"]
    assert "inbox/sales" in remedy(found)


@pytest.mark.parametrize("folder", ["sales/deeper", "stations"])
def test_a_file_in_a_folder_of_an_inbox_that_is_not_looked_at(box: Installation, folder: str) -> None:
    (box.root / "inbox" / folder).mkdir(exist_ok=True)
    found = ask(box, box.drop("orders.csv", ORDERS, folder))
    assert codes(found) == ["states.wrong_folder"]
    assert "move it to" in remedy(found)


def test_a_name_of_a_file_on_its_way(box: Installation) -> None:
    found = ask(box, box.drop("orders.csv.part", ORDERS))
    assert codes(found) == ["states.temporary"]
    assert "rename" in remedy(found)


def test_a_folder_with_the_name_of_a_file(box: Installation) -> None:
    (box.root / "inbox/sales/folder.csv").mkdir()
    found = ask(box, box.root / "inbox/sales/folder.csv")
    assert codes(found) == ["files.not_a_file"]
    assert "Remove it" in whole(found)


def test_a_name_that_was_never_there(box: Installation) -> None:
    found = ask(box, "nothing.csv")
    assert codes(found) == ["states.unknown"]
    assert "pipeline status" in remedy(found)


# it waits --------------------------------------------------------------------------------------------------------
def test_the_switch_comes_first_then_the_pause_then_no_service(box: Installation) -> None:
    place = box.drop("orders.csv", ORDERS)
    until = datetime.now(UTC) + timedelta(days=1)
    with Pipeline(box.config) as pipeline:
        pipeline.pause("sales", why="inventory", until=until)
        pipeline.switch(False)
        found = pipeline.why(place)
    assert codes(found)[:2] == ["states.switch_off", "states.paused_until"]
    assert "states.no_service" in codes(found)
    assert "pipeline on" in remedy(found)
    pause = found.besides[0]
    assert "inventory" in render(pause.said)
    assert pause.since is not None
    assert pause.remedy is not None
    assert "pipeline resume sales" in render(pause.remedy)


def test_a_file_without_its_end_says_until_when_it_waits(box: Installation) -> None:
    found = ask(box, box.drop("cut.csv", b'[{"Order No": "1", "Total"'))
    assert "states.unfinished_remedy" in [
        found.remedy and found.remedy.code,
        *(r.remedy and r.remedy.code for r in found.besides),
    ]
    assert codes(found)[0] == "reading.unfinished"
    assert "until 2" in remedy(found)


def test_a_file_that_came_just_now_settles_and_then_waits_for_a_service(box: Installation) -> None:
    place = box.drop("orders.csv", ORDERS)
    found = ask(box, place)
    assert codes(found) == ["states.settling", "states.no_service"]
    assert found.file is not None
    box.wait_until("it is still", lambda: codes(ask(box, place)) == ["states.no_service"])
    assert "pipeline run" in remedy(ask(box, place))


def test_an_open_file_names_the_process_that_writes_it(box: Installation) -> None:
    place = box.root / "inbox/sales/orders.csv"
    with place.open("wb"):
        found = ask(box, place)
    assert codes(found)[0] == "states.open_by"
    assert f"({os.getpid()})" in whole(found)
    assert "closed" in remedy(found)


def test_a_companion_that_is_missing_differs_or_is_alone(box: Installation) -> None:
    place = box.drop("orders.csv", ORDERS, "announced")
    found = ask(box, place)
    assert codes(found)[0] == "files.no_companion"
    assert "`ready`" in remedy(found)
    box.drop("orders.sha256", b"0" * 64 + b"\n", "announced")
    assert codes(ask(box, place))[0] == "files.checksum_differs"
    assert codes(ask(box, box.root / "inbox/announced/orders.sha256")) == ["states.accompanies"]
    place.unlink()
    alone = ask(box, box.root / "inbox/announced/orders.sha256")
    assert codes(alone)[0] == "files.no_main"
    assert "Send that file" in whole(alone)


def test_the_last_line_that_is_missing(box: Installation) -> None:
    found = ask(box, box.drop("orders.csv", ORDERS, "ended"))
    assert codes(found)[0] == "files.no_trailer"
    assert "FIN;{rows}" in render(found.remedy or found.said)


def test_before_its_hour_in_local_time_and_after_its_last_day(box: Installation) -> None:
    found = ask(box, box.drop("orders.csv", ORDERS, "nightly"))
    assert codes(found)[0] == "states.not_yet"
    assert " 03:00:00" in whole(found)
    assert "pipeline once nightly --now" in remedy(found)
    found = ask(box, box.drop("orders.csv", ORDERS, "past"))
    assert codes(found)[0] == "schedule.passed"
    assert "pipeline once past --now" in remedy(found)


def test_a_mapping_with_a_mistake(box: Installation) -> None:
    (box.root / "mappings/sales.toml").write_text(MAPPING.replace("key =", "kee ="))
    found = ask(box, box.drop("orders.csv", ORDERS))
    assert codes(found)[0] == "states.mapping_wrong"
    assert "pipeline check" in remedy(found)


# it was taken ----------------------------------------------------------------------------------------------------
def test_taken_and_at_work_left_or_of_a_job_that_is_gone(box: Installation) -> None:
    now = datetime.now(UTC)
    inbox = box.root / "inbox/sales"
    for name, work in (("mine.csv", "sales"), ("theirs.csv", "gone")):
        box.drop(name, ORDERS)
        taken = disk.claim(inbox, name.encode(), inbox / ".pipeline" / work, now)
        assert taken is not None
        taken.release()
    left = ask(box, "mine.csv")
    assert codes(left) == ["states.left"]
    assert "pipeline run" in remedy(left)
    gone = ask(box, inbox / "theirs.csv")
    assert codes(gone) == ["states.orphan"]
    assert "config.toml" in remedy(gone)


# the database knows it -------------------------------------------------------------------------------------------
def test_imported_asked_by_name_by_its_old_path_and_by_its_archived_path(after: Installation) -> None:
    found = ask(after, "good.csv")
    assert codes(found) == ["states.imported"]
    assert found.imported
    assert found.file is not None
    kept = found.file.archived_as
    assert kept in whole(found)
    old = after.root / "inbox/sales/good.csv"
    relative = os.path.relpath(old)
    for path in (str(old), relative, f"{after.root}/inbox/nightly/../sales/good.csv", kept):
        assert ask(after, path).file == found.file


def test_a_repeat_names_the_earlier_file_and_its_moment_in_local_time(after: Installation) -> None:
    found, first = ask(after, "again.csv"), ask(after, "good.csv").file
    assert codes(found) == ["store.duplicate"]
    assert first is not None
    assert first.committed_at is not None
    assert "good.csv" in whole(found)
    assert f"{first.committed_at.astimezone(ZoneInfo('Europe/Paris')):%Y-%m-%d}" in whole(found)
    assert "T" not in str(found.said.args["when"])
    assert f"pipeline replay {first.id}" in remedy(found)


def test_a_failed_file_gives_its_reason_and_where_it_lies(after: Installation) -> None:
    found = ask(after, "bad.csv")
    assert not found.imported
    assert found.since is not None
    assert str(after.root / "failed/sales/bad.csv") in remedy(found)
    assert ask(after, after.root / "failed/sales/bad.csv").file == found.file
    assert ask(after, after.root / "failed/sales/bad.csv.why.txt").file == found.file


def test_an_original_that_stays_is_imported_until_it_changes(after: Installation) -> None:
    place = after.root / "inbox/till/day.csv"
    assert codes(ask(after, place)) == ["states.imported", "states.original_stays"]
    before = place.read_bytes()
    try:
        place.write_bytes(before + b"44,2.00,paid\n")
        changed = ask(after, place)
        assert codes(changed)[0] == "states.settling"
        assert codes(changed.others[0])[0] == "states.imported"
    finally:
        place.write_bytes(before)


def test_a_name_in_several_places_tells_of_all(after: Installation) -> None:
    found = ask(after, "a.csv")
    everywhere = [found, *found.others]
    told = {(w.file.job, w.file.folder) for w in everywhere if w.file is not None}
    assert told == {("stations", "north"), ("stations", "south"), ("till", "")}
    (only,) = {w.file.folder for w in [ask(after, after.root / "inbox/stations/north/a.csv")] if w.file}
    assert only == "north"


@pytest.mark.parametrize("name", [LONG, LATIN])
def test_any_name_that_a_disc_can_hold(after: Installation, name: bytes) -> None:
    found = ask(after, os.fsdecode(name))
    assert codes(found) == ["states.imported"]
    waits = after.root / "inbox/nightly" / os.fsdecode(name)
    waits.write_bytes(orders(9))
    try:
        lying = ask(after, waits)
        assert codes(lying)[0] == "states.not_yet"
        assert "\n" not in whole(lying)
    finally:
        waits.unlink()


def test_a_name_longer_than_any_file_can_have(after: Installation) -> None:
    assert codes(ask(after, "x" * 300 + ".csv")) == ["states.unknown"]


def test_a_job_that_is_no_longer_in_the_config(after: Installation) -> None:
    text = after.config.read_text()
    try:
        after.config.write_text(text.replace("[imports.sales]", "[imports.sold]"))
        assert codes(ask(after, "good.csv")) == ["states.imported", "states.job_gone"]
    finally:
        after.config.write_text(text)


# with a service --------------------------------------------------------------------------------------------------
def test_with_a_service_at_work_behind_others_and_its_config_refused(box: Installation) -> None:
    with service(box) as process:
        inbox = box.root / "inbox/sales"
        box.drop("taken.csv", ORDERS, "reports")
        taken = disk.claim(
            box.root / "inbox/reports", b"taken.csv", inbox / ".pipeline/sales", datetime.now(UTC)
        )
        assert taken is not None  # we hold it, as a worker would
        assert codes(ask(box, "taken.csv")) == ["states.loading"]
        process.send_signal(signal.SIGSTOP)
        for name in ("1.csv", "2.csv", "3.csv"):
            box.drop(name, orders(int(name[0])))
        place = inbox / "3.csv"
        box.wait_until("they are still", lambda: codes(ask(box, place)) == ["states.behind"])
        assert whole(ask(box, place)).startswith("3.csv is complete; 2 files")
        assert codes(ask(box, inbox / "1.csv")) == ["states.soon"]
        process.send_signal(signal.SIGCONT)
        taken.release()
        box.config.write_text(box.config.read_text().replace("pattern =", "patern ="))
        box.wait_until("the mistake is seen", lambda: any(k.config for k in running(box.root)))
        for command in (["why", "3.csv"], ["status"]):
            result = CliRunner().invoke(app, ["--config", str(box.config), *command])
            assert f"process {process.pid}" in result.stdout, result.output
        words = [sys.executable, "-P", "-m", "pipeline", "--config", str(box.config), "status", "--json"]
        status = subprocess.run(words, capture_output=True, text=True, timeout=60)
        assert status.returncode == 2
        assert "pattern" in status.stderr
        assert "patern" in json.loads(status.stdout)["services"][0]["config"]


def test_with_a_service_that_waits_for_the_database_and_for_a_folder(box: Installation) -> None:
    place = box.drop("orders.csv", ORDERS)
    with closing(socket.socket()) as port:
        port.bind(("127.0.0.1", 0))  # bound, but nobody listens
        url = f"postgresql://nobody@127.0.0.1:{port.getsockname()[1]}/shop"
        box.config.write_text(box.config.read_text().replace("sqlite:///shop.db", url))
        with service(box):
            box.wait_until("it waits", lambda: any("" in k.waiting for k in running(box.root)))
            found = ask(box, place)
            since = next(k.waiting[""][1] for k in running(box.root))
            unknown = ask(box, "never.csv")
    trouble = next(r for r in (found, *found.besides) if r.said.code == "store.unreachable")
    assert trouble.since == since
    assert trouble.remedy is not None
    assert "pipeline doctor" in render(trouble.remedy)
    assert codes(unknown) == ["store.unreachable"]
