"""Taking files on a real file system: by one only, with their companions, safe to repeat."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline import files
from tests.files.conftest import NOW, listing, put, taken


def test_claim_moves_the_file_and_locks_it(tmp_path: Path) -> None:
    claimed = taken(tmp_path, b"caf\xe9.csv")
    work = tmp_path / "in" / ".work"
    assert work.stat().st_mode & 0o777 == 0o700
    assert files.parse_work_name(os.fsencode(claimed.path.name)) == (claimed.claim, 1, b"caf\xe9.csv")
    assert listing(tmp_path / "in") == [".work"]
    assert files.abandoned(work) == []
    claimed.release()
    claimed.release()
    (left,) = files.abandoned(work)
    assert (left.claim, left.attempt, left.name) == (claimed.claim, 1, b"caf\xe9.csv")
    left.release()


def test_only_one_of_many_takes_a_file(tmp_path: Path) -> None:
    inbox = tmp_path / "in"
    for n in range(20):
        put(inbox, b"%d.csv" % n)
    with ThreadPoolExecutor(8) as pool:
        jobs = [
            pool.submit(files.claim, inbox, b"%d.csv" % n, inbox / ".work", NOW)
            for n in range(20)
            for _ in "abcd"
        ]
        won = [c for c in (j.result() for j in jobs) if c is not None]
    assert sorted(c.name for c in won) == sorted(b"%d.csv" % n for n in range(20))
    for c in won:
        c.release()


def test_what_vanished_or_is_held_is_not_taken(tmp_path: Path) -> None:
    path = put(tmp_path / "in")
    assert files.claim(tmp_path / "in", b"gone.csv", tmp_path / "in" / ".work", NOW) is None
    with path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert files.claim(tmp_path / "in", b"a.csv", tmp_path / "in" / ".work", NOW) is None
    assert path.exists()


def test_a_link_pipe_or_folder_is_never_opened(tmp_path: Path) -> None:
    put(tmp_path, b"secret")
    (tmp_path / "link.csv").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    for name in (b"link.csv", b"pipe.csv", b"folder.csv"):
        with pytest.raises(OSError):
            files.claim(tmp_path, name, tmp_path / ".work", NOW)
        with pytest.raises(OSError):
            files.open_regular(tmp_path / os.fsdecode(name))
        assert os.path.lexists(tmp_path / os.fsdecode(name))
    assert listing(tmp_path / ".work") == []


def test_the_lock_dies_with_its_process(tmp_path: Path) -> None:
    put(tmp_path / "in")
    code = (
        "import os, sys; from datetime import datetime, timezone; from pathlib import Path\n"
        "from pipeline import files; inbox = Path(sys.argv[1])\n"
        "c = files.claim(inbox, b'a.csv', inbox / '.work', datetime.now(timezone.utc))\n"
        "print(c.claim, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "in")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        claim = owner.stdout.readline().strip()
        assert files.abandoned(tmp_path / "in" / ".work") == []
        owner.kill()
    (left,) = files.abandoned(tmp_path / "in" / ".work")
    assert left.claim == claim
    left.release()


def test_abandoned_come_in_the_order_they_were_taken(tmp_path: Path) -> None:
    work = tmp_path / ".work"
    put(tmp_path, b"b"), put(tmp_path, b"a")
    for n, name in enumerate((b"b", b"a")):
        claimed = files.claim(tmp_path, name, work, NOW + timedelta(seconds=n))
        assert claimed is not None
        claimed.release()
    put(work, b"note.txt")
    left = files.abandoned(work)
    assert [c.name for c in left] == [b"b", b"a"]
    for c in left:
        c.release()
    assert files.abandoned(tmp_path / "none") == []


def test_attempts_are_counted_in_the_name(tmp_path: Path) -> None:
    again = files.bump_attempt(taken(tmp_path))
    assert again.attempt == 2
    again.release()
    (left,) = files.abandoned(again.path.parent)
    assert left.attempt == 2
    left.release()


def test_back_into_the_inbox_over_nothing(tmp_path: Path) -> None:
    claimed = taken(tmp_path, content=b"old")
    put(tmp_path / "in", content=b"new")
    place = files.unclaim(claimed, tmp_path / "in")
    assert place.name == "a~1.csv"
    assert place.read_bytes() == b"old"
    assert (tmp_path / "in" / "a.csv").read_bytes() == b"new"
    assert claimed.lock == -1


# Companions


def with_companion(folder: Path, name: bytes = b"a.csv", companion: bytes = b"a.ok") -> files.Claimed:
    inbox = folder / "in"
    put(inbox, name), put(inbox, companion, b"ok")
    claimed = files.claim(inbox, name, inbox / ".work", NOW, companion)
    assert claimed is not None
    return claimed


def test_a_companion_follows_its_file_and_is_no_file_itself(tmp_path: Path) -> None:
    claimed = with_companion(tmp_path)
    work = tmp_path / "in" / ".work"
    assert listing(tmp_path / "in") == [".work"]
    assert claimed.companion is not None
    assert claimed.companion.name == f"{claimed.claim}.0@a.ok"
    assert files.parse_work_name(os.fsencode(claimed.companion.name)) is None
    assert files.parse_companion_name(os.fsencode(claimed.companion.name)) == (claimed.claim, b"a.ok")
    (entry,) = files.entries(work)
    assert (entry.claim, entry.attempt, entry.name, entry.companion) == (
        claimed.claim, 1, b"a.csv", claimed.companion,
    )  # fmt: skip
    claimed = files.bump_attempt(claimed)
    assert claimed.companion is not None
    claimed.release()
    (left,) = files.abandoned(work)
    assert (left.attempt, left.companion) == (2, claimed.companion)
    files.unclaim(left, tmp_path / "in")
    assert listing(tmp_path / "in") == [".work", "a.csv", "a.ok"]
    assert files.entries(work) == []
    assert files.entries(tmp_path / "none") == []


def test_a_companion_alone_in_the_work_folder_is_nobodys_file(tmp_path: Path) -> None:
    claimed = with_companion(tmp_path)
    claimed.release()
    claimed.path.unlink()
    assert files.abandoned(tmp_path / "in" / ".work") == []
    assert files.entries(tmp_path / "in" / ".work") == []


def test_a_file_without_its_companion_is_taken_all_the_same(tmp_path: Path) -> None:
    put(tmp_path / "in")
    claimed = files.claim(tmp_path / "in", b"a.csv", tmp_path / "in" / ".work", NOW, b"a.ok")
    assert claimed is not None
    assert claimed.companion is None
    claimed.release()


def test_the_companion_is_fetched_after_a_kill_between_the_two_renames(tmp_path: Path) -> None:
    inbox, work = tmp_path / "in", tmp_path / "in" / ".work"
    put(inbox), put(inbox, b"a.ok")
    code = (
        "import sys; from datetime import datetime, timezone; from pathlib import Path\n"
        "from pipeline import files; inbox = Path(sys.argv[1])\n"
        "files.claim(inbox, b'a.csv', inbox / '.work', datetime.now(timezone.utc), b'a.ok')"
    )
    order = [sys.executable, "-c", code, str(inbox)]
    killed = subprocess.run(order, env=os.environ | {"PIPELINE_FAULT": "claim.renamed:1:kill"}, check=False)
    assert killed.returncode == -9
    assert listing(inbox) == [".work", "a.ok"]
    (left,) = files.abandoned(work)
    assert left.companion is None
    put(inbox)  # a new file of that name: the companion is that one's
    assert files.companion_of(inbox, b"a.csv", b"a.ok", work, left.claim) is None
    (inbox / "a.csv").unlink()
    fetched = files.companion_of(inbox, b"a.csv", b"a.ok", work, left.claim)
    assert fetched is not None
    assert files.companion_of(inbox, b"a.csv", b"a.ok", work, left.claim) == fetched
    assert files.entries(work)[0].companion == fetched
    assert listing(inbox) == [".work"]
    left.release()


def test_a_companion_goes_back_over_nothing(tmp_path: Path) -> None:
    claimed = with_companion(tmp_path)
    put(tmp_path / "in", b"a.ok", b"another")
    files.unclaim(claimed, tmp_path / "in")
    assert listing(tmp_path / "in") == [".work", "a.csv", "a.ok", "a~1.ok"]
