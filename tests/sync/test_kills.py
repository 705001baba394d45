"""Killed at every named point of a round, and of a first load: the next round makes both sides equal. And on
PostgreSQL, another program's transaction that is open while a batch goes in."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import datetime, timezone
from pathlib import Path

import psycopg
import pytest

from pipeline import faults
from pipeline.store.base import SqlStore
from pipeline.sync.local import LocalReplica
from pipeline.sync.rounds import round_
from tests import nursery
from tests.sync.world import TABLES, Shop, Time, open_store, sqlite_shop, wiped

UTC = timezone.utc  # noqa: UP017
ROUND = """
import sys
from datetime import datetime, timezone
from pipeline.store import connect
from pipeline.sync.local import LocalReplica
from pipeline.sync.rounds import round_
stores = [connect(url, "none") for url in sys.argv[1:3]]
one, two = (LocalReplica(s.syncing(), n, None, lambda: datetime.now(timezone.utc)) for s, n in zip(stores, ("shop", "hub")))
round_(one, two)
"""
POINTS = [p for p in faults.SYNC_POINTS if p != "sync.rejoined"]


def replica(store: SqlStore, site: str) -> LocalReplica:
    return LocalReplica(store.syncing(), site, None, lambda: datetime.now(UTC))


def filled(store: SqlStore, first: int) -> None:
    with store._transaction() as conn:
        for i in range(first, first + 3):
            conn.exec_driver_sql(f"INSERT INTO customer VALUES ('c{i}', 'C{i}', 'n', 'p')")
            conn.exec_driver_sql(f"INSERT INTO orders VALUES ('o{i}', 'c{i}', 'n', 's')")
            conn.exec_driver_sql(f"INSERT INTO order_line VALUES ('l{i}', 'o{i}', 'n', 's')")


def all_rows(store: SqlStore) -> dict[str, list[tuple[object, ...]]]:
    with store._transaction(write=False) as conn:
        return {t: sorted(tuple(r) for r in conn.exec_driver_sql(f"SELECT * FROM {t}")) for t in TABLES}


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("point", POINTS)
def test_a_round_that_was_killed_is_made_again(
    tmp_path: Path, request: pytest.FixtureRequest, kind: str, point: str
) -> None:
    if kind == "postgresql" and point not in ("sync.stamped", "sync.written", "sync.committed"):
        pytest.skip("the same on both but for the transaction")
    urls = [f"sqlite:///{tmp_path}/shop.db", f"sqlite:///{tmp_path}/hub.db"]
    for path in ("shop.db", "hub.db"):
        (tmp_path / path).touch()
    shop = open_store(urls[0])
    if kind == "postgresql":
        hub = wiped(request.getfixturevalue("office"))
        urls[1] = hub._engine.url.render_as_string(hide_password=False)
    else:
        hub = open_store(urls[1])
    filled(hub, 0)
    if point not in ("sync.paged", "sync.taken"):
        round_(replica(shop, "shop"), replica(hub, "hub"))
        filled(hub, 10)
        filled(shop, 20)
        with shop._transaction() as conn:
            conn.exec_driver_sql("DELETE FROM orders WHERE id = 'o1'")
    shop.close()
    if kind == "sqlite":
        hub.close()
    env = {**nursery.environment(), "PIPELINE_FAULT": f"{point}:1:kill"}
    done = subprocess.run(
        [sys.executable, "-c", ROUND, *urls], env=env, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == -9, done.stderr.decode()
    shop = open_store(urls[0], ready=True)
    hub = hub if kind == "postgresql" else open_store(urls[1], ready=True)
    for _ in range(2):
        round_(replica(shop, "shop"), replica(hub, "hub"))
    assert all_rows(shop) == all_rows(hub)
    assert len(all_rows(hub)["customer"]) == (3 if point in ("sync.paged", "sync.taken") else 9)
    shop.close()
    if kind == "sqlite":
        hub.close()


def test_another_programs_open_edit_is_not_lost(office: SqlStore) -> None:
    time = Time()
    hub, shop = Shop("hub", wiped(office), time.at(), hub=True), sqlite_shop("s1", time.at())
    hub.local(lambda: hub.x("INSERT INTO customer VALUES ('a', 'C1', 'first', '1')") and None)
    for _ in range(2):
        round_(shop.replica, hub.replica)
    shop.local(lambda: shop.x("UPDATE customer SET name = 'from shop'") and None)
    url = hub.store._engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as erp, psycopg.connect(url, autocommit=True) as look:
        erp.execute("UPDATE customer SET name = 'from erp' WHERE id = 'a'")
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'customer'::regclass"

        def commit_when_waited_for() -> None:
            while look.execute(waiting).fetchone() == (0,):
                pass
            erp.commit()

        other = threading.Thread(target=commit_when_waited_for)
        other.start()
        round_(shop.replica, hub.replica)
        other.join()
    for _ in range(2):
        round_(shop.replica, hub.replica)
    names = {s.x("SELECT name FROM customer")[0][0] for s in (hub, shop)}
    assert len(names) == 1
    lost = {lost for _, column, lost, _ in hub.records() if column == "name"}
    assert {f'"{n}"' for n in ("from shop", "from erp")} == lost | {f'"{n}"' for n in names}


def test_what_commits_late_is_not_passed_over(office: SqlStore) -> None:
    """A transaction that took a low number of the log and commits after a round."""
    time = Time()
    hub, shop = Shop("hub", wiped(office), time.at(), hub=True), sqlite_shop("s1", time.at())
    round_(shop.replica, hub.replica)
    url = hub.store._engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as slow:
        slow.execute("INSERT INTO customer VALUES ('slow', 'S', 'n', '1')")
        hub.x("INSERT INTO customer VALUES ('fast', 'F', 'n', '1')")
        round_(shop.replica, hub.replica)
        assert shop.ids("customer") == ["fast"]
        slow.commit()
    round_(shop.replica, hub.replica)
    assert shop.ids("customer") == ["fast", "slow"]
