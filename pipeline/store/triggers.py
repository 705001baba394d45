"""The change log's triggers, made for each table: which are missing, and making them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import sqlalchemy as sa

from pipeline.store.log_postgres import body, function, trigger
from pipeline.store.log_sqlite import statement
from pipeline.store.target import Target, quoted

PREFIX = "pipeline_log"
OPS = "iud"


def missing(conn: sa.Connection, targets: Iterable[Target]) -> list[str]:
    """The names of triggers that these tables should have and have not: absent, switched off, or not as this
    program makes them for the columns that the table has now."""
    found = []
    schema = _schema(conn)
    for target in targets:
        there = _there(conn, target)
        wanted = {_name(target, op, schema): _wanted(conn, target, op, schema) for op in OPS}
        found += [name for name, text in wanted.items() if there.get(name) != text]
    return found


def install(conn: sa.Connection, targets: Iterable[Target]) -> None:
    """Make the triggers of these tables, again where they exist."""
    schema = _schema(conn)
    if schema is not None:
        conn.exec_driver_sql(
            "SELECT pg_advisory_xact_lock(7305611)"
        )  # two at once would trip over each other
    for target in targets:
        for op in OPS:
            name = _name(target, op, schema)
            if schema is None:
                conn.exec_driver_sql(f"DROP TRIGGER IF EXISTS {quoted(name)}")
                conn.exec_driver_sql(statement(name, target, op))
            else:
                for text in (function(name, target, op, schema), trigger(name, target, op, schema)):
                    conn.exec_driver_sql(text.replace("%", "%%"))


def remove(conn: sa.Connection, target: Target) -> bool:
    """Take the triggers of this table away. False: it had none."""
    schema = _schema(conn)
    found = sorted({_name(target, op, schema) for op in OPS} & set(_there(conn, target)))
    for name in found:
        on = "" if schema is None else f" ON {quoted(target.name)}"
        statements = [f"DROP TRIGGER {quoted(name)}{on}"]
        if schema is not None:
            statements.append(f"DROP FUNCTION {quoted(schema)}.{quoted(name)}()")
        for drop in statements:
            conn.exec_driver_sql(drop if schema is None else drop.replace("%", "%%"))
    return bool(found)


def names(conn: sa.Connection, target: Target) -> dict[str, str]:
    """The triggers of a table: name → INSERT, UPDATE or DELETE."""
    words = {"i": "INSERT", "u": "UPDATE", "d": "DELETE"}
    schema = _schema(conn)
    return {_name(target, op, schema): words[op] for op in OPS}


def _schema(conn: sa.Connection) -> str | None:
    """The schema of our tables; None on SQLite, which has none."""
    if conn.dialect.name == "sqlite":
        return None
    return str(conn.info.get("schema") or conn.exec_driver_sql("SELECT current_schema()").scalar_one())


def _name(target: Target, op: str, schema: str | None) -> str:
    """Two installations may log the same table of another program: then the name says whose log it is."""
    whose = f"_{schema}" if schema is not None and not target.ours else ""
    name = f"{PREFIX}{whose}_{target.name}_{op}"
    if len(name.encode()) > 63:  # PostgreSQL would cut it, and then not find it
        digest = hashlib.sha256(name.encode()).hexdigest()[:12]
        name = f"{name.encode()[:48].decode(errors='ignore')}_{digest}_{op}"
    return name


def _there(conn: sa.Connection, target: Target) -> dict[str, str]:
    """The triggers on a table that are switched on: name → text (of the function, on PostgreSQL)."""
    if conn.dialect.name == "sqlite":
        found = conn.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (target.name,)
        )
    else:
        found = conn.exec_driver_sql(
            "SELECT t.tgname, p.prosrc FROM pg_trigger AS t JOIN pg_proc AS p ON p.oid = t.tgfoid"
            " WHERE t.tgrelid = to_regclass(%s) AND NOT t.tgisinternal AND t.tgenabled <> 'D'",
            (quoted(target.name),),
        )
    return {row[0]: row[1] for row in found}


def _wanted(conn: sa.Connection, target: Target, op: str, schema: str | None) -> str:
    if schema is None:
        return statement(_name(target, op, schema), target, op)
    return body(target, op, schema)
