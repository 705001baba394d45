"""Killed at every named point, on both databases: the same name and bytes come out, and no number twice or lost."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline import faults
from pipeline.errors import Environment
from pipeline.exports import exporting
from tests.exports.conftest import NOON, ORDERS, Shop, table
from tests.exports.victim import SETTINGS

OF_THE_DISC = {"export.written", "export.kept", "export.ready", "export.noted"}
ROOT = Path(__file__).parents[2]
HEAD = "Order No;Total;State;When\n"
LINE = "{};12,5;Paid;2026-01-01T12:00:00Z\n"


def run(shop: Shop, opening: str, fault: str = "") -> int:
    url = shop.store._engine.url.render_as_string(hide_password=False).replace(
        "postgresql+psycopg", "postgresql"
    )
    words = [sys.executable, "-m", "tests.exports.victim", url, str(shop.root), opening]
    env = {**os.environ, "PIPELINE_FAULT": fault}
    return subprocess.run(words, cwd=ROOT, env=env, capture_output=True, timeout=60, check=False).returncode


@pytest.mark.parametrize("point", faults.EXPORT_POINTS)
def test_killed_at_a_named_point(shop: Shop, point: str, request: pytest.FixtureRequest) -> None:
    if shop.store.kind == "postgresql" and point in OF_THE_DISC:
        pytest.skip("the same whatever the database")
    opening = NOON + timedelta(hours=1)
    shop.order("001")
    assert run(shop, opening.isoformat(), f"{point}:1:kill") == -signal.SIGKILL
    recorded = ledger(shop)
    seen = shop.files() if (shop.root / "outbox").exists() else {}
    shop.order("002")  # life goes on
    done = shop.export(ORDERS, opening=opening, **SETTINGS)
    again = shop.export(ORDERS, opening=opening + timedelta(hours=1), **SETTINGS)
    files = {name: text for name, text in shop.files().items() if name.endswith(".csv")}
    rows = ledger(shop)
    assert rows[: len(recorded)] == recorded  # what was recorded kept its name and its bytes
    assert [r[0] for r in rows] == list(range(1, len(rows) + 1))
    assert {name: hashlib.sha256(text.encode()).digest() for name, text in files.items()} == {
        name: digest for _, name, digest in rows
    }
    assert seen.items() <= shop.files().items()
    both = HEAD + LINE.format("001") + LINE.format("002")
    if recorded:
        assert list(files.values()) == [HEAD + LINE.format("001"), HEAD + LINE.format("002")]
        assert again.deed == "exported"
    else:
        assert (list(files.values()), done.deed, again.deed) == ([both], "exported", "nothing")
    assert shop.hidden() == []


def ledger(shop: Shop) -> list[tuple[int, str, bytes]]:
    """Number, name and hash of what was recorded, in order."""
    file, out = table("pipeline_file").c, table("pipeline_export").c
    asked = (
        sa.select(out.sequence, file.name, file.fingerprint).where(out.file == file.id).order_by(out.sequence)
    )
    with shop.store._transaction(write=False) as conn:
        return [(n, os.fsdecode(bytes(name)), bytes(digest)) for n, name, digest in conn.execute(asked)]


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
@pytest.mark.parametrize("point", faults.EXPORT_POINTS)
def test_a_failing_disc_at_a_named_point(
    shop: Shop, point: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shop.store.kind == "postgresql" and (point in OF_THE_DISC or code == errno.EIO):
        pytest.skip("the same whatever the database")
    shop.order("001")

    def breaks(name: str) -> None:
        if name == point:
            raise OSError(code, os.strerror(code))

    with monkeypatch.context() as broken:
        broken.setattr(exporting, "point", breaks)
        with pytest.raises(Environment):
            shop.export(what="changes")
    shop.order("002")
    shop.export(what="changes")
    found = "".join(text.removeprefix(HEAD) for text in shop.files().values())
    assert found == LINE.format("001") + LINE.format("002")
    assert shop.hidden() == []
    assert [row[0] for row in ledger(shop)] == list(range(1, len(shop.files()) + 1))


def test_a_hidden_file_that_was_spoilt_after_a_crash_comes_from_its_copy(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.order("001")

    def breaks(name: str) -> None:
        if name == "export.recorded":
            raise OSError(errno.EIO, "broken")

    with monkeypatch.context() as broken:
        broken.setattr(exporting, "point", breaks)
        with pytest.raises(Environment):
            shop.export()
    (hidden,) = (shop.root / "outbox").iterdir()
    hidden.unlink()
    hidden.write_text("spoilt")
    shop.export(what="changes")
    assert shop.files() == {"orders-0001.csv": HEAD + LINE.format("001")}


def test_two_at_once_are_one_after_the_other(shop: Shop) -> None:
    from pipeline.exports import outbox

    shop.order("001")
    with outbox.alone(shop.root / "kept", "out"), pytest.raises(Environment, match="another process"):
        shop.export()
    assert shop.export().deed == "exported"
