"""The verbs of `Exports` on a store's connection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Literal

from pipeline.mapping.model import Catalogue
from pipeline.store.arrivals import Arrivals
from pipeline.store.exporting.looking import look_postgres, look_sqlite
from pipeline.store.exporting.memory import ExportMemory
from pipeline.store.exporting.model import Look
from pipeline.store.target import Target


class SqlExports(ExportMemory):
    """`catalogue` and `targets`: every table that can be read, asked when a look begins."""

    def __init__(
        self,
        session: Arrivals,
        kind: Literal["sqlite", "postgresql"],
        catalogue: Callable[[], Catalogue],
        targets: Callable[[], Mapping[str, Target]],
    ) -> None:
        super().__init__(session)
        self._kind, self._catalogue, self._targets = kind, catalogue, targets

    def look(self, since: str) -> AbstractContextManager[Look]:
        look = look_sqlite if self._kind == "sqlite" else look_postgres
        return look(self._session, since, self._catalogue(), self._targets())
