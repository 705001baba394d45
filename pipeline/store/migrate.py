"""Making and upgrading our tables, under a lock; a database newer than this program is left alone."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from pipeline.store import ledger, triggers, views
from pipeline.store.place import Place
from pipeline.store.rights import make_schema
from pipeline.store.tables import business_tables
from pipeline.store.target import ours

State = Literal["absent", "older", "current", "newer"]
VERSIONS = "pipeline_version"
OURS = Place()
assert ledger


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def state(engine: sa.Engine, place: Place = OURS) -> State:
    """How the database stands to this program. Reads without a lock."""
    with engine.connect() as conn:
        conn.info["write"] = False
        with conn.begin():
            return state_on(conn, place)


def state_on(conn: sa.Connection, place: Place = OURS) -> State:
    """The same, on an open connection."""
    schema = place.schema or None
    if not sa.inspect(conn).has_table(VERSIONS, schema=schema):
        return "absent"
    opts = {"version_table": VERSIONS, "version_table_schema": schema}
    found = MigrationContext.configure(conn, opts=opts).get_current_revision()
    if found is None:
        return "absent"
    script = ScriptDirectory.from_config(_config())
    if found == script.get_current_head():
        return "current"
    return "older" if found in {r.revision for r in script.walk_revisions()} else "newer"


def migrate(engine: sa.Engine, place: Place = OURS) -> None:
    """Bring the database to this program's version. Takes the lock only when something differs. Where the
    business tables belong to another program only ours are made. Raises Environment for a right that is missing."""
    if state(engine, place) == "current":
        return
    with engine.connect() as conn:
        conn.info["write"] = True
        with conn.begin():
            if conn.dialect.name == "postgresql":
                conn.exec_driver_sql("SELECT pg_advisory_xact_lock(7305611)")
                make_schema(conn, place.schema)
            if state_on(conn, place) == "current":  # another process was faster
                return
            config = _config()
            config.attributes["connection"] = conn
            config.attributes["place"] = place
            if place.foreign:
                command.upgrade(config, "head")
                return
            views.drop(conn, business_tables())
            command.upgrade(config, "head")
            triggers.install(conn, ours().values())
            views.install(conn, business_tables())
