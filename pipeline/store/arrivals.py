"""The ledger of arrivals: what became of each file, and whether a content is a repeat."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.store.ledger import LOADED, LedgerRow, Refused, Source, ledger_file, repeat_of
from pipeline.store.model import Arrival, LedgerFile, Query, RefusedRow
from pipeline.store.session import Session
from pipeline.words import Message, printable

files: sa.Table = LedgerRow.__table__  # type: ignore[attr-defined]
refused_rows: sa.Table = Refused.__table__  # type: ignore[attr-defined]
sources: sa.Table = Source.__table__  # type: ignore[attr-defined]


def _newest_loaded(*equal: str) -> sa.Select[Any]:
    """The newest file that was loaded, with these columns equal: one step into the index for each state, however
    many failed files and repeats lie between."""
    ids = [
        sa.select(sa.func.max(files.c.id).label("id")).where(
            files.c.state == state, *(files.c[name] == sa.bindparam(name) for name in equal)
        )
        for state in ("committed", "archived")
    ]
    newest = sa.select(sa.func.max(sa.union_all(*ids).subquery().c.id)).scalar_subquery()
    return sa.select(files).where(files.c.id == newest)


_LAST = _newest_loaded("job")
_SAME: dict[tuple[str, ...], sa.Select[Any]] = {
    more: _newest_loaded("job", "fingerprint", *more)
    for more in ((), ("folder",), ("name",), ("folder", "name"))
}
EARLIER = (
    sa.select(files.c.id)
    .where(files.c.job == sa.bindparam("job"), files.c.name == sa.bindparam("name"))
    .where(sa.text(LOADED), files.c.fingerprint != sa.bindparam("fingerprint"))
    .order_by(files.c.id.desc())
    .limit(1)
)
_BY_CLAIM = sa.select(files).where(files.c.claim == sa.bindparam("claim"))
_ARCHIVED = (
    files.update()
    .where(files.c.claim == sa.bindparam("of"))
    .values(
        archived_at=sa.bindparam("at"),
        archived_as=sa.bindparam("place"),
        state=sa.case((files.c.state == "committed", "archived"), else_=files.c.state),
    )
)
_COUNTS = sa.select(files.c.job, files.c.state, sa.func.count()).group_by(files.c.job, files.c.state)
# One step into the index for each job: grouping would read every row.
_LAST_OF_EACH_JOB = sa.text(
    "WITH RECURSIVE one(job) AS (SELECT min(job) FROM pipeline_file UNION ALL"
    " SELECT (SELECT min(f.job) FROM pipeline_file AS f WHERE f.job > one.job) FROM one WHERE one.job IS NOT NULL)"
    " SELECT (SELECT max(f.id) FROM pipeline_file AS f WHERE f.job = one.job) FROM one WHERE one.job IS NOT NULL"
)


class Arrivals(Session):
    """The rows of `pipeline_file`, and what hangs on them."""

    def by_claim(self, claim: str) -> LedgerFile | None:
        with self._transaction(write=False) as conn:
            return self._known(conn, claim)

    def _known(self, conn: sa.Connection, claim: str) -> LedgerFile | None:
        row = conn.execute(_BY_CLAIM, {"claim": claim}).mappings().first()
        return ledger_file(row) if row else None

    def by_id(self, id: int) -> LedgerFile | None:
        rows = self._read(sa.select(files).where(files.c.id == id))
        return ledger_file(rows[0]) if rows else None

    def files(self, query: Query) -> list[LedgerFile]:
        statement = sa.select(files.c.id)
        for column in ("job", "name", "fingerprint", "correction_of", "delivery"):
            value = getattr(query, column)
            if value is not None:
                statement = statement.where(files.c[column] == value)
        if query.moved is not None:
            at = files.c.archived_at
            statement = statement.where(at.is_not(None) if query.moved else at.is_(None))
        if query.contains:
            statement = statement.where(self._found(query.contains))
        if query.kind:
            statement = statement.where(files.c.kind == query.kind)
        if query.since is not None:
            statement = statement.where(files.c.seen_at >= query.since)
        if query.until is not None:
            statement = statement.where(files.c.seen_at < query.until)
        if query.before is not None:
            statement = statement.where(files.c.id < query.before)
        statement = statement.order_by(files.c.id.desc()).limit(query.limit)
        if query.states:  # each state by itself runs along an index; all at once would sort the whole ledger
            each = [sa.select(statement.where(files.c.state == s).subquery().c.id) for s in query.states]
            statement = sa.union_all(*each) if len(each) > 1 else each[0]  # type: ignore[assignment]
        found = sa.select(files).where(files.c.id.in_(sa.select(statement.subquery().c.id)))
        rows = self._read(found.order_by(files.c.id.desc()).limit(query.limit))
        return [ledger_file(row) for row in rows]

    def _found(self, text: str) -> sa.ColumnElement[bool]:
        """Does the name or the reason hold this text, whatever its case?"""
        lite = self.kind == "sqlite"
        name = sa.cast(files.c.name, sa.Text) if lite else sa.func.encode(files.c.name, "escape")
        return sa.or_(name.icontains(text, autoescape=True), files.c.reason.icontains(text, autoescape=True))

    def names(self, job: str, limit: int) -> list[tuple[str, bytes]]:
        mine = sa.select(files.c.folder, files.c.name).where(files.c.job == job)
        rows = self._read(mine.order_by(files.c.id.desc()).limit(limit))
        return [(row["folder"], bytes(row["name"])) for row in rows]

    def last_files(self) -> dict[str, LedgerFile]:
        with self._transaction(write=False) as conn:
            ids = conn.execute(_LAST_OF_EACH_JOB).scalars().all()
            rows = conn.execute(sa.select(files).where(files.c.id.in_(ids))).mappings().all()
        return {row["job"]: ledger_file(row) for row in rows}

    def count(self, job: str, state: str) -> int:
        statement = sa.select(sa.func.count()).where(files.c.job == job, files.c.state == state)
        with self._transaction(write=False) as conn:
            return int(conn.execute(statement).scalar_one())

    def counts(self, state: str | None = None) -> dict[tuple[str, str], int]:
        wanted = _COUNTS if state is None else _COUNTS.where(files.c.state == state)
        with self._transaction(write=False) as conn:
            return {(job, state): number for job, state, number in conn.execute(wanted)}

    def refused(self, id: int, limit: int | None = None) -> list[RefusedRow]:
        return self._kept_rows(id, False, limit)

    def carried(self, id: int) -> list[RefusedRow]:
        return self._kept_rows(id, True, None)

    def _kept_rows(self, id: int, carried: bool, limit: int | None) -> list[RefusedRow]:
        mine = refused_rows.c.file == id, refused_rows.c.carried == carried
        statement = sa.select(refused_rows).where(*mine)
        statement = statement.order_by(refused_rows.c.line, refused_rows.c.id).limit(limit)
        return [
            RefusedRow(r["line"], r["column_name"], r["value"], Message.from_json(r["said"]), bytes(r["raw"]))
            for r in self._read(statement)
        ]

    def sources(self, job: str) -> dict[tuple[str, bytes], str]:
        rows = self._read(sa.select(sources).where(sources.c.job == job))
        return {(row["folder"], bytes(row["name"])): row["source_state"] for row in rows}

    def record_failed(self, arrival: Arrival, said: Message, now: datetime) -> LedgerFile:
        with self._transaction() as conn:
            self._lock_job(conn, arrival.job)
            return self._known(conn, arrival.claim) or self._insert(conn, arrival, "failed", now, said)

    def record_duplicate(self, arrival: Arrival, now: datetime) -> LedgerFile | None:
        with self._transaction(write=False) as conn:
            if self._repeats(conn, arrival) is None:
                return None
        with self._transaction() as conn:
            self._lock_job(conn, arrival.job)
            known = self._known(conn, arrival.claim)
            if known is not None:
                return known
            earlier = self._repeats(conn, arrival)
            return self._insert(conn, arrival, "duplicate", now, repeat_of(earlier)) if earlier else None

    def _repeats(self, conn: sa.Connection, arrival: Arrival) -> LedgerFile | None:
        """The earlier file because of which this content is not loaded: any file of the job with it (`skip`), or
        the one that the job loaded last (`apply`). Files that failed were not loaded."""
        if not arrival.fingerprint or arrival.replay_of is not None:
            return None
        mine = {
            "fingerprint": arrival.fingerprint,
            **{key: getattr(arrival, key) for key in arrival.rests_on},
        }
        if arrival.repeat == "skip":
            statement, values = _SAME[arrival.rests_on], {"job": arrival.job, **mine}
        else:
            statement, values = _LAST, {"job": arrival.job}
        found = conn.execute(statement, values).mappings().first()
        if found is None or any(found[key] != value for key, value in mine.items()):
            return None
        return ledger_file(found)

    def _insert(
        self,
        conn: sa.Connection,
        arrival: Arrival,
        state: str,
        now: datetime,
        said: Message | None,
        **more: Any,
    ) -> LedgerFile:
        name = {"job": arrival.job, "name": arrival.name}
        earlier = conn.execute(EARLIER, {**name, "fingerprint": arrival.fingerprint}).scalar()
        values = ledger_values(arrival, state, now, said, earlier) | more
        if arrival.source_state:
            mine = {**name, "folder": arrival.folder}
            conn.execute(sources.delete().where(*(sources.c[column] == mine[column] for column in mine)))
            conn.execute(sources.insert(), {**mine, "source_state": arrival.source_state})
        key = conn.execute(files.insert(), values).inserted_primary_key
        assert key is not None
        return ledger_file({**values, "id": key[0]})

    def mark_archived(self, places: Mapping[str, str], now: datetime) -> None:
        noted = [{"of": claim, "at": now, "place": printable(path)} for claim, path in places.items()]
        with self._transaction() as conn:
            conn.execute(_ARCHIVED, noted)


def ledger_values(
    arrival: Arrival, state: str, now: datetime, said: Message | None, earlier: int | None
) -> dict[str, Any]:
    """A new row of `pipeline_file`, but for its id: nothing counted and nothing moved yet."""
    return {
        "job": arrival.job,
        "name": arrival.name,
        "claim": arrival.claim,
        "size": arrival.size,
        "fingerprint": arrival.fingerprint,
        "state": state,
        "reason": said.to_json() if said else None,
        "mapping": arrival.mapping,
        "seen_at": arrival.seen_at,
        "claimed_at": arrival.claimed_at,
        "committed_at": now,
        **dict.fromkeys(("rows_read", "inserted", "updated", "unchanged", "refused", "duplicates"), 0),
        "dialect": "",
        "archived_at": None,
        "archived_as": "",
        "folder": arrival.folder,
        "source_state": arrival.source_state,
        "replay_of": arrival.replay_of,
        "earlier": earlier,
        "deleted": 0,
        "undo_of": None,
        "log_from": None,
        "waiting": 0,
        "mapping_version": arrival.mapping_version,
        "correction_of": arrival.correction_of,
        "delivery": arrival.delivery,
    }
