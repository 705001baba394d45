"""The temporary tables of a file of several tables, on each database."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipeline.mapping.model import Plan
from pipeline.mapping.sections.model import Outcast
from pipeline.store.failures import translated, write_many
from pipeline.store.keys import Keys
from pipeline.store.ledger import refused_values
from pipeline.store.model import RefusedRow
from pipeline.store.sections.words import Part, Sql, creations, drops, own_key, parts
from pipeline.store.target import quoted

if TYPE_CHECKING:
    import polars as pl

_NUMBERS = count(1)


class Sections:
    """What is equal on both: which line is of which document, and what was cast out."""

    def __init__(self, conn: sa.Connection, plan: Plan, where: str, sql: Sql) -> None:
        raw: Any = conn.connection.driver_connection
        self._raw, self._where, self.sql = raw, where, sql
        self.prefix = f"sections_{next(_NUMBERS)}"
        self._temp = "" if sql.postgres else "temp."
        self.parts: tuple[Part, ...] = parts(plan.sections, self.prefix, self._temp)
        self._by_name = {part.plan.name: part for part in self.parts}
        self.refused: set[int] = set()
        self.outcasts: list[Outcast] = []
        self._keys = {part.number: Keys(key) for part in self.parts if (key := own_key(part))}
        self._lines: list[pl.DataFrame] = []
        self.last_doc = -1
        whole = "bigint" if sql.postgres else "INTEGER"
        self.bad, self.refusals = f"{self._temp}{self.prefix}_bad", f"{self._temp}{self.prefix}_refused"
        bad = f"CREATE TEMP TABLE {self.prefix}_bad (section {whole}, rec {whole}, doc {whole}, line {whole})"
        blob = "bytea" if sql.postgres else "BLOB"
        said = f"CREATE TEMP TABLE {self.prefix}_refused (line {whole}, column_name text, value text, said text, raw {blob})"
        for statement in [bad, said, *(text for part in self.parts for text in creations(part, sql))]:
            self._raw.execute(statement)

    def part(self, name: str) -> Part:
        return self._by_name[name]

    def lines(self, frame: pl.DataFrame) -> None:
        if frame.height:
            self._lines.append(frame)
            self.last_doc = max(self.last_doc, int(frame["_doc"].max()))  # type: ignore[arg-type]

    def lines_of(self, docs: set[int]) -> dict[int, int]:
        """The lines of these documents → the document."""
        import polars as pl

        if not docs or not self._lines:
            return {}
        wanted = pl.Series(sorted(docs), dtype=pl.Int64).implode()
        return dict(pl.concat(self._lines).filter(pl.col("_doc").is_in(wanted)).iter_rows())

    def companions(self, lines: set[int]) -> list[int]:
        """The other lines of the documents that these belong to, or stand beside when they could not be read."""
        import polars as pl

        if not lines or not self._lines:
            return []
        known = pl.concat(self._lines).sort("_line")
        docs = set(known.filter(pl.col("_line").is_in(pl.Series(sorted(lines)).implode()))["_doc"])
        for line in lines.difference(known["_line"]):
            at = int(known["_line"].search_sorted(line))
            docs |= set(known["_doc"][max(0, at - 1) : at + 1])
        return sorted(self.lines_of(docs - {None}).keys() - lines)

    def cast_out(self, outcasts: Sequence[Outcast]) -> None:
        self.outcasts += outcasts

    def add(self, section: str, frame: pl.DataFrame) -> None:
        import polars as pl

        part = self._by_name.get(section)
        if part is not None and frame.height:
            rec = pl.col("_rec" if part.plan.spread else part.rec).cast(pl.Int64).alias("_rec")
            if part.number in self._keys:
                self._keys[part.number].see(frame)
            filled = [name for name, _ in part.columns() if frame[name].null_count() < frame.height]
            self._insert(
                part, frame.select(rec, "_line", "_doc", *filled)
            )  # what is blank throughout is NULL

    def _insert(self, part: Part, frame: pl.DataFrame) -> None:
        raise NotImplementedError

    def all_different(self, part: Part) -> bool:
        """Is it known that no two staged rows of the section have the same key?"""
        return part.number in self._keys and self._keys[part.number].all_different()

    def names(self) -> list[str]:
        own = [name for part in self.parts for name in drops(part)]
        return [*own, f"{self.prefix}_bad", f"{self.prefix}_refused"]

    def refuse(self, rows: Sequence[RefusedRow]) -> None:
        self.refused.update(row.line for row in rows)
        self._note([tuple(refused_values(0, row).values())[1:] for row in rows])

    def _note(self, values: list[tuple[Any, ...]]) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    def __exit__(self, *exc: object) -> None:
        self.close()


class SqliteSections(Sections):
    """By `executemany`, outside the transaction."""

    def __init__(self, conn: sa.Connection, plan: Plan, where: str, left: list[str]) -> None:
        super().__init__(conn, plan, where, Sql(postgres=False))
        self._left = left

    def _insert(self, part: Part, frame: pl.DataFrame) -> None:
        from pipeline.store.cells import stored, written

        kept = stored if part.plan.plan.table.identified else written
        values = frame.select(kept(frame.schema[name], name) for name in frame.columns)
        marks, names = ", ".join("?" * frame.width), ", ".join(map(quoted, frame.columns))
        rows = zip(*(column.to_list() for column in values.get_columns()), strict=True)
        self._many(f"INSERT INTO {part.rows} ({names}) VALUES ({marks})", rows)

    def _note(self, values: list[tuple[Any, ...]]) -> None:
        self._many(f"INSERT INTO {self.refusals} VALUES (?, ?, ?, ?, ?)", values)

    def _many(self, statement: str, values: Any) -> None:
        write_many(self._raw, self._where, statement, values)

    def close(self) -> None:
        self._left += self.names() if self.prefix else []
        self.prefix = ""

    def __enter__(self) -> SqliteSections:
        return self


class PostgresSections(Sections):
    """By COPY, outside the transaction."""

    def __init__(self, conn: sa.Connection, plan: Plan, where: str) -> None:
        super().__init__(conn, plan, where, Sql(postgres=True))
        self._raw.commit()

    def _insert(self, part: Part, frame: pl.DataFrame) -> None:
        import psycopg

        names = ", ".join(map(quoted, frame.columns))
        with translated(self._where, psycopg.Error), self._raw.cursor() as cursor:
            with cursor.copy(f"COPY {part.rows} ({names}) FROM STDIN WITH (FORMAT csv)".encode()) as copy:
                copy.write(frame.write_csv(include_header=False))
            self._raw.commit()

    def _note(self, values: list[tuple[Any, ...]]) -> None:
        import psycopg

        with translated(self._where, psycopg.Error), self._raw.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {self.refusals} VALUES (%s, %s, %s, %s, %s)".encode(), values)
            self._raw.commit()

    def close(self) -> None:
        import psycopg

        if self.prefix and not self._raw.closed:
            with suppress(psycopg.OperationalError):  # a lost connection took its temporary tables with it
                self._raw.rollback()
                self._raw.execute(f"DROP TABLE IF EXISTS {', '.join(self.names())}".encode())
                self._raw.commit()
        self.prefix = ""

    def __enter__(self) -> PostgresSections:
        return self
