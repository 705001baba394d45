"""Ways of taking: copies, companions, trailers, sub-folders, orders, repeats, and how the archive is laid out."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from pipeline import Pipeline
from pipeline import files as disk
from pipeline.clock import Clock
from pipeline.engine.desk import Desk
from pipeline.engine.gates import Gate
from pipeline.engine.inboxes import Inboxes
from pipeline.engine.taking import left_behind, take
from pipeline.jobs import ImportJob
from pipeline.mapping.model import ReadOptions
from pipeline.watching import Watcher
from pipeline.words import render
from tests.flow.conftest import CONFIG, Installation
from tests.flow.running import Running, running

HEAD = b"Order No,Total,State\n"
TOP = CONFIG[: CONFIG.index("[imports.sales]")]


def line(number: int, amount: str = "1.00") -> bytes:
    return b"%04d,%s,paid\n" % (number, amount.encode())


def orders(*numbers: int, amount: str = "1.00") -> bytes:
    return HEAD + b"".join(line(n, amount) for n in numbers)


def jobs(box: Installation, **settings: str) -> None:
    """One job for each name, with these lines of config; their folders are made."""
    text = TOP
    for name, more in settings.items():
        inbox = "" if "inbox =" in more else f'inbox = "inbox/{name}"\n'
        text += f'\n[imports.{name}]\nmapping = "sales"\n{inbox}processed = "processed/{name}"\n{more}\n'
        for kind in ("inbox", "processed"):
            (box.root / kind / name).mkdir(exist_ok=True)
    box.config.write_text(text)


def rows(box: Installation) -> list[tuple[object, ...]]:
    return box.sql("SELECT number, gross_amount / 1000000 FROM sales_order ORDER BY number")


def ledger(
    box: Installation, columns: str = "state, rows_read, inserted, updated, unchanged"
) -> list[object]:
    return [tuple(row) for row in box.sql(f"SELECT {columns} FROM pipeline_file ORDER BY id")]


def why(box: Installation, path: Path) -> str:
    with Pipeline(box.config) as pipeline:
        return render(pipeline.why(path).said, "en")


# copies -----------------------------------------------------------------------------------------------------
def test_a_till_that_appends_to_one_file_all_day(installation: Installation) -> None:
    """Each state that rested is imported once and only what is new in it counts; a service killed after its
    commit, and another start, import nothing again; the file itself is never touched."""
    box = installation
    jobs(box, till='take = "copy"\nrepeat = "skip"')
    till = box.root / "inbox/till/day.csv"
    till.write_bytes(orders(1, 2))
    before = till.stat()
    with running(box) as service:
        service.hears("file.archived", file="day.csv")
        with till.open("ab") as file:
            file.write(line(3) + line(4))
        service.hears("file.archived", file="day.csv")
    with till.open("ab") as file:
        file.write(line(5))
    killed = Running(box, "worker/commit.after:1:killall")
    assert killed.process.wait(60) < 0
    killed.kill()
    with running(box) as service:
        service.hears("file.archived", file="day.csv")
        box.drop("other.csv", orders(9), "till")
        service.hears("file.archived", file="other.csv")
        with till.open("ab") as file:
            file.write(line(6))
        service.hears("file.archived", file="day.csv")
    assert ledger(box) == [
        ("archived", 2, 2, 0, 0),
        ("archived", 4, 2, 0, 2),
        ("archived", 5, 1, 0, 4),
        ("archived", 1, 1, 0, 0),
        ("archived", 6, 1, 0, 5),
    ]
    assert rows(box) == [(f"{n:04d}", 1) for n in (1, 2, 3, 4, 5, 6, 9)]
    assert till.read_bytes() == orders(1, 2, 3, 4, 5, 6)
    assert (till.stat().st_ino, till.stat().st_mode) == (before.st_ino, before.st_mode)
    assert box.names("inbox/till") == ["day.csv", "other.csv"]  # and no folder of ours in it
    assert not (box.root / "inbox/till/.pipeline").exists()
    assert not list((box.root / ".pipeline").rglob("*.csv"))
    kept = sorted((box.root / "processed/till").rglob("*day.csv"))
    assert [p.read_bytes() for p in kept] == [orders(*range(1, n)) for n in (3, 5, 6, 7)]


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Its mode, or as root, who may write everywhere, a mount that is read-only."""
    if os.geteuid():
        folder.chmod(0o555)
        yield
        folder.chmod(0o755)
        return
    bind = [["mount", "--bind", folder, folder], ["mount", "-o", "remount,ro,bind", folder]]
    if any(subprocess.run(words, capture_output=True).returncode for words in bind):
        pytest.skip("as root this needs the right to mount")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_folder_that_is_read_only(installation: Installation) -> None:
    jobs(installation, shared='take = "copy"')
    installation.drop("a.csv", orders(1), "shared")
    with read_only(installation.root / "inbox/shared"):
        assert [f.state for f in installation.once().files] == ["archived"]
        assert installation.once(wait=0).files == ()
    assert installation.names("inbox/shared") == ["a.csv"]


