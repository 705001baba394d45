"""A record settled by a person: an ordinary change of a row, with an entry of its own that can be taken back."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from pipeline.errors import PipelineError
from pipeline.store.arrivals import files
from pipeline.store.model import Arrival
from pipeline.store.syncing.model import Desk
from pipeline.store.syncing.shapes import Table
from pipeline.store.syncing.standing import Conflict, Standings
from pipeline.store.syncing.values import pack, unpack
from pipeline.words import message

if TYPE_CHECKING:
    from pipeline.store.syncing.opening import SqlSyncing

Keep = Literal["here", "there", "both", "merge"]
CHOICES = ("update", "rejoin-both")  # records of two values of one column


def resolve(
    syncing: SqlSyncing, id: str, keep: Keep, job: str, who: str, claim: str, now: datetime
) -> int | None:
    """The number of the entry in the ledger, None when nothing had to be changed. Raises PipelineError when there is
    no such open record, several, or it cannot be settled so."""
    record = found(syncing, id)
    if record.state != "open":
        raise PipelineError(message("peers.settled", id=record.id[:8], who=record.settled_by))
    store = syncing._store
    entry: int | None = None
    with syncing.writing(lock=True) as desk:
        conn = store.connection()
        site = desk.site()
        deed = _deed(desk, record, keep, site.site if site else "")
        if deed is not None:
            store._lock_job(conn, job)
            name = f"{record.table} {', '.join(map(str, unpack(record.key)))}".encode()
            arrival = Arrival(claim, job, name, 0, b"", now, now)
            entry = store._insert(
                conn, arrival, "archived", now, None, kind="sync", earlier=None, archived_at=now
            ).id
            seq = store._last_change(conn)
            store._who(conn, f"file:{entry}")
            deed(desk)
            store._who(conn, None)
            _count(conn, entry, seq)
        syncing.settled(conn, [record.id], who)
    return entry


def _count(conn: sa.Connection, entry: int | None, seq: int | None) -> None:
    """What the triggers noted of it."""
    asked = sa.text("SELECT op, count(*) FROM pipeline_change WHERE who = :who GROUP BY op")
    counts = {op: int(n) for op, n in conn.execute(asked, {"who": f"file:{entry}"})}
    noted = {"inserted": counts.get("I", 0), "updated": counts.get("U", 0), "deleted": counts.get("D", 0)}
    conn.execute(files.update().where(files.c.id == entry).values(log_from=seq, **noted))


def found(standings: Standings, id: str) -> Conflict:
    """The record whose id begins so. Raises PipelineError when there is none, or there are several."""
    some = standings.conflict(id) if id else []
    if len(some) != 1:
        raise PipelineError(message("peers.no_record" if not some else "peers.many_records", id=id))
    return some[0]


def whose(record: Conflict, site: str) -> tuple[Any, Any]:
    """(the value of this site, that of the other)."""
    lost = None if record.lost is None else unpack(record.lost)
    kept = None if record.kept is None else unpack(record.kept)
    return (lost, kept) if lost_here(record, site) else (kept, lost)


def lost_here(record: Conflict, site: str) -> bool:
    """Is what was not kept the value of this site? What is of neither: what stands here counts as ours."""
    mine = record.lost_clock is not None and json.loads(record.lost_clock)[1] == site
    return mine or record.kind.startswith("rejoin")


def _deed(desk: Desk, record: Conflict, keep: Keep, site: str) -> Any:
    """What must be done to the rows; None for nothing. Raises PipelineError."""
    if keep == "both":
        return None
    table = desk.tables.get(record.table)
    if table is None:
        raise PipelineError(message("syncing.no_table", table=record.table))
    if keep == "merge":
        if record.kind != "unique":
            raise PipelineError(message("peers.no_merge", id=record.id[:8]))
        return _merging(desk, table, record)
    if record.kind not in CHOICES or record.column not in table.at:
        raise PipelineError(message("peers.cannot_keep", id=record.id[:8], keep=keep))
    row = desk.rows(table, [record.key]).get(record.key)
    if row is None:
        raise PipelineError(message("peers.row_gone", id=record.id[:8], table=record.table))
    mine, theirs = whose(record, site)
    wanted, kept = (mine if keep == "here" else theirs), record.kept
    now = row[table.at[record.column]]
    if pack(now) != (kept or "null"):
        raise PipelineError(message("peers.changed_since", id=record.id[:8], column=record.column))
    if now == wanted:
        return None
    changed = [*row]
    changed[table.at[record.column]] = wanted
    return lambda desk: desk.upsert(table, [record.column], [changed])


def _merging(desk: Desk, table: Table, record: Conflict) -> Any:
    """The renamed row becomes the one whose name it had: what points at it is pointed there, and it goes."""
    unique = next((u for u in table.uniques if record.column in u), None)
    row = desk.rows(table, [record.key]).get(record.key)
    if unique is None or row is None or record.lost is None:
        raise PipelineError(message("peers.row_gone", id=record.id[:8], table=record.table))
    name = tuple(unpack(record.lost) if n == record.column else row[table.at[n]] for n in unique)
    other = [key for key, _ in desk.found(table, unique, [name]) if key != record.key]
    if len(other) != 1:
        raise PipelineError(message("peers.row_gone", id=record.id[:8], table=record.table))
    target = desk.rows(table, other)[other[0]]

    def merge(desk: Desk) -> None:
        for child in desk.tables.values():
            for link in child.links:
                if link.table != table.name:
                    continue
                before = tuple(row[table.at[n]] for n in link.others)
                keys = [key for key, _ in desk.found(child, link.columns, [before])]
                rows = desk.rows(child, keys)
                for values in rows.values():
                    for column, theirs in zip(link.columns, link.others, strict=True):
                        values[child.at[column]] = target[table.at[theirs]]
                if rows:
                    desk.upsert(child, list(link.columns), list(rows.values()))
        desk.delete(table, [record.key])

    return merge
