"""Reading any file: what it is told by its content, every record accounted for."""

from pipeline.formats.columns import check_columns, match_column
from pipeline.formats.complete import completeness
from pipeline.formats.limits import Limits
from pipeline.formats.opening import Member, again, deliveries, open_reading

__all__ = [
    "Limits",
    "Member",
    "again",
    "check_columns",
    "completeness",
    "deliveries",
    "match_column",
    "open_reading",
]
