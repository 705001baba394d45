"""Changes exactly, on PostgreSQL too: transactions that overlap, commit late, or belong to another cluster."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.exports.conftest import Shop, table


@pytest.fixture
def writers(shop: Shop) -> Iterator[list[sa.Connection]]:
    """Other programs, each with a connection of its own."""
    if shop.store.kind != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    engine = sa.create_engine(shop.store._engine.url)
    made = [engine.connect() for _ in range(4)]
    yield made
    for conn in made:
        conn.close()
    engine.dispose()


def status(conn: sa.Connection, number: str, text: str) -> None:
    orders = table("sales_order")
    conn.execute(orders.update().where(orders.c.number == number).values(status=text))


def exported(shop: Shop, **more: str) -> list[str]:
    """One export of changes: the numbers and states that were written."""
    before = set(shop.files()) if (shop.root / "outbox").exists() else set()
    shop.export(MAPPING, what="changes", **more)
    new = [text for name, text in shop.files().items() if name not in before]
    return [line for text in new for line in text.splitlines()[1:]]


MAPPING = """
version = 1
[export]
table = "sales_order"
order = ["number"]
[export.columns]
"No" = "number"
"State" = "status"
"""


def test_a_transaction_that_commits_late_is_not_missed(shop: Shop, writers: list[sa.Connection]) -> None:
    for number in "123":
        shop.order(number, status="new")
    exported(shop)
    slow, quick, *_ = writers
    status(slow, "1", "slow")  # has its number in the log, and is not there yet
    status(quick, "2", "quick")
    quick.commit()
    first = exported(shop)
    assert first in ([], ["2,quick"])  # what is written must not be written past what is open
    slow.commit()
    second = exported(shop)
    assert set(first + second) >= {"1,slow", "2,quick"}
    assert sorted(first + second) == ["1,slow", "2,quick"]
    assert exported(shop) == []


# Steps of two transactions, "s" and "q": "s1" changes an order, "s." commits. "x" exports, "x=s1=q." with steps between its
# note and its look: what begins then is the newest transaction of all, and none that began later has ended.
LATE = [
    "q1 q. x=s1 s. x",
    "q1 q. x=s1 q2 q. x s. x",
    "q1 x=s1=q2=q. s. x",
    "q1 x=s1=q2=q. q1 q. x s. x",
    "q1 q. x=s1 s2 s. x",
    "q1 q. x=s1 x=q2 s. x q. x",
    "q1 q. x=s1=q2 s. x q. x",
    "q1 q. x=s1=q2 q. x s. x",
    "s1 q1 q. x s. x",
]


@pytest.mark.parametrize("before", ["pg_get_serial_sequence('pipeline_change'", "pg_current_snapshot()"])
@pytest.mark.parametrize("steps", LATE)
def test_the_newest_open_transaction_is_not_missed(
    steps: str, before: str, shop: Shop, writers: list[sa.Connection]
) -> None:
    now = dict.fromkeys(("q1", "q2", "s1", "s2"), "new")
    for number, text in now.items():
        shop.order(number, status=text)
    exported(shop)
    whose, known, held, inside = {"s": writers[0], "q": writers[1]}, dict(now), dict[str, str](), list[str]()

    def do(step: str) -> None:
        if step[1] == ".":
            whose[step[0]].commit()
            now.update((number, held.pop(number)) for number in sorted(held) if number[0] == step[0])
        else:
            held[step] = f"{step} again" if now[step] == step else step
            status(whose[step[0]], step, held[step])

    @sa.event.listens_for(shop.store._engine, "before_cursor_execute")
    def asked(conn: object, cursor: object, statement: str, *_: object) -> None:
        while before in statement and inside:
            do(inside.pop(0))

    for step in steps.split():
        if step[0] == "x":
            inside[:] = step.split("=")[1:]
            known.update(line.split(",") for line in exported(shop))
            assert inside == []
        else:
            do(step)
    assert known == now
    assert exported(shop) == []


def test_many_writers_and_no_row_lost_or_stale(shop: Shop, writers: list[sa.Connection]) -> None:
    """The last state of each row that an export saw is the database's."""
    chance = random.Random(11)
    for n in range(12):
        shop.order(f"{n:02d}", status="new")
    known = dict(line.split(",") for line in exported(shop))
    for turn in range(60):
        n = chance.randrange(len(writers))
        mine = [f"{i:02d}" for i in range(n, 12, len(writers))]  # no two wait for each other
        status(writers[n], chance.choice(mine), f"t{turn}")
        if chance.random() < 0.5:
            writers[chance.randrange(len(writers))].commit()
        if chance.random() < 0.3:
            known.update(line.split(",") for line in exported(shop))
    for conn in writers:
        conn.commit()
    known.update(line.split(",") for line in exported(shop))
    orders = table("sales_order").c
    with shop.store._transaction(write=False) as conn:
        assert known == dict(map(tuple, conn.execute(sa.select(orders.number, orders.status))))
    assert exported(shop) == []


def test_an_open_transaction_that_holds_changes_back_is_told(
    shop: Shop, writers: list[sa.Connection]
) -> None:
    shop.order("1", status="new")
    exported(shop)
    status(writers[0], "1", "open")
    shop.order("2", status="new")
    with shop.store._transaction() as conn:
        conn.exec_driver_sql("UPDATE pipeline_change SET at = at - interval '90 seconds'")
    done = shop.export(MAPPING, what="changes")
    assert done.said is not None
    assert (done.said.code, int(done.said.args["seconds"]) >= 90) == ("exports.waits_for", True)


def test_a_database_restored_into_another_cluster_loses_no_change(shop: Shop) -> None:
    """Its log holds transaction numbers that this cluster will not reach for long."""
    if shop.store.kind != "postgresql":
        pytest.skip("SQLite's log has no transaction numbers")
    shop.order("1", status="new")
    exported(shop)
    shop.order("2", status="new")
    with shop.store._transaction() as conn:
        conn.exec_driver_sql("UPDATE pipeline_change SET txid = (txid::bigint + 1000000000)::text")
        jobs = table("pipeline_export_job")
        mark = conn.execute(sa.select(jobs.c.mark)).scalar_one()
        import json

        old = json.loads(mark)
        old["x"], old["t"][0] = old["x"] + 1000000000, old["t"][0] + 1000000000
        conn.execute(jobs.update().values(mark=json.dumps(old)))
    assert exported(shop) == ["2,new"]
    shop.order("3", status="new")
    assert exported(shop) in (["3,new"], ["2,new", "3,new"])
    assert exported(shop) == []


def test_changes_that_nobody_records_are_told(shop: Shop) -> None:
    from pipeline.errors import MappingUnfit
    from pipeline.store import triggers
    from pipeline.store.target import ours

    shop.order("1")
    exported(shop)
    with shop.store._transaction() as conn:
        name = next(iter(triggers.names(conn, ours()["sales_order"])))
        on = ' ON "sales_order"' if shop.store.kind == "postgresql" else ""
        conn.exec_driver_sql(f'DROP TRIGGER "{name}"{on}')
    with pytest.raises(MappingUnfit, match="not recorded"):
        exported(shop)
