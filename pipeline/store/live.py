"""What a database of another program has: its tables, columns and keys, read from the database itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import sqlalchemy as sa

from pipeline.store.live_postgres import postgres_links, postgres_targets
from pipeline.store.live_sqlite import sqlite_links, sqlite_targets
from pipeline.store.target import Target, ours

PREFIX = "pipeline_"


def targets(conn: sa.Connection) -> Mapping[str, Target]:
    """Every table that the connection sees, but for our own `pipeline_` tables: by name."""
    lite = conn.dialect.name == "sqlite"
    found = sqlite_targets(conn) if lite else postgres_targets(conn)
    links = sqlite_links(conn) if lite else postgres_links(conn)
    theirs = (target for target in found if not target.name.startswith(PREFIX))
    return {t.name: replace(_known(t), links=tuple(links.get(t.name, ()))) for t in theirs}


def _known(target: Target) -> Target:
    """One of our own tables, made by another Pipeline, is written as ours."""
    same = ours().get(target.name)
    return same if same and {c.name for c in same.columns} == {c.name for c in target.columns} else target
