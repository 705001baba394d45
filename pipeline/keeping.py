"""How long things are kept: days, as the config says them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SPAN = re.compile(
    r"([0-9]{1,4}) ?(?:(d|days?|j|jours?)|(w|weeks?|semaines?)|(months?|mois)|(y|years?|ans?))"
)
_DAYS = (1, 7, 31, 366)  # never too early


@dataclass(frozen=True, slots=True)
class Keep:
    """`[imports.NAME.keep]`, in days; None: for ever (`compress`: never). `archive`: imported files; `compress`: after so
    long they are packed; `failed`: files that failed, and the refused rows of others."""

    archive: int | None = None
    compress: int | None = None
    failed: int | None = None


def days(text: str) -> int | None:
    """`90 d`, `6 months`, `10 ans` in days; None when it is no such time."""
    found = _SPAN.fullmatch(text.strip().casefold())
    if found is None or int(found[1]) < 1:
        return None
    unit = next(n for n, given in enumerate(found.groups()[1:]) if given)
    return int(found[1]) * _DAYS[unit]
