"""How long to wait before the next attempt: pure, chance is an argument."""

FIRST_S, LONGEST_S = 5.0, 900.0


def next_attempt_s(failures: int, chance: float) -> float:
    """Seconds to wait after so many failures in a row: 5 s doubled each time, at most 15 min, then shortened by
    up to half by `chance` (0 to 1), so that many jobs do not come back in one moment."""
    longest = min(LONGEST_S, FIRST_S * 2.0 ** min(failures - 1, 20))
    return longest * (1 - chance / 2)
