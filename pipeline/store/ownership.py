"""The verbs by which users add to our database: a table of their own, a field of their own, a field made a column."""

from __future__ import annotations

import re
from collections.abc import Sequence

import sqlalchemy as sa

from pipeline.errors import PipelineError
from pipeline.mapping.model import Column, Kind
from pipeline.store import triggers, views
from pipeline.store.added import OwnField
from pipeline.store.live import PREFIX
from pipeline.store.own import SCALE, fields, known_targets, own_fields, widened
from pipeline.store.promoting import moved, unlogged
from pipeline.store.session import Session
from pipeline.store.tables import business_tables
from pipeline.store.target import ours, quoted
from pipeline.words import message

NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")
KINDS = (Kind.TEXT, Kind.INTEGER, Kind.DECIMAL, Kind.DATE, Kind.DATETIME, Kind.BOOLEAN)
_POSTGRES = {
    Kind.TEXT: "text", Kind.INTEGER: "bigint", Kind.DATE: "date", Kind.DATETIME: "timestamptz", Kind.BOOLEAN: "boolean",
}  # fmt: skip
_SQLITE = {
    Kind.TEXT: "TEXT", Kind.INTEGER: "BIGINT", Kind.DATE: "DATE", Kind.DATETIME: "DATETIME", Kind.BOOLEAN: "BOOLEAN",
}  # fmt: skip
DIGITS = 12  # before the point


class Ownership(Session):
    """A user's additions. Each is one transaction."""

    def fields(self) -> tuple[OwnField, ...]:
        with self._transaction(write=False) as conn:
            return own_fields(conn)

    def own_tables(self) -> frozenset[str]:
        """Our own business tables in this database; none where they belong to another program."""
        return frozenset() if self._place.foreign else frozenset(ours())

    def add_field(self, field: OwnField) -> None:
        with self._transaction() as conn:
            target = ours().get(field.table)
            if target is None or self._place.foreign:
                raise PipelineError(message("store.field_table", table=field.table))
            if not NAME.fullmatch(field.name):
                raise PipelineError(message("store.bad_name", name=field.name))
            there = {column.name for column in target.columns}
            if field.name in there or any(
                (f.table, f.name) == (field.table, field.name) for f in own_fields(conn)
            ):
                raise PipelineError(message("store.field_there", table=field.table, name=field.name))
            conn.execute(
                fields.insert().values(
                    table_name=field.table,
                    name=field.name,
                    kind=field.kind.value,
                    label=field.label,
                    promoted=False,
                )
            )

    def promote_field(self, table: str, name: str) -> OwnField:
        with self._transaction() as conn:
            known = {(f.table, f.name): f for f in own_fields(conn)}
            field = known.get((table, name))
            if field is None:
                raise PipelineError(message("store.no_field", table=table, name=name))
            if field.promoted:
                raise PipelineError(message("store.field_promoted", table=table, name=name))
            kind = _type(Column(name, field.kind, scale=SCALE), self.kind, ours=True)
            conn.exec_driver_sql(f"ALTER TABLE {quoted(table)} ADD COLUMN {quoted(name)} {kind}")
            mine = sa.and_(fields.c.table_name == table, fields.c.name == name)
            conn.execute(fields.update().where(mine).values(promoted=True))
            for statement in [*unlogged(conn, ours()[table]), *moved(conn, field)]:
                conn.exec_driver_sql(statement)
            triggers.install(conn, [widened(ours()[table], own_fields(conn))])
            self._views(conn)
            return known[table, name]

    def _views(self, conn: sa.Connection) -> None:
        """What people look at shows the new column too."""
        views.install(conn, business_tables(), own_fields(conn))

    def create_table(self, name: str, columns: Sequence[Column], key: Sequence[str]) -> None:
        with self._transaction() as conn:
            self._refuse_name(conn, name)
            lines = [
                f"{quoted(c.name)} {_type(c, self.kind)}{' NOT NULL' if c.name in key else ''}"
                for c in columns
            ]
            lines.append(f"PRIMARY KEY ({', '.join(map(quoted, key))})")
            statement = f"CREATE TABLE {quoted(name)} ({', '.join(lines)})"
            conn.exec_driver_sql(statement.replace("%", "%%") if self.kind == "postgresql" else statement)
            triggers.install(conn, [known_targets(conn, self._place)[name]])

    def _refuse_name(self, conn: sa.Connection, name: str) -> None:
        """Raises PipelineError for a name that is none, ours, or taken."""
        if not NAME.fullmatch(name) or name.startswith((PREFIX, "show_", "sqlite_")):
            raise PipelineError(message("store.bad_name", name=name))
        if name in ours() or name in sa.inspect(conn).get_table_names() + sa.inspect(conn).get_view_names():
            raise PipelineError(message("store.table_there", table=name))


def _type(column: Column, kind: str, *, ours: bool = False) -> str:
    """A column's type. SQLite has no exact decimals: there a number is text with all its decimals, or in a table of
    ours a whole number of its smallest part."""
    if column.kind is not Kind.DECIMAL:
        return (_POSTGRES if kind == "postgresql" else _SQLITE)[column.kind]
    if kind == "postgresql":
        return f"numeric({20 if ours else DIGITS + column.scale}, {column.scale})"
    return "BIGINT" if ours else f"DECIMALTEXT({DIGITS + column.scale},{column.scale})"
