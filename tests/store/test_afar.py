"""What is remembered of remote folders, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from pipeline import files as disk
from pipeline.store.afar.model import FarFile
from pipeline.store.base import SqlStore
from pipeline.store.model import Arrival

UTC = timezone.utc  # noqa: UP017
NOW = datetime(2026, 5, 1, tzinfo=UTC)
URL = "sftp://shop@example.com/out"
S = timedelta(seconds=1)


def take(store: SqlStore, owner: str, now: datetime = NOW, mark: str = "5:1") -> FarFile | None:
    return store.afar().take(URL, "a.csv", mark, b"a.csv", 5, owner, now + 60 * S, now)


def test_one_machine_has_a_file_until_its_time_is_up(store: SqlStore) -> None:
    afar, one = store.afar(), take(store, "one")
    assert one is not None
    assert take(store, "two") is None
    assert take(store, "one") is not None  # again after a cut
    assert afar.renew(one.id, "one", NOW + 90 * S)
    assert take(store, "two", NOW + 80 * S) is None
    two = take(store, "two", NOW + 91 * S)
    assert two is not None
    assert two.id == one.id
    assert not afar.renew(one.id, "one", NOW + 200 * S)  # whoever was thought dead does nothing any more
    assert not afar.fetched(one.id, "one", b"1" * 32, 5, NOW)
    assert afar.fetched(two.id, "two", b"2" * 32, 5, NOW)
    assert take(store, "one", NOW + 999 * S) is None
    assert take(store, "one", NOW + 999 * S, mark="5:2") is not None
    assert {where: row.state for where, row in afar.known(URL, ["a.csv", "b.csv"]).items()} == {
        ("a.csv", "5:1"): "here",
        ("a.csv", "5:2"): "taken",
    }
    assert afar.by_ids([two.id])[0].fingerprint == b"2" * 32
    assert [row.mark for row in afar.of_name(b"a.csv")] == ["5:2", "5:1"]


def test_only_what_was_committed_after_it_came_is_put_away(store: SqlStore) -> None:
    afar, digest = store.afar(), b"3" * 32
    commit(store, digest, "sales")  # the same content, an earlier time
    row = take(store, "one")
    assert row is not None
    afar.fetched(row.id, "one", digest, 5, NOW)
    assert afar.committed(URL, ["sales"]) == []
    commit(store, digest, "another")
    assert afar.committed(URL, ["sales"]) == []
    commit(store, digest, "sales", "failed")
    assert afar.committed(URL, ["sales"]) == []
    commit(store, digest, "sales", "duplicate")
    assert [one.id for one in afar.committed(URL, ["sales"])] == [row.id]
    afar.settle([row.id], NOW)
    assert afar.committed(URL, ["sales"]) == []
    again = take(store, "one", NOW + S)  # it was put there once more
    assert again is not None
    assert (again.state, again.settled_at) == ("taken", None)


def commit(store: SqlStore, digest: bytes, job: str, state: str = "committed") -> int:
    arrival = Arrival(disk.new_claim(NOW), job, b"a.csv", 5, digest, NOW, NOW)
    with store._transaction() as conn:
        return store._insert(conn, arrival, state, NOW, None).id  # type: ignore[arg-type]


def test_where_an_export_was_sent(store: SqlStore) -> None:
    afar, id = store.afar(), commit(store, b"4" * 32, "stock")
    assert afar.sent_to(id) is None
    afar.sent(id, URL, NOW)
    afar.sent(id, URL, NOW + S)
    assert afar.sent_to(id) == (URL, NOW + S)
    assert afar.queued("stock", [b"a.csv"]) == {}
