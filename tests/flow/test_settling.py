"""A file that is still being written, replaced or changed is never loaded early, and its end is loaded once."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import Pipeline
from pipeline.events import Event
from pipeline.results import OnceResult
from tests.flow.conftest import Installation

PACE_S = 0.3  # the pace of a slow writer; well under the two seconds for which a file must be still


def orders(*numbers: int, amount: str = "5.00") -> bytes:
    return b"Order No,Total,State\n" + b"".join(f"{n:04d},{amount},paid\n".encode() for n in numbers)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def listening(box: Installation, hear: Callable[[Event], None]) -> OnceResult:
    with Pipeline(box.config, listener=hear) as pipeline:
        return pipeline.once(wait=60)


def contents(box: Installation) -> list[bytes]:
    return sorted(p.read_bytes() for p in (box.root / "processed/sales").rglob("*") if p.is_file())


def taken(box: Installation, name: str) -> Path:
    (path,) = (box.root / "inbox/sales/.pipeline/sales").glob(f"*@{name}")
    return path


def test_a_file_that_is_appended_to_again_and_again_is_loaded_once_when_it_is_whole(
    installation: Installation,
) -> None:
    path = installation.root / "inbox/sales/slow.csv"
    whole = orders(*range(60))
    lines = whole.splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:1]))
    pace = threading.Event()

    def write() -> None:
        for start in range(1, len(lines), 6):
            with path.open("ab") as upload:  # closed in between: nobody holds it, and each piece ends a line
                upload.write(b"".join(lines[start : start + 6]))
            pace.wait(PACE_S)

    writer = threading.Thread(target=write)
    writer.start()
    result = installation.once()
    writer.join()
    assert [(f.state, f.inserted, f.fingerprint) for f in result.files] == [("archived", 60, digest(whole))]
    assert contents(installation) == [whole]


def test_a_file_that_its_writer_holds_open_stays_and_is_named(installation: Installation) -> None:
    path = installation.root / "inbox/sales/held.csv"
    with path.open("wb", buffering=0) as upload:
        upload.write(orders(1))
        result = installation.once(wait=3)
        assert (result.files, [w.name for w in result.waiting], result.exit_code) == ((), ["held.csv"], 1)
        assert path.exists()
        upload.write(orders(2).partition(b"\n")[2])
    (file,) = installation.once().files
    assert (file.state, file.inserted, file.fingerprint) == ("archived", 2, digest(orders(1, 2)))


def test_a_file_replaced_before_it_settled_is_loaded_in_its_second_version_only(
    installation: Installation,
) -> None:
    first, second = orders(1), orders(1, amount="9.00")
    (installation.root / "inbox/sales/a.csv").write_bytes(first)

    def hear(event: Event) -> None:
        if event.name == "service.started":
            installation.drop("a.csv", second)

    result = listening(installation, hear)
    assert [(f.state, f.fingerprint) for f in result.files] == [("archived", digest(second))]
    assert contents(installation) == [second]


def _replace(path: Path, box: Installation, content: bytes) -> None:
    box.drop("a.csv", content)  # a new upload under the old name


def _rewrite(path: Path, box: Installation, content: bytes) -> None:
    with path.open("r+b", buffering=0) as same:
        same.write(content)
        same.truncate()


@pytest.mark.parametrize(
    ("change", "after", "watch"),
    [
        (_replace, (1, 2), "auto"),
        (_rewrite, (1, 2), "auto"),
        (_rewrite, (1,), "auto"),
        (_rewrite, (1, 2), "poll"),  # nothing tells at once that the file is back in its inbox
    ],
    ids=["replaced", "rewritten", "truncated", "given back unheard"],
)
def test_a_file_changed_while_it_is_loaded_ends_as_its_last_content_once(
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Path, Installation, bytes], None],
    after: tuple[int, ...],
    watch: str,
) -> None:
    text = installation.config.read_text()
    installation.config.write_text(text.replace("[imports.sales]", f'[imports.sales]\nwatch = "{watch}"'))
    before, last = orders(1, 2, 3), orders(*after, amount="9.00")
    monkeypatch.setenv("PIPELINE_FAULT", "worker/stage.after:1:delay")
    installation.drop("a.csv", before)
    changed = threading.Event()

    def hear(event: Event) -> None:
        if event.name == "file.loading" and not changed.is_set():
            changed.set()
            change(taken(installation, "a.csv"), installation, last)

    result = listening(installation, hear)
    assert changed.is_set()
    loaded = [f.fingerprint for f in result.files]
    whole = [before, last] if change is _replace else [last]  # what was taken is complete, and goes in
    assert loaded == [digest(content) for content in whole], result
    assert contents(installation) == sorted(whole)
    rows = installation.sql("SELECT number, gross_amount FROM sales_order ORDER BY number")
    numbers = {1, 2, 3} if change is _replace else set(after)
    assert rows == [(f"{n:04d}", (9 if n in after else 5) * 1_000_000) for n in sorted(numbers)]
    assert os.listdir(installation.root / "inbox/sales/.pipeline/sales") == []
