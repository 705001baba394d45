"""A file that is held has changed nothing; what a person agreed to goes in."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from pipeline import files as disk
from pipeline.brake import FEW, Brake
from pipeline.errors import PipelineError
from pipeline.store.base import SqlStore
from pipeline.store.model import LedgerFile, Load
from tests.store.test_exam import NOW, arrival, frame, plan
from tests.store.test_undo import checksum


def rows(number: int, amount: str = "12.5", first: int = 0) -> pl.DataFrame:
    return frame(*((f"{n:05d}", amount, "x") for n in range(first, first + number)))


def put(
    store: SqlStore, sheet: pl.DataFrame, brake: Brake | None = None, of: int | None = None
) -> LedgerFile:
    with store.staging(plan()) as staging:
        staging.add(sheet)
        made = replace(arrival(disk.new_claim(NOW).encode()), replay_of=of)
        loaded = Load(made, staging, plan(), sheet.height, "{}", brake=brake or Brake())
        tried = store.attempt(loaded, NOW)
        done = store.commit([loaded], NOW)[0]
        assert (tried.file.state, tried.file.reason) == (done.state, done.reason)
        return done


def usual(store: SqlStore) -> None:
    for n in range(FEW):
        assert put(store, rows(150, f"{12 + n}.5")).state == "committed"


@pytest.mark.parametrize(
    ("sheet", "code"),
    [
        (rows(10), "states.brake_rows"),
        (rows(150, "1250"), "states.brake_bigger"),
        (rows(150, "1250", 1000), "states.brake_bigger"),
    ],
)
def test_an_unusual_file_is_held_and_changes_nothing(store: SqlStore, sheet: pl.DataFrame, code: str) -> None:
    usual(store)
    before = checksum(store)
    held = put(store, sheet)
    assert held.reason is not None
    assert (held.state, held.reason.code, held.inserted, held.updated) == ("held", code, 0, 0)
    assert checksum(store) == before
    done = put(store, sheet, of=held.id)
    assert done.state == "committed"
    told = store.by_id(held.id)
    assert told is not None
    assert told.state == "approved"
    assert told.reason is not None
    assert told.reason.args["id"] == done.id
    assert checksum(store) != before


def test_what_is_rejected_stays_out(store: SqlStore) -> None:
    usual(store)
    held = put(store, rows(10))
    assert store.reject(held.id, "anna", NOW).state == "rejected"
    with pytest.raises(PipelineError):
        store.reject(held.id, "anna", NOW)
    assert put(store, rows(150, "13.5")).state == "committed"


def test_nothing_is_asked_early_or_where_it_is_off(store: SqlStore) -> None:
    assert put(store, rows(5)).state == "committed"
    assert put(store, rows(500, "1250")).state == "committed"
    usual(store)
    assert put(store, rows(3), Brake(off=True)).state == "committed"
    assert put(store, rows(3), Brake(rows=1000)).state == "committed"


def test_limits_of_a_person_count_from_the_second_file_on(store: SqlStore) -> None:
    assert put(store, rows(30), Brake(prices=50)).state == "committed"
    held = put(store, rows(30, "13"), Brake(prices=50))
    assert held.reason is not None
    assert (held.state, held.reason.code) == ("held", "states.brake_changed")
