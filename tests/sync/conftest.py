"""A PostgreSQL database of a shop for a whole module: making one takes a second."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipeline.store.base import SqlStore
from tests.databases import Server
from tests.sync.world import open_store


@pytest.fixture(scope="module")
def office(server: Server) -> Iterator[SqlStore]:
    """A store on PostgreSQL with the tables of the shop; `wiped` makes it empty."""
    with server.database() as url:
        store = open_store(url)
        yield store
        store.close()
