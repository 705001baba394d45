"""The verbs of `Afar` on a store's connection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa

from pipeline.store.afar.model import FarFile, Queued
from pipeline.store.afar.tables import FarRow, SentRow
from pipeline.store.arrivals import Arrivals, files
from pipeline.store.exporting.memory import exports
from pipeline.store.ledger import utc

rows: sa.Table = FarRow.__table__  # type: ignore[attr-defined]
sent: sa.Table = SentRow.__table__  # type: ignore[attr-defined]
AT_ONCE = 400  # values in one statement
IN_THE_DATABASE = ("committed", "archived", "duplicate", "undone")
T = TypeVar("T")


class SqlAfar:
    def __init__(self, session: Arrivals) -> None:
        self._session = session

    def known(self, source: str, keys: Sequence[str]) -> Mapping[tuple[str, str], FarFile]:
        found: dict[tuple[str, str], FarFile] = {}
        for some in _parts(keys):
            asked = sa.select(rows).where(rows.c.source == source, rows.c.key.in_(some))
            found |= {(one.key, one.mark): one for one in map(_far, self._session._read(asked))}
        return found

    def by_ids(self, ids: Sequence[int]) -> list[FarFile]:
        return [
            _far(row)
            for some in _parts(ids)
            for row in self._session._read(sa.select(rows).where(rows.c.id.in_(some)))
        ]

    def take(
        self, source: str, key: str, mark: str, name: bytes, size: int | None, owner: str, until: datetime,
        now: datetime,
    ) -> FarFile | None:  # fmt: skip
        mine = (rows.c.source == source, rows.c.key == key, rows.c.mark == mark)
        ours: dict[str, Any] = {"state": "taken", "owner": owner, "until": until, "name": name, "size": size}
        with self._session._transaction() as conn:
            self._session._lock_job(conn, source)
            row = conn.execute(sa.select(rows).where(*mine)).mappings().first()
            if row is None:
                new = {
                    "source": source,
                    "key": key,
                    "mark": mark,
                    "seen_at": now,
                    "fingerprint": b"",
                    "after_id": 0,
                }
                conn.execute(rows.insert().values(**new, **ours))
            else:
                theirs = row["owner"] != owner and utc(row["until"]) > now
                if row["state"] == "here" or (row["state"] == "taken" and theirs):
                    return None
                conn.execute(rows.update().where(*mine).values(settled_at=None, **ours))
            return _far(conn.execute(sa.select(rows).where(*mine)).mappings().one())

    def renew(self, id: int, owner: str, until: datetime) -> bool:
        return self._mine(id, owner, until=until)

    def fetched(self, id: int, owner: str, fingerprint: bytes, size: int, now: datetime) -> bool:
        newest = sa.select(sa.func.coalesce(sa.func.max(files.c.id), 0)).scalar_subquery()
        return self._mine(
            id, owner, state="here", fingerprint=fingerprint, size=size, fetched_at=now, after_id=newest
        )

    def _mine(self, id: int, owner: str, **values: object) -> bool:
        here = (rows.c.id == id, rows.c.owner == owner, rows.c.state == "taken")
        with self._session._transaction() as conn:
            return bool(conn.execute(rows.update().where(*here).values(**values)).rowcount)

    def committed(self, source: str, jobs: Sequence[str]) -> list[FarFile]:
        loaded = sa.exists().where(
            files.c.fingerprint == rows.c.fingerprint,
            files.c.job.in_(jobs),
            files.c.state.in_(IN_THE_DATABASE),
            files.c.id > rows.c.after_id,
        )
        here = (rows.c.source == source, rows.c.state == "here")
        return [
            _far(row) for row in self._session._read(sa.select(rows).where(*here, loaded).order_by(rows.c.id))
        ]

    def settle(self, ids: Sequence[int], now: datetime) -> None:
        with self._session._transaction() as conn:
            for some in _parts(ids):
                here = rows.update().where(rows.c.id.in_(some))
                conn.execute(here.values(state="settled", settled_at=now))

    def of_name(self, name: bytes) -> list[FarFile]:
        asked = sa.select(rows).where(rows.c.name == name).order_by(rows.c.id.desc()).limit(20)
        return [_far(row) for row in self._session._read(asked)]

    def queued(self, job: str, names: Sequence[bytes]) -> Mapping[bytes, Queued]:
        found: dict[bytes, Queued] = {}
        for some in _parts(names):
            asked = (
                sa.select(files.c.id, files.c.name, files.c.archived_at, exports.c.sequence, exports.c.part)
                .join(exports, files.c.id == exports.c.file)
                .where(exports.c.job == job, files.c.job == job, files.c.name.in_(some))
                .order_by(files.c.id)
            )
            for row in self._session._read(asked):
                published = row["archived_at"] is not None
                found[row["name"]] = Queued(row["id"], row["sequence"], row["part"], published)
        return found

    def sent(self, id: int, url: str, now: datetime) -> None:
        with self._session._transaction() as conn:
            conn.execute(sent.delete().where(sent.c.file == id))
            conn.execute(sent.insert().values(file=id, url=url, sent_at=now))

    def sent_to(self, id: int) -> tuple[str, datetime] | None:
        found = self._session._read(sa.select(sent).where(sent.c.file == id))
        return (found[0]["url"], utc(found[0]["sent_at"])) if found else None


def _parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), AT_ONCE):
        yield values[start : start + AT_ONCE]


def _far(row: Any) -> FarFile:
    moments = ("until", "seen_at", "fetched_at", "settled_at")
    return FarFile(**{**row, **{name: row[name] and utc(row[name]) for name in moments}})
