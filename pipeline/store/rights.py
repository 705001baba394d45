"""The rights that a role needs on PostgreSQL, and the statements that grant them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from pipeline.errors import Environment
from pipeline.store.place import Place
from pipeline.store.target import quoted
from pipeline.words import message

Right = tuple[str, str, str]  # table (or what else it is on), right, the SQL that grants it

_SCHEMA = "SELECT has_schema_privilege(oid, 'CREATE'), has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = %s"
_TABLES = """
SELECT n.nspname, c.oid::bigint, has_schema_privilege(n.oid, 'USAGE')
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relname = %s AND c.relkind IN ('r', 'p')
ORDER BY pg_table_is_visible(c.oid) DESC, has_schema_privilege(n.oid, 'USAGE') LIMIT 1
"""
_SEQUENCES = """
SELECT s.oid::regclass::text FROM pg_depend AS d JOIN pg_class AS s ON s.oid = d.objid AND s.relkind = 'S'
WHERE d.refobjid = %s::oid AND d.deptype = 'a'
  AND CASE WHEN s.relkind = 'S' THEN NOT has_sequence_privilege(s.oid, 'USAGE') END
"""
_MINE = """
SELECT c.relname, has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
  AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE')
FROM pg_class AS c WHERE c.relnamespace = to_regnamespace(%s) AND c.relkind = 'r' AND c.relname LIKE 'pipeline!_%%' ESCAPE '!'
ORDER BY 1
"""


def missing_rights(conn: sa.Connection, place: Place, tables: Sequence[str]) -> list[Right]:
    """What the role lacks for loads into these tables and for our own. Without TRIGGER loads still work, but
    nobody records what they change."""
    return [*_general(conn, place), *(right for table in tables for right in _on_table(conn, table))]


def _general(conn: sa.Connection, place: Place) -> Iterator[Right]:
    role, database, current = conn.exec_driver_sql(
        "SELECT quote_ident(current_user), quote_ident(current_database()), current_schema()"
    ).one()
    schema = place.schema or current or "public"
    if not conn.exec_driver_sql(
        "SELECT has_database_privilege(current_database(), 'TEMPORARY')"
    ).scalar_one():
        yield "", "TEMPORARY", f"GRANT TEMPORARY ON DATABASE {database} TO {role};"
    found = conn.exec_driver_sql(_SCHEMA, (schema,)).first()
    if found is None:
        if not _may_make_schemas(conn):
            yield schema, "CREATE", f"CREATE SCHEMA {quoted(schema)} AUTHORIZATION {role};"
        return
    mine = conn.exec_driver_sql(_MINE, (quoted(schema),)).all()
    if not all(found):
        yield schema, "CREATE", _grant_schema(schema, role)
    for table, enough in mine:
        if not enough:
            what = "SELECT, INSERT, UPDATE, DELETE"
            yield table, what, f"GRANT {what} ON {quoted(schema)}.{quoted(table)} TO {role};"


def _on_table(conn: sa.Connection, table: str) -> Iterator[Right]:
    found = conn.exec_driver_sql(_TABLES, (table,)).first()
    if found is None:
        return
    schema, oid, usage = found
    role = conn.exec_driver_sql("SELECT quote_ident(current_user)").scalar_one()
    if not usage:
        yield table, "USAGE", f"GRANT USAGE ON SCHEMA {quoted(schema)} TO {role};"
    name = f"{quoted(schema)}.{quoted(table)}"
    for right in ("SELECT", "INSERT", "UPDATE", "TRIGGER"):
        some = f" OR has_any_column_privilege(%s::oid, '{right}')" if right != "TRIGGER" else ""
        values = (oid, oid) if some else (oid,)
        asked = f"SELECT has_table_privilege(%s::oid, '{right}'){some}"
        if not conn.exec_driver_sql(asked, values).scalar_one():
            yield table, right, f"GRANT {right} ON {name} TO {role};"
    for sequence in conn.exec_driver_sql(_SEQUENCES, (oid,)).scalars():
        yield table, "USAGE", f"GRANT USAGE ON SEQUENCE {sequence} TO {role};"


def may_log(conn: sa.Connection, table: str) -> bool:
    """May this role make a trigger on the table, and its function among our tables?"""
    return bool(
        conn.exec_driver_sql(
            "SELECT has_table_privilege(to_regclass(%s), 'TRIGGER') AND has_schema_privilege(current_schema(), 'CREATE')",
            (quoted(table),),
        ).scalar_one()
    )


def make_schema(conn: sa.Connection, schema: str) -> None:
    """The schema of our tables, made when it is not there and may be. Raises Environment with the statement that
    an administrator should run when this role may not make it, or no tables in it."""
    role, current = conn.exec_driver_sql("SELECT quote_ident(current_user), current_schema()").one()
    name = schema or current or ""
    found = conn.exec_driver_sql(_SCHEMA, (name,)).first()
    if found is None and schema:
        if not _may_make_schemas(conn):
            sql = f"CREATE SCHEMA {quoted(schema)} AUTHORIZATION {role};"
            raise Environment(message("store.may_not_create", role=role, schema=schema, sql=sql))
        conn.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}".replace("%", "%%"))
    elif found is not None and not all(found):
        sql = _grant_schema(name, role)
        raise Environment(message("store.may_not_create", role=role, schema=name, sql=sql))


def _may_make_schemas(conn: sa.Connection) -> bool:
    asked = "SELECT has_database_privilege(current_database(), 'CREATE')"
    return bool(conn.exec_driver_sql(asked).scalar_one())


def _grant_schema(schema: str, role: str) -> str:
    return f"GRANT CREATE, USAGE ON SCHEMA {quoted(schema)} TO {role};"
