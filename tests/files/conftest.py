"""Files on a real file system, and folders on another one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest

from pipeline import files

NOW = datetime(2026, 5, 1, 9, 30, tzinfo=timezone.utc)  # noqa: UP017


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


@pytest.fixture
def other_system(tmp_path: Path) -> Iterator[Path]:
    """A new folder on another file system than `tmp_path`."""
    for place in (Path("/dev/shm"), Path.home(), Path("/var/tmp")):
        if place.is_dir() and os.access(place, os.W_OK) and place.stat().st_dev != tmp_path.stat().st_dev:
            folder = place / f"pipeline-test-{tmp_path.name}-{os.getpid()}"
            folder.mkdir()
            break
    else:
        pytest.skip("this machine has one file system only")
    yield folder
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()
