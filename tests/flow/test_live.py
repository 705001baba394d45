"""Config and mappings followed by the running service: in effect within two seconds, without a restart."""

from __future__ import annotations

import os
import signal
import sqlite3
import statistics
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

from pipeline.engine import report
from pipeline.words import render
from tests.flow.conftest import CONFIG, Installation
from tests.flow.running import Running, at, away, running

EXTRA = """
[imports.extra]
mapping = "sales"
inbox = "inbox/extra"
processed = "processed/extra"
"""


def orders(*numbers: int) -> bytes:
    return b"Order No,Total,State\n" + b"".join(b"%04d,1.00,paid\n" % n for n in numbers)


class Saves:
    """Saves files as an editor does, and measures until the service goes by them."""

    def __init__(self, service: Running) -> None:
        self.service, self.took = service, list[float]()

    def __call__(self, path: Path, text: str, event: str = "config.changed") -> str:
        new = path.with_name(path.name + "~")
        new.write_text(text)
        saved = datetime.now(timezone.utc)  # noqa: UP017
        new.rename(path)
        line = self.service.hears(event)
        self.took.append((at(line) - saved).total_seconds())
        return line


def make(box: Installation, *names: str) -> None:
    for name in names:
        for kind in ("inbox", "processed"):
            (box.root / kind / name).mkdir(exist_ok=True)


