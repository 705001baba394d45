"""The French accounting file (FEC): its rules, checked over its lines. Pure.

The office's own tool tests neither balance nor dates nor lettering; an unbalanced file passes it and is fined. These are
our rules, stricter than its.
"""

from pipeline.fec.checking import Finding, check, refused
from pipeline.fec.layout import COLUMNS, file_name

__all__ = ["COLUMNS", "Finding", "check", "file_name", "refused"]
