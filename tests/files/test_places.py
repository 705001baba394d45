"""Renaming over nothing, writers, mounts, and what a folder can do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline import files
from tests.files.conftest import listing, put


def test_a_rename_is_never_over_something(tmp_path: Path) -> None:
    a, b = put(tmp_path, b"a", b"1"), put(tmp_path, b"b", b"2")
    with pytest.raises(FileExistsError):
        files.rename_noreplace(a, b)
    with pytest.raises(FileNotFoundError):
        files.rename_noreplace(tmp_path / "none", tmp_path / "c")
    assert (a.read_bytes(), b.read_bytes()) == (b"1", b"2")


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


def test_who_holds_a_file_open_is_told(tmp_path: Path) -> None:
    path = put(tmp_path)
    assert files.holders(path) == []
    with path.open("rb"):
        assert files.holders(path) == []
    with path.open("ab"):
        ((pid, name),) = files.holders(path)
        assert (pid, name) == (os.getpid(), Path("/proc/self/comm").read_text().strip())
    assert files.holders(tmp_path / "none") == []


def test_folders_of_one_mount_are_told_from_others(tmp_path: Path, other_system: Path) -> None:
    (tmp_path / "a").mkdir()
    assert files.same_device(tmp_path, tmp_path / "a")
    assert not files.same_device(tmp_path, other_system)
    with pytest.raises(OSError):
        files.same_device(tmp_path, tmp_path / "none")


def test_what_a_folder_can_do_is_probed_and_leaves_nothing(tmp_path: Path) -> None:
    assert files.case_sensitive(tmp_path)
    assert abs(files.clock_offset_s(tmp_path)) < 0.1
    assert files.free_bytes(tmp_path) > 0
    assert listing(tmp_path) == []
    for ask in (files.case_sensitive, files.clock_offset_s, files.free_bytes):
        with pytest.raises(OSError):
            ask(tmp_path / "none")


def test_folders_are_made_with_those_above_and_never_through_a_file(tmp_path: Path) -> None:
    files.make_folder(tmp_path / "a" / "b" / "c")
    files.make_folder(tmp_path / "a" / "b" / "c")
    assert (tmp_path / "a" / "b" / "c").is_dir()
    put(tmp_path, b"file")
    for folder in (tmp_path / "file", tmp_path / "file" / "x"):
        with pytest.raises(NotADirectoryError):
            files.make_folder(folder)
