"""Killed at every point of a round, the file is here once, whole, and is put away when it is imported."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.faults import REMOTE_POINTS
from pipeline.store import connect
from tests.databases import ready_sqlite
from tests.remote.conftest import Hands
from tests.remote.places import Place
from tests.remote.test_exam import BIG, imported


class Killed(BaseException):
    pass


@pytest.mark.parametrize("at", [name for name in REMOTE_POINTS if name.startswith("fetch.")])
def test_a_round_that_is_killed_is_finished_by_the_next(
    at: str, sftp: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "hands.db"
    path.write_bytes(ready_sqlite())
    store = connect(f"sqlite:///{path}")
    hands = Hands(tmp_path, sftp, store)
    hands.use(after="move")
    sftp.put("a.csv", BIG)
    armed = [at]

    def killed(name: str) -> None:
        if armed == [name]:
            armed.clear()
            raise Killed

    monkeypatch.setattr("pipeline.carrying.fetching.point", killed)
    seen: list[bytes] = []
    for _ in range(4):
        try:
            hands.round()
        except Killed:
            hands.use(after="move")  # another process
        if content := hands.here().get("a.csv"):
            seen.append(content)
            imported(hands, "a.csv")
    assert not armed
    assert seen == [BIG]
    assert sftp.files() == {"done/a.csv": BIG}
    assert hands.parts() == {}
    store.close()
