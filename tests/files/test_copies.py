"""Taking a copy of a file that stays where it is, and putting an archived file back to work."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pipeline import files
from tests.files.conftest import NOW, listing, put, taken


def state(path: Path) -> tuple[int, int, int, int]:
    there = path.stat()
    return there.st_dev, there.st_ino, there.st_size, there.st_mtime_ns


def test_a_copy_leaves_its_original_untouched(tmp_path: Path, other_system: Path) -> None:
    source = put(other_system, b"caf\xe9.csv", b"x\n1\n")
    source.chmod(0o440)
    other_system.chmod(0o555)
    before = source.stat()
    try:
        copy = files.claim_copy(other_system, b"caf\xe9.csv", tmp_path / "work", NOW, state(source))
    finally:
        other_system.chmod(0o755)
    assert copy is not None
    assert (copy.attempt, copy.name, copy.companion) == (1, b"caf\xe9.csv", None)
    assert copy.path.read_bytes() == b"x\n1\n"
    assert copy.path.stat().st_mtime_ns == before.st_mtime_ns
    after = source.stat()
    assert (after.st_mode, after.st_ino, after.st_mtime_ns, after.st_nlink) == (
        before.st_mode, before.st_ino, before.st_mtime_ns, 1,
    )  # fmt: skip
    assert files.abandoned(tmp_path / "work") == []  # it is locked like a claim
    copy.release()
    (left,) = files.abandoned(tmp_path / "work")
    assert left.claim == copy.claim
    files.discard(left)
    assert listing(tmp_path / "work") == []


def test_another_state_than_was_seen_is_not_copied(tmp_path: Path) -> None:
    source, work = put(tmp_path / "in"), tmp_path / "work"
    seen = state(source)
    source.write_bytes(b"x\n1\n2\n")
    assert files.claim_copy(tmp_path / "in", b"a.csv", work, NOW, seen) is None
    source.unlink()
    assert files.claim_copy(tmp_path / "in", b"a.csv", work, NOW, seen) is None
    assert listing(work) == []


def test_a_file_that_is_written_to_while_it_is_copied_is_not_taken(tmp_path: Path) -> None:
    source, work = put(tmp_path / "in", content=b"x" * (1 << 20)), tmp_path / "work"
    stop, missed = threading.Event(), 0

    def till() -> None:
        with source.open("ab", buffering=0) as file:
            while not stop.is_set():
                file.write(b"more\n")

    writer = threading.Thread(target=till)
    writer.start()
    try:
        for _ in range(20):
            seen = state(source)
            copy = files.claim_copy(tmp_path / "in", b"a.csv", work, NOW, seen)
            if copy is None:
                missed += 1
                continue
            assert copy.path.stat().st_size == seen[2]
            files.discard(copy)
    finally:
        stop.set()
        writer.join()
    assert missed
    assert listing(work) == []


KILLED = (
    "import sys; from datetime import datetime, timezone; from pathlib import Path\n"
    "from pipeline import files; inbox, work = Path(sys.argv[1]), Path(sys.argv[2])\n"
    "s = (inbox / 'a.csv').stat()\n"
    "seen = (s.st_dev, s.st_ino, s.st_size, s.st_mtime_ns)\n"
    "files.claim_copy(inbox, b'a.csv', work, datetime.now(timezone.utc), seen)"
)


def test_half_a_copy_is_never_taken_up_and_swept_away(tmp_path: Path) -> None:
    put(tmp_path / "in")
    order = [sys.executable, "-c", KILLED, str(tmp_path / "in"), str(tmp_path / "work")]
    killed = subprocess.run(order, env=os.environ | {"PIPELINE_FAULT": "copy.copied:1:kill"}, check=False)
    assert killed.returncode == -9
    (hidden,) = listing(tmp_path / "work")
    assert hidden.startswith(".")
    assert files.entries(tmp_path / "work") == []
    assert files.abandoned(tmp_path / "work") == []
    assert listing(tmp_path / "work") == []


def test_a_copy_that_is_being_made_is_not_swept(tmp_path: Path) -> None:
    work = tmp_path / "work"
    copy = files.claim_copy(tmp_path / "in", b"a.csv", work, NOW, state(put(tmp_path / "in")))
    assert copy is not None
    hidden = copy.path.rename(
        work / f".{copy.claim}.part"
    )  # as it was a moment ago: its maker holds the lock
    assert files.abandoned(work) == []
    assert hidden.exists()
    copy.release()
    assert files.abandoned(work) == []
    assert not hidden.exists()


# Put back


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("name", [b"a.csv", b"caf\xe9.gz"])
def test_an_archived_file_goes_back_to_work_and_stays_in_the_archive(
    tmp_path: Path, name: bytes, compress: bool
) -> None:
    done, work = tmp_path / "done", tmp_path / "work"
    done.mkdir()
    claimed = taken(tmp_path, name, b"x\n1\n")
    archived = files.archive(claimed.path, done, b"1-" + name, compress=compress)
    claimed.release()
    before = archived.read_bytes()
    claim = files.new_claim(NOW)
    place = files.put_back(archived, work, claim, name)
    assert files.put_back(archived, work, claim, name) == place
    assert archived.read_bytes() == before
    assert place.read_bytes() == b"x\n1\n"
    (left,) = files.abandoned(work)
    assert (left.claim, left.attempt, left.name) == (claim, 1, name)
    left.release()
    assert len(listing(work)) == 1


def test_what_came_packed_goes_back_packed(tmp_path: Path) -> None:
    packed = gzip.compress(b"x\n1\n", mtime=0)
    archived = put(tmp_path, b"1-a.csv.gz", packed)
    place = files.put_back(archived, tmp_path / "work", files.new_claim(NOW), b"a.csv.gz")
    assert place.read_bytes() == packed


def test_a_damaged_archive_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "done"
    target.mkdir()
    archived = files.archive(put(tmp_path, content=os.urandom(9999)), target, b"a.csv", compress=True)
    archived.write_bytes(archived.read_bytes()[:5000])
    with pytest.raises(OSError):
        files.put_back(archived, tmp_path / "work", files.new_claim(NOW), b"a.csv")
    assert listing(tmp_path / "work") == []
