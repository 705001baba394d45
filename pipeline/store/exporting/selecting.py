"""The SELECT of a look: columns along references, totals of other tables, and which rows since a mark."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from pipeline.mapping.model import CUSTOM, Catalogue, Column, Kind
from pipeline.store import custom, log_postgres, log_sqlite
from pipeline.store.exporting.model import Asked, Place, Selection
from pipeline.store.target import Target, literal, quoted


@dataclass(slots=True)
class Select:
    """Puts one statement together. `span`: SQL that holds for the change log's entries of the look, "" when
    everything is new; `targets`: the tables as the log knows them."""

    selection: Selection
    kind: Literal["sqlite", "postgresql"]
    catalogue: Catalogue
    targets: Mapping[str, Target]
    span: str
    _joins: dict[Place, tuple[str, str, str]] = field(default_factory=dict)  # prefix → alias, table, SQL

    def sql(self) -> str:
        """The whole statement."""
        one = self.selection
        columns = [f"{self._asked(asked)} AS {quoted(str(n))}" for n, asked in enumerate(one.asked)]
        columns.append("1")  # so that no row is an empty line
        conditions = [*self._alive(), *self._which()]
        # SQLite would rather walk an index of these than look up the few rows that changed
        bare = "+" if self.kind == "sqlite" and self.span and one.which in ("changed", "new") else ""
        conditions += [
            f"{bare}{self._at(path)} = {self._value(column, text)}" for path, column, text in one.equal
        ]
        if one.between is not None:
            path, column, low, high = one.between
            here = self._at(path)
            conditions += [f"{here} >= {self._value(column, low)}", f"{here} < {self._value(column, high)}"]
        order = [f"{self._at(path)}{' DESC' if down else ''}" for path, down in one.order]
        source = self._gone() if one.which == "deleted" else quoted(one.table)
        return (
            f"SELECT {', '.join(columns)} FROM {source} AS t{''.join(sql for *_, sql in self._joins.values())}"
            + (f" WHERE {' AND '.join(conditions)}" if conditions else "")
            + (f" ORDER BY {', '.join(order)}" if order else "")
        )

    # columns --------------------------------------------------------------------------------------------
    def _asked(self, asked: Asked) -> str:
        if not asked.total:
            return self._at(asked.path)
        where = f"FROM {quoted(asked.table)} AS c WHERE c.{quoted(asked.link)} = t.{quoted('id')}{self._living(asked.table, 'c')}"
        if asked.total == "count":
            return f"(SELECT count(*) {where})"
        if asked.total == "sum":
            return f"(SELECT sum({self._cell('c', asked.table, asked.inner[0][1].name)}) {where})"
        pairs = ", ".join(
            f"{literal(name)}, {self._json(column, self._cell('c', asked.table, column.name))}"
            for name, column in asked.inner
        )
        key = next(iter(self.catalogue[asked.table].keys), ())
        order = ", ".join(f"c.{quoted(name)}" for name in (*key, "id"))
        if self.kind == "sqlite":
            inner = f"SELECT json_object({pairs}) AS o {where} ORDER BY {order}"
            return (
                f"(SELECT json_group_array(json(o)) || '' FROM ({inner}))"  # a text, and no part of another
            )
        return f"(SELECT coalesce(json_agg(json_build_object({pairs}) ORDER BY {order}), '[]')::text {where})"

    def _json(self, column: Column, value: str) -> str:
        """A value as JSON holds it: an amount as a number with all its digits."""
        if self.kind == "postgresql":
            if column.kind is Kind.DECIMAL:
                return f"trim_scale({value})"
            moment = f"to_char({value} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
            return moment if column.kind is Kind.DATETIME else value
        match column.kind:
            case Kind.DECIMAL if column.scale:
                whole = f"abs({value}) / {10**column.scale}, abs({value}) % {10**column.scale}"
                sign = f"CASE WHEN {value} < 0 THEN '-' ELSE '' END"
                return f"json(rtrim(rtrim(printf('%s%d.%0{column.scale}d', {sign}, {whole}), '0'), '.'))"
            case Kind.BOOLEAN:
                return f"json(CASE {value} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END)"
            case Kind.DATETIME:
                return f"strftime('%Y-%m-%dT%H:%M:%SZ', {value})"
            case _:
                return value

    def _at(self, path: Place) -> str:
        return self._cell(self._alias(path[:-1]), self._parent(path[:-1]), path[-1])

    def _cell(self, alias: str, table: str, name: str) -> str:
        """A column; a field of the users stands in `custom`, or became a column that still answers to its name."""
        known = self.catalogue[table]
        name = known.aliases.get(name, name)
        if not name.startswith(CUSTOM):
            return f"{alias}.{quoted(name)}"
        whole, own = f"{alias}.{quoted(custom.COLUMN)}", name.removeprefix(CUSTOM)
        return custom.told(whole, own, known.columns[name].kind, postgres=self.kind == "postgresql")

    def _alias(self, prefix: Place) -> str:
        if not prefix:
            return "t"
        if prefix not in self._joins:
            before = self._alias(prefix[:-1])
            table = self._parent(prefix)
            alias = f"j{len(self._joins) + 1}"
            sql = f" LEFT JOIN {quoted(table)} AS {alias} ON {alias}.{quoted('id')} = {before}.{quoted(prefix[-1])}"
            self._joins[prefix] = (alias, table, sql)
        return self._joins[prefix][0]

    def _parent(self, prefix: Place) -> str:
        here = self.selection.table
        for step in prefix:
            parent = self.catalogue[here].columns[step].references
            assert parent is not None  # a plan was fitted
            here = parent
        return here

    def _value(self, column: Column, text: str) -> str:
        """A constant as the column stores it."""
        if self.kind == "sqlite":
            if column.kind is Kind.BOOLEAN:
                return "1" if text == "true" else "0"
            if column.kind is Kind.DECIMAL and self.targets[self.selection.table].ours:
                return str(int(Decimal(text).scaleb(column.scale)))
            if column.kind in (Kind.DECIMAL, Kind.INTEGER):
                return str(Decimal(text))
        return literal(text)

    # which rows -----------------------------------------------------------------------------------------
    def _alive(self) -> list[str]:
        living = self._living(self.selection.table, "t")
        return [living.removeprefix(" AND ")] if living and self.selection.which != "deleted" else []

    def _living(self, table: str, alias: str) -> str:
        """Of our tables: rows that are remembered but gone are left out."""
        return f" AND {alias}.{quoted('deleted_at')} IS NULL" if self.targets[table].ours else ""

    def _which(self) -> list[str]:
        which = self.selection.which
        if which in ("all", "deleted") or not self.span:
            return []
        target = self.targets[self.selection.table]
        if which == "new":
            return [f"{self._id(target, 't')} IN ({self._ids(target, self._inserted)})"]
        found = [self._ids(target, self._any), *self._through()]
        return [f"{self._id(target, 't')} IN ({' UNION '.join(found)})"]

    def _any(self, table: str) -> str:
        return f"FROM pipeline_change WHERE {self.span} AND table_name = {literal(table)}"

    def _inserted(self, table: str) -> str:
        return f"{self._any(table)} AND op = 'I'"

    def _ids(self, target: Target, of: Callable[[str], str]) -> str:
        cast = "::uuid" if self.kind == "postgresql" and target.ours else ""
        return f"SELECT row_id{cast} {of(target.name)}"

    def _id(self, target: Target, alias: str) -> str:
        if target.ours:
            return f"{alias}.{quoted('id')}"
        if self.kind == "sqlite":
            return log_sqlite.row_id(target, alias)
        return log_postgres.row_id(target, alias)

    def _through(self) -> list[str]:
        """Rows that are the same, but whose columns of other tables changed."""
        found = []
        paths = {asked.path[:n] for asked in self.selection.asked for n in range(1, len(asked.path))}
        for prefix in sorted(paths):
            inner = Select(Selection(self.selection.table, ()), self.kind, self.catalogue, self.targets, "")
            alias = inner._alias(prefix)
            joins = "".join(sql for *_, sql in inner._joins.values())
            parent = self.targets[self._parent(prefix)]
            ids = self._ids(parent, self._any)
            found.append(
                f"SELECT t.{quoted('id')} FROM {quoted(self.selection.table)} AS t{joins}"
                f" WHERE {alias}.{quoted('id')} IN ({ids})"
            )
        for asked in self.selection.asked:
            if asked.total:
                child, link = self.targets[asked.table], quoted(asked.link)
                now = f"{quoted(asked.table)} AS c WHERE c.{quoted('id')} IN ({self._ids(child, self._any)})"
                found.append(f"SELECT c.{link} FROM {now}")
                if self.kind == "sqlite":
                    was = f"json_extract(old, {literal('$.' + quoted(asked.link))})"
                else:
                    was = f"(old::jsonb ->> {literal(asked.link)})::uuid"
                found.append(
                    f"SELECT {was} {self._any(asked.table)} AND old IS NOT NULL AND {was} IS NOT NULL"
                )
        return found

    def _gone(self) -> str:
        """Rows that were there at the mark and are not now, with the values they had last."""
        target = self.targets[self.selection.table]
        table = quoted(target.name)
        names = [column.name for column in target.columns]
        span = self.span or "seq < 0"
        entries = f"FROM pipeline_change WHERE {span} AND table_name = {literal(target.name)}"
        keys = f"SELECT row_id, max(CASE WHEN op = 'D' THEN seq END) AS gone, min(seq) AS first {entries} GROUP BY row_id"
        there = f"SELECT 1 FROM {table} AS b WHERE {self._text_id(target, 'b')} = c.row_id"
        source = (
            f"FROM ({keys}) AS k JOIN pipeline_change AS c ON c.seq = k.gone"
            f" JOIN pipeline_change AS f ON f.seq = k.first WHERE f.op <> 'I' AND NOT EXISTS ({there})"
        )
        if self.kind == "postgresql":
            shown = ", ".join(f"(o.r).{quoted(name)}" for name in names)
            whole = f"SELECT {shown} FROM (SELECT jsonb_populate_record(NULL::{table}, c.old::jsonb) AS r {source}) AS o"
        else:
            shown = ", ".join(self._was(target, name) for name in names)
            whole = f"SELECT {shown} {source}"
        if target.ours:
            all_names = ", ".join(f"s.{quoted(name)}" for name in names)
            ids = self._ids(target, self._any) if self.span else "SELECT NULL WHERE 1 = 0"
            whole += (
                f" UNION ALL SELECT {all_names} FROM {table} AS s WHERE s.{quoted('deleted_at')} IS NOT NULL"
                f" AND s.{quoted('id')} IN ({ids})"
            )
        return f"({whole})"

    def _text_id(self, target: Target, alias: str) -> str:
        cast = "::text" if self.kind == "postgresql" and target.ours else ""
        return self._id(target, alias) + cast

    def _was(self, target: Target, name: str) -> str:
        """A column of a row that is gone, out of the log's JSON."""
        if target.identity == (name,) == ("id",):
            return f"c.row_id AS {quoted(name)}"
        source = "c.row_id" if name in target.identity else "c.old"
        return f"json_extract({source}, {literal('$.' + quoted(name))}) AS {quoted(name)}"
