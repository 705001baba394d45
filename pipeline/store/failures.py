"""The databases' own errors, translated once into ours."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from pipeline.errors import Environment, MappingUnfit, PipelineError
from pipeline.words import Message, message

ROWS = (
    "21",
    "22",
    "23",
    "44",
    "P0001",
)  # SQLSTATEs: two rows that the database calls one, a value, a constraint, a view's check, another program's trigger
UNFIT = ("no such table", "no such column", "has no column")  # SQLite has no code of its own for these


class RowsRefused(PipelineError):
    """The database refuses some row of the statement; which, is found by halving. `column`: the table's column
    that it names, "" when it names none or several."""

    def __init__(self, said: Message, column: str = "") -> None:
        super().__init__(said)
        self.column = column


@contextmanager
def translated(where: str, *drivers: type[Exception]) -> Iterator[None]:
    """Inside, an error of the database becomes Environment, MappingUnfit or RowsRefused. `drivers`: the
    driver's own class of errors, where it is spoken to past SQLAlchemy."""
    caught: tuple[type[Exception], ...] = (sa.exc.DBAPIError, *drivers)
    try:
        yield
    except caught as error:
        raise judge(error, where) from error


def write_many(raw: sqlite3.Connection, where: str, statement: str, values: Iterable[Any]) -> None:
    """One statement for many rows in a transaction of its own, on a bare connection to SQLite. Raises as inside
    `translated`."""
    with translated(where, sqlite3.Error):
        try:
            raw.execute("BEGIN")
            raw.executemany(statement, values)
            raw.execute("COMMIT")
        except sqlite3.Error:
            if raw.in_transaction:
                raw.execute("ROLLBACK")
            raise


def judge(error: Exception, where: str) -> PipelineError:
    """Which kind of failure an error of SQLAlchemy or of a driver is. What nobody knows is the world's fault:
    no file is set aside for it."""
    original = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    text = next(iter(str(original).strip().splitlines()), type(original).__name__)
    state = getattr(original, "sqlstate", None) or ""
    if state.startswith(ROWS) or isinstance(original, sqlite3.IntegrityError | sqlite3.DataError):
        return _refused(original, text)
    lite = isinstance(original, sqlite3.Error) and any(words in text for words in UNFIT)
    if lite or (state.startswith("42") and state != "42501"):  # a missing right is mended in the database
        return MappingUnfit(message("store.unfit", why=text))
    code = "store.forbidden" if state == "42501" else "store.unreachable"
    return Environment(Message(code, {"where": where, "why": text}))


KINDS = (  # SQLSTATE, what SQLite says instead, and what a person reads
    ("23505", "UNIQUE constraint failed", "store.row_repeats"),
    ("23502", "NOT NULL constraint failed", "store.row_lacks"),
    ("23503", "FOREIGN KEY constraint failed", "store.row_points_nowhere"),
    ("23001", "", "store.row_points_nowhere"),  # PostgreSQL 18, of a key that says RESTRICT
    ("23514", "CHECK constraint failed", "store.row_breaks_rule"),
    ("22001", "", "store.row_too_long"),
    ("22003", "", "store.row_too_big"),
)


def _refused(original: object, text: str) -> RowsRefused:
    """The refusal of a row in words that a shopkeeper understands, where the database's own are known."""
    state = getattr(original, "sqlstate", None) or ""
    code = next((code for kind, words, code in KINDS if state == kind or (words and words in text)), None)
    if code is None:
        return RowsRefused(message("store.refused_by_database", why=text))
    if code == "store.row_breaks_rule":
        named = getattr(getattr(original, "diag", None), "constraint_name", None)
        return RowsRefused(message(code, why=named or text.partition("failed: ")[2] or text))
    column = _column(original, text)
    return RowsRefused(message(code, column=column), "" if "," in column else column)


def _column(original: object, text: str) -> str:
    """The column an error names: `constraint failed: t.a, t.b` on SQLite, `Key (a, b)=(1, 2)` on PostgreSQL."""
    diag = getattr(original, "diag", None)
    detail = getattr(diag, "message_detail", None) or ""
    if getattr(diag, "column_name", None):
        return str(getattr(diag, "column_name", ""))
    if key := re.search(r"\(([^)]*)\)=", detail):
        return key[1].replace('"', "")
    named = text.partition("constraint failed: ")[2]
    return ", ".join(part.rpartition(".")[2] for part in named.split(", ")) if named else ""
