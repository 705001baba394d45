"""Waiting longer after each failure, never beyond a quarter of an hour."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.retry import FIRST_S, LONGEST_S, next_attempt_s


@given(st.integers(1, 10_000), st.floats(0, 1))
@settings(derandomize=True, deadline=None)
def test_bounds(failures: int, chance: float) -> None:
    assert FIRST_S / 2 <= next_attempt_s(failures, chance) <= LONGEST_S
    assert next_attempt_s(failures + 1, chance) >= next_attempt_s(failures, chance)


def test_grows_from_five_seconds_to_a_quarter_of_an_hour() -> None:
    assert [next_attempt_s(n, 0.0) for n in (1, 2, 3, 20)] == [5, 10, 20, 900]
    assert next_attempt_s(1, 1.0) == 2.5
