"""The gates of running jobs, on a real database: once for each opening whatever happens in between."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clock import Now
from pipeline.engine.gates import Gate, Gates
from pipeline.errors import Environment
from pipeline.jobs import ImportJob
from pipeline.schedule import Always, Daily, Every, Schedule
from pipeline.store import connect
from pipeline.store.base import SqlStore
from pipeline.store.model import Store
from pipeline.words import message
from tests.databases import ready_sqlite
from tests.test_schedule import instants, opens, quick, several, utc, zones

THREE = Daily((time(3),), "UTC")
NUMBER = count()
deeds = st.tuples(st.integers(1, 60 * 60 * 20), st.sampled_from(("", "", "restart", "pause")), st.booleans())


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gates") / "shop.db"


@pytest.fixture(scope="module")
def store(database: Path) -> Iterator[SqlStore]:
    database.write_bytes(ready_sqlite())
    made = connect(f"sqlite:///{database}")
    assert isinstance(made, SqlStore)
    yield made
    made.close()


def a_job(schedule: Schedule = THREE, name: str = "") -> ImportJob:
    place = Path("/nowhere")
    return ImportJob(name or f"job{next(NUMBER)}", "m", place, place, place, schedule=schedule)


def at(moment: str | datetime) -> Now:
    """A moment; the monotonic clock goes as the wall clock does."""
    wall = utc(moment) if isinstance(moment, str) else moment
    return Now(wall, wall.timestamp())


def alone(store: Store, job: ImportJob) -> tuple[Gates, Gate]:
    gates = Gates([job], store)
    return gates, gates.all[job.name]


@given(several, zones, instants, st.lists(deeds, min_size=1, max_size=10))
@quick
def test_each_slot_opens_once_whatever_restarts_and_pauses_come_between(
    store: SqlStore,
    times: tuple[time, ...],
    zone: str,
    start: datetime,
    deeds: list[tuple[int, str, bool]],
) -> None:
    schedule = Daily(times, zone)
    job, now = a_job(schedule), start.replace(second=0, microsecond=0)
    gates, gate = alone(store, job)
    assert gates.step(at(now)) == []
    last, going_on = now, None
    for seconds, deed, finished in deeds:
        now += timedelta(seconds=seconds)
        if deed == "restart":
            gates, gate = alone(store, job)
        opened = gates.step(at(now), {job.name} if deed == "pause" else ())
        if deed == "pause":
            assert opened == []
            continue
        if going_on is None:
            known = opens(schedule, last, (now - last) // timedelta(minutes=1))
            going_on = known[-1] if known else None
            last = going_on or last
            assert opened == [gate] * (going_on is not None)
        assert gate.opening == going_on
        if finished and going_on is not None:
            gates.close(gate, now)
            going_on = None
    assert gate.is_open == (going_on is not None)


def days_of_march(gates: Gates, job: str, first: int, last: int) -> list[int]:
    """Look every half hour from one noon to another; each opening takes a file. The days that opened."""
    now, found = datetime(2026, 3, first, 12, tzinfo=utc("2026-03-01T00:00").tzinfo), []
    while now.day < last or now.hour < 12:
        for gate in gates.step(at(now)):
            assert gate.opening is not None
            assert gate.opening <= now
            found.append(gate.opening.day)
            gate.files = 1
            gates.close(gate, now)
        now += timedelta(minutes=30)
    return found


@pytest.mark.parametrize("restart", [False, True])
def test_a_clock_set_back_two_days_opens_no_slot_again_and_does_not_stop_the_job(
    store: SqlStore, restart: bool
) -> None:
    job = a_job()
    gates, _ = alone(store, job)
    assert days_of_march(gates, job.name, 1, 10) == [2, 3, 4, 5, 6, 7, 8, 9, 10]
    if restart:
        gates, _ = alone(store, job)
    assert days_of_march(gates, job.name, 8, 13) == [11, 12, 13]


def test_a_clock_that_was_ahead_once_makes_up_for_the_days_between(store: SqlStore) -> None:
    job = a_job()
    gates, _ = alone(store, job)
    assert days_of_march(gates, job.name, 1, 3) == [2, 3]
    assert days_of_march(gates, job.name, 20, 21) == [20, 21]
    assert days_of_march(gates, job.name, 3, 7) == [4, 5, 6, 7]


def test_a_last_opening_in_the_future_does_not_open_what_is_past(store: SqlStore) -> None:
    job = a_job()
    gates, gate = alone(store, job)
    gates.step(at("2026-03-08T12:00"))
    assert gates.step(at("2026-03-07T14:00")) == []
    assert gates.step(at("2026-03-08T03:00")) == [gate]


def test_until_a_file_has_come_an_empty_look_closes_nothing(store: SqlStore) -> None:
    job = a_job(replace(THREE, until=time(5)))
    gates, gate = alone(store, job)
    gates.step(at("2026-03-01T12:00"))
    assert gates.step(at("2026-03-02T03:00")) == [gate]
    gate.found(set(), at("2026-03-02T03:00"))
    assert gate.names is None
    assert gate.still_open(at("2026-03-02T04:59"))
    gates, gate = alone(store, job)  # a restart goes on with it
    assert gates.step(at("2026-03-02T04:00")) == [gate]
    gate.found({b"never complete"}, at("2026-03-02T04:00"))
    gate.found({b"never complete", b"late"}, at("2026-03-02T04:30"))
    assert gate.names == {b"never complete", b"late"}
    gate.files = 1
    gate.found({b"too late"}, at("2026-03-02T04:31"))
    assert gate.names == {b"never complete", b"late"}
    assert not gate.still_open(at("2026-03-02T04:31"))


def test_past_its_until_the_next_look_decides_also_after_a_restart(store: SqlStore) -> None:
    job = a_job(replace(THREE, until=time(5)))
    gates, gate = alone(store, job)
    gates.step(at("2026-03-01T12:00"))
    gates.step(at("2026-03-02T03:00"))
    gates, gate = alone(store, job)
    assert gates.step(at("2026-03-02T05:00")) == [gate]
    assert not gate.still_open(at("2026-03-02T05:00"))
    gate.found(set(), at("2026-03-02T05:00"))
    assert gate.names == set()
    gates.close(gate, utc("2026-03-02T05:00"))
    gates, gate = alone(store, job)
    assert gates.step(at("2026-03-02T05:01")) == []


def test_without_until_the_first_look_decides(store: SqlStore) -> None:
    gates, gate = alone(store, a_job())
    gates.step(at("2026-03-01T12:00"))
    gates.step(at("2026-03-02T03:00"))
    gate.found({b"a"}, at("2026-03-02T03:00"))
    gate.found({b"a", b"b"}, at("2026-03-02T03:00"))
    assert gate.names == {b"a"}
    assert not gate.still_open(at("2026-03-02T03:00"))


def test_a_clock_set_back_before_the_opening_does_not_keep_it_open(store: SqlStore) -> None:
    gates, gate = alone(store, a_job(replace(THREE, until=time(5))))
    gates.step(at("2026-03-01T12:00"))
    gates.step(at("2026-03-02T03:00"))
    assert not gate.still_open(at("2026-02-28T03:00"))


def test_other_jobs_while_running(store: SqlStore) -> None:
    kept, changed, gone = a_job(), a_job(replace(THREE, until=time(5))), a_job()
    gates = Gates([kept, changed, gone], store)
    gates.step(at("2026-03-01T12:00"))
    assert len(gates.step(at("2026-03-02T03:00"))) == 3
    before = dict(gates.all)
    new = a_job()
    other = replace(changed, schedule=Daily((time(22),), "UTC"))
    gates.follow([replace(kept, mapping="n"), other, new])
    assert set(gates.all) == {kept.name, changed.name, new.name}
    assert gates.all[kept.name] is before[kept.name]
    assert gates.all[kept.name].job.mapping == "n"
    assert gates.all[kept.name].opening == utc("2026-03-02T03:00"), "what is going on goes on"
    assert gates.step(at("2026-03-02T04:00")) == [], "the others are not late"
    assert not gates.all[changed.name].is_open, "the opening of its earlier hours does not go on"
    opened = gates.step(at("2026-03-02T22:00"))
    assert [gate.job.name for gate in opened] == [changed.name]


def test_hours_that_were_taken_away_and_given_back_are_not_late(store: SqlStore) -> None:
    job = a_job()
    gates, _ = alone(store, job)
    gates.step(at("2026-03-01T12:00"))
    gates.follow([replace(job, schedule=Always())])
    gates.step(at("2026-03-01T13:00"))
    assert gates.all[job.name].is_open
    gates.follow([job])
    assert gates.step(at("2026-03-05T12:00")) == []
    assert gates.step(at("2026-03-06T03:00")) != []


def test_a_database_that_is_locked_at_the_hour_delays_the_opening_and_loses_none(
    store: SqlStore, database: Path
) -> None:
    jobs = [a_job(), a_job(Every(30))]
    gates = Gates(jobs, store)
    gates.step(at("2026-03-01T12:00"))
    driver = store.connection().connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    (patience,) = driver.execute("PRAGMA busy_timeout").fetchone()
    driver.execute("PRAGMA busy_timeout = 0")
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Environment):
            gates.step(at("2026-03-02T03:00"))
        other.execute("ROLLBACK")
    driver.execute(f"PRAGMA busy_timeout = {patience}")
    assert [gate.job for gate in gates.step(at("2026-03-02T03:01"))] == jobs


def test_an_opening_whose_answer_was_lost_opens_when_asked_again(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the link is cut after the commit."""
    gates, gate = alone(store, a_job())
    gates.step(at("2026-03-01T12:00"))

    def cut(job: str, opening: datetime, now: datetime) -> bool:
        monkeypatch.undo()
        store.open(job, opening, now)
        raise Environment(message("store.unreachable", where="", why=""))

    monkeypatch.setattr(store, "open", cut)
    with pytest.raises(Environment):
        gates.step(at("2026-03-02T03:00"))
    assert gates.step(at("2026-03-02T03:01")) == [gate]
    assert gate.opening == utc("2026-03-02T03:00")


def test_two_services_share_the_openings_of_a_job(store: SqlStore) -> None:
    job = a_job()
    (one, first), (two, _) = alone(store, job), alone(store, job)
    one.step(at("2026-03-01T12:00"))
    two.step(at("2026-03-01T12:00"))
    assert one.step(at("2026-03-02T03:00")) == [first]
    assert two.step(at("2026-03-02T03:00")) == []
    assert two.step(at("2026-03-02T04:00")) == []
