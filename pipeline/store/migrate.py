"""Making and upgrading our tables, under a lock; a database newer than this program is left alone."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa

from pipeline.store import ledger, triggers, views
from pipeline.store.own import own_fields, widened
from pipeline.store.place import Place
from pipeline.store.rights import make_schema
from pipeline.store.tables import business_tables
from pipeline.store.target import ours

if TYPE_CHECKING:
    from alembic.config import Config

State = Literal["absent", "older", "current", "newer"]
VERSIONS = "pipeline_version"
OURS = Place()
assert ledger


SCRIPTS = Path(__file__).parent / "migrations"


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return config


@cache
def revisions() -> tuple[str, ...]:
    """The versions that this program knows, oldest first, by the names of its scripts: alembic, which takes a
    fifth of a second to load, is needed only where something has to be done."""
    return tuple(sorted(path.name.partition("_")[0] for path in (SCRIPTS / "versions").glob("[0-9]*.py")))


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
    table = sa.table(VERSIONS, sa.column("version_num"), schema=schema)
    found = conn.execute(sa.select(table.c.version_num)).scalar()
    if found is None:
        return "absent"
    if found == revisions()[-1]:
        return "current"
    return "older" if found in revisions() else "newer"


def _keep(conn: sa.Connection, place: Place) -> None:
    """An SQLite database of ours is kept as it was, under the lock that keeps others from writing."""
    path = conn.engine.url.database or ":memory:"
    if conn.dialect.name == "sqlite" and path != ":memory:" and not place.foreign:
        from pipeline.store.backup_sqlite import keep_before

        version = conn.exec_driver_sql(f"SELECT version_num FROM {VERSIONS}").scalar()
        keep_before(Path(path), str(version))


def migrate(engine: sa.Engine, place: Place = OURS) -> None:
    """Bring the database to this program's version. Takes the lock only when something differs. Where the
    business tables belong to another program only ours are made. Raises Environment for a right that is missing."""
    if state(engine, place) == "current":
        return
    from alembic import command

    with engine.connect() as conn:
        conn.info["write"] = True
        with conn.begin():
            if conn.dialect.name == "postgresql":
                conn.exec_driver_sql("SELECT pg_advisory_xact_lock(7305611)")
                make_schema(conn, place.schema)
            found = state_on(conn, place)
            if found == "current":  # another process was faster
                return
            if found == "older":
                _keep(conn, place)
            config = _config()
            config.attributes["connection"] = conn
            config.attributes["place"] = place
            if place.foreign:
                command.upgrade(config, "head")
                return
            views.drop(conn, business_tables())
            command.upgrade(config, "head")
            added = own_fields(conn)
            triggers.install(conn, [widened(target, added) for target in ours().values()])
            views.install(conn, business_tables(), added)
