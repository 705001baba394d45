"""The versions of mappings that were used, and the replays that a person asked for by one of them."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.store.ledger import MappingText, Replay, utc
from pipeline.store.model import MappingVersion
from pipeline.store.session import Session

replays: sa.Table = Replay.__table__  # type: ignore[attr-defined]
versions: sa.Table = MappingText.__table__  # type: ignore[attr-defined]


class Versions(Session):
    """The rows of `pipeline_mapping` and `pipeline_replay`."""

    def note_mapping(self, name: str, text: str, now: datetime) -> MappingVersion:
        content = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        with self._transaction(write=False) as conn:
            known = _same(conn, name, content)
        if known is not None:
            return known
        with self._transaction() as conn:
            self._lock_job(conn, f"mapping {name}")
            known = _same(conn, name, content)
            if known is None:
                last = sa.select(sa.func.max(versions.c.number)).where(versions.c.name == name)
                number = int(conn.execute(last).scalar() or 0) + 1
                row = {"name": name, "number": number, "content": content, "text": text, "first_used": now}
                conn.execute(versions.insert(), row)
                known = MappingVersion(name, number, text, utc(now))
        return known

    def mapping_versions(self, name: str) -> list[MappingVersion]:
        found = sa.select(versions).where(versions.c.name == name).order_by(versions.c.number)
        return [_version(row) for row in self._read(found)]

    def begin_replay(
        self, claim: str, file: int, who: str, now: datetime, mapping: MappingVersion | None = None
    ) -> None:
        chosen = {"mapping": mapping.name, "mapping_version": mapping.number} if mapping else {}
        with self._transaction() as conn:
            if _replayed(conn, claim) is None:
                conn.execute(replays.insert().values(claim=claim, file=file, who=who, at=now, **chosen))

    def replay_of(self, claim: str) -> int | None:
        with self._transaction(write=False) as conn:
            return _replayed(conn, claim)

    def replay_mapping(self, claim: str) -> MappingVersion | None:
        same = sa.and_(versions.c.name == replays.c.mapping, versions.c.number == replays.c.mapping_version)
        rows = self._read(sa.select(versions).join(replays, same).where(replays.c.claim == claim))
        return _version(rows[0]) if rows else None


def _replayed(conn: sa.Connection, claim: str) -> int | None:
    found = conn.execute(sa.select(replays.c.file).where(replays.c.claim == claim)).scalar()
    return None if found is None else int(found)


def _same(conn: sa.Connection, name: str, content: str) -> MappingVersion | None:
    mine = sa.select(versions).where(versions.c.name == name, versions.c.content == content)
    row = conn.execute(mine).mappings().first()
    return None if row is None else _version(row)


def _version(row: Any) -> MappingVersion:
    return MappingVersion(row["name"], row["number"], row["text"], utc(row["first_used"]))
