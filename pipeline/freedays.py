"""Public holidays, by the library `holidays`: loaded only where a job names a country."""

from __future__ import annotations

from datetime import date
from functools import lru_cache


def known(place: str) -> bool:
    """Is this a country, or a part of one, whose holidays are known: `FR`, `FR-57`, `DE-BY`?"""
    import holidays

    country, _, part = place.partition("-")
    try:
        holidays.country_holidays(country, subdiv=part or None, years=2026)
    except NotImplementedError:
        return False
    return True


@lru_cache(maxsize=64)
def _of(place: str, year: int) -> frozenset[date]:
    import holidays

    country, _, part = place.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=part or None, years=year))


def is_free(place: str, day: date) -> bool:
    """Is this day a public holiday there? Nowhere ("") no day is."""
    return bool(place) and day in _of(place, day.year)
