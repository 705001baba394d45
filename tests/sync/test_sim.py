"""Random play against the real engine; `bench/sync_sim.py` plays more."""

from __future__ import annotations

import pytest

from pipeline.store.base import SqlStore
from tests.sync.sim import campaign


@pytest.mark.parametrize("first", range(0, 190, 19))
def test_random_play_on_sqlite(first: int) -> None:
    campaign(first, 19, steps=40)


def test_random_play_with_a_head_office_on_postgresql(office: SqlStore) -> None:
    campaign(1000, 10, office, steps=40)
