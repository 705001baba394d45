"""What should never come and does: each has its sentence in `why` and `status`, and no other job is disturbed."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import takewhile
from pathlib import Path

import pytest

from pipeline import Pipeline
from pipeline import files as disk
from pipeline.clock import Now
from pipeline.engine.inboxes import Inboxes
from pipeline.jobs import ImportJob
from pipeline.mapping.model import ReadOptions
from pipeline.readiness import QUIET_S
from pipeline.results import JobStatus
from pipeline.words import render
from tests.flow.conftest import CONFIG, Installation
from tests.flow.running import running

OTHER = """
[imports.other]
mapping = "sales"
inbox = "inbox/other"
processed = "processed/other"
"""


def orders(*numbers: int) -> bytes:
    return b"Order No,Total,State\n" + b"".join(b"%04d,1.00,paid\n" % n for n in numbers)


@pytest.fixture
def box(installation: Installation) -> Installation:
    """With a second job, which must not be disturbed."""
    installation.config.write_text(CONFIG + OTHER)
    for kind in ("inbox", "processed"):
        (installation.root / kind / "other").mkdir()
    return installation


def why(box: Installation, path: Path) -> str:
    with Pipeline(box.config) as pipeline:
        return render(pipeline.why(path).said, "en")


def status(box: Installation, job: str = "sales") -> JobStatus:
    with Pipeline(box.config) as pipeline:
        return next(j for j in pipeline.status().jobs if j.name == job)


def test_a_file_that_never_ends_a_name_too_long_and_an_archive_that_is_gone(box: Installation) -> None:
    endless = box.root / "inbox/sales/endless.csv"
    long = b"a\n\xe9" + b"x" * 248 + b".csv"
    assert len(long) == 255
    with endless.open("wb", buffering=0) as upload, running(box) as service:
        upload.write(orders(1))
        box.drop("other.csv", orders(2), "other")
        service.hears("file.archived", job="other")
        upload.write(orders(3))
        shutil.rmtree(box.root / "processed/sales")
        box.drop(long, orders(4))
        service.hears("file.archived", job="sales")
        assert "still open for writing" in why(box, endless)
        assert str(os.getpid()) in why(box, endless)
        assert status(box).waiting == 1
        assert status(box).oldest is not None
        assert endless.exists()
    assert all(line.startswith("at=") for line in service.said if "event=" in line)  # no line is broken
    ((name,),) = box.sql("SELECT name FROM pipeline_file WHERE job = 'sales'")
    assert name == long
    (kept,) = (p for p in (box.root / "processed/sales").rglob("*") if p.is_file())
    assert kept.read_bytes() == orders(4)
    assert os.fsencode(kept.name).endswith(b"xxx.csv")
    assert "imported" in why(box, box.root / "inbox/sales" / os.fsdecode(long))


def test_many_files_of_one_name(installation: Installation) -> None:
    """Taken one after the other, and kept under one name where the archive's template knows no other."""
    box, count = installation, 300
    box.config.write_text(CONFIG.replace('pattern = "*.csv"', 'pattern = "*.csv"\narchive = "{name}"'))
    inbox = box.root / "inbox/sales"
    for n in range(count):
        box.drop("day.csv", orders(n))
        now = datetime.now(timezone.utc)  # noqa: UP017
        claimed = disk.claim(inbox, b"day.csv", inbox / ".pipeline/sales", now)
        assert claimed is not None
        claimed.release()
    result = box.once()
    assert [f.state for f in result.files] == ["archived"] * count
    places = [Path(str(p)) for (p,) in box.sql("SELECT archived_as FROM pipeline_file ORDER BY id")]
    assert len(set(places)) == count
    assert [p.read_bytes() for p in places] == [orders(n) for n in range(count)]
    assert len(list((box.root / "processed/sales").iterdir())) == count


def test_a_clock_that_is_set_back_by_two_days(tmp_path: Path) -> None:
    """A file that came before and one that came after: both settle by the clock that nobody can set."""
    job = ImportJob("s", "s", tmp_path / "in", tmp_path / "out", tmp_path / "bad")
    job.inbox.mkdir()
    inboxes = Inboxes([job], {"s": ReadOptions()}, lambda folder, name, ino: False)
    wall = datetime.now(timezone.utc)  # noqa: UP017
    (job.inbox / "before.csv").write_bytes(orders(1))
    inboxes.look(job.inbox, Now(wall, 100.0))
    back = wall - timedelta(days=2)
    (job.inbox / "after.csv").write_bytes(orders(2))
    inboxes.look(job.inbox, Now(back, 100.0 + QUIET_S - 0.1))
    assert inboxes.ready(job) == []
    inboxes.look(job.inbox, Now(back, 100.0 + QUIET_S))
    assert [w.seen.name for w in inboxes.ready(job)] == [b"before.csv"]
    inboxes.look(job.inbox, Now(back, 100.0 + 2 * QUIET_S))
    assert [w.seen.name for w in inboxes.ready(job)] == [b"before.csv", b"after.csv"]
    claims = [disk.new_claim(at) for at in (wall, back, wall, back)]
    assert len(set(claims)) == 4
    assert replace(job, name="t").work != job.work


@contextmanager
def full(folder: Path) -> Iterator[list[Path]]:
    """A small file system there with no room for another entry; gives the files that take it up."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k,nr_inodes=8", "none", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a full disc needs root and the right to mount a tmpfs")
    try:
        (folder / "a.csv").write_bytes(orders(1))
        ballast = [folder / f".ballast{n}" for n in range(8)]
        made = list(takewhile(_fits, ballast))
        assert 0 < len(made) < len(ballast)
        yield made
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _fits(path: Path) -> bool:
    try:
        path.touch()
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False
    return True


def test_an_inbox_on_a_full_disc(box: Installation) -> None:
    inbox = box.root / "inbox/sales"
    with full(inbox) as ballast, running(box) as service:
        said = service.hears("job.waiting", job="sales")
        assert "No space left" in said
        box.drop("other.csv", orders(2), "other")
        service.hears("file.archived", job="other")
        trouble = status(box).trouble
        assert trouble is not None
        assert "No space left" in render(trouble, "en")
        assert "No space left" in why(box, inbox / "a.csv")
        assert (inbox / "a.csv").read_bytes() == orders(1)
        for path in ballast:
            path.unlink()
        service.hears("file.archived", job="sales", file="a.csv")
    assert status(box).trouble is None
    assert box.sql("SELECT count(*) FROM sales_order") == [(2,)]
