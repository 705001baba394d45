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
from pipeline.store.tables import business_tables

State = Literal["absent", "older", "current", "newer"]
VERSIONS = "pipeline_version"
assert ledger


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def state(engine: sa.Engine) -> State:
    """How the database stands to this program. Reads without a lock."""
    with engine.connect() as conn:
        conn.info["write"] = False
        with conn.begin():
            return _state(conn)


def _state(conn: sa.Connection) -> State:
    if not sa.inspect(conn).has_table(VERSIONS):
        return "absent"
    found = MigrationContext.configure(conn, opts={"version_table": VERSIONS}).get_current_revision()
    if found is None:
        return "absent"
    script = ScriptDirectory.from_config(_config())
    if found == script.get_current_head():
        return "current"
    return "older" if found in {r.revision for r in script.walk_revisions()} else "newer"


def migrate(engine: sa.Engine) -> None:
    """Bring the database to this program's version. Takes the lock only when something differs."""
    if state(engine) == "current":
        return
    with engine.connect() as conn:
        conn.info["write"] = True
        with conn.begin():
            if conn.dialect.name == "postgresql":
                conn.exec_driver_sql("SELECT pg_advisory_xact_lock(7305611)")
            if _state(conn) == "current":  # another process was faster
                return
            config = _config()
            config.attributes["connection"] = conn
            views.drop(conn, business_tables())
            command.upgrade(config, "head")
            triggers.install(conn, business_tables())
            views.install(conn, business_tables())
