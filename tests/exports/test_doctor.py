"""`doctor` on the folders of exports: there or not, writable or not; nothing is left behind."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pipeline.doctor.outboxes import outbox
from pipeline.jobs import ExportJob


def codes(folder: Path) -> list[tuple[str, str]]:
    job = ExportJob("out", "orders", folder / "outbox", "x", folder / "exported" / "out")
    return [(level, said.code) for level, said, _ in outbox(job)]


def test_an_outbox_that_is_there_is_missing_or_is_a_file(tmp_path: Path) -> None:
    assert codes(tmp_path) == [("warn", "doctor.outbox_absent")]
    (tmp_path / "outbox").mkdir()
    assert codes(tmp_path) == [("ok", "doctor.outbox")]
    assert list((tmp_path / "outbox").iterdir()) == []
    (tmp_path / "exported").write_text("in the way")
    assert codes(tmp_path) == [("ok", "doctor.outbox"), ("bad", "doctor.no_outbox")]
    (tmp_path / "outbox").rmdir()
    (tmp_path / "outbox").write_text("in the way")
    assert ("bad", "doctor.no_outbox") in codes(tmp_path)


def _mount(place: Path, options: str) -> None:
    mounted = ["mount", "-t", "tmpfs", "-o", options, "none", str(place)]
    if subprocess.run(mounted, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount")


def test_an_outbox_that_is_full(tmp_path: Path) -> None:
    place = tmp_path / "outbox"
    place.mkdir()
    _mount(place, "size=8k,nr_inodes=3")
    try:
        (place / "one").touch()
        (place / "two").touch()
        assert [code for _, code in codes(tmp_path)] == ["doctor.no_outbox"]
        (place / "two").unlink()
        (place / "one").write_bytes(bytes(8192))
        assert [code for _, code in codes(tmp_path)] == ["doctor.no_outbox"]
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_an_outbox_that_cannot_be_written_to(tmp_path: Path) -> None:
    place = tmp_path / "outbox"
    place.mkdir()
    _mount(place, "ro")
    try:
        assert codes(tmp_path) == [("bad", "doctor.no_outbox")]
    finally:
        subprocess.run(["umount", str(place)], check=True)
