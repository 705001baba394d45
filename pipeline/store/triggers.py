"""The change log's triggers, generated for each table: old values of the changed columns only."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

PREFIX = "pipeline_log"


def missing(conn: sa.Connection, tables: Sequence[sa.Table]) -> list[str]:
    """The names of triggers that these tables should have and have not (or that were switched off)."""
    if conn.dialect.name == "sqlite":
        found = conn.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    else:
        found = conn.exec_driver_sql(
            "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
        )
    there = {row[0] for row in found}
    return [name for t in tables for op in "iud" if (name := _name(t, op)) not in there]


def install(conn: sa.Connection, tables: Sequence[sa.Table]) -> None:
    """Make the triggers of these tables, again where they exist."""
    for table in tables:
        for statement in _sqlite(table) if conn.dialect.name == "sqlite" else _postgres(table):
            conn.exec_driver_sql(statement)


def _name(table: sa.Table, op: str) -> str:
    return f"{PREFIX}_{table.name}_{op}"


def _q(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _sqlite(table: sa.Table) -> list[str]:
    names = [c.name for c in table.columns if c.name not in ("id", "updated_at")]
    changed = " OR ".join(f"OLD.{_q(n)} IS NOT NEW.{_q(n)}" for n in ["id", *names])
    diff = " || ".join(f"CASE WHEN OLD.{_q(n)} IS NOT NEW.{_q(n)} THEN {_pair(n)} ELSE '' END" for n in names)
    whole = " || ".join(_pair(n) for n in names)
    into = "INSERT INTO pipeline_change (table_name, row_id, op, old, at, who)"
    tail = "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000', (SELECT who FROM pipeline_context)"
    out = [f"DROP TRIGGER IF EXISTS {_q(_name(table, op))}" for op in "iud"]
    on = f"ON {_q(table.name)}"
    insert = f"{into} SELECT '{table.name}', NEW.id, 'I', NULL, {tail}"
    delete = f"{into} SELECT '{table.name}', OLD.id, 'D', '{{' || substr({whole}, 2) || '}}', {tail}"
    update = f"{into} SELECT '{table.name}', OLD.id, 'U', '{{' || substr({diff}, 2) || '}}', {tail}"
    out.append(f"CREATE TRIGGER {_q(_name(table, 'i'))} AFTER INSERT {on} BEGIN {insert}; END")
    out.append(f"CREATE TRIGGER {_q(_name(table, 'd'))} AFTER DELETE {on} BEGIN {delete}; END")
    out.append(
        f"CREATE TRIGGER {_q(_name(table, 'u'))} AFTER UPDATE {on} WHEN {changed} BEGIN"
        f" {update} WHERE OLD.id IS NEW.id; {delete} WHERE OLD.id IS NOT NEW.id; {insert} WHERE OLD.id IS NOT NEW.id;"
        " END"
    )
    return out


def _pair(name: str) -> str:
    """`,"name":old value` as JSON: a blob as hex and a float exactly, for json_quote refuses the one and rounds
    the other, and would break another program's write."""
    old = f"OLD.{_q(name)}"
    value = (
        f"CASE typeof({old}) WHEN 'blob' THEN json_object('blob', hex({old}))"
        f" WHEN 'real' THEN json_object('real', printf('%!.17g', {old})) ELSE json_quote({old}) END"
    )
    return f"""',"{name}":' || {value}"""


def _postgres(table: sa.Table) -> list[str]:
    names = [c.name for c in table.columns if c.name not in ("id", "updated_at")]
    diff = " || ".join(
        f"CASE WHEN o.{_q(n)} IS DISTINCT FROM n.{_q(n)}"
        f""" THEN ',"{n}":' || coalesce(to_json(o.{_q(n)})::text, 'null') ELSE '' END"""
        for n in names
    )
    same = "(" + ", ".join(f"o.{_q(n)}" for n in names) + ")"
    new = "(" + ", ".join(f"n.{_q(n)}" for n in names) + ")"
    whole = "to_json(o)::text"
    into = "INSERT INTO pipeline_change (table_name, row_id, op, old, at, txid, who)"
    tail = "clock_timestamp(), pg_current_xact_id()::text, nullif(current_setting('pipeline.who', true), '')"
    head = f"SELECT '{table.name}', "
    insert = f"{into} {head}n.id::text, 'I', NULL, {tail} FROM n"
    delete = f"{into} {head}o.id::text, 'D', {whole}, {tail} FROM o"
    update = (
        f"{into} {head}o.id::text, 'U', '{{' || substr({diff}, 2) || '}}', {tail} FROM o JOIN n USING (id)"
        f" WHERE {same} IS DISTINCT FROM {new}"
    )
    moved = (
        f"{delete} WHERE NOT EXISTS (SELECT 1 FROM n WHERE n.id = o.id);"
        f" {insert} WHERE NOT EXISTS (SELECT 1 FROM o WHERE o.id = n.id)"
    )
    out = []
    for op, word, body, seen in (
        ("i", "INSERT", insert, "NEW TABLE AS n"),
        ("d", "DELETE", delete, "OLD TABLE AS o"),
        ("u", "UPDATE", f"{update}; {moved}", "OLD TABLE AS o NEW TABLE AS n"),
    ):
        name = _q(_name(table, op))
        # A plan made while the tables were small made a big update run for minutes. Planning anew each time is
        # not enough: the row count is taken when a session first parses the statement, and a load that only
        # inserts fires the update trigger with none. So the plan must not matter: never a nested loop.
        out.append(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql"
            f" SET plan_cache_mode = force_custom_plan SET enable_nestloop = off"
            f" AS $body$ BEGIN {body}; RETURN NULL; END $body$"
        )
        out.append(
            f"CREATE OR REPLACE TRIGGER {name} AFTER {word} ON {_q(table.name)} REFERENCING {seen}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
    return out
