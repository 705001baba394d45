"""Look-ups in tables while a file is read: on a connection of their own, which only reads."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import sqlalchemy as sa

from pipeline.mapping.lookups import MOMENT
from pipeline.mapping.model import Column, Kind, Lookup, Plan
from pipeline.store.failures import translated
from pipeline.store.target import Target, quoted

if TYPE_CHECKING:
    import polars as pl

UTC = timezone.utc  # noqa: UP017
_CASTS = {
    Kind.INTEGER: "bigint", Kind.DECIMAL: "numeric", Kind.DATE: "date", Kind.DATETIME: "timestamptz", Kind.BOOLEAN: "boolean",
}  # fmt: skip


class SqlLooker:
    """A context manager. What it finds stood in the database when it was asked."""

    def __init__(self, engine: sa.Engine, targets: dict[str, Target], where: str) -> None:
        self._engine, self._targets, self._where = engine, targets, where
        self._conn: sa.Connection | None = None

    def texts(self, lookup: Lookup, plan: Plan, keys: pl.DataFrame) -> list[str | None]:
        """For each row of `keys` (typed, no nulls, all different): the value of the one row that has these, as a
        text; None for none and for several."""
        target, column = self._targets[lookup.table], plan.table.columns[self._take(lookup, plan)]
        found: list[str | None] = [None] * keys.height
        with translated(self._where):
            if self._conn is None:
                self._conn = self._engine.connect()
            self._conn.info["write"] = False
            with self._conn.begin():
                ask = _postgres if self._conn.dialect.name == "postgresql" else _sqlite
                scaled = target.ours and self._conn.dialect.name == "sqlite"
                for n, value in ask(self._conn, target, column.name, keys):
                    found[n] = said(value, column, scaled=scaled)
        return found

    def _take(self, lookup: Lookup, plan: Plan) -> str:
        return plan.table.aliases.get(lookup.take, lookup.take)

    def __enter__(self) -> SqlLooker:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._conn is not None:
            self._conn.close()
            self._conn = None


Answers = list[tuple[int, object]]  # the place of the keys, and the value


def _sqlite(conn: sa.Connection, target: Target, take: str, keys: pl.DataFrame) -> Answers:
    from pipeline.store.cells import stored, written

    as_kept = stored if target.ours else written
    rows = keys.select(as_kept(keys.schema[name], name) for name in keys.columns).rows()
    cells = ", ".join(f"json_extract(value, '$[{i}]') AS k{i}" for i in range(keys.width))
    same = " AND ".join(f"t.{quoted(name)} = k.k{i}" for i, name in enumerate(keys.columns))
    found = conn.exec_driver_sql(
        f"WITH k AS (SELECT key AS n, {cells} FROM json_each(?)) SELECT k.n, min(t.{quoted(take)}) FROM k"
        f" JOIN {quoted(target.name)} AS t ON {same} GROUP BY k.n HAVING count(*) = 1",
        (json.dumps(rows, ensure_ascii=False),),
    )
    return [(int(row[0]), row[1]) for row in found]


def _postgres(conn: sa.Connection, target: Target, take: str, keys: pl.DataFrame) -> Answers:
    def name(text: str) -> str:
        return quoted(text).replace("%", "%%")

    columns = [target.column(column) for column in keys.columns]
    values = [[_plain(value) for value in keys[column]] for column in keys.columns]
    given = ", ".join(["%s::text[]"] * keys.width)
    cells = ", ".join(f"k{i}" for i in range(keys.width))
    kinds = [_cast(keys, column.name) or column.cast or "text" for column in columns]
    same = " AND ".join(f"t.{name(c.name)} = k.k{i}::{kinds[i]}" for i, c in enumerate(columns))
    found = conn.exec_driver_sql(
        f"SELECT k.n - 1, min(t.{name(take)}::text) FROM unnest({given}) WITH ORDINALITY AS k({cells}, n)"
        f" JOIN {name(target.name)} AS t ON {same} GROUP BY k.n HAVING count(*) = 1",
        tuple(values),
    )
    return [(int(row[0]), row[1]) for row in found]


def _cast(keys: pl.DataFrame, name: str) -> str:
    import polars as pl

    kind = keys.schema[name]
    names = {pl.Int64: Kind.INTEGER, pl.Decimal: Kind.DECIMAL, pl.Date: Kind.DATE, pl.Boolean: Kind.BOOLEAN}
    found = names.get(type(kind), Kind.DATETIME if isinstance(kind, pl.Datetime) else Kind.TEXT)
    return _CASTS.get(found, "")


def _plain(value: object) -> str:
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def said(value: object, column: Column, *, scaled: bool) -> str | None:
    """A value as a text that a field takes: numbers with a point and all their decimals, instants in UTC. `scaled`:
    numbers with decimals come as whole numbers."""
    if value is None:
        return None
    text = str(value)
    match column.kind:
        case Kind.DECIMAL:
            try:
                number = Decimal(repr(value) if isinstance(value, float) else text)
            except InvalidOperation:
                return text
            number = number.scaleb(-column.scale) if scaled else number
            plain = format(number, "f")
            plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
            return plain + "0" if plain[-4:-3] == "." else plain  # 1.234 could be read as a thousand
        case Kind.BOOLEAN:
            return "true" if text in ("1", "true", "t", "True") else "false"
        case Kind.DATETIME:
            try:
                moment = datetime.fromisoformat(text)
            except ValueError:
                return text
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).strftime(MOMENT)
        case _:
            return text
