"""The one seam to the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.errors import ConfigError
from pipeline.words import message

if TYPE_CHECKING:
    from pipeline.store.model import Store


def connect(database: str, schema: str = "") -> Store:
    """The store behind a database URL; nothing is connected until the first verb.

    `schema`: "" our tables where the connection finds its own; "NAME" all of them in that PostgreSQL schema;
    "none" the business tables belong to another program, and only our own `pipeline_` tables are made;
    "none:NAME" the same, ours in that PostgreSQL schema.

    Raises ConfigError for a URL or schema that cannot be used and when PostgreSQL's driver is not installed."""
    import sqlalchemy as sa

    from pipeline.store.place import place

    try:
        url = sa.make_url(database)
    except (sa.exc.ArgumentError, ValueError) as error:  # the URL may hold a password: it is not repeated
        raise ConfigError(message("store.bad_url")) from error
    backend = url.get_backend_name()
    if backend not in ("sqlite", "postgresql"):
        raise ConfigError(message("store.bad_url"))
    where = place(schema, backend)
    if backend == "sqlite":
        from pipeline.store import sqlite

        return sqlite.SqliteStore(sqlite.engine(url, where), where)
    try:
        from pipeline.store import postgres
    except ImportError as error:  # absent, or there without its C library
        raise ConfigError(message("store.no_driver")) from error
    return postgres.PostgresStore(postgres.engine(url.set(drivername="postgresql+psycopg"), where), where)


__all__ = ["connect"]
