"""How much is left to chance: little at each run of the tests, with PIPELINE_THOROUGH=20 twenty times as much, as at night."""

from __future__ import annotations

import os

THOROUGH = int(os.environ.get("PIPELINE_THOROUGH") or 1)


def times(count: int) -> int:
    """So many examples at each run."""
    return count * THOROUGH
