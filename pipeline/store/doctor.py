"""What is asked of a database without changing anything in it: facts, rights, and the triggers a load would make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa

from pipeline.errors import Environment
from pipeline.store import triggers
from pipeline.store.failures import translated
from pipeline.store.migrate import state_on
from pipeline.store.model import DatabaseFacts
from pipeline.store.own import known_targets
from pipeline.store.rights import Right
from pipeline.store.session import Session
from pipeline.store.target import Target, ours
from pipeline.words import Language, message, render


class Doctor(Session):
    """Questions that change nothing, also asked where there is no database yet."""

    def facts(self, tables: Sequence[str] = ()) -> DatabaseFacts:
        try:
            with self._looking() as conn:
                return self._facts(conn, tables)
        except Environment as trouble:
            return DatabaseFacts(self.kind, self._where, trouble=trouble.said)

    def any_table(self) -> bool:
        """Has the database any table, of whatever program?"""
        with self._looking() as conn:
            return bool(sa.inspect(conn).get_table_names())

    def _facts(self, conn: sa.Connection, tables: Sequence[str]) -> DatabaseFacts:
        found = state_on(conn, self._place)
        lacking: list[str] = []
        if found == "current":
            lacking = triggers.missing(conn, self._logged(conn, tables))
        version, role, schema = self._about(conn)
        return DatabaseFacts(self.kind, self._where, version, role, schema, found, tuple(lacking))

    def _logged(self, conn: sa.Connection, tables: Sequence[str]) -> list[Target]:
        """The tables that should have triggers: all of ours; of another program's those that a job writes to."""
        known = known_targets(conn, self._place)
        mine = [] if self._place.foreign else [known[name] for name in ours()]
        return [*mine, *(known[name] for name in tables if name in known and known[name] not in mine)]

    def announce(self, tables: Sequence[str], language: Language = "en") -> list[str]:
        with self._looking() as conn:
            lines = []
            for target in self._logged(conn, tables):
                lacking = triggers.missing(conn, [target])
                for name, word in triggers.names(conn, target).items():
                    if target.name in tables and name in lacking:
                        said = message("store.announce", table=target.name, trigger=name, word=word)
                        lines.append(render(said, language))
        return lines

    def rights(self, tables: Sequence[str]) -> list[Right]:
        with self._looking() as conn:
            return self._rights(conn, tables)

    def _about(self, conn: sa.Connection) -> tuple[str, str, str]:
        """(version, role, schema of our tables)"""
        raise NotImplementedError

    def _rights(self, conn: sa.Connection, tables: Sequence[str]) -> list[Right]:
        raise NotImplementedError

    @contextmanager
    def _looking(self) -> Iterator[sa.Connection]:
        """A connection for questions. Raises Environment when the database is out of reach or not there."""
        with translated(self._where), self._engine.connect() as conn:
            conn.info["write"] = False
            with conn.begin():
                yield conn
