"""Moving files to their last place: over nothing, across file systems, packed, safe to repeat."""

from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings

from pipeline import files
from tests.files.conftest import listing, put, taken
from tests.files.test_names import names


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


def test_archive_to_another_file_system(tmp_path: Path, other_system: Path) -> None:
    put(other_system, b"a.csv", b"other")
    claimed = taken(tmp_path, content=b"mine")
    place = files.archive(claimed.path, other_system, b"a.csv")
    claimed.release()
    assert place.name == "a~1.csv"
    assert place.read_bytes() == b"mine"
    assert not claimed.path.exists()
    assert listing(other_system) == ["a.csv", "a~1.csv"]


def killed_archive(src: Path, folder: Path, point: str, *, compress: bool = False) -> None:
    """`archive` in a process that dies at a point."""
    code = "import sys, os; from pathlib import Path; from pipeline import files\n"
    code += f"files.archive(Path(sys.argv[1]), Path(sys.argv[2]), b'a.csv', compress={compress})"
    order = [sys.executable, "-c", code, str(src), str(folder)]
    killed = subprocess.run(order, env=os.environ | {"PIPELINE_FAULT": f"{point}:1:kill"}, check=False)
    assert killed.returncode == -9


@pytest.mark.parametrize("point", ["archive.before", "archive.copied", "archive.after"])
def test_archive_to_another_file_system_killed_and_repeated(
    tmp_path: Path, other_system: Path, point: str
) -> None:
    claimed = taken(tmp_path, content=b"mine")
    claimed.release()
    killed_archive(claimed.path, other_system, point)
    if claimed.path.exists():
        files.archive(claimed.path, other_system, b"a.csv")
    assert listing(other_system) == ["a.csv"]
    assert not claimed.path.exists()


def test_a_copy_that_was_finished_is_not_made_again(tmp_path: Path, other_system: Path) -> None:
    put(other_system, b"a.csv", b"mine")  # killed between the copy's rename and the removal of the source
    files.archive(put(tmp_path, content=b"mine"), other_system, b"a.csv")
    assert listing(other_system) == ["a.csv"]
    assert not (tmp_path / "a.csv").exists()


# Packed


@pytest.mark.parametrize("point", ["archive.before", "compress.written", "compress.placed", "archive.after"])
def test_a_packed_archive_killed_and_repeated(tmp_path: Path, point: str) -> None:
    target = tmp_path / "done"
    target.mkdir()
    claimed = taken(tmp_path, content=b"mine")
    claimed.release()
    killed_archive(claimed.path, target, point, compress=True)
    if claimed.path.exists():
        files.archive(claimed.path, target, b"a.csv", compress=True)
    assert listing(target) == ["a.csv.gz"]
    assert gzip.decompress((target / "a.csv.gz").read_bytes()) == b"mine"
    assert not claimed.path.exists()
    assert listing(tmp_path / "in" / ".work") == []


def test_packed_is_over_nothing_and_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    target, second = tmp_path / "done", tmp_path / "again"
    target.mkdir(), second.mkdir()
    contents = (b"0" * 9, b"1" * 9)  # of one packed size
    places = [files.archive(put(tmp_path, content=c), target, b"a.csv", compress=True) for c in contents]
    assert [p.name for p in places] == ["a.csv.gz", "a~1.csv.gz"]
    assert [gzip.decompress(p.read_bytes()) for p in places] == list(contents)
    again = files.archive(put(tmp_path, content=contents[0]), second, b"b.csv", compress=True)
    assert again.read_bytes() == places[0].read_bytes()


@pytest.mark.parametrize(
    "head", [gzip.compress(b"x", mtime=0), b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\0", b"BZh9"]
)
def test_what_is_packed_already_is_only_moved(tmp_path: Path, head: bytes) -> None:
    target = tmp_path / "done"
    target.mkdir()
    place = files.archive(put(tmp_path, b"a.xlsx", head), target, b"a.xlsx", compress=True)
    assert (place.name, place.read_bytes()) == ("a.xlsx", head)


def test_a_name_of_255_bytes_is_packed_too(tmp_path: Path) -> None:
    target, name = tmp_path / "done", b"x" * 251 + b".csv"
    target.mkdir()
    place = files.archive(put(tmp_path), target, name, compress=True)
    assert place.name.endswith("x.csv.gz")


@pytest.mark.parametrize("compress", [False, True])
def test_an_archived_file_is_found_by_its_content(tmp_path: Path, compress: bool) -> None:
    target = tmp_path / "done"
    target.mkdir()
    put(target, b"1-a.csv", b"other")
    place = files.archive(put(tmp_path, content=b"mine"), target, b"1-a.csv", compress=compress)
    digest = hashlib.sha256(b"mine").digest()
    assert files.find(target, b"1-a.csv", digest, b"a.csv") == place
    assert files.find(target, b"2-a.csv", digest, b"a.csv") is None
    assert files.find(tmp_path / "none", b"1-a.csv", digest) is None


# Beside


def test_write_beside_is_safe_to_repeat_and_over_nothing(tmp_path: Path) -> None:
    first = files.write_beside(tmp_path, b"a.csv.why.txt", b"because")
    assert files.write_beside(tmp_path, b"a.csv.why.txt", b"because") == first
    other = files.write_beside(tmp_path, b"a.csv.why.txt", b"another reason")
    assert other.name == "a~1.csv.why.txt"
    (tmp_path / "b.txt").symlink_to("1234")
    assert files.write_beside(tmp_path, b"b.txt", b"1234").name == "b~1.txt"
    assert listing(tmp_path) == ["a.csv.why.txt", "a~1.csv.why.txt", "b.txt", "b~1.txt"]
