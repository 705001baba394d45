"""Faults that random play hardly ever meets, and each rule by itself, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline import faults
from pipeline.sync.local import LocalReplica
from pipeline.sync.rejoining import rejoin
from pipeline.sync.replica import SyncHeld, SyncRefused, SyncRejoin
from pipeline.sync.rounds import pull, round_
from tests.sync.world import Shop, Time, sqlite_shop, wiped

Trio = tuple[Shop, Shop, Shop, Time]


@pytest.fixture(params=["sqlite", "postgresql"])
def trio(request: pytest.FixtureRequest) -> Iterator[Trio]:
    """A head office on each database, and two shops on SQLite that have joined it."""
    time = Time()
    if request.param == "sqlite":
        hub = sqlite_shop("hub", time.at(), hub=True)
    else:
        hub = Shop("hub", wiped(request.getfixturevalue("office")), time.at(), hub=True)
    shops = sqlite_shop("s1", time.at()), sqlite_shop("s2", time.at())
    for shop in shops:
        round_(shop.replica, hub.replica)
    yield hub, *shops, time
    for one in (*shops, hub):
        if one.kind == "sqlite":
            one.store.close()


def write(shop: Shop, time: Time, *statements: str) -> None:
    time.seconds += 1
    shop.local(lambda: [shop.x(s) for s in statements] and None)


def rounds(trio: Trio, many: int = 3) -> None:
    for _ in range(many):
        for shop in trio[1:3]:
            round_(shop.replica, trio[0].replica)


def equal(trio: Trio) -> bool:
    return trio[0].all() == trio[1].all() == trio[2].all()


def kinds(shop: Shop) -> list[str]:
    return sorted(record[0] for record in shop.records())


def test_different_columns_of_a_row_are_no_conflict(trio: Trio) -> None:
    hub, s1, s2, time = trio
    write(hub, time, "INSERT INTO customer VALUES ('c', 'C1', 'Dupont', '1')")
    rounds(trio)
    write(s1, time, "UPDATE customer SET name = 'Dupond'")
    write(s2, time, "UPDATE customer SET phone = '9'")
    rounds(trio)
    assert equal(trio)
    assert hub.all()["customer"] == [("c", "C1", "Dupond", "9")]
    assert kinds(hub) == []


def test_of_two_writes_the_later_stays_and_the_other_is_recorded_everywhere(trio: Trio) -> None:
    hub, s1, s2, time = trio
    write(hub, time, "INSERT INTO customer VALUES ('c', 'C1', 'Dupont', '1')")
    rounds(trio)
    write(s1, time, "UPDATE customer SET phone = '7'")
    write(s2, time, "UPDATE customer SET phone = '9'")
    rounds(trio)
    assert equal(trio)
    assert hub.all()["customer"] == [("c", "C1", "Dupont", "9")]
    for shop in trio[:3]:
        assert shop.records() == [("update", "phone", '"7"', '"9"')]


def test_a_record_that_was_settled_is_settled_everywhere(trio: Trio) -> None:
    hub, s1, s2, time = trio
    write(hub, time, "INSERT INTO customer VALUES ('c', 'C1', 'Dupont', '1')")
    rounds(trio)
    write(s1, time, "UPDATE customer SET phone = '7'")
    write(s2, time, "UPDATE customer SET phone = '9'")
    rounds(trio)
    (record,) = s1.replica.records()
    assert s1.replica.resolved(record.id, "anna")
    assert not s1.replica.resolved(record.id, "anna")
    rounds(trio)
    for shop in trio[:3]:
        assert [(r.state, r.settled_by) for r in shop.replica.records()] == [("resolved", "anna")]


def test_an_order_deleted_while_a_line_was_added_comes_back_whole(trio: Trio) -> None:
    hub, s1, s2, time = trio
    write(
        hub, time, "INSERT INTO customer VALUES ('c', 'C1', 'Dupont', '1')", "INSERT INTO orders VALUES ('o', 'c', 'n', 's')",
        "INSERT INTO order_line VALUES ('l1', 'o', 'a', '1')", "INSERT INTO order_line VALUES ('l2', 'o', 'b', '1')",
    )  # fmt: skip
    rounds(trio)
    write(s1, time, "DELETE FROM orders WHERE id = 'o'")
    write(s2, time, "INSERT INTO order_line VALUES ('l3', 'o', 'c', '1')")
    rounds(trio)
    assert equal(trio)
    assert [row[0] for row in hub.all()["order_line"]] == ["l1", "l2", "l3"]
    assert "revived" in kinds(hub)


def test_a_line_that_was_deleted_by_itself_stays_deleted(trio: Trio) -> None:
    hub, s1, s2, time = trio
    write(
        hub, time, "INSERT INTO customer VALUES ('c', 'C1', 'Dupont', '1')", "INSERT INTO orders VALUES ('o', 'c', 'n', 's')",
        "INSERT INTO order_line VALUES ('l1', 'o', 'a', '1')", "INSERT INTO order_line VALUES ('l2', 'o', 'b', '1')",
    )  # fmt: skip
    rounds(trio)
    write(s1, time, "DELETE FROM order_line WHERE id = 'l1'")
    write(s1, time, "DELETE FROM orders WHERE id = 'o'")
    write(s2, time, "INSERT INTO order_line VALUES ('l3', 'o', 'c', '1')")
    rounds(trio)
    assert equal(trio)
    assert [row[0] for row in hub.all()["order_line"]] == ["l2", "l3"]


def test_one_code_in_two_shops_keeps_both_and_renames_the_later(trio: Trio) -> None:
    hub, s1, s2, time = trio
    write(s1, time, "INSERT INTO customer VALUES ('a', 'C100', 'Dupont', '1')")
    write(s2, time, "INSERT INTO customer VALUES ('b', 'C100', 'Martin', '2')")
    write(s2, time, "INSERT INTO orders VALUES ('o', 'b', 'n', 's')")
    rounds(trio)
    assert equal(trio)
    codes = {row[0]: row[1] for row in hub.all()["customer"]}
    assert codes["a"] == "C100"
    assert codes["b"].startswith("C100~")
    assert hub.all()["orders"] == [("o", "b", "n", "s")]
    assert kinds(s1) == kinds(s2) == kinds(hub) == ["unique"]


def test_codes_that_change_places_pass(trio: Trio) -> None:
    hub, s1, _, time = trio
    write(
        s1,
        time,
        "INSERT INTO customer VALUES ('a', 'A', 'x', '1')",
        "INSERT INTO customer VALUES ('b', 'B', 'x', '1')",
    )
    rounds(trio)
    write(
        s1, time, "UPDATE customer SET code = 'T' WHERE id = 'a'", "UPDATE customer SET code = 'A' WHERE id = 'b'",
        "UPDATE customer SET code = 'B' WHERE id = 'a'",
    )  # fmt: skip
    rounds(trio)
    assert equal(trio)
    assert [row[:2] for row in hub.all()["customer"]] == [("a", "B"), ("b", "A")]
    assert kinds(hub) == []


def test_one_number_in_two_shops_waits_until_a_person_gives_another(trio: Trio) -> None:
    hub, s1, s2, time = trio
    write(s1, time, "INSERT INTO bill VALUES ('b1', 7, 'x')")
    write(
        s2, time, "INSERT INTO bill VALUES ('b2', 7, 'y')", "INSERT INTO customer VALUES ('c', 'C', 'n', '1')"
    )
    rounds(trio)
    assert [row[1] for shop in trio[:3] for row in shop.all()["bill"]] == [7, 7, 7]
    assert hub.all()["customer"] == s1.all()["customer"] != []  # the rest flows
    assert {"held", "number"} == set(kinds(hub))
    write(s2, time, "UPDATE bill SET number = 8")
    rounds(trio)
    assert equal(trio)
    assert [row[1] for row in hub.all()["bill"]] == [7, 8]
    assert hub.x("SELECT count(*) FROM pipeline_sync_held") == [(0,)]


def test_a_row_that_a_database_refuses_waits_and_the_rest_flows(trio: Trio) -> None:
    hub, s1, _, time = trio
    if hub.kind == "sqlite":
        hub.x("DROP TABLE bill")
        hub.x(
            "CREATE TABLE bill (id VARCHAR(40) NOT NULL PRIMARY KEY, number INTEGER UNIQUE, memo TEXT CHECK (memo <> 'bad'))"
        )
        hub.store.syncing().install()
    else:
        hub.x("ALTER TABLE bill ADD CONSTRAINT good CHECK (memo <> 'bad')")
    try:
        write(
            s1, time, "INSERT INTO bill VALUES ('b1', 1, 'bad')", "INSERT INTO bill VALUES ('b2', 2, 'good')"
        )
        rounds(trio)
        assert hub.all()["bill"] == [("b2", 2, "good")]
        assert kinds(hub) == ["held"]
        write(s1, time, "UPDATE bill SET memo = 'fine' WHERE id = 'b1'")
        rounds(trio)
        assert equal(trio)
    finally:
        if hub.kind != "sqlite":
            hub.x("ALTER TABLE bill DROP CONSTRAINT good")


def test_a_round_with_nothing_to_do_writes_nothing(trio: Trio) -> None:
    hub, s1, _, time = trio
    write(s1, time, "INSERT INTO customer VALUES ('c', 'C1', 'Dupont', '1')")
    rounds(trio)
    tops = [shop.top() for shop in trio[:3]]
    done = round_(s1.replica, hub.replica)
    assert (done.pulled.outcome, done.pushed.outcome) == ("nothing", "nothing")
    assert tops == [shop.top() for shop in trio[:3]]


def test_a_late_batch_after_a_first_contact_is_refused(trio: Trio) -> None:
    """Restored to just after its first contact, a shop gets a batch from the middle of the stream."""
    hub, s1, _, time = trio
    before = s1.backup()
    write(hub, time, "INSERT INTO customer VALUES ('a', 'A', 'x', '1')")
    pull(s1.replica, hub.replica, s1.replica.hello(hub.replica.hello(s1.replica.hello(None))))
    write(hub, time, "INSERT INTO customer VALUES ('b', 'B', 'x', '1')")
    mine = s1.replica.hello(hub.replica.hello(s1.replica.hello(None)))
    late = hub.replica.offer("s1", mine.since, mine.last)
    s1.restore(before)
    for n in s1.replica.missing(late):
        s1.replica.store(late, n, hub.replica.part(late.id, n))
    outcome = s1.replica.apply(late).outcome
    assert outcome == "not_next", "AssertionError: a gap"


def test_a_batch_of_a_lost_life_is_refused(trio: Trio) -> None:
    hub, s1, _, time = trio
    before = s1.backup()
    write(s1, time, "INSERT INTO customer VALUES ('a', 'A', 'x', '1')")
    rounds(trio)
    write(s1, time, "INSERT INTO customer VALUES ('lost', 'L', 'x', '1')")
    theirs = hub.replica.hello(s1.replica.hello(None))
    late = s1.replica.offer("hub", theirs.since, theirs.last)
    parts = [s1.replica.part(late.id, part.n) for part in late.parts]
    s1.restore(before)
    with pytest.raises(SyncRejoin):
        round_(s1.replica, hub.replica)
    rejoin(s1.replica, hub.replica)
    late = replace(late, since=hub.x("SELECT since FROM pipeline_sync_peer WHERE peer = 's1'")[0][0])
    for n, data in enumerate(parts):
        hub.replica.store(late, n, data)
    outcome = hub.replica.apply(late).outcome
    assert outcome == "stale", "AssertionError: a life that is over"
    rounds(trio)
    assert equal(trio)


def test_a_restored_shop_that_only_got_rows_joins_again(trio: Trio) -> None:
    hub, s1, _, time = trio
    before = s1.backup()
    write(hub, time, "INSERT INTO customer VALUES ('a', 'A', 'x', '1')")
    pull(s1.replica, hub.replica, s1.replica.hello(hub.replica.hello(s1.replica.hello(None))))
    hub.replica.apply(s1.replica.offer("hub", 0, ""))  # the office knows that the shop has it
    s1.restore(before)
    with pytest.raises(SyncRejoin):
        round_(s1.replica, hub.replica)
    rejoin(s1.replica, hub.replica)
    rounds(trio)
    assert equal(trio)


def test_a_restored_head_office_holds_every_shop(trio: Trio) -> None:
    hub, s1, s2, time = trio
    if hub.kind != "sqlite":
        pytest.skip("a copy is made by SQLite's own backup")
    before = hub.backup()
    write(hub, time, "INSERT INTO customer VALUES ('a', 'A', 'x', '1')")
    rounds(trio)
    hub.restore(before)
    for shop in (s1, s2):
        with pytest.raises(SyncHeld):
            round_(shop.replica, hub.replica)
    assert hub.all()["customer"] == []
    assert len(s1.all()["customer"]) == 1
    late = sqlite_shop("s3", time.at())
    with pytest.raises(SyncHeld):  # also one that could not know
        round_(late.replica, hub.replica)
    hub.replica.release()
    for shop in (s1, s2):
        with pytest.raises(SyncRejoin):
            round_(shop.replica, hub.replica)
        rejoin(shop.replica, hub.replica)
    rounds(trio)
    assert equal(trio)


def test_one_who_was_away_too_long_must_join_again(trio: Trio) -> None:
    hub, s1, s2, time = trio
    time.seconds += 100 * 86_400
    write(hub, time, "INSERT INTO customer VALUES ('a', 'A', 'x', '1')")
    round_(s1.replica, hub.replica)
    round_(s1.replica, hub.replica)
    write(hub, time, "UPDATE customer SET name = 'y'")
    write(s2, time, "INSERT INTO customer VALUES ('b', 'B', 'x', '1')")
    hub.replica.tidy(timedelta(days=90))
    with pytest.raises(SyncRejoin):
        round_(s2.replica, hub.replica)
    rejoin(s2.replica, hub.replica)
    rounds(trio)
    assert equal(trio)
    assert [row[0] for row in hub.all()["customer"]] == ["a", "b"]


def test_two_filled_databases_wait_for_a_yes(request: pytest.FixtureRequest) -> None:
    time = Time()
    hub, shop = sqlite_shop("hub", time.at(), hub=True), sqlite_shop("s1", time.at())
    write(
        hub,
        time,
        "INSERT INTO customer VALUES ('a', 'A', 'x', '1')",
        "INSERT INTO customer VALUES ('b', 'B', 'x', '1')",
    )
    write(
        shop,
        time,
        "INSERT INTO customer VALUES ('b', 'B', 'other', '1')",
        "INSERT INTO customer VALUES ('c', 'A', 'x', '1')",
    )
    with pytest.raises(SyncHeld):
        round_(shop.replica, hub.replica)
    tried = rejoin(shop.replica, hub.replica, only_try=True)
    assert tried.taken == {"customer": (1, 1, 1)}
    assert [row[0] for row in shop.all()["customer"]] == ["b", "c"]  # nothing written
    shop.replica.accept("hub")
    for _ in range(2):
        round_(shop.replica, hub.replica)
    assert hub.all() == shop.all()
    rows = {row[0]: row for row in hub.all()["customer"]}
    assert rows["b"][2] == "x"
    assert rows["c"][1].startswith("A~")
    assert kinds(hub) == kinds(shop) == ["rejoin-both", "unique"]


def test_a_first_load_goes_on_where_it_was_cut(trio: Trio) -> None:
    hub, _, _, time = trio
    write(
        hub,
        time,
        "INSERT INTO customer VALUES ('c', 'C1', 'Dupont', '1')",
        "INSERT INTO orders VALUES ('o', 'c', 'n', 's')",
    )
    new = sqlite_shop("s3", time.at())
    faults._ARMED["sync.taken"] = (2, "eio", "")
    try:
        with pytest.raises(OSError):
            round_(new.replica, hub.replica)
    finally:
        faults._ARMED.clear()
        faults._SEEN.clear()
    write(hub, time, "INSERT INTO customer VALUES ('d', 'D1', 'Durand', '1')", "UPDATE orders SET note = 'm'")
    round_(new.replica, hub.replica)
    assert new.all() == hub.all()


def test_a_clock_that_is_ahead_holds_the_peer(trio: Trio) -> None:
    hub, _, _, time = trio
    early = sqlite_shop("s3", time.at(3600))
    strict = LocalReplica(hub.store.syncing(), "hub", None, time.at(), hub=True)
    with pytest.raises(SyncHeld, match="3600 seconds ahead"):
        round_(early.replica, strict)


def test_one_name_twice_is_refused(trio: Trio) -> None:
    hub, _, _, time = trio
    with pytest.raises(SyncRefused, match="both sides call themselves hub"):
        round_(sqlite_shop("hub", time.at()).replica, hub.replica)


def test_a_column_on_one_side_only_is_named(trio: Trio) -> None:
    hub, s1, _, time = trio
    write(s1, time, "INSERT INTO customer VALUES ('c', 'C1', 'Dupont', '1')")
    s1.x("ALTER TABLE customer ADD COLUMN vat TEXT")
    with pytest.raises(SyncRefused, match="column vat of customer"):
        round_(s1.replica, hub.replica)
    hub.x("ALTER TABLE customer ADD COLUMN vat TEXT")
    try:
        round_(s1.replica, hub.replica)
        assert hub.all()["customer"] == [("c", "C1", "Dupont", "1")]
    finally:
        hub.x("ALTER TABLE customer DROP COLUMN vat")
