"""The column `custom` of our tables: JSON of the users' own fields, of which a load merges those that it fills."""

from __future__ import annotations

COLUMN = "custom"


def merged(old: str, patch: str, *, postgres: bool) -> str:
    """What becomes of `old` (JSON, or NULL): the patch's fields are set, those that are null there go, the others
    stay. Without any field it is NULL."""
    if postgres:
        new = f"({patch})::jsonb"
        gone = f"ARRAY(SELECT e.key FROM jsonb_each({new}) AS e WHERE e.value = 'null'::jsonb)"
        return f"nullif((coalesce({old}, '{{}}'::jsonb) || {new}) - {gone}, '{{}}'::jsonb)"
    return f"nullif(json_patch(coalesce({old}, '{{}}'), coalesce({patch}, '{{}}')), '{{}}')"


def held(old: str, *, postgres: bool) -> str:
    """`old` as it is held against what it will be: another program may write JSON with blanks in it."""
    return old if postgres else f"json({old})"
