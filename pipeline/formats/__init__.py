"""Reading any file: what it is told by its content, every record accounted for.

Loaded at first use: the process that reads archives gives up its network before any library starts a thread.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.formats.columns import check_columns, match_column
    from pipeline.formats.complete import completeness
    from pipeline.formats.limits import Limits
    from pipeline.formats.opening import Member, again, deliveries, open_reading

__all__ = [
    "Limits", "Member", "again", "check_columns", "completeness", "deliveries", "match_column", "open_reading",
]  # fmt: skip

_HOMES = {
    "check_columns": "columns",
    "match_column": "columns",
    "completeness": "complete",
    "Limits": "limits",
    "Member": "opening",
    "again": "opening",
    "deliveries": "opening",
    "open_reading": "opening",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"pipeline.formats.{_HOMES[name]}"), name)