@pytest.fixture
def copying(tmp_path: Path) -> tuple[Desk, Inboxes]:
    """A job that copies, one original that has come to rest, and nobody at work yet."""
    disk.ignore_sigio()
    job = ImportJob("s", "s", tmp_path / "in", tmp_path / "out", tmp_path / "bad", take="copy")
    job = replace(job, copies=tmp_path / "copies")
    job.inbox.mkdir()
    (job.inbox / "a.csv").write_bytes(orders(1))
    inboxes = Inboxes([job], {"s": ReadOptions()}, lambda folder, name, ino: True)
    return Desk(job, Gate(job)), inboxes


def _copies(desk: Desk, inboxes: Inboxes) -> list[disk.Claimed]:
    inboxes.look(desk.job.inbox, Clock().now())
    return take(desk, inboxes.ready(desk.job), inboxes, Watcher([desk.job.inbox]), Clock()).claimed


def test_a_copy_that_is_given_back_is_taken_again(copying: tuple[Desk, Inboxes]) -> None:
    """Its mapping did not fit and was mended: the original must not wait for another change of its own."""
    desk, inboxes = copying
    (claimed,) = _copies(desk, inboxes)
    assert _copies(desk, inboxes) == []
    desk.give_back(claimed)
    (again,) = _copies(desk, inboxes)
    again.release()


def test_a_copy_that_a_dead_process_left_is_not_made_twice(copying: tuple[Desk, Inboxes]) -> None:
    desk, inboxes = copying
    for claimed in _copies(desk, inboxes):
        claimed.release()
    restarted = Inboxes([desk.job], {"s": ReadOptions()}, lambda folder, name, ino: True)
    after = Desk(desk.job, desk.gate)
    left_behind(after, restarted)
    assert [c.name for c in after.held] == [b"a.csv"]
    assert _copies(after, restarted) == []
    after.held[0].release()


# what a sender itself says ----------------------------------------------------------------------------------
def test_companions_and_trailers(installation: Installation) -> None:
    box = installation
    signs = {"ok": "{stem}.ok", "done": "{stem}.done", "sha": "{name}.sha256", "md5": "{stem}.md5"}
    with_signs = {name: f'ready = "{sign}"' for name, sign in signs.items()}
    jobs(box, **with_signs, trailed='trailer = "FIN;{rows}"')
    contents = {name: orders(n) for n, name in enumerate(signs, 1)}
    companions = {
        "ok": ("a.ok", b""),
        "done": ("a.done", b"20261124"),
        "sha": ("a.csv.sha256", hashlib.sha256(contents["sha"]).hexdigest().encode() + b"  a.csv\n"),
        "md5": ("a.md5", hashlib.md5(contents["md5"]).hexdigest().upper().encode() + b"\r\n"),
    }
    lonely = box.drop("lonely.ok", b"", "ok")
    lying = {name: box.drop("a.csv", content, name) for name, content in contents.items()}
    with running(box) as service:
        box.drop("wrong.csv", orders(6, 7) + b"FIN;3\n", "trailed")
        cut = box.drop("cut.csv", orders(8), "trailed")
        box.drop("right.csv", orders(9) + b"FIN;1\r\n", "trailed")
        service.hears("file.failed", file="wrong.csv")
        service.hears("file.archived", file="right.csv")
        assert all(path.exists() for path in lying.values())
        box.drop("a.csv.sha256", b"0" * 64 + b"\n", "sha")
        for name in ("ok", "done", "md5"):
            box.drop(*companions[name], name)
            service.hears("file.archived", job=name)
        assert "a.csv.sha256 announces" in why(box, lying["sha"])
        box.drop(*companions["sha"], "sha")
        service.hears("file.archived", job="sha")
    for name, (companion, content) in companions.items():
        kept = [p for p in (box.root / "processed" / name).rglob("*") if p.is_file()]
        assert len({p.parent for p in kept}) == 1
        assert sorted(p.read_bytes() for p in kept) == sorted([content, contents[name]])
        assert box.names(f"processed/{name}") == sorted(["a.csv", companion])
    assert rows(box) == [(f"{n:04d}", 1) for n in (1, 2, 3, 4, 9)]
    assert (
        "announces 3 rows, but the file has 2" in (box.root / "failed/trailed/wrong.csv.why.txt").read_text()
    )
    assert "FIN;{rows}" in why(box, cut)
    assert "lonely.ok announces a file that is not there" in why(box, lonely)
    with Pipeline(box.config) as pipeline:
        waiting = {f.name: f.state for f in pipeline.files() if f.id is None}
    assert waiting == {"lonely.ok": "companion", "cut.csv": "waiting"}


