"""Where our tables are, and whose the business tables are: what `[database] schema` says."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.errors import ConfigError
from pipeline.words import message

NONE = "none"


@dataclass(frozen=True, slots=True)
class Place:
    """`schema`: the PostgreSQL schema of our tables, "" for the one that the connection finds. `foreign`: the
    business tables belong to another program, and only tables that begin with `pipeline_` are ours."""

    schema: str = ""
    foreign: bool = False


def place(schema: str, backend: str) -> Place:
    """`""`, `"NAME"`, `"none"` or `"none:NAME"` → where it all lies. Raises ConfigError for other words, and for
    a name on SQLite, which has no schemas."""
    first, colon, rest = schema.partition(":")
    foreign = first == NONE
    name = rest if foreign else schema
    if (colon and not (foreign and rest)) or not re.fullmatch(r"[^\x00-\x1f:]{0,63}", name):
        raise ConfigError(message("store.bad_schema", schema=schema))
    if name and backend == "sqlite":
        raise ConfigError(message("store.no_schemas", schema=schema))
    return Place(name, foreign)
