"""The last line of a file that says: this is all of it. Pure.

A template is how that line begins: `FIN;{rows}` is answered by `FIN;3`, and by `FIN;3;12.50` too.
"""

from __future__ import annotations

import re
from functools import lru_cache

ROWS = "{rows}"
UNCOUNTED = -1


@lru_cache(maxsize=1024)
def _pattern(template: str) -> re.Pattern[str]:
    before, counted, after = template.partition(ROWS)
    number = r'"?\s*([0-9]{1,18})\s*"?(?![0-9])' if counted else "()"
    return re.compile(re.escape(before) + number + re.escape(after))


def begins(template: str, line: str) -> bool:
    """Is this the last line that the template means?"""
    return _pattern(template).match(line) is not None


def parse_trailer(template: str, line: str) -> int | None:
    """The number of rows that the line announces; UNCOUNTED when the template has no `{rows}`; None when this
    is not such a line."""
    found = _pattern(template).match(line)
    if found is None:
        return None
    return int(found[1]) if found[1] else UNCOUNTED
