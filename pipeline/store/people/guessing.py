"""Attempts to log in, remembered across restarts: each failure makes the next wait longer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import sqlalchemy as sa

from pipeline.store.arrivals import Arrivals
from pipeline.store.ledger import utc
from pipeline.store.people.tables import AttemptRow

attempts: sa.Table = AttemptRow.__table__  # type: ignore[attr-defined]
LONGEST_S = 900
FORGET = timedelta(days=1)  # after the last wait has ended
LOCK = "people"


def wait_s(failures: int, free: int) -> int:
    """How long after so many failures in a row the next attempt must wait: 1, 2, 4 … 900 s."""
    over = failures - free
    return 0 if over <= 0 else min(LONGEST_S, 2 ** min(over - 1, 20))


class Guessing:
    """The verbs of `People` that hold off who guesses."""

    def __init__(self, session: Arrivals) -> None:
        self._session = session

    @contextmanager
    def _changing(self) -> Iterator[sa.Connection]:
        """A transaction in which nobody else changes people."""
        with self._session._transaction() as conn:
            self._session._lock_job(conn, LOCK)
            yield conn

    def attempt(self, keys: Sequence[tuple[str, int]], now: datetime) -> datetime | None:
        with self._changing() as conn:
            conn.execute(attempts.delete().where(attempts.c.until < now - FORGET))
            names = [name for name, _ in keys]
            found = conn.execute(sa.select(attempts).where(attempts.c.key.in_(names))).mappings()
            known = {row["key"]: (int(row["failures"]), utc(row["until"])) for row in found}
            until = max((until for _, until in known.values()), default=now)
            if until > now:
                return until
            conn.execute(attempts.delete().where(attempts.c.key.in_(names)))
            for name, free in keys:
                failures = known.get(name, (0, now))[0] + 1
                until = now + timedelta(seconds=wait_s(failures, free))
                conn.execute(attempts.insert().values(key=name, failures=failures, until=until))
        return None

    def attempt_was_right(self, account: str, address: str) -> None:
        with self._changing() as conn:
            conn.execute(attempts.delete().where(attempts.c.key == account))
            fewer = attempts.update().where(attempts.c.key == address, attempts.c.failures > 0)
            conn.execute(fewer.values(failures=attempts.c.failures - 1))
