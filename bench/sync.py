"""What synchronisation costs, as ratios measured in one run: `python bench/sync.py [--rows 1000000] [--changes 100000]
[--postgres URL] [--pairs sqlite-sqlite,sqlite-postgres,…]`. URL: a server where databases may be made.

change   a round that carries so many changes (half updates, 45 % new rows, 5 % deletes), everything from the log to
         the commit at the other end, against a raw upsert of the same rows into the same base without a log
load     a first load, against writing the same rows into an empty table
no-op    a round with nothing to do
sums     the checksum of the whole table, one side
clash    rows changed on both sides, a second"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import sqlalchemy as sa

from pipeline.store import connect
from pipeline.store.base import SqlStore
from pipeline.sync.local import LocalReplica
from pipeline.sync.rounds import round_

UTC = timezone.utc  # noqa: UP017
NAMES = ("id", "code", "name", "street", "city", "phone", "price", "qty", "updated")
DDL = (
    "CREATE TABLE {} (id VARCHAR(40) NOT NULL PRIMARY KEY, code TEXT, name TEXT, street TEXT, city TEXT, phone TEXT,"
    " price TEXT, qty INTEGER, updated TEXT)"
)
SETS = ", ".join(f"{n} = excluded.{n}" for n in NAMES[1:])


def row(i: int, version: int) -> tuple[Any, ...]:
    city = ("Lyon", "Paris", "Lille")[i % 3]
    return (
        f"{i:08d}-aaaa-7bbb-8ccc-0123456789ab", f"C{i}", f"Customer number {i}", f"{i % 97} Main street", city,
        f"+33 6 {i % 100:02d} {i % 89:02d} 11 22", f"{i % 1000}.{version}0", i % 50 + version, f"2026-11-2{version} 10:00:00",
    )  # fmt: skip


class Side:
    """One database, its log in place."""

    def __init__(self, kind: str, name: str, folder: Path, server: str | None) -> None:
        self.kind = kind
        if kind == "sqlite":
            url = f"sqlite:///{folder}/{name}.db"
            (folder / f"{name}.db").touch()
        else:
            assert server is not None
            made = sa.create_engine(
                sa.make_url(server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
            )
            with made.connect() as conn:
                conn.exec_driver_sql(f"DROP DATABASE IF EXISTS sync_{name} WITH (FORCE)")
                conn.exec_driver_sql(f"CREATE DATABASE sync_{name}")
            url = sa.make_url(server).set(database=f"sync_{name}").render_as_string(hide_password=False)
        store = connect(url, "none")
        assert isinstance(store, SqlStore)
        self.store, self.name = store, name
        with store._transaction() as conn:
            conn.exec_driver_sql(DDL.format("thing"))
        store.migrate()
        if kind == "sqlite":
            self.raw.execute("PRAGMA journal_mode = WAL")
            self.raw.execute("PRAGMA cache_size = -200000")

    @property
    def raw(self) -> Any:
        return self.store.connection().connection.driver_connection

    def replica(self) -> LocalReplica:
        syncing = self.store.syncing(["thing"])
        syncing.install()
        return LocalReplica(syncing, self.name, None, lambda: datetime.now(UTC), hub=self.name == "hub")

    def many(self, rows: list[tuple[Any, ...]], table: str = "thing") -> None:
        with self.store._transaction() as conn:
            raw: Any = conn.connection.driver_connection
            if self.kind == "sqlite":
                raw.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * 9)})", rows)
                return
            with raw.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
                for one in rows:
                    copy.write_row(one)

    def upsert(self, rows: list[tuple[Any, ...]]) -> None:
        with self.store._transaction() as conn:
            raw: Any = conn.connection.driver_connection
            if self.kind == "sqlite":
                marks = ", ".join("?" * 9)
                raw.executemany(
                    f"INSERT INTO thing VALUES ({marks}) ON CONFLICT (id) DO UPDATE SET {SETS}", rows
                )
                return
            raw.execute("CREATE TEMP TABLE staged (LIKE thing) ON COMMIT DROP")
            with raw.cursor() as cursor, cursor.copy("COPY staged FROM STDIN") as copy:
                for one in rows:
                    copy.write_row(one)
            raw.execute(f"INSERT INTO thing SELECT * FROM staged ON CONFLICT (id) DO UPDATE SET {SETS}")

    def run(self, *statements: str) -> None:
        with self.store._transaction() as conn:
            for statement in statements:
                conn.exec_driver_sql(statement)


def timed(deed: Callable[[], Any]) -> float:
    began = time.perf_counter()
    deed()
    return time.perf_counter() - began


def pair(kinds: tuple[str, str], rows: int, changes: int, folder: Path, server: str | None) -> None:
    hub, shop = Side(kinds[0], "hub", folder, server), Side(kinds[1], "shop", folder, server)
    plain = Side(kinds[1], "plain", folder, server)
    base = [row(i, 1) for i in range(rows)]
    hub.many(base)
    there, here = hub.replica(), shop.replica()
    raw_load = timed(lambda: plain.many(base))
    load = timed(lambda: round_(here, there))
    print(
        f"{kinds[0]} to {kinds[1]}, {rows:,} rows: load {load:.1f} s, {load / raw_load:.1f} x raw", flush=True
    )
    step, dead = max(rows // (changes // 2), 1), changes // 20
    updates = [row(i * step, 2) for i in range(changes // 2)]
    new = [row(rows + i, 2) for i in range(changes * 45 // 100)]
    hub.upsert([*updates, *new])
    gone = ", ".join(f"'{row(i * step + 1, 1)[0]}'" for i in range(dead))
    hub.run(f"DELETE FROM thing WHERE id IN ({gone})")
    raw_change = timed(lambda: plain.upsert([*updates, *new]))
    begun = time.perf_counter()
    mine = here.hello(there.hello(here.hello(None)))
    batch = there.offer("shop", mine.since, mine.last)
    offered = time.perf_counter()
    for n in here.missing(batch):
        here.store(batch, n, there.part(batch.id, n))
    stored = time.perf_counter()
    here.apply(batch)
    applied = time.perf_counter()
    print(
        f"  change: {changes:,} in {applied - begun:.2f} s ({offered - begun:.2f} offered, {stored - offered:.2f} sent,"
        f" {applied - stored:.2f} applied), {(applied - begun) / raw_change:.1f} x raw;"
        f" {sum(p.size for p in batch.parts) / 1e6:.2f} MB",
        flush=True,
    )
    for _ in range(3):
        round_(here, there)
    print(f"  no-op: {1000 * min(timed(lambda: round_(here, there)) for _ in range(5)):.1f} ms", flush=True)
    print(f"  sums: {timed(lambda: here.sums('thing', 64)):.1f} s", flush=True)
    some = changes // 5
    limit = row(some * step, 1)[0]
    hub.run(f"UPDATE thing SET city = 'Nice' WHERE id < '{limit}'")
    shop.run(f"UPDATE thing SET city = 'Metz' WHERE id < '{limit}'")
    took = timed(lambda: round_(here, there))
    lost = hub.store._read(sa.text("SELECT count(*) AS n FROM pipeline_sync_record"))[0]["n"]
    print(f"  clash: {lost:,} records in {took:.1f} s, {lost / took:,.0f} a second", flush=True)
    for side in (hub, shop, plain):
        side.store.close()


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rows", type=int, default=1_000_000)
    words.add_argument("--changes", type=int, default=100_000)
    words.add_argument("--postgres")
    words.add_argument("--pairs", default="sqlite-sqlite")
    given = words.parse_args()
    for names in given.pairs.split(","):
        first, second = ("sqlite" if name == "sqlite" else "postgresql" for name in names.split("-"))
        with tempfile.TemporaryDirectory() as folder:
            pair((first, second), given.rows, given.changes, Path(folder), given.postgres)


if __name__ == "__main__":
    main()