# where they come from, and in which order -------------------------------------------------------------------
def test_sub_folders_and_their_names_as_values(installation: Installation) -> None:
    box = installation
    jobs(box, stations='inbox = "inbox/stations/*"\npattern = "*.csv"')
    text = (box.root / "mappings/sales.toml").read_text()
    (box.root / "mappings/sales.toml").write_text(text.replace('{ value = "shop" }', '{ file = "folder" }'))
    (box.root / "inbox/stations/lille").mkdir()
    box.drop("a.csv", orders(1), "stations/lille")
    above = box.drop("above.csv", orders(2), "stations")
    with running(box) as service:
        service.hears("file.archived", file="a.csv")
        (box.root / "inbox/stations/lyon").mkdir()
        box.drop("a.csv", orders(1), "stations/lyon")
        service.hears("file.archived", file="a.csv")
        (box.root / "inbox/stations/lille/deeper").mkdir()
        below = box.drop("deep.csv", orders(3), "stations/lille/deeper")
        box.drop("b.csv", orders(4), "stations/lyon")
        service.hears("file.archived", file="b.csv")
        assert above.exists()
        assert below.exists()
    found = box.sql("SELECT source, number FROM sales_order ORDER BY source, number")
    assert found == [("lille", "0001"), ("lyon", "0001"), ("lyon", "0004")]
    assert box.names("inbox/stations/lyon") == []


def test_repeats_orders_and_the_archive(installation: Installation) -> None:
    """A, B, A with prices ends with A, with tickets loads A once; by name or by arrival; the archive by time and
    number, packed where asked."""
    box = installation
    jobs(
        box,
        prices='pattern = "*.csv"',
        tickets='repeat = "skip"\ncompress = "gzip"',
        named='order = "name"\narchive = "{year}/{name}"',
    )
    a, b = orders(1, 2, amount="10.00"), orders(1, amount="8.00")
    ticket, other = orders(11, amount="10.00"), orders(11, amount="8.00")
    for name, amount in (("z.csv", "3.00"), ("m.csv", "2.00"), ("k.csv", "1.00")):
        box.drop(name, orders(21, amount=amount), "named")
    with running(box) as service:
        for _ in range(3):
            service.hears("file.archived", job="named")
        for content, event in ((a, "archived"), (a, "duplicate"), (b, "archived"), (a, "archived")):
            box.drop("list.csv", content, "prices")
            service.hears(f"file.{event}", job="prices")
            if event == "duplicate":
                service.hears("file.archived", job="prices")
        for content, event in ((ticket, "archived"), (other, "archived"), (ticket, "duplicate")):
            box.drop("day.csv", content, "tickets")
            service.hears(f"file.{event}", job="tickets")
        service.hears("file.archived", job="tickets")
    assert rows(box) == [("0001", 10), ("0002", 10), ("0011", 8), ("0021", 3)]
    told = box.sql("SELECT job, state, inserted, updated, unchanged FROM pipeline_file ORDER BY id")
    assert told[:3] == [("named", "archived", 1, 0, 0), *[("named", "archived", 0, 1, 0)] * 2]
    assert told[3:7] == [
        ("prices", "archived", 2, 0, 0),
        ("prices", "duplicate", 0, 0, 0),
        ("prices", "archived", 0, 1, 0),
        ("prices", "archived", 0, 1, 1),
    ]
    assert [state for _, state, *_ in told[7:]] == ["archived", "archived", "duplicate"]
    names = box.sql("SELECT name FROM pipeline_file WHERE job = 'named' ORDER BY id")
    assert names == [(b"k.csv",), (b"m.csv",), (b"z.csv",)]
    today = f"{datetime.now(timezone.utc):%Y}"  # noqa: UP017
    assert sorted(p.name for p in (box.root / "processed/named" / today).iterdir()) == [
        "k.csv",
        "m.csv",
        "z.csv",
    ]
    for id, place in box.sql("SELECT id, archived_as FROM pipeline_file WHERE job <> 'named'"):
        below = Path(str(place)).relative_to(box.root / "processed")
        assert re.fullmatch(r"\w+/\d{4}/\d\d/\d\d/\d{6}-(\d+)-(list.csv|day.csv.gz)", str(below)), below
        assert f"-{id}-" in below.name
        assert Path(str(place)).is_file()
    packed = box.sql("SELECT archived_as FROM pipeline_file WHERE job = 'tickets' ORDER BY id")
    assert [gzip.decompress(Path(str(p)).read_bytes()) for (p,) in packed] == [ticket, other, ticket]
    earlier = box.sql("SELECT earlier FROM pipeline_file WHERE job = 'prices' ORDER BY id")
    assert [e is not None for (e,) in earlier] == [False, False, True, True]
