"""The one seam to the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.errors import ConfigError
from pipeline.words import message

if TYPE_CHECKING:
    from pipeline.store.model import Store


def connect(database: str) -> Store:
    """The store behind a database URL; nothing is connected until the first verb.

    Raises ConfigError for a URL that cannot be used and when PostgreSQL's driver is not installed."""
    import sqlalchemy as sa

    try:
        url = sa.make_url(database)
    except (sa.exc.ArgumentError, ValueError) as error:  # the URL may hold a password: it is not repeated
        raise ConfigError(message("store.bad_url")) from error
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise ConfigError(message("store.bad_url"))
    if url.get_backend_name() == "sqlite":
        from pipeline.store import sqlite

        return sqlite.SqliteStore(sqlite.engine(url))
    try:
        from pipeline.store import postgres
    except ImportError as error:  # absent, or there without its C library
        raise ConfigError(message("store.no_driver")) from error
    return postgres.PostgresStore(postgres.engine(url.set(drivername="postgresql+psycopg")))


__all__ = ["connect"]
