"""The change log's triggers on PostgreSQL: a statement at a time, over its old and new rows.

The functions write with their owner's rights, so that a program with a role of its own needs none on our log.
"""

from __future__ import annotations

import json

from pipeline.store.target import Target, literal, quoted

_WORDS = {
    "i": ("INSERT", "NEW TABLE AS n"),
    "d": ("DELETE", "OLD TABLE AS o"),
    "u": ("UPDATE", "OLD TABLE AS o NEW TABLE AS n"),
}
_TAIL = "clock_timestamp(), pg_current_xact_id()::text, nullif(current_setting('pipeline.who', true), '')"
# What goes wrong in the log of another program's table must not break that program's write; our own loads count
# by the log, and do break.
_CAREFUL = (
    " EXCEPTION WHEN OTHERS THEN IF coalesce(current_setting('pipeline.who', true), '') <> '' THEN RAISE; END IF;"
    " RAISE WARNING 'pipeline could not log this change: %', SQLERRM; RETURN NULL;"
)


def function(name: str, target: Target, op: str, schema: str) -> str:
    """CREATE FUNCTION for one operation: i, u or d.

    A plan made while the tables were small made a big update run for minutes. Planning anew each time is not
    enough: the row count is taken when a session first parses the statement, and a load that only inserts fires
    the update trigger with none. So the plan must not matter: never a nested loop."""
    return (
        f"CREATE OR REPLACE FUNCTION {_in(schema, name)}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
        " SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan SET enable_nestloop = off"
        f" AS {literal(body(target, op, schema))}"
    )


def trigger(name: str, target: Target, op: str, schema: str) -> str:
    """CREATE TRIGGER for one operation."""
    word, seen = _WORDS[op]
    return (
        f"CREATE OR REPLACE TRIGGER {quoted(name)} AFTER {word} ON {quoted(target.name)} REFERENCING {seen}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {_in(schema, name)}()"
    )


def body(target: Target, op: str, schema: str) -> str:
    """What the function does, as the database gives it back."""
    into = f"INSERT INTO {_in(schema, 'pipeline_change')} (table_name, row_id, op, old, at, txid, who)"
    head = f"{into} SELECT {literal(target.name)}, "
    insert = f"{head}{row_id(target, 'n')}, 'I', NULL, {_TAIL} FROM n"
    delete = f"{head}{row_id(target, 'o')}, 'D', to_json(o)::text, {_TAIL} FROM o"
    key = [quoted(name) for name in target.identity]
    same = " AND ".join(f"n.{k} = o.{k}" for k in key)
    if op == "u":
        update = f"{head}{_changes(target, same)}"
        deeds = (
            f"{update}; {delete} WHERE NOT EXISTS (SELECT 1 FROM n WHERE {same});"
            f" {insert} WHERE NOT EXISTS (SELECT 1 FROM o WHERE {same})"
        )
    else:
        deeds = insert if op == "i" else delete
    return f"BEGIN {deeds}; RETURN NULL;{'' if target.ours else _CAREFUL} END"


def _changes(target: Target, same: str) -> str:
    """The changed rows with the old values of their changed columns. Of another program's table no column but
    the key is named: it may lose one, and its writes must go on."""
    if not target.ours:
        key = ", ".join(f"r.{quoted(name)}" for name in target.identity)
        each = "(SELECT {key}, to_jsonb(r) AS j FROM {row} AS r OFFSET 0) AS {row}"
        old, new = (each.format(key=key, row=row) for row in "on")
        diff = (
            "(SELECT jsonb_object_agg(e.key, e.value)::text FROM jsonb_each(o.j) AS e"
            " WHERE e.value IS DISTINCT FROM n.j -> e.key)"
        )
        return f"{row_id(target, 'o')}, 'U', {diff}, {_TAIL} FROM {old} JOIN {new} ON {same} WHERE o.j <> n.j"
    names = [c.name for c in target.columns if c.name != "id"]
    diff = " || ".join(
        f"CASE WHEN o.{quoted(n)} IS DISTINCT FROM n.{quoted(n)}"
        f" THEN {literal(f',{json.dumps(n)}:')} || coalesce(to_json(o.{quoted(n)})::text, 'null') ELSE '' END"
        for n in names
    )
    watched = [n for n in names if n != "updated_at"]
    was = "(" + ", ".join(f"o.{quoted(n)}" for n in watched) + ")"
    now = "(" + ", ".join(f"n.{quoted(n)}" for n in watched) + ")"
    return (
        f"o.id::text, 'U', '{{' || substr({diff}, 2) || '}}', {_TAIL} FROM o JOIN n ON {same}"
        f" WHERE {was} IS DISTINCT FROM {now}"
    )


def row_id(target: Target, row: str) -> str:
    if target.identity == ("id",):
        return f"{row}.{quoted('id')}::text"
    pairs = ", ".join(f"{literal(name)}, {row}.{quoted(name)}" for name in target.identity)
    return f"json_build_object({pairs})::text"


def _in(schema: str, name: str) -> str:
    return f"{quoted(schema)}.{quoted(name)}"
