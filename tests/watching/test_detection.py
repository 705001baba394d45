"""How a folder is watched, and the sentence that says why."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from pipeline.watching import Detection, detect, detect_all
from pipeline.watching.detection import refused
from pipeline.words import render


@pytest.mark.parametrize(
    ("wanted", "network", "mode", "code"),
    [
        ("auto", False, "native", "watching.native"),
        ("auto", True, "poll", "watching.network"),
        ("native", True, "native", "watching.asked_native"),
        ("poll", False, "poll", "watching.asked_poll"),
        ("poll", True, "poll", "watching.asked_poll"),
    ],
)
def test_chosen_for_a_folder_that_is_there(
    tmp_path: Path, wanted: str, network: bool, mode: str, code: str
) -> None:
    found = detect(tmp_path, wanted, network=network)  # type: ignore[arg-type]
    assert (found.mode, found.said.code) == (mode, code)
    assert found.lasting == (mode == "poll")
    assert found.poll_s == (5.0 if mode == "native" else 2.0)


def test_what_is_not_there_is_looked_for(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for missing in (tmp_path / "none", tmp_path / "file"):
        for wanted in ("auto", "native"):
            found = detect(missing, wanted)  # type: ignore[arg-type]
            assert (found.mode, found.said.code, found.lasting) == ("poll", "watching.missing", False)


def test_many_folders_are_tried_at_once(tmp_path: Path) -> None:
    folders = [tmp_path / str(n) for n in range(300)]
    for folder in folders:
        folder.mkdir()
    found = detect_all(dict.fromkeys((*folders, tmp_path / "none"), "auto"), lambda f: f.name == "7")
    assert list(found) == [*folders, tmp_path / "none"]
    assert {f: d.said.code for f, d in found.items() if d.mode == "poll"} == {
        tmp_path / "7": "watching.network",
        tmp_path / "none": "watching.missing",
    }


@pytest.mark.parametrize(
    ("number", "code", "remedy"),
    [
        (errno.EMFILE, "watching.no_instances", "fs.inotify.max_user_instances"),
        (errno.ENOSPC, "watching.no_watches", "fs.inotify.max_user_watches"),
        (errno.ENOENT, "watching.missing", ""),
        (errno.EACCES, "watching.refused", "Permission denied"),
    ],
)
def test_the_sentence_says_why_and_what_to_do(number: int, code: str, remedy: str) -> None:
    found = refused(OSError(number, os.strerror(number)))
    assert isinstance(found, Detection)
    assert found.said.code == code
    assert remedy in render(found.said)
    assert "toutes les 2 secondes" in render(found.said, "fr")
