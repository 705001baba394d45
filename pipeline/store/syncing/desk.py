"""What both databases say in the same words."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from hashlib import blake2b
from typing import Any

from pipeline.store.syncing.model import ClockRow, Entry, HeldRow, Peer, Record, Site, Values
from pipeline.store.syncing.shapes import Table
from pipeline.store.syncing.values import pack
from pipeline.store.target import quoted

UTC = timezone.utc  # noqa: UP017
P = "\x00"  # a placeholder while a statement is put together
CHUNK = 5_000  # keys of one question
_PEER = "peer, incarnation, since, seen, last, stage, load_table, load_after, load_since, load_seen, accepted, lapsed, held, at"
_RECORD = "id, kind, table_name, row_key, column_name, lost, kept, lost_clock, kept_clock, found_at, state, settled_by"


def marks(number: int) -> str:
    return ", ".join([P] * number)


class SqlDesk:
    """The verbs of `Desk` that differ in nothing but the placeholder."""

    def __init__(self, raw: Any, tables: Mapping[str, Table]) -> None:
        self._raw, self.tables = raw, tables

    # what each database does its own way -------------------------------------------------------------------
    def run(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        raise NotImplementedError

    def many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        raise NotImplementedError

    def read(self, col: Any, row: str) -> str:
        raise NotImplementedError

    def moment(self, moment: datetime) -> Any:
        raise NotImplementedError

    def keyed(self, keys: str, table: Table, columns: Sequence[str], row: str) -> tuple[str, str]:
        """(FROM, ON) that join `row` to a JSON list of lists given as `keys`; `k.n` counts them from 0."""
        raise NotImplementedError

    def told(self, values: Values, table: Table, columns: Sequence[str] | None = None) -> Values:
        """Values as read, as they travel."""
        return values

    # who we are --------------------------------------------------------------------------------------------
    def site(self) -> Site | None:
        found = self.run("SELECT site, incarnation, hlc, mark, log_mark, held FROM pipeline_sync_site")
        return Site(*found[0]) if found else None

    def set_site(self, **values: Any) -> None:
        names = list(values)
        if self.run("SELECT 1 FROM pipeline_sync_site"):
            sets = ", ".join(f"{name} = {P}" for name in names)
            self.run(f"UPDATE pipeline_sync_site SET {sets}", list(values.values()))
        else:
            self.run(
                f"INSERT INTO pipeline_sync_site (one, {', '.join(names)}) VALUES (1, {marks(len(names))})",
                list(values.values()),
            )

    def peer(self, name: str) -> Peer | None:
        found = self.run(f"SELECT {_PEER} FROM pipeline_sync_peer WHERE peer = {P}", [name])
        return _peer(found[0]) if found else None

    def peers(self) -> list[Peer]:
        return [_peer(row) for row in self.run(f"SELECT {_PEER} FROM pipeline_sync_peer ORDER BY peer")]

    def set_peer(self, name: str, **values: Any) -> None:
        if "at" in values:
            values["at"] = self.moment(values["at"])
        names = list(values)
        sets = ", ".join(f"{n} = excluded.{n}" for n in names)
        deed = f"UPDATE SET {sets}" if names else "NOTHING"
        self.run(
            f"INSERT INTO pipeline_sync_peer ({', '.join(['peer', *names])}) VALUES ({marks(len(names) + 1)})"
            f" ON CONFLICT (peer) DO {deed}",
            [name, *values.values()],
        )

    # clocks ------------------------------------------------------------------------------------------------
    def any_clock(self) -> bool:
        return bool(self.run("SELECT 1 FROM pipeline_sync_clock LIMIT 1"))

    def forget(self, mark: int) -> int:
        self.run(f"DELETE FROM pipeline_sync_span WHERE mark <= {P}", [mark])
        gone = self.run(f"SELECT count(*) FROM pipeline_sync_clock WHERE mark <= {P}", [mark])[0][0]
        if gone:
            self.run(f"DELETE FROM pipeline_sync_clock WHERE mark <= {P}", [mark])
        return int(gone)

    def forget_clocks(self) -> None:
        self.run("DELETE FROM pipeline_sync_clock")
        self.run("DELETE FROM pipeline_sync_span")

    def died_like(self, died: str) -> list[tuple[str, ClockRow]]:
        found = self.run(
            "SELECT table_name, row_key, cols, marks, died, image, mark FROM pipeline_sync_clock"
            f" WHERE died = {P} ORDER BY table_name, row_key",
            [died],
        )
        return [(row[0], ClockRow(*row[1:])) for row in found]

    def spans(self, peer: str, since: int) -> set[int]:
        asked = f"SELECT mark FROM pipeline_sync_span WHERE peer = {P} AND mark > {P}"
        return {int(row[0]) for row in self.run(asked, [peer, since])}

    def add_span(self, mark: int, peer: str) -> None:
        self.run(f"INSERT INTO pipeline_sync_span (mark, peer) VALUES ({P}, {P})", [mark, peer])

    def newer(self, table: Table, since: int) -> Iterator[tuple[ClockRow, Values | None]]:
        values = ", ".join(self.read(col, "t") for col in table.cols)
        joined = self.joined(table)
        asked = (
            f"SELECT c.row_key, c.cols, c.marks, c.died, c.image, c.mark, {values}"
            f" FROM pipeline_sync_clock AS c LEFT JOIN {quoted(table.name)} AS t ON {joined}"
            f" WHERE c.mark > {P} AND c.table_name = {P} ORDER BY c.mark, c.row_key"
        )
        first = 6 + table.at[table.key[0]]
        for row in self.stream(asked, [since, table.name]):
            there = row[first] is not None
            yield ClockRow(*row[:6]), self.told(list(row[6:]), table) if there else None

    def joined(self, table: Table) -> str:
        """The condition that `t` is the row of the clock `c`."""
        raise NotImplementedError

    def stream(self, statement: str, values: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        raise NotImplementedError

    # rows --------------------------------------------------------------------------------------------------
    def filled(self) -> bool:
        return any(self.run(f"SELECT 1 FROM {quoted(name)} LIMIT 1") for name in self.tables)

    def rows(self, table: Table, keys: Sequence[str]) -> dict[str, Values]:
        values = ", ".join(self.read(col, "t") for col in table.cols)
        source, on = self.keyed(P, table, table.key, "t")
        asked = f"SELECT k.n, {values} FROM {source} JOIN {quoted(table.name)} AS t ON {on}"
        found = {}
        for start in range(0, len(keys), CHUNK):
            some = keys[start : start + CHUNK]
            for row in self.run(asked, ["[" + ",".join(some) + "]"]):
                found[some[int(row[0])]] = self.told(list(row[1:]), table)
        return found

    def found(
        self, table: Table, columns: Sequence[str], values: Collection[tuple[Any, ...]]
    ) -> list[tuple[str, tuple[Any, ...]]]:
        """The rows that have one of these values in these columns: (key, value)."""
        source, on = self.keyed(P, table, columns, "t")
        key = ", ".join(self.read(table.col(n), "t") for n in table.key)
        asked = f"SELECT k.n, {key} FROM {source} JOIN {quoted(table.name)} AS t ON {on}"
        every, found = list(values), []
        for start in range(0, len(every), CHUNK):
            some = every[start : start + CHUNK]
            for row in self.run(asked, [pack(some)]):
                own = self.told(list(row[1:]), table, table.key)
                found.append((pack(own), some[int(row[0])]))
        return found

    def page(self, table: Table, after: str, limit: int) -> list[tuple[str, Values]]:
        values = ", ".join(self.read(col, "t") for col in table.cols)
        key = ", ".join(f"t.{quoted(n)}" for n in table.key)
        where, given = "", []
        if after:
            first = ", ".join(self.typed(P, table.col(n)) for n in table.key)
            where, given = f" WHERE ({key}) > ({first})", [self.bound(v, table.col(n)) for v, n in zip(json.loads(after), table.key, strict=True)]  # fmt: skip
        asked = f"SELECT {values} FROM {quoted(table.name)} AS t{where} ORDER BY {key} LIMIT {limit}"
        at = [table.at[n] for n in table.key]
        rows = (self.told(list(row), table) for row in self.run(asked, given))
        return [(pack([row[n] for n in at]), row) for row in rows]

    def typed(self, text: str, col: Any) -> str:
        return text

    def bound(self, value: Any, col: Any) -> Any:
        return value

    def log_top(self) -> int:
        """The change log's highest number here and now."""
        return int(self.run("SELECT coalesce(max(seq), 0) FROM pipeline_change")[0][0])

    def deeds(self, who: str, since: int) -> tuple[int, int, int]:
        """(inserted, updated, deleted) in this name after that number."""
        asked = f"SELECT op, count(*) FROM pipeline_change WHERE seq > {P} AND who = {P} GROUP BY op"
        found = {str(op): int(many) for op, many in self.run(asked, [since, who])}
        return found.get("I", 0), found.get("U", 0), found.get("D", 0)

    def park(self, table: Table, column: str, keys: Sequence[str]) -> None:
        """Put something of their own into this column of these rows, for a moment."""
        source, on = self.keyed(P, table, table.key, quoted(table.name))
        for key in keys:
            self.run(
                f"UPDATE {quoted(table.name)} SET {quoted(column)} = {P} FROM {source} WHERE {on}",
                [
                    "\x01" + blake2b(key.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest(),
                    f"[{key}]",
                ],
            )

    # batches -----------------------------------------------------------------------------------------------
    def sent(self, batch: str) -> tuple[str, str, int, int, str] | None:
        asked = f"SELECT peer, meta, since, until, log_mark FROM pipeline_sync_sent WHERE batch = {P}"
        found = self.run(asked, [batch])
        return found[0] if found else None  # type: ignore[return-value]

    def offered(self, peer: str, since: int) -> str | None:
        """The announcement of a batch from here on that was made before and is still kept."""
        found = self.run(
            f"SELECT s.meta FROM pipeline_sync_sent AS s WHERE s.peer = {P} AND s.since = {P} AND EXISTS"
            " (SELECT 1 FROM pipeline_sync_part AS p WHERE p.batch = s.batch) ORDER BY s.until LIMIT 1",
            [peer, since],
        )
        return str(found[0][0]) if found else None

    def common(self, batches: Sequence[str]) -> tuple[int, str] | None:
        best: tuple[int, str] | None = None
        for batch in batches:
            sent = self.sent(batch)
            if sent is not None and (best is None or sent[3] > best[0]):
                best = (sent[3], sent[4])
        return best

    def add_sent(self, batch: str, peer: str, since: int, until: int, meta: str, log_mark: str) -> None:
        self.run(
            f"INSERT INTO pipeline_sync_sent (batch, peer, since, until, meta, log_mark) VALUES ({marks(6)})",
            [batch, peer, since, until, meta, log_mark],
        )

    def delivered(self, peer: str, until: int) -> None:
        self.run(
            "DELETE FROM pipeline_sync_part WHERE batch IN (SELECT batch FROM pipeline_sync_sent"
            f" WHERE peer = {P} AND until <= {P})",
            [peer, until],
        )

    def part(self, batch: str, n: int) -> bytes | None:
        asked = f"SELECT data FROM pipeline_sync_part WHERE batch = {P} AND n = {P}"
        found = self.run(asked, [batch, n])
        return bytes(found[0][0]) if found else None

    def parts(self, batch: str) -> dict[int, int]:
        asked = f"SELECT n, length(data) FROM pipeline_sync_part WHERE batch = {P}"
        return {int(n): int(size) for n, size in self.run(asked, [batch])}

    def add_part(self, batch: str, n: int, data: bytes, *, incoming: bool) -> None:
        self.run(
            "INSERT INTO pipeline_sync_part (batch, n, incoming, data)"
            f" VALUES ({marks(4)}) ON CONFLICT (batch, n) DO UPDATE SET data = excluded.data",
            [batch, n, incoming, data],
        )

    def drop_incoming(self) -> None:
        self.run(f"DELETE FROM pipeline_sync_part WHERE incoming = {P}", [True])

    def applied(self, batch: str) -> bool:
        return bool(self.run(f"SELECT 1 FROM pipeline_sync_applied WHERE batch = {P}", [batch]))

    def add_applied(self, batch: str, peer: str, until: int, at: datetime) -> None:
        self.run(
            f"INSERT INTO pipeline_sync_applied (batch, peer, until, at) VALUES ({marks(4)})",
            [batch, peer, until, self.moment(at)],
        )

    def applied_of(self, peer: str) -> list[str]:
        asked = f"SELECT batch FROM pipeline_sync_applied WHERE peer = {P} ORDER BY at DESC, until DESC"
        return [str(row[0]) for row in self.run(asked, [peer])]

    # records and held rows ---------------------------------------------------------------------------------
    def records_since(self, mark: int) -> Iterator[tuple[Record, int]]:
        asked = f"SELECT {_RECORD}, mark FROM pipeline_sync_record WHERE mark > {P} ORDER BY mark, id"
        for row in self.run(asked, [mark]):
            yield Record(*row[:9], self.iso(row[9]), *row[10:12]), int(row[12])

    def records_after(self, id: str, limit: int) -> list[Record]:
        asked = f"SELECT {_RECORD} FROM pipeline_sync_record WHERE id > {P} ORDER BY id LIMIT {limit}"
        return [Record(*row[:9], self.iso(row[9]), *row[10:12]) for row in self.run(asked, [id])]

    def mark_records(self, ids: Sequence[str], mark: int) -> None:
        """These are to be sent as if they were found now."""
        self.many(f"UPDATE pipeline_sync_record SET mark = {P} WHERE id = {P}", [(mark, id) for id in ids])

    def iso(self, moment: Any) -> str:
        raise NotImplementedError

    def add_records(self, records: Sequence[Record], mark: int) -> int:
        """New ones are added; of those that are known only `resolved` counts. How many were new."""
        known: set[str] = set()
        ids = [record.id for record in records]
        for start in range(0, len(ids), 500):
            some = ids[start : start + 500]
            asked = f"SELECT id, state FROM pipeline_sync_record WHERE id IN ({marks(len(some))})"
            known |= {f"{row[0]} {row[1]}" for row in self.run(asked, some)}
        new = {r.id: r for r in records if not {f"{r.id} open", f"{r.id} resolved"} & known}
        if new:
            self.many(
                f"INSERT INTO pipeline_sync_record ({_RECORD}, mark) VALUES ({marks(13)})",
                [
                    (*r[:9], self.moment(datetime.fromisoformat(r.found_at)), *r[10:], mark)
                    for r in new.values()
                ],
            )
        for r in records:
            if r.state == "resolved" and f"{r.id} open" in known:
                self.run(
                    f"UPDATE pipeline_sync_record SET state = {P}, settled_by = {P}, mark = {P} WHERE id = {P}",
                    [r.state, r.settled_by, mark, r.id],
                )
        return len(new)

    def held(self) -> list[HeldRow]:
        asked = "SELECT table_name, row_key, peer, body, why FROM pipeline_sync_held ORDER BY at, table_name, row_key"
        return [HeldRow(*row) for row in self.run(asked)]

    def put_held(self, rows: Sequence[HeldRow], at: datetime) -> None:
        self.drop_held(rows)
        self.many(
            f"INSERT INTO pipeline_sync_held (table_name, row_key, peer, body, why, at) VALUES ({marks(6)})",
            [(*row, self.moment(at)) for row in rows],
        )

    def drop_held(self, rows: Sequence[HeldRow]) -> None:
        self.many(
            f"DELETE FROM pipeline_sync_held WHERE table_name = {P} AND row_key = {P} AND peer = {P}",
            [row[:3] for row in rows],
        )

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        self.run("SAVEPOINT pipeline_sync")
        try:
            yield
        except BaseException:
            self.run("ROLLBACK TO SAVEPOINT pipeline_sync")
            self.run("RELEASE SAVEPOINT pipeline_sync")
            raise
        self.run("RELEASE SAVEPOINT pipeline_sync")


def _peer(row: Sequence[Any]) -> Peer:
    at = row[13]
    if isinstance(at, str):
        at = datetime.fromisoformat(at).replace(tzinfo=UTC)
    return Peer(*row[:10], bool(row[10]), bool(row[11]), row[12], at)


def as_entries(rows: Iterable[Sequence[Any]]) -> Iterator[Entry]:
    return (Entry(*row) for row in rows)
