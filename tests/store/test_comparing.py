"""Checksums and rows in order: equal on both databases for every type, and a changed row is found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from pipeline.errors import PipelineError
from pipeline.store import connect
from pipeline.store.base import SqlStore
from pipeline.store.tables import business_tables
from pipeline.sync.comparing import compare, is_level, plan
from pipeline.sync.local import LocalReplica
from tests.store.test_foreign import run

NOW = datetime(2026, 11, 25, 10, tzinfo=timezone.utc)  # noqa: UP017
DDL = {
    "sqlite": "CREATE TABLE things (code TEXT NOT NULL PRIMARY KEY, name VARCHAR(40) UNIQUE, n INTEGER, price DECIMALTEXT(12,3),"
    ' weight REAL, yes BOOLEAN, day DATE, at TIMESTAMP, extra JSON, raw BLOB, "50%" TEXT)',
    "postgresql": "CREATE TABLE things (n bigint, code text PRIMARY KEY, name varchar(40) UNIQUE, price numeric(12,3),"
    ' weight double precision, yes boolean, day date, at timestamp, extra jsonb, raw bytea, "50%%" text)',
}
ROWS = [
    ("a", "Thé vert\x1f\x01", 5, "12.500", 0.1, True, "2026-01-31", "2026-11-24 08:00:00", '{"b": 1.50, "a": [1, null]}', b"\x00\xff", ""),
    ("Z", "", -(2**62), "0.000", -0.0, False, "2026-02-28", "2026-11-24 08:00:00.000001", "[]", b"", None),
    ("é", None, None, None, 1e22, None, None, None, None, None, "1:x"),
    ("b", "\x01", 0, "100", 5e-324, True, "2000-02-29", "2026-11-24 08:00:00.5", '"x"', None, "-1:"),
]  # fmt: skip


class Pair:
    """The same table on SQLite and PostgreSQL."""

    def __init__(self, urls: dict[str, str], stack: ExitStack) -> None:
        self.urls = urls
        self.stores: dict[str, SqlStore] = {}
        for kind, url in urls.items():
            made = connect(url, "none")
            assert isinstance(made, SqlStore)
            stack.callback(made.close)
            made.migrate()
            self.stores[kind] = made

    def replica(self, kind: str, site: str = "", names: tuple[str, ...] = ("things",)) -> LocalReplica:
        return LocalReplica(self.stores[kind].syncing(names), site or kind, None, lambda: NOW)

    def put(self, kind: str, *rows: tuple[Any, ...]) -> None:
        names = ("code", "name", "n", "price", "weight", "yes", "day", "at", "extra", "raw", '"50%"')
        mark = "?" if kind == "sqlite" else "%s"
        with self.stores[kind]._transaction() as conn:
            text = f"INSERT INTO things ({', '.join(names)}) VALUES ({', '.join([mark] * len(names))})"
            text = text if kind == "sqlite" else text.replace('"50%"', '"50%%"')
            for row in rows:
                conn.exec_driver_sql(text, row)


@pytest.fixture
def pair(pg_database: str, tmp_path: Path) -> Iterator[Pair]:
    urls = {"sqlite": f"sqlite:///{tmp_path}/a.db", "postgresql": pg_database}
    for kind, url in urls.items():
        run(url, DDL[kind].replace("%%", "%"))
    with ExitStack() as stack:
        yield Pair(urls, stack)


def test_every_type_has_one_checksum(pair: Pair) -> None:
    for kind in pair.stores:
        pair.put(kind, *ROWS)
    sides = [pair.replica(kind) for kind in pair.stores]
    one, other = (side.sums("things", 4096) for side in sides)
    assert one == other
    assert one.rows == len(ROWS)
    assert sum(map(bool, one.buckets)) == len(ROWS)
    a, b = (side.entries("things", (), "", ()) for side in sides)
    assert a == b
    assert [row[0] for row in a.rows] == ['["Z"]', '["a"]', '["b"]', '["é"]']
    a, b = (side.entries("things", ("name",), "", ()) for side in sides)
    assert a == b
    assert len(a.rows) == 3


@pytest.mark.parametrize(
    "change",
    ["name = 'Thé vert'", "n = 6", "price = 12.501", "weight = 0.10000000000000002", "day = '2026-02-01'", "raw = NULL",
     "at = '2026-11-24 08:00:00.000001'", "extra = '{\"b\": 1.5, \"a\": [1, 0]}'"],
)  # fmt: skip
def test_one_changed_value_is_found(pair: Pair, change: str) -> None:
    for kind in pair.stores:
        pair.put(kind, *ROWS)
    here, there = (pair.replica(kind) for kind in pair.stores)
    shape = here.hello(None).tables[0]
    assert compare(here, there, shape).same
    run(pair.urls["sqlite"], f"UPDATE things SET {change} WHERE code = 'a'")
    run(pair.urls["postgresql"], "DELETE FROM things WHERE code = 'b'")
    pair.put("postgresql", ("c", "new", *[None] * 9))
    found = compare(here, there, shape)
    assert [(row.key, row.where) for row in found.first] == [
        ('["a"]', "both"),
        ('["b"]', "here"),
        ('["c"]', "there"),
    ]
    assert (found.equal, found.only_here, found.only_there, found.differ) == (2, 1, 1, 1)


def test_pages_follow_each_other(pair: Pair) -> None:
    from pipeline.store.syncing import sums

    for kind in pair.stores:
        pair.put(kind, *ROWS)
        (table,) = pair.stores[kind].syncing(["things"]).tables()
        with pair.stores[kind]._transaction(write=False) as conn:
            after, seen = "", []
            while True:
                rows, after = sums.entries(conn, table, after=after, limit=1)
                seen += [key for key, _ in rows]
                if not after:
                    break
        assert seen == ['["Z"]', '["a"]', '["b"]', '["é"]']


def test_a_plan_says_all_of_it(pair: Pair) -> None:
    pair.put("sqlite", ROWS[0], ROWS[1])
    pair.put("postgresql", ROWS[0], ("other", "", *ROWS[1][2:]))
    serial = {"sqlite": "INTEGER", "postgresql": "serial"}
    for kind in pair.stores:
        run(
            pair.urls[kind],
            "CREATE TABLE logs (body text)",
            f"CREATE TABLE shelf (id {serial[kind]} PRIMARY KEY, stock INTEGER)",
        )
    run(
        pair.urls["sqlite"],
        "CREATE TABLE mine (id TEXT NOT NULL PRIMARY KEY COLLATE NOCASE)",
        "ALTER TABLE shelf ADD COLUMN more TEXT",
    )
    names = ("things", "logs", "shelf")
    here, there = pair.replica("sqlite", "same", (*names, "mine")), pair.replica("postgresql", "same", names)
    found = plan(here, there, here.hello(None), there.hello(None), here.about(), there.about())
    codes = [said.code for said in found.refused]
    assert codes == [
        "syncing.same_site", "syncing.column_only_here", "syncing.table_only_here", "syncing.two_counters",
        "syncing.other_order",
    ]  # fmt: skip
    assert [said.code for said in found.left] == ["syncing.no_key"]
    assert [(said.code, said.args.get("column")) for said in found.warnings] == [
        ("syncing.level", "stock"), *[("syncing.unlogged", None)] * 3
    ]  # fmt: skip
    (things,) = found.tables
    assert (things.here, things.there, things.equal, things.only_here, things.only_there) == (2, 2, 1, 1, 1)
    assert (things.clashes, things.clashing[0].columns, things.clashing[0].values) == (1, ("name",), "")


def test_triggers_come_and_go(pair: Pair) -> None:
    for kind, store in pair.stores.items():
        syncing = store.syncing(["things"])
        assert syncing.about()["unlogged"] == ("things",)
        assert syncing.install_named([]) == ["things"]
        assert syncing.install_named(["things"]) == []
        assert syncing.about()["unlogged"] == ()
        pair.put(kind, ROWS[0])
        assert syncing.remove_named([]) == ["things"]
        assert syncing.remove_named(["things"]) == []
        pair.put(kind, ROWS[1])
        with store._transaction(write=False) as conn:
            assert conn.exec_driver_sql("SELECT count(*) FROM pipeline_change").scalar_one() == 1
        with pytest.raises(PipelineError) as told:
            syncing.remove_named(["nothing"])
        assert told.value.said.code == "syncing.no_table"


def test_our_own_tables_stay_recorded(store: SqlStore) -> None:
    syncing = store.syncing(None)
    assert not syncing.about()["unlogged"]
    with pytest.raises(PipelineError) as told:
        syncing.remove_named(["product"])
    assert told.value.said.code == "syncing.keeps_record"


def test_our_tables_have_equal_checksums(pg_database: str, tmp_path: Path) -> None:
    found = []
    for url in (f"sqlite:///{tmp_path}/a.db", pg_database):
        made = connect(url)
        assert isinstance(made, SqlStore)
        made.migrate()
        with made._transaction() as conn:
            product = next(t for t in business_tables() if t.name == "product")
            conn.execute(
                product.insert().values(
                    id=UUID(int=5), name="Tea", code="T", custom={"b": 1, "a": "é"},
                    created_at=NOW, updated_at=NOW,
                )
            )  # fmt: skip
        replica = LocalReplica(made.syncing(None), "x", None, lambda: NOW)
        found.append((replica.sums("product", 4096), replica.entries("product", (), "", ())))
        made.close()
    assert found[0] == found[1]
    assert found[0][1].rows[0][0] == f'["{5:032x}"]'


def test_levels_are_told_from_amounts() -> None:
    assert is_level("products", "stock")
    assert is_level("stock_level", "quantity")
    assert is_level("account", "balance")
    assert not is_level("sales_order_line", "quantity")
    assert not is_level("stock_movement", "quantity")
    assert not is_level("customers", "name")
