"""What is asked of a database to hold it against another: checksums, rows in order, and what may stand in the way."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipeline.errors import PipelineError
from pipeline.store import triggers
from pipeline.store.live import targets
from pipeline.store.own import known_targets
from pipeline.store.place import Place
from pipeline.store.syncing import sums
from pipeline.store.syncing.shapes import Table
from pipeline.store.syncing.standing import Standings
from pipeline.store.target import quoted
from pipeline.words import Message, message

if TYPE_CHECKING:
    from pipeline.store.base import SqlStore

_COLLATED = """
SELECT c.relname || '.' || a.attname, l.collname || CASE WHEN l.collisdeterministic THEN '' ELSE '!' END
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid JOIN pg_collation AS l ON l.oid = a.attcollation
WHERE c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid) AND a.attnum > 0 AND NOT a.attisdropped
"""


class Comparing(Standings):
    """The verbs of `Syncing` that only look, and the triggers that it needs."""

    _store: SqlStore
    _place: Place
    _tables: list[Table]
    _refused: dict[str, Message]

    def _see(self, conn: Any) -> None:
        raise NotImplementedError

    def sums(self, table: str, buckets: int) -> tuple[int, list[int]]:
        with self._store._transaction(write=False) as conn:
            return sums.sums(conn, self._named(conn, table), buckets)

    def entries(
        self, table: str, by: Sequence[str], after: str, buckets: Collection[int]
    ) -> tuple[list[tuple[str, str]], str]:
        with self._store._transaction(write=False) as conn:
            shape = self._named(conn, table)
            if by and tuple(by) not in shape.uniques:
                raise PipelineError(message("syncing.no_table", table=f"{table} ({', '.join(by)})"))
            return sums.entries(conn, shape, by, after, buckets=buckets)

    def about(self) -> dict[str, Any]:
        """The fields of `sync.replica.About`."""
        with self._store._transaction(write=False) as conn:
            self._see(conn)
            found = targets(conn)
            numbered = [
                t.name for t in self._tables
                if len(t.key) == 1 and found[t.name].column(t.key[0]).filled
            ]  # fmt: skip
            return {
                "engine": self._store.kind,
                "refused": {name: said.to_json() for name, said in self._refused.items()},
                "uniques": {t.name: t.uniques for t in self._tables},
                "numbered": tuple(numbered),
                "orders": dict(self._orders(conn)),
                "unlogged": tuple(self._unlogged(conn)),
            }

    def install_named(self, names: Sequence[str]) -> list[str]:
        """Record the changes of these tables from now on; all that take part where none is named. Which had not
        been recorded. Raises PipelineError for a table that is not there or cannot take part."""
        with self._store._transaction() as conn:
            self._see(conn)
            known = known_targets(conn, self._place)
            chosen = [self._named(conn, name) for name in names] or self._tables
            lacking = [t.name for t in chosen if triggers.missing(conn, [known[t.name]])]
            triggers.install(conn, [known[name] for name in lacking])
        return lacking

    def remove_named(self, names: Sequence[str]) -> list[str]:
        """No longer record the changes of these tables of other programs; of all where none is named. Our own
        tables stay as they are: taking back an import needs their record. Which had been recorded."""
        with self._store._transaction() as conn:
            known = known_targets(conn, self._place)
            for name in names:
                if name not in known:
                    raise PipelineError(message("syncing.no_table", table=name))
                if known[name].ours and not self._place.foreign:
                    raise PipelineError(message("syncing.keeps_record", table=name))
            chosen = [known[n] for n in names] or [
                t for t in known.values() if self._place.foreign or not t.ours
            ]
            return [target.name for target in chosen if triggers.remove(conn, target)]

    def _unlogged(self, conn: sa.Connection) -> Iterator[str]:
        known = known_targets(conn, self._place)
        return (t.name for t in self._tables if triggers.missing(conn, [known[t.name]]))

    def _orders(self, conn: sa.Connection) -> Iterator[tuple[str, str]]:
        """Unique texts that are held equal in another way than letter by letter."""
        wanted = {
            f"{t.name}.{name}" for t in self._tables for unique in (t.key, *t.uniques) for name in unique
        }
        if conn.dialect.name == "sqlite":
            for t in self._tables:
                for name in sorted({name for unique in (t.key, *t.uniques) for name in unique}):
                    how = _sqlite_order(conn, t.name, name)
                    if how != "BINARY":
                        yield f"{t.name}.{name}", how
            return
        for column, name in conn.exec_driver_sql(_COLLATED):
            if column in wanted and name.endswith("!"):
                yield column, name[:-1]

    def _named(self, conn: sa.Connection, name: str) -> Table:
        self._see(conn)
        found = next((t for t in self._tables if t.name == name), None)
        if found is None:
            raise PipelineError(self._refused.get(name) or message("syncing.no_table", table=name))
        return found


def _sqlite_order(conn: sa.Connection, table: str, column: str) -> str:
    """The collation of a column in the unique indexes that hold it."""
    for (index,) in conn.exec_driver_sql(
        f'SELECT name FROM pragma_index_list({quoted(table)}) WHERE "unique"'
    ).all():
        for name, how in conn.exec_driver_sql(
            f"SELECT name, coll FROM pragma_index_xinfo({quoted(index)}) WHERE key"
        ):
            if name == column and how != "BINARY":
                return str(how)
    return "BINARY"