def rows(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as db:
        return [number for (number,) in db.execute("SELECT number FROM sales_order ORDER BY number")]


def kept(box: Installation) -> str:
    """What `pipeline status` says of a config that is not followed."""
    (known,) = report.running(box.root)
    return "" if known.config is None else render(known.config[0], "fr")


def test_jobs_as_they_are_saved(installation: Installation) -> None:
    box = installation
    make(box, "extra", "other")
    held = box.drop("night.csv", orders(1), "nightly")
    with running(box) as service:
        save = Saves(service)
        # a job added
        save(box.config, CONFIG + EXTRA)
        box.drop("extra.csv", orders(2), "extra")
        service.hears("file.archived", job="extra", file="extra.csv")
        # a pattern changed: what fits no longer stays
        save(box.config, CONFIG.replace("*.csv", "*.txt") + EXTRA)
        box.drop("stays.csv", orders(3))
        box.drop("goes.txt", orders(4))
        service.hears("file.archived", file="goes.txt")
        assert box.names("inbox/sales") == ["stays.csv"]
        # a schedule changed
        assert held.exists()
        save(box.config, CONFIG.replace('at = "03h00"', "") + EXTRA)
        service.hears("file.archived", job="nightly", file="night.csv")
        # an inbox changed
        box.drop("there.csv", orders(5), "other")
        save(box.config, CONFIG.replace("inbox/sales", "inbox/other") + EXTRA)
        service.hears("file.archived", job="sales", file="there.csv")
        # SIGHUP reads all again, changed or not
        service.process.send_signal(signal.SIGHUP)
        service.hears("config.changed")
        # a job removed
        save(box.config, CONFIG.replace("inbox/sales", "inbox/other"))
        extra = box.drop("too-late.csv", orders(6), "extra")
        box.drop("last.csv", orders(7), "other")
        service.hears("file.archived", job="sales", file="last.csv")
        assert extra.exists()
    assert rows(box.root / "shop.db") == ["0001", "0002", "0003", "0004", "0005", "0007"]
    assert box.names("failed") == []
    # the median, since these tests may share two cores with others
    assert statistics.median(save.took) < 2, save.took


def test_a_mapping_is_saved_and_its_paused_job_goes_on(installation: Installation) -> None:
    box, mapping = installation, installation.root / "mappings/sales.toml"
    box.config.write_text(
        CONFIG.replace('"sqlite:///shop.db"', '{ url = "sqlite:///shop.db", schema = "none" }')
    )
    (box.root / "shop.db").unlink()
    with closing(sqlite3.connect(box.root / "shop.db")) as db:
        table = "source TEXT NOT NULL, number TEXT NOT NULL, gross_amount NUMERIC, status TEXT"
        db.execute(f"CREATE TABLE sales_order ({table}, UNIQUE (source, number))")
        with running(box) as service:
            save = Saves(service)
            db.execute("ALTER TABLE sales_order RENAME COLUMN status TO progress")
            lying = box.drop("a.csv", orders(1))
            service.hears("job.paused", job="sales")
            box.wait_until("it goes back", lying.exists)
            save(mapping, mapping.read_text().replace("status =", "progress ="))
            service.hears("file.archived", job="sales", file="a.csv")
        assert db.execute("SELECT number, progress FROM sales_order").fetchall() == [("0001", "paid")]


def test_what_a_removed_job_holds_goes_back_into_its_inbox(installation: Installation) -> None:
    box = installation
    make(box, "extra")
    box.config.write_text(CONFIG + EXTRA)
    with running(box) as service:
        save = Saves(service)
        with away(service):
            held = box.drop("a.csv", orders(1), "extra")
            service.hears("job.waiting", job="extra")
            assert not held.exists()
            save(box.config, CONFIG)
            box.wait_until("it goes back", held.exists)
        assert os.listdir(held.parent / ".pipeline/extra") == []
        save(box.config, CONFIG + EXTRA)
        service.hears("file.archived", job="extra", file="a.csv")
    assert rows(box.root / "shop.db") == ["0001"]


def test_a_broken_config_keeps_the_last_good_one_and_says_so(installation: Installation) -> None:
    box, mapping = installation, installation.root / "mappings/sales.toml"
    good = mapping.read_text()
    with running(box) as service:
        save = Saves(service)
        line = save(box.config, CONFIG.replace('pattern = "*.csv"', 'patern = "*.csv"'), "config.refused")
        assert "config.toml:11" in line
        assert "patern" in line
        box.wait_until("status says so", lambda: kept(box))
        assert "patern" in kept(box)
        service.process.send_signal(signal.SIGHUP)
        service.hears("config.refused")
        box.drop("one.csv", orders(1))
        service.hears("file.archived", file="one.csv")
        save(box.config, CONFIG + EXTRA.replace('"sales"', '"nothing"'), "config.refused")
        save(box.config, CONFIG[:-20], "config.refused")  # cut off while it was saved
        save(box.config, CONFIG)
        box.wait_until("status says so", lambda: not kept(box))
        line = save(mapping, good.replace('"Total"', "Total"), "config.refused")
        assert "mappings/sales.toml:9" in line
        line = save(mapping, good.replace("gross_amount", "grossamount"), "config.refused")
        assert "gross_amount" in line  # the nearest right word
        mapping.unlink()
        service.hears("config.refused")
        box.drop("two.csv", orders(2))
        service.hears("file.archived", file="two.csv")
        save(mapping, good)
    assert rows(box.root / "shop.db") == ["0001", "0002"]


def test_work_in_flight_ends_as_it_began_and_then_another_database(installation: Installation) -> None:
    box = installation
    make(box, "later")
    with running(box, "worker/stage.after:1:delay,worker/commit.before:2:delay") as service:
        save = Saves(service)
        box.drop("first.csv", orders(1))
        service.hears("file.loading", file="first.csv")
        save(box.config, CONFIG.replace("processed/sales", "processed/later"))
        service.hears("file.archived", file="first.csv")
        assert box.names("processed/sales") == ["first.csv"]
        box.drop("second.csv", orders(2))
        service.hears("file.loading", file="second.csv")
        box.config.write_text(CONFIG.replace("shop.db", "new.db"))
        service.hears("file.archived", file="second.csv")
        service.hears("config.changed")
        box.drop("third.csv", orders(3))
        service.hears("file.archived", file="third.csv")
    assert rows(box.root / "shop.db") == ["0001", "0002"]
    assert rows(box.root / "new.db") == ["0003"]
    assert (box.names("processed/later"), box.names("processed/sales")) == (
        ["second.csv"],
        ["first.csv", "third.csv"],
    )
