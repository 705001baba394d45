"""Taking and moving files on a real file system: over nothing, by one only, safe to repeat."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import files

NOW = datetime(2026, 5, 1, 9, 30, tzinfo=timezone.utc)  # noqa: UP017
names = st.binary(min_size=1, max_size=255).filter(lambda n: b"/" not in n and b"\0" not in n)
quick = settings(derandomize=True, deadline=None)


@pytest.fixture(autouse=True)
def _sigio() -> None:
    files.ignore_sigio()


def put(folder: Path, name: bytes = b"a.csv", content: bytes = b"x\n1\n") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / os.fsdecode(name)
    path.write_bytes(content)
    return path


def taken(folder: Path, name: bytes = b"a.csv", content: bytes = b"x\n1\n") -> files.Claimed:
    put(folder / "in", name, content)
    claimed = files.claim(folder / "in", name, folder / "in" / ".work", NOW)
    assert claimed is not None
    return claimed


def listing(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def other_system(tmp_path: Path) -> Path:
    """A folder on another file system than `tmp_path`."""
    for place in (Path("/dev/shm"), Path.home(), Path("/var/tmp")):
        if place.is_dir() and os.access(place, os.W_OK) and place.stat().st_dev != tmp_path.stat().st_dev:
            return place / f"pipeline-test-{tmp_path.name}-{os.getpid()}"
    pytest.skip("this machine has one file system only")


# Claim numbers and names


def test_a_claim_is_a_uuid_of_its_moment() -> None:
    claim = files.new_claim(NOW)
    assert UUID(claim).version == 7
    assert UUID(claim).variant == "specified in RFC 4122"
    assert files.claimed_at(claim) == NOW
    assert files.new_claim(NOW) != claim
    assert files.new_claim(NOW + timedelta(milliseconds=1)) > claim


@given(names, st.integers(1, 1000))
@quick
def test_work_names_come_back(name: bytes, attempt: int) -> None:
    claim = files.new_claim(NOW)
    entry = files.work_name(claim, attempt, name)
    parsed = files.parse_work_name(entry)
    assert len(entry) <= 255
    assert parsed is not None
    assert parsed[:2] == (claim, attempt)
    assert name.startswith(parsed[2])
    assert parsed[2] == name or len(entry) > 245


def test_a_long_name_is_not_cut_inside_a_character() -> None:
    entry = files.work_name(files.new_claim(NOW), 1, "é".encode() * 127)
    entry.decode()


@pytest.mark.parametrize("entry", [b"a.csv", b"@a", b"0" * 32 + b".1@", b"g" * 32 + b".1@a", b".part"])
def test_other_names_are_not_work_names(entry: bytes) -> None:
    assert files.parse_work_name(entry) is None


# Rename


def test_a_rename_is_never_over_something(tmp_path: Path) -> None:
    a, b = put(tmp_path, b"a", b"1"), put(tmp_path, b"b", b"2")
    with pytest.raises(FileExistsError):
        files.rename_noreplace(a, b)
    with pytest.raises(FileNotFoundError):
        files.rename_noreplace(tmp_path / "none", tmp_path / "c")
    assert (a.read_bytes(), b.read_bytes()) == (b"1", b"2")


# Claim


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


# Archive


def test_fingerprint_is_of_the_whole_file(tmp_path: Path) -> None:
    content = b"0123456789" * 300_000
    with files.open_regular(put(tmp_path, content=content)) as file:
        file.read(7)
        assert files.fingerprint(file) == hashlib.sha256(content).digest()


def test_archive_is_over_nothing(tmp_path: Path) -> None:
    target = tmp_path / "done"
    target.mkdir()
    places = [files.archive(put(tmp_path, content=b"%d" % n), target, b"a.tar.gz") for n in range(3)]
    assert [p.name for p in places] == ["a.tar.gz", "a~1.tar.gz", "a~2.tar.gz"]
    assert [p.read_bytes() for p in places] == [b"0", b"1", b"2"]


@given(names.filter(lambda n: n not in (b".", b"..")))
@settings(derandomize=True, deadline=None, max_examples=50)
def test_every_name_finds_a_second_place(name: bytes) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        source, target = Path(folder, "in"), Path(folder, "done")
        target.mkdir()
        places = {files.archive(put(source, b"x", b"%d" % n), target, name) for n in range(3)}
        assert len(places) == 3
        beside = files.write_beside(target, name + b".refused.csv", b"rows")
        assert beside.read_bytes() == b"rows"
        assert os.fsencode(beside.name).endswith(b".refused.csv")


def test_archive_to_another_file_system(tmp_path: Path) -> None:
    target = other_system(tmp_path)
    target.mkdir()
    try:
        put(target, b"a.csv", b"other")
        claimed = taken(tmp_path, content=b"mine")
        place = files.archive(claimed.path, target, b"a.csv")
        claimed.release()
        assert place.name == "a~1.csv"
        assert place.read_bytes() == b"mine"
        assert not claimed.path.exists()
        assert listing(target) == ["a.csv", "a~1.csv"]
    finally:
        for path in target.iterdir():
            path.unlink()
        target.rmdir()


@pytest.mark.parametrize("deed", ["archive.before", "archive.copied", "archive.after"])
def test_archive_to_another_file_system_killed_and_repeated(tmp_path: Path, deed: str) -> None:
    target = other_system(tmp_path)
    target.mkdir()
    try:
        claimed = taken(tmp_path, content=b"mine")
        claimed.release()
        code = "import sys, os; from pathlib import Path; from pipeline import files\n"
        code += "files.archive(Path(sys.argv[1]), Path(sys.argv[2]), b'a.csv')"
        order = [sys.executable, "-c", code, str(claimed.path), str(target)]
        killed = subprocess.run(order, env=os.environ | {"PIPELINE_FAULT": f"{deed}:1:kill"}, check=False)
        assert killed.returncode == -9
        if claimed.path.exists():
            files.archive(claimed.path, target, b"a.csv")
        assert listing(target) == ["a.csv"]
        assert not claimed.path.exists()
    finally:
        for path in target.iterdir():
            path.unlink()
        target.rmdir()


def test_a_copy_that_was_finished_is_not_made_again(tmp_path: Path) -> None:
    target = other_system(tmp_path)
    target.mkdir()
    try:
        put(target, b"a.csv", b"mine")  # killed between the copy's rename and the removal of the source
        files.archive(put(tmp_path, content=b"mine"), target, b"a.csv")
        assert listing(target) == ["a.csv"]
        assert not (tmp_path / "a.csv").exists()
    finally:
        for path in target.iterdir():
            path.unlink()
        target.rmdir()


def test_write_beside_is_safe_to_repeat_and_over_nothing(tmp_path: Path) -> None:
    first = files.write_beside(tmp_path, b"a.csv.why.txt", b"because")
    assert files.write_beside(tmp_path, b"a.csv.why.txt", b"because") == first
    other = files.write_beside(tmp_path, b"a.csv.why.txt", b"another reason")
    assert other.name == "a~1.csv.why.txt"
    (tmp_path / "b.txt").symlink_to("1234")
    assert files.write_beside(tmp_path, b"b.txt", b"1234").name == "b~1.txt"
    assert listing(tmp_path) == ["a.csv.why.txt", "a~1.csv.why.txt", "b.txt", "b~1.txt"]


# Writers and mounts


def test_a_writer_is_noticed(tmp_path: Path) -> None:
    path = put(tmp_path)
    assert files.writer_free(path) == "free"
    with path.open("rb"):
        assert files.writer_free(path) == "free"
    with path.open("ab"):
        assert files.writer_free(path) == "busy"
    assert files.writer_free(path) == "free"
    assert files.writer_free(tmp_path / "none") == "unknown"


def test_a_temporary_folder_is_no_network(tmp_path: Path) -> None:
    assert not files.is_network(tmp_path)
    assert not files.is_network(tmp_path / "none")
